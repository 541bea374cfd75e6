#!/usr/bin/env bash
# orchestrate-tick-download when things go wrong: the status, the sentence, and what is there afterwards.
# shellcheck source=fleet_support.bash
source "$(dirname "${BASH_SOURCE[0]}")/fleet_support.bash"
need_programs orchestrate-tick-download setup-iam vm-data-downloader tick-sandbox
date=2023-05-23
launch=(./orchestration/orchestrate-tick-download.sh --date "$date")
a=asia-northeast1-a b=asia-northeast1-b c=asia-northeast1-c

# zone, wanted number of VMs there
expect_vms_in() { expect "$2 VMs in $1" "$2" "$(vms | grep -c " $1 " || true)"; }
bulk_inserts() { since_mark | grep -c '/instances/bulkInsert' || true; }

# ---- no room in the first zone: the next one
fresh_sandbox --compute-fault "stock-out zone=$a"
run_expecting 0 "${launch[@]}"
expect_message "60 of 60 VMs are up (60 in $b)"
expect_vms_in $b 60
expect "two requests" 2 "$(bulk_inserts)"

# ---- the zone that the error names goes first
fresh_sandbox --compute-fault "stock-out zone=$a zones-available=$c as=operation"
run_expecting 0 "${launch[@]}"
expect_message "60 of 60 VMs are up (60 in $c)"

# ---- room for some in each zone
fresh_sandbox --compute-fault "capacity zone=$a vms=10" --compute-fault "capacity zone=$b vms=20" --compute-fault "capacity zone=$c vms=5"
run_expecting 5 "${launch[@]}"
expect_message "35 of 60 VMs are up (10 in $a, 20 in $b, 5 in $c), 25 are missing: no zone has room for them"
expect_message "run the same command again later"
expect_vms_in $a 10
expect_vms_in $b 20
expect_vms_in $c 5

# ---- no room anywhere, or only where it was allowed
fresh_sandbox --compute-fault "stock-out zone=*"
run_expecting 5 "${launch[@]}"
expect_message "0 of 60 VMs are up, 60 are missing: no zone has room for them"
expect "nothing is left behind" "" "$(vms)"
fresh_sandbox --compute-fault "stock-out zone=$a"
run_expecting 5 "${launch[@]}" --zone $a
expect_message "0 of 60 VMs are up"
expect "no other zone is tried" "" "$(vms)"

# ---- quota for 12 of 60, then for all
fresh_sandbox --quota CPUS=24
run_expecting 5 "${launch[@]}"
expect_message "there is room for 12 of 60 VMs, and so many are made: CPUS in asia-northeast1 is 24"
expect_message "12 of 60 VMs are up (12 in $a), 48 are missing: the quota CPUS in asia-northeast1 is 24"
expect_vms_in $a 12
mark_record
run_expecting 5 "${launch[@]}"
expect_message "there is room for none of 48 VMs"
expect_no_writes "no room at all"

# ---- too many requests: slower, and then done
fresh_sandbox --fault "service=compute path=bulkInsert nth=1-2 status=403 reason=rateLimitExceeded"
run_expecting 0 "${launch[@]}"
expect_message "waiting before another try"
expect_vms_in $a 60

# ---- the answer is lost after the work was done: the same request again, and no VM twice
fresh_sandbox --fault "service=compute path=bulkInsert nth=1 reset=after"
run_expecting 0 "${launch[@]}"
expect_message "60 of 60 VMs are up"
expect_vms_in $a 60
expect "by one request id" 1 "$(since_mark | grep bulkInsert | grep -oE 'requestId=[0-9a-f-]+' | sort -u | wc -l)"

# ---- 409 for names that are nobody's when one looks: again
fresh_sandbox --fault "service=compute path=bulkInsert nth=1 status=409 reason=alreadyExists"
LIMIT=60 run_expecting 0 "${launch[@]}"
expect_vms_in $a 60

# ---- names that exist: VMs of others stand in the way
fresh_sandbox
plant_vm() { # name, zone, labels
    curl -sf -o /dev/null -H "Authorization: Bearer $(<"$CLOUDSDK_AUTH_ACCESS_TOKEN_FILE")" -H 'Content-Type: application/json' \
        "${CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE}projects/$GCP_PROJECT_ID/zones/$2/instances" -d '{"name": "'"$1"'", "labels": '"$3"',
        "machineType": "zones/'"$2"'/machineTypes/e2-highmem-2", "networkInterfaces": [{"network": "global/networks/default"}],
        "disks": [{"boot": true, "autoDelete": true, "initializeParams": {"sourceImage": "projects/ubuntu-os-cloud/global/images/family/ubuntu-2204-lts"}}]}'
}
plant_vm tick-data-vm-7 $a '{}'
mark_record
run_expecting 0 "${launch[@]}"
expect "foreign numbers are stepped over" "tick-data-vm-8" "$(since_mark | grep bulkInsert | grep -oE 'tick-data-vm-[0-9]+' | sort -uV | head -n 1)"
expect "the stranger stands" 1 "$(vms | grep -c '^tick-data-vm-7 ')"

# ---- a permission that is missing from the start, and one that is missing in the middle
fresh_sandbox --deny-permission compute.instances.create
run_expecting 4 "${launch[@]}"
expect_message "these credentials lack compute.instances.create"
expect_no_writes "a missing permission"
fresh_sandbox --fault "service=compute path=bulkInsert status=403 reason=forbidden message=Required%20permission"
run_expecting 4 "${launch[@]}"
expect_message "0 of 60 VMs are up, 60 are missing: cannot create 60 VMs in $a: status 403"
expect_message "it makes only what is missing"
expect "no VM" "" "$(vms)"

# ---- what is wrong from the start: one sentence, the status, nothing made
refused() { # name, status, text, then the command
    local name=$1 status=$2 text=$3
    shift 3
    mark_record
    run_expecting "$status" "$@"
    expect_message "$text"
    expect "$name: one error" 1 "$(grep -c 'Z error ' "$work/err")"
    expect_no_writes "$name"
    expect_key_hidden "$name"
}
fresh_sandbox
refused "wrong project" 2 "there is no project no-such-project" "${launch[@]}" --project no-such-project
refused "bucket missing" 2 "gs://no-such-bucket is not there; create it" "${launch[@]}" --bucket no-such-bucket
refused "image missing" 2 "build it: gcloud builds submit" "${launch[@]}" --image asia-northeast1-docker.pkg.dev/central-element-323112/market-tick-handler/market-tick-data-handler:v9
refused "unknown symbol" 2 "symbol BTCUSD is not in the instrument registry (did you mean BTCUSDT?)" "${launch[@]}" --symbols BTCUSD
refused "no such zone" 2 "asia-northeast1 has no zone asia-northeast1-q" "${launch[@]}" --zone asia-northeast1-q
refused "no such machine" 2 "has no machine type e2-tiny-1" "${launch[@]}" --machine-type e2-tiny-1
refused "no such network" 2 "there is no network lan" "${launch[@]}" --network lan
refused "no such secret" 2 "lan/versions" "${launch[@]}" --secret 'lan/versions'
refused "bad flag" 2 "unknown option --instnaces (did you mean --instances?)" "${launch[@]}" --instnaces 3
refused "no date" 2 "which day?" ./orchestration/orchestrate-tick-download.sh
refused "a day to come" 2 "has not begun yet" ./orchestration/orchestrate-tick-download.sh --date 2999-01-01
refused "shard that is not there" 2 "the run has the shards 0 to 59" "${launch[@]}" --start-shard 60
TARDIS_API_KEY='' refused "no key" 4 "there is no Tardis key: set TARDIS_API_KEY" "${launch[@]}"
TARDIS_API_KEY=another-key refused "wrong key" 4 "TARDIS_API_KEY" "${launch[@]}"
refused "no plain key" 4 "Secret Manager is not enabled in central-element-323112, and --no-plain-key forbids metadata" "${launch[@]}" --no-plain-key
printf 'venue,symbol,kind\nbinance-spot,BTCUSDX,spot\n' >"$work/registry.csv"
refused "registry against the catalogue" 2 "Tardis's archive of binance has no symbol BTCUSDX (did you mean BTCUSDT?)" "${launch[@]}" --instruments "$work/registry.csv"
run_expecting 2 "${launch[@]}" --bucket no-such-bucket --zone asia-northeast1-q --image asia-northeast1-docker.pkg.dev/central-element-323112/market-tick-handler/other:1
expect_message "nothing was made: 3 checks failed, see above"
expect "several findings are listed at once" 3 "$(grep -cE '^[a-z ]+ +error ' "$work/err")"
TARDIS_API_KEY='' run_expecting 4 "${launch[@]}" --bucket no-such-bucket
ok "credentials go before settings: status 4"

fresh_sandbox --exported-until "$date"
refused "date not exported" 5 "$date of binance, binance-futures is not exported yet (files exist for the days before $date)" "${launch[@]}"

# The roles are there by now; from here on the credentials are no good.
fresh_sandbox
printf 'no-such-token' >"$work/stale"
refused "expired token" 4 "401" env CLOUDSDK_AUTH_ACCESS_TOKEN=no-such-token "${launch[@]}"
refused "no credentials file" 4 "cannot be read" env GCP_CREDENTIALS_PATH="$work/none.json" "${launch[@]}"

# ---- the key in Secret Manager: nowhere else
fresh_sandbox --enable-api secretmanager.googleapis.com --vm-programs "$bin" --rows 20
run_expecting 0 "${launch[@]}" --wait --poll 0.5
expect "the date is complete" 220 "$(objects $date)"
expect "secret, version and policy are written" \
    "POST secrets POST secrets/tardis-api-key:addVersion POST secrets/tardis-api-key:setIamPolicy" "$(writes | grep secrets | xargs)"
expect_key_hidden "the key in Secret Manager" "$work/store" "$record"
mark_record
run_expecting 0 "${launch[@]}"
expect_no_writes "a finished date with a secret"
stop_sandbox
echo "fleet_faults: $checks checks passed"
