#!/usr/bin/env bash
# cleanup-tick-vms against tick-sandbox: what goes and what stays, questions, faults, and 1,000 VMs.
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs cleanup-tick-vms tick-sandbox
cleanup=$bin/cleanup-tick-vms
export ORCHESTRATION_DIR=$root/orchestration TICK_PROGRESS=quiet
project=central-element-323112
bucket=market-data-tick
zone=asia-northeast1-a
day=2023-05-23
kit=(tick-kit=0-1-0 tick-run=20230523-002-00000000 "tick-date=$day")

number=0
fresh_sandbox() {
    [[ -z ${sandbox:-} ]] || stop_sandbox
    number=$((number + 1))
    record=$work/record.$number
    start_sandbox --record "$record" --bucket $bucket --enable-api prepared "$@"
}

api() { curl -sS --fail-with-body -H "Authorization: Bearer $(cat "$CLOUDSDK_AUTH_ACCESS_TOKEN_FILE")" -H 'Content-Type: application/json' "$@"; }
compute() { # verb, path below the project, body
    local body=()
    [[ $1 == GET ]] || body=(-d "${3:-}")
    api -X "$1" "${body[@]}" "${CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE}projects/$project/$2"
}

# Waits for the operation on stdin.
finish() { # zones/Z or regions/R
    local name
    name=$(jq -er .name)
    compute POST "$1/operations/$name/wait" | jq -e '.status == "DONE" and .error == null' >"$work/finished" || fail "$name: $(<"$work/finished")"
}

# Makes VMs in one request: zone, label=value words, then --, then names.
launch() {
    local zone=$1 labels=()
    shift
    while [[ $1 != -- ]]; do
        labels+=("$1")
        shift
    done
    shift
    jq -nc --arg day "$day" --arg labels "${labels[*]}" '{
        count: ($ARGS.positional | length | tostring),
        perInstanceProperties: ($ARGS.positional | map({key: ., value: {}}) | from_entries),
        instanceProperties: {
            machineType: "e2-highmem-2",
            labels: ($labels | split(" ") | map(select(. != "") | split("=") | {key: .[0], value: .[1]}) | from_entries),
            metadata: {items: [{key: "tick-dates", value: $day}, {key: "tick-bucket", value: "gs://market-data-tick"}]},
            disks: [{boot: true, autoDelete: true, initializeParams: {diskSizeGb: "100",
                sourceImage: "projects/ubuntu-os-cloud/global/images/family/ubuntu-2204-lts"}}],
            networkInterfaces: [{network: "global/networks/default"}],
            scheduling: {provisioningModel: "SPOT", instanceTerminationAction: "DELETE"}
        }}' --args "$@" >"$work/launch.json"
    compute POST "zones/$zone/instances/bulkInsert" "@$work/launch.json" | finish "zones/$zone"
}

# Has a VM say how far its shard is.
heartbeat() { "$venv/bin/python" "$root/Tests/e2e/records.py" $day "$1" "$2"; } # VM, state

# Names of the VMs, on one line.
vms() { compute GET aggregated/instances | jq -r '[.items[] | .instances // [] | .[].name] | sort | join(" ")'; }
networking() { # addresses or routers
    compute GET "aggregated/$1" | jq -r --arg kind "$1" '[.items[] | .[$kind] // [] | .[].name] | sort | join(" ")'
}

# Our own requests since the mark that fit a jq condition on method and url.
mark() { marked=$(wc -l <"$record"); }
ours() {
    tail -n +$((marked + 1)) "$record" | jq -c 'select(.headers | to_entries | any(.value | strings | startswith("market-tick-data-handler")))' |
        jq -r "select($1) | .method + \" \" + .url"
}
# shellcheck disable=SC2016
change='.service == "compute" and .method != "GET" and (.url | test("/wait($|[?])") | not)'

# ---- what is ours goes, look-alikes stay
fresh_sandbox
launch $zone "${kit[@]}" -- tick-data-vm-0 tick-data-vm-1 tick-data-vm-2
launch us-central1-f "${kit[@]}" -- tick-data-vm-10
# These have the kit's label, so that they keep the egress of their region.
launch us-central1-a "${kit[@]}" -- tick-data-vm-x my-tick-data-vm-1 tick-data-vm-01 tick-data-vm-2-b
launch us-central1-b tick-run=r tick_kit=1 -- tick-data-vm-0
if command -v gcloud >/dev/null; then
    timeout -k 5 120 gcloud compute instances create tick-data-vm-3 --zone=asia-northeast1-b --machine-type=e2-highmem-2 --preemptible \
        --image-family=ubuntu-2204-lts --image-project=ubuntu-os-cloud --labels=tick-kit=0-1-0,tick-date=$day \
        --metadata=tick-dates=$day,tick-bucket=gs://$bucket >gcloud.out 2>&1 </dev/null || fail "gcloud: $(<gcloud.out)"
    timeout -k 5 120 gcloud compute instances create tick-data-vm-4 --zone=asia-northeast1-b --machine-type=e2-small \
        --labels=team=other >gcloud.out 2>&1 </dev/null || fail "gcloud: $(<gcloud.out)"
else
    echo "SKIPPED: gcloud is not installed; its VMs are made by curl"
    launch asia-northeast1-b "${kit[@]}" -- tick-data-vm-3
    launch asia-northeast1-b team=other -- tick-data-vm-4
fi
lookalikes="my-tick-data-vm-1 tick-data-vm-0 tick-data-vm-01 tick-data-vm-2-b tick-data-vm-4 tick-data-vm-x"
compute POST regions/asia-northeast1/addresses '{"name": "tick-data-egress"}' | finish regions/asia-northeast1
compute POST regions/asia-northeast1/routers "$(jq -nc '{name: "tick-data-router", network: "global/networks/default",
    nats: [{name: "tick-data-nat", natIpAllocateOption: "MANUAL_ONLY", natIps: ["regions/asia-northeast1/addresses/tick-data-egress"],
    sourceSubnetworkIpRangesToNat: "ALL_SUBNETWORKS_ALL_IP_RANGES"}]}')" | finish regions/asia-northeast1
compute POST regions/asia-northeast1/addresses '{"name": "web"}' | finish regions/asia-northeast1
heartbeat tick-data-vm-0 DONE
heartbeat tick-data-vm-1 RUNNING
heartbeat tick-data-vm-3 DONE
heartbeat tick-data-vm-10 DONE
compute POST zones/$zone/instances/tick-data-vm-2/stop | finish zones/$zone
before=$(vms)

mark
run_expecting 0 "$cleanup" --dry-run
expect "a dry run tells what would become of each" \
    $'tick-data-vm-0 would delete\ntick-data-vm-1 left, needs --force\ntick-data-vm-2 would delete\ntick-data-vm-3 would delete\ntick-data-vm-10 would delete' \
    "$(awk '/^tick-data-vm/ { sub(/ +NOTE.*/, ""); n = $1; print n, ($0 ~ /needs --force/ ? "left, needs --force" : $0 ~ /would delete/ ? "would delete" : "?") }' out)"
expect_message "2023-05-23 RUNNING"
expect "and changes nothing" "$before" "$(vms)"
expect "nor asks for a change" "" "$(ours "$change")"

run_expecting 3 "$cleanup"
expect_message "give --force to delete them, too"
expect "what is at work stays, with its way out" "$(tr ' ' '\n' <<<"$lookalikes tick-data-vm-1" | sort | paste -sd' ')" "$(vms)"
expect "the egress too" "tick-data-egress web" "$(networking addresses)"
run_expecting 2 "$cleanup" --yes
expect_message "give --force"
run_expecting 0 "$cleanup" --force --output json
expect "the document names what went" \
    $'vm tick-data-vm-1 deleted\negress router tick-data-router, address tick-data-egress deleted' \
    "$(jq -r '.lines[] | "\(.kind) \(.name) \(.result)"' out)"
expect "look-alikes stay" "$lookalikes" "$(vms)"
expect "the egress is gone, another address is not" "web " "$(networking addresses) $(networking routers)"
mark
run_expecting 0 "$cleanup"
expect_message "there is nothing to delete"
run_expecting 0 "$cleanup" --force
expect "the second time nothing changes" "" "$(ours "$change")"
expect "look-alikes stay for ever" "$lookalikes" "$(vms)"

# ---- narrowing
launch $zone "${kit[@]}" -- tick-data-vm-20 tick-data-vm-21
launch $zone tick-kit=0-1-0 tick-date=2025-10-20 -- other-fleet-0
compute POST zones/$zone/instances/tick-data-vm-21/stop | finish zones/$zone
run_expecting 0 "$cleanup" --force --date 2025-10-20
run_expecting 0 "$cleanup" --force --older-than 1h
expect "another date and younger ones are left" "$(tr ' ' '\n' <<<"$lookalikes other-fleet-0 tick-data-vm-20 tick-data-vm-21" | sort | paste -sd' ')" "$(vms)"
run_expecting 0 "$cleanup" --state TERMINATED,STOPPED --date $day
expect "only what stands still" "$(tr ' ' '\n' <<<"$lookalikes other-fleet-0 tick-data-vm-20" | sort | paste -sd' ')" "$(vms)"
run_expecting 0 "$cleanup" --force --vm-name-prefix other-fleet
expect "another prefix" "$(tr ' ' '\n' <<<"$lookalikes tick-data-vm-20" | sort | paste -sd' ')" "$(vms)"

# ---- questions on a terminal
if command -v script >/dev/null; then
    launch $zone "${kit[@]}" -- tick-data-vm-22
    heartbeat tick-data-vm-22 DONE
    on_terminal() { # answers, options
        local answers=$1
        shift
        printf '%b' "$answers" | timeout -k 5 60 script -qec "$cleanup $*" "$work/screen" >/dev/null || fail "$(<"$work/screen")"
    }
    on_terminal 'n\n'
    grep -q 'Delete 1 VM in project' "$work/screen" || fail "no question: $(<"$work/screen")"
    expect "no is no" "$(tr ' ' '\n' <<<"$lookalikes tick-data-vm-20 tick-data-vm-22" | sort | paste -sd' ')" "$(vms)"
    on_terminal 'y\nn\n'
    grep -q '1 VM is at work on unfinished shards' "$work/screen" || fail "no second question: $(<"$work/screen")"
    expect "yes is not a yes to the second question" "$(tr ' ' '\n' <<<"$lookalikes tick-data-vm-20" | sort | paste -sd' ')" "$(vms)"
    on_terminal 'y\n' --yes
    expect "a second yes is" "$lookalikes" "$(vms)"
else
    echo "SKIPPED: no script(1), no terminal to ask on"
    run_expecting 0 "$cleanup" --force
fi

# ---- what cannot be
run_expecting 2 "$cleanup" --project no-such-project
expect_message "no-such-project"
run_expecting 2 "$cleanup" --stat RUNNING
expect_message "--state"
run_expecting 2 "$cleanup" --state running
run_expecting 2 "$cleanup" --older-than soon
run_expecting 2 "$cleanup" --date 2023-02-30
run_expecting 2 "$cleanup" --vm-name-prefix Tick
run_expecting 4 "$cleanup" --credentials "$work/none.json"
expect_message "none.json"

# ---- another project's VMs are not even seen
expect "all that was asked was about this project" "" "$(marked=0; ours '.service == "compute" and (.url | contains("/projects/'$project'") | not) and (.url | contains("no-such-project") | not)')"

# ---- the bucket tells nothing: what runs is not taken for finished
launch $zone "${kit[@]}" -- tick-data-vm-0
compute POST zones/$zone/instances/tick-data-vm-0/setMetadata "$(compute GET zones/$zone/instances/tick-data-vm-0 |
    jq -c '{fingerprint: .metadata.fingerprint, items: [{key: "tick-dates", value: "2023-05-23"}]}')" | finish zones/$zone
run_expecting 2 "$cleanup" --bucket no-such-bucket
expect_message "no-such-bucket"
run_expecting 0 "$cleanup" --force --bucket no-such-bucket

# ---- lost answers, a server in trouble, a rate limit
fresh_sandbox --fault 'service=compute method=DELETE nth=1-3 reset=after,service=compute method=DELETE nth=6-7 status=503' \
    --fault 'service=compute method=DELETE nth=9 status=403 reason=rateLimitExceeded,service=compute path=*/aggregated/* nth=1 status=502' \
    --fault 'service=compute path=*/wait* nth=2 reset=after'
mapfile -t names < <(seq -f 'tick-data-vm-%g' 0 19)
launch $zone "${kit[@]}" -- "${names[@]}"
mark
run_expecting 0 "$cleanup" --force
expect "all 20 are gone in spite of it" "" "$(vms)"
ours '.method == "DELETE"' >deletes
expect "the same request is sent again, with the same id" "20 20" \
    "$(sed 's/?.*//' deletes | sort -u | wc -l | tr -d ' ') $(sort -u deletes | wc -l | tr -d ' ')"
(($(wc -l <deletes) > 20)) || fail "no deletion was sent again"
ok "$(wc -l <deletes) deletions for 20 VMs"

# ---- lists that fail
fresh_sandbox --compute-fault 'unreachable zone=us-central1-b'
launch $zone "${kit[@]}" -- tick-data-vm-0
run_expecting 5 "$cleanup" --force
expect_message "us-central1-b"
expect "a list with a gap deletes nothing" tick-data-vm-0 "$(compute GET zones/$zone/instances | jq -r '.items[].name')"
fresh_sandbox --compute-fault 'deny permission=compute.instances.list'
launch $zone "${kit[@]}" -- tick-data-vm-0
run_expecting 4 "$cleanup" --force
expect_message "compute.instances.list"

# ---- permissions and credentials
fresh_sandbox --compute-fault 'deny permission=compute.instances.delete'
launch $zone "${kit[@]}" -- "${names[@]}"
run_expecting 4 "$cleanup" --force
expect_message "compute.instances.delete"
expect "nothing is gone" 20 "$(vms | wc -w | tr -d ' ')"
fresh_sandbox --revoke-credentials
run_expecting 4 "$cleanup" --force
expect_message "invalid_grant"

# ---- 1,000 VMs
fresh_sandbox
mapfile -t names < <(seq -f 'tick-data-vm-%g' 0 999)
launch $zone "${kit[@]}" -- "${names[@]}"
compute POST regions/asia-northeast1/addresses '{"name": "tick-data-egress"}' | finish regions/asia-northeast1
mark
start=$(date +%s%N)
LIMIT=300 run_expecting 0 "$cleanup" --force --output jsonl
took=$((($(date +%s%N) - start) / 1000000))
expect "1,000 VMs are gone" "" "$(vms)"
expect "each is reported" 1000 "$(grep -c '"kind":"vm".*"result":"deleted"' out)"
requests=$(ours 'true' | awk '{ sub(/\?.*/, ""); kind = $0
    if (/^DELETE .*instances/) kind = "delete VM"; else if (/aggregated/) { kind = $2; sub(/.*\//, "list ", kind) }
    else if (/wait$/) kind = "wait"; else if (/\/b\//) kind = "list heartbeats"; else if (/token/) kind = "token"
    else { kind = $1; if (/addresses/) kind = kind " address" }
    count[kind]++ } END { for (kind in count) printf "%s %d\n", kind, count[kind] }' | sort)
printf '    %s\n' "${requests//$'\n'/$'\n'    }"
expect "one deletion a VM" "delete VM 1000" "$(grep '^delete VM' <<<"$requests")"
others=$(grep -v '^delete VM' <<<"$requests" | awk '{ sum += $NF } END { print sum }')
((others <= 40)) || fail "$others other requests"
ok "$others other requests, $took ms"

if grep -q 'ya29' record.*; then fail "a token is in the record"; fi
ok "no token in the record"
stop_sandbox
echo "cleanup: $checks checks passed"
