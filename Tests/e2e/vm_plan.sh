#!/usr/bin/env bash
# vm-data-downloader as a fleet's VM runs it: the plan from the bucket, the shard from the VM's name, the preemption notice.
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs vm-data-downloader tick-sandbox
export TICK_SANDBOX_TARDIS_KEY=the-key TARDIS_API_KEY=the-key LIMIT=60
days=(2023-05-23 2023-05-24)
dates=(--date "${days[0]}" --date "${days[1]}")
registry=(--instruments "$root/orchestration/instruments.csv")
start_sandbox --store "$work/store" --bucket whole --bucket fleet --rows 500

put() { # file, name in the bucket fleet
    curl -fsS -o /dev/null --data-binary "@$1" -H 'Content-Type: application/json' \
        "$STORAGE_EMULATOR_HOST/upload/storage/v1/b/fleet/o?uploadType=media&name=${2//\//%2F}"
}
vm() { # wanted status, number, further options
    run_expecting "$1" "$bin/vm-data-downloader" --plan "$plan" --shard-offset 60 --vm-name "tick-data-vm-$2" \
        --bucket gs://fleet "${dates[@]}" "${@:3}"
}
heartbeat() { # date, VM number, field; the sandbox keeps each object as a file
    sed -n "s/^ *\"$3\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" "store/fleet/_runs/$1/shards/tick-data-vm-$2".*.json
}

# ---- what orchestrate-tick-download would have written
for shard in 0 1; do
    run_expecting 0 "$bin/vm-data-downloader" "${registry[@]}" "${dates[@]}" --symbols BTCUSDT,ETHUSDT --venues binance-spot \
        --data-types trades,quotes --shard-index $shard --total-shards 2 --bucket gs://whole
done
# Its id is in the names of the heartbeats.
plan=$(compgen -G "store/whole/_runs/${days[0]}/shards/local-0.*.0.json")
plan=${plan#*/local-0.}
plan=plan.${plan%%.*}.json
for day in "${days[@]}"; do put "store/whole/_runs/$day/plan.json" "_runs/$day/$plan"; done

# ---- wrong command lines, each without a request
for other in --symbols=BTCUSDT --venues=binance-spot --data-types=trades --max-instruments=1 --total-shards=2 \
    "--instruments=$root/orchestration/instruments.csv"; do
    vm 2 60 "$other"
    expect_message "--plan and ${other%%=*} exclude each other"
done
vm 2 60 --shard-index 0
expect_message "--shard-offset and --shard-index (command line) exclude each other"
vm 2 59
expect_message "has the number 59, which is below --shard-offset 60"
vm 2 62
expect_message "tick-data-vm-62 with --shard-offset 60 is shard 2, but the plan of 2023-05-23 has 2 shards"
vm 2 60 --plan ../plan.json
expect_message "no plan's name"
run_expecting 2 "$bin/vm-data-downloader" "${dates[@]}" --bucket gs://fleet --plan "$plan" --shard-offset 0
expect_message "--shard-offset needs --vm-name"
run_expecting 2 "$bin/vm-data-downloader" "${dates[@]}" --bucket gs://fleet --plan "$plan" --shard-offset 0 --vm-name tick
expect_message "does not end in a dash and a number"

# ---- no plan, or another date's
vm 1 60 --plan plan.json
expect_message "there is no plan _runs/2023-05-23/plan.json in gs://fleet"
put "store/whole/_runs/${days[1]}/plan.json" "_runs/2023-05-25/$plan"
vm 6 60 --date 2023-05-25
expect_message "it is the plan of 2023-05-24"
expect "and nothing has been brought" "" "$(bucket_state fleet)"

# ---- both shards of both dates; settings for makers of plans do not matter
env SYMBOLS=SOLUSDT TOTAL_SHARDS=7 INSTRUMENTS_FILE=/there/is/none \
    timeout -k 5 60 "$bin/vm-data-downloader" --plan "$plan" --shard-offset 60 --vm-name tick-data-vm-60 --bucket gs://fleet "${dates[@]}" \
    >out 2>err || fail "shard 0: $(<err)"
vm 0 61
expect "the plan makes the bucket that the options make" "$(bucket_state whole)" "$(bucket_state fleet)"
for day in "${days[@]}"; do
    for number in 60 61; do
        expect "$day, VM $number" "DONE $((number - 60)) 2 2" \
            "$(heartbeat "$day" $number state) $(heartbeat "$day" $number shard) $(heartbeat "$day" $number shards) $(heartbeat "$day" $number files_total)"
    done
    [[ ! -e store/fleet/_runs/$day/plan.json ]] || fail "a plan was written"
done

# ---- the key from Secret Manager
mkdir -p google/instance/service-accounts/default
echo FALSE >google/instance/preempted
token=$(<"$CLOUDSDK_AUTH_ACCESS_TOKEN_FILE") # one that the sandbox's storage knows
echo "{\"access_token\": \"$token\", \"expires_in\": 3599, \"token_type\": \"Bearer\"}" >google/instance/service-accounts/default/token
python3 "$root/Tests/e2e/vm_google.py" google google.port &
started+=($!)
until_true test -s google.port
GCE_METADATA_HOST=$(<google.port)
export GCE_METADATA_HOST CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER="http://$GCE_METADATA_HOST/"
secret=projects/tick/secrets/tardis-api-key/versions/3
with_secret() { # wanted status
    run_expecting "$1" env -u NO_GCE_CHECK -u GCP_CREDENTIALS_PATH -u TARDIS_API_KEY "$bin/vm-data-downloader" --plan "$plan" --shard-offset 60 \
        --vm-name tick-data-vm-61 --bucket gs://fleet --date "${days[0]}" --force --secret $secret
    if grep -qF the-key out err || grep -qF "$token" out err; then fail "a secret was printed"; fi
}
with_secret 4
expect_message "$secret"
expect_message "secretmanager.versions.access"
echo the-key >google/secret
with_secret 0
ok "a key with a line end behind it"
printf '' >google/secret
with_secret 2
expect_message "is empty"
printf 'the key' >google/secret
with_secret 2
expect_message "has a blank"
echo another >google/secret
with_secret 4
expect_message "TARDIS_API_KEY"
requests=$(grep -c :access google/requests)
vm 0 60 --secret $secret
expect "TARDIS_API_KEY goes before the secret" "$requests" "$(grep -c :access google/requests)"
vm 2 60 --secret tardis-api-key
expect_message "is not like projects/PROJECT/secrets/NAME/versions/VERSION"

# ---- the preemption notice, and SIGTERM with and without it
export TARDIS_TIMEOUT=30

# name, wanted status, wanted state, command that ends it
ended() {
    local status=0
    rm -f google/requests
    : >requests.jsonl
    echo FALSE >google/instance/preempted
    "$bin/vm-data-downloader" --plan "$plan" --shard-offset 60 --vm-name tick-data-vm-61 --bucket gs://fleet "${dates[@]}" \
        --force --watch-preemption >out 2>err &
    victim=$!
    is_running() { grep -q '"wasabi".*ETHUSDT' requests.jsonl && grep -qs wait_for_change google/requests; }
    until_true is_running
    local begin=$SECONDS
    "$4"
    wait $victim || status=$?
    expect "$1: status" "$2" $status
    ((SECONDS - begin <= 5)) || fail "$1 took $((SECONDS - begin)) seconds"
    expect "$1: state" "$3" "$(heartbeat "${days[0]}" 61 state)"
}
before=$(bucket_state fleet)
notice() { echo TRUE >google/instance/preempted; }
terminate() { kill $victim; }
both() { notice && terminate; }
stop_sandbox
start_sandbox --store "$work/store" --rows 500 --fault "service=wasabi path=*ETHUSDT* bandwidth=1K" --record requests.jsonl
ended "the notice" 5 PREEMPTED notice
expect_message "preemption"
ended "SIGTERM" 143 STOPPED terminate
ended "SIGTERM with the notice" 143 PREEMPTED both
expect "what was whole stays whole" "$before" "$(bucket_state fleet)"
stop_sandbox
echo "vm_plan: $checks checks passed"
