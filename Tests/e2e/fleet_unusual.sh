#!/usr/bin/env bash
# orchestrate-tick-download and setup-iam in projects that are not the usual one: new, governed, full, far away.
# shellcheck source=fleet_support.bash
source "$(dirname "${BASH_SOURCE[0]}")/fleet_support.bash"
need_programs orchestrate-tick-download setup-iam vm-data-downloader tick-sandbox
date=2023-05-23
launch=(./orchestration/orchestrate-tick-download.sh --date "$date")
a=asia-northeast1-a b=asia-northeast1-b
bulk_inserts() { since_mark | grep -c '/instances/bulkInsert' || true; }

# ---- a new project: only what each has on; roles and APIs take a while
enabled_apis=none fresh_sandbox --api-delay 3s
expect "the API of the roles was enabled" 1 "$(grep -c 'APIs enabled .*cloudresourcemanager.googleapis.com' "$work/err")"
run_expecting 0 ./orchestration/setup-iam.sh --check
run_expecting 1 "${launch[@]}"
expect_message "./orchestration/setup-iam.sh --enable-apis --project $GCP_PROJECT_ID"
run_expecting 0 ./orchestration/setup-iam.sh --enable-apis --cloud-build
expect "the account may build the image" 1 "$(grep -c '^roles/cloudbuild.builds.builder .* added' "$work/out")"
LIMIT=200 run_expecting 0 "${launch[@]}"
expect_message "60 of 60 VMs are up"

# ---- roles granted a moment ago: VMs wait for them
fresh_sandbox --enable-api secretmanager.googleapis.com --vm-programs "$bin" --rows 20 --grant-delay 20s
LIMIT=300 run_expecting 0 "${launch[@]}" --symbols BTCUSDT --venues binance-spot --wait --poll 0.5
expect "the files are there" 3 "$(objects $date)"
expect "by the first VM" 1 "$(bulk_inserts)"

# ---- organisation policies: one request, the constraint, what to set, status 4
governed() { # policy, wanted remedy, further options of the launch
    local policy=$1 remedy=$2
    shift 2
    fresh_sandbox --org-policy "$policy"
    run_expecting 4 "${launch[@]}" "$@"
    expect_message "constraints/${policy%%=*}"
    expect_message "$remedy"
    expect "$policy: at most one request for VMs" 1 "$(($(bulk_inserts) < 2))"
    expect "$policy: no VM" "" "$(vms)"
}
governed compute.vmExternalIpAccess "--egress shared" --egress direct --instances 2
governed compute.requireShieldedVm "--shielded-vm" --no-shielded-vm
governed compute.trustedImageProjects=debian-cloud "--image-project"
governed gcp.resourceLocations=us-central1 "--zone"
fresh_sandbox --org-policy compute.requireShieldedVm --org-policy compute.vmExternalIpAccess
run_expecting 0 "${launch[@]}" --instances 1 --egress shared
expect_message "1 of 1 VM is up"

# ---- VMs may not run as the service account: found before anything is made
fresh_sandbox --deny-permission iam.serviceAccounts.actAs
run_expecting 4 "${launch[@]}"
expect_message "iam.serviceAccounts.actAs"
expect_message "--role=roles/iam.serviceAccountUser"
expect_no_writes "no actAs"

# ---- no capacity: said at once, in the operation, or only by the VMs' own operations
for form in "" " as=operation" " as=operation min-count=alone" " as=operation min-count=none"; do
    fresh_sandbox --compute-fault "stock-out zone=$a$form"
    LIMIT=60 run_expecting 0 "${launch[@]}"
    expect_message "60 of 60 VMs are up (60 in $b)"
    expect "stock-out$form: two requests" 2 "$(bulk_inserts)"
done

# ---- roles that come from elsewhere are a warning
fresh_sandbox
run_expecting 0 ./orchestration/setup-iam.sh --remove --yes
run_expecting 0 "${launch[@]}" --instances 2
expect_message "unless a group, folder, organisation or custom role does"
expect_message "2 of 2 VMs are up"

# ---- a bucket far away is warned of; one that keeps objects is refused; one that is not there is to be made here
fresh_sandbox --bucket-kind location:US
run_expecting 0 "${launch[@]}" --dry-run
expect_message "is in US and the VMs in asia-northeast1"
fresh_sandbox --bucket-kind retention:3600
mark_record
run_expecting 2 "${launch[@]}"
expect_message "retention policy"
expect_no_writes "a bucket with a retention policy"
run_expecting 2 "${launch[@]}" --bucket no-such-bucket
expect_message "gsutil mb -l asia-northeast1 gs://no-such-bucket"

# ---- a key that opens a part of the plan is told of before any VM exists
fresh_sandbox --key-covers binance
mark_record
run_expecting 4 "${launch[@]}"
expect_message "does not cover binance-futures on $date; use another key, or leave them out: --venues binance-spot"
expect_no_writes "a key that opens a part"
run_expecting 0 "${launch[@]}" --venues binance-spot
expect_message "40 of 40 VMs are up"
fresh_sandbox --key-covers none
run_expecting 4 "${launch[@]}"
expect_message "it has expired or is not active"

# ---- the default network was deleted
fresh_sandbox --no-default-network
run_expecting 2 "${launch[@]}"
expect_message "there is no network default; name one with --network"

expect_key_hidden "all of it"
stop_sandbox
echo "fleet_unusual: $checks checks passed"
