#!/usr/bin/env bash
# What a date holds is told by one rule: absences need a proof, plans are never replaced, and every program says the same.
# shellcheck source=fleet_support.bash
source "$(dirname "${BASH_SOURCE[0]}")/fleet_support.bash"
need_programs vm-data-downloader gcs-upload-service monitor-tick-download orchestrate-tick-download tick-sandbox
day=2023-05-01
registry=(--instruments "$root/orchestration/instruments.csv" --venues binance-spot --data-types trades --date "$day")
bucket=gs://market-data-tick
download() { # wanted status, symbols, more
    run_expecting "$1" "$bin/vm-data-downloader" "${registry[@]}" --bucket "${place:-$bucket}" --symbols "$2" "${@:3}"
}
verify() { run_expecting "$1" ./orchestration/monitor-tick-download.sh verify $day --output json --bucket "${place:-$bucket}"; } # wanted status
of() { "$venv/bin/python" -c 'import json, sys; print(*json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/out" "$1"; }
generation() { # object
    curl -sf "$STORAGE_EMULATOR_HOST/storage/v1/b/market-data-tick/o/${1//\//%2F}" | "$venv/bin/python" -c 'import json, sys; print(json.load(sys.stdin)["generation"])'
}
file() { echo "$day/trades/binance-spot/$1/trades_${day}_$1_spot.parquet"; }
sandbox() { # more options
    [[ -z ${sandbox:-} ]] || stop_sandbox
    start_sandbox --store "$work/store" --bucket market-data-tick --instruments "$root/orchestration/instruments.csv" \
        --enable-api prepared --rows 50 "$@"
    export GCP_PROJECT_ID=central-element-323112 GCS_BUCKET=market-data-tick
    unset TARDIS_API_KEY
}
fresh() {
    rm -rf "$work/store"
    sandbox "$@"
}

# ---- an absence needs a catalogue's word
fresh --fault "service=tardis path=*/exchanges/* status=500" --fault "service=tardis path=*/ETHUSDT* status=404"
download 3 BTCUSDT,ETHUSDT
expect_message "failed: $(file ETHUSDT)"
verify 7
expect "what no catalogue proves is missing" "$(file ETHUSDT)" "$(of missing)"
sandbox
download 0 BTCUSDT,ETHUSDT
verify 0
ok "and the next run downloads it"

# ---- an absence settles the file that it names, for its own run
fresh
sed '/binance-spot,SOLUSDT/d' "$root/orchestration/instruments.csv" >"$work/without.csv"
sandbox --instruments "$work/without.csv" --fault "service=tardis path=*/BTCUSDT* status=400"
download 1 BTCUSDT
download 7 SOLUSDT
expect_message "absent: $(file SOLUSDT)"
verify 7
expect "a failure before it stays one" "$(file BTCUSDT)" "$(of missing)"
expect "and what a catalogue says is not at the source" "$(file SOLUSDT)" "$(of absent)"
run_expecting 7 ./orchestration/monitor-tick-download.sh all $day --exit-status
run_expecting 0 ./orchestration/orchestrate-tick-download.sh --date $day --instances 1 --symbols BTCUSDT --venues binance-spot \
    --data-types trades --dry-run --output json
expect "a launch for it makes its VM" tick-data-vm-0 "$("$venv/bin/python" -c 'import json; print(*json.load(open("'"$work"'/out"))["create"])')"

# ---- a date's expectation is the union of its plans, none of which is ever replaced
fresh
download 0 BTCUSDT,ETHUSDT --total-shards 2 --shard-index 1
first=$(generation _runs/$day/plan.json)
download 0 BTCUSDT,ETHUSDT
download 0 SOLUSDT
expect "the first plan is what it was" "$first" "$(generation _runs/$day/plan.json)"
verify 0
curl -sf -X DELETE "$STORAGE_EMULATOR_HOST/storage/v1/b/market-data-tick/o/$(file SOLUSDT | sed 's,/,%2F,g')"
verify 7
expect "each of the plans counts" "$(file SOLUSDT)" "$(of missing)"

# ---- a folder that the downloader filled goes into a fleet's bucket
fresh
download 0 BTCUSDT,ETHUSDT --total-shards 2 --shard-index 0
first=$(generation _runs/$day/plan.json)
rm -rf "$work/folder"
place=$work/folder download 0 ETHUSDT,SOLUSDT
run_expecting 0 "$bin/gcs-upload-service" "$work/folder" $bucket
expect "its plan joins the other" "$first" "$(generation _runs/$day/plan.json)"
verify 0
expect "its files count as complete" "" "$(of surplus)$(of damaged)"
download 0 ETHUSDT,SOLUSDT --output json
expect "and none is downloaded again" 2 "$("$venv/bin/python" -c 'import json; print(json.load(open("'"$work"'/out"))["skipped"])')"
run_expecting 0 "$bin/gcs-upload-service" "$work/folder" $bucket --output json
expect "a second upload has nothing to do" "['skipped']" "$("$venv/bin/python" -c 'import json; print(sorted({f["outcome"] for f in json.load(open("'"$work"'/out"))["files"]}))')"

# ---- two workers of one shard
fresh --fault "service=tardis path=*/BTCUSDT* latency=20000"
"$bin/vm-data-downloader" "${registry[@]}" --bucket $bucket --symbols BTCUSDT >"$work/first.out" 2>&1 &
first=$!
started+=("$first")
is_heard() { curl -sf "$STORAGE_EMULATOR_HOST/storage/v1/b/market-data-tick/o?prefix=_runs/$day/shards/" | grep -q '"name"'; }
until_true is_heard
download 5 BTCUSDT
expect_message "local-0 (process $first on $(hostname)) works on shard 0 of $day, with its last heartbeat "
expect_message "give --force to download all the same"
kill -KILL "$first"
wait "$first" || true
sandbox
download 0 BTCUSDT
ok "one that was killed is not waited for"
stop_sandbox
echo "one_truth: $checks checks passed"
