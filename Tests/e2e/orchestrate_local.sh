#!/usr/bin/env bash
# orchestrate-tick-download --local: the same plan by processes of this machine.
# shellcheck source=fleet_support.bash
source "$(dirname "${BASH_SOURCE[0]}")/fleet_support.bash"
need_programs orchestrate-tick-download setup-iam vm-data-downloader tick-sandbox
date=2023-05-23
local_run=(./orchestration/orchestrate-tick-download.sh --date "$date" --symbols "BTCUSDT,ETHUSDT,SOLUSDT" --local)
downloads() { since_mark | grep -c '"service":"tardis".*csv\.gz' || true; }

# ---- into a bucket
fresh_sandbox --rows 200
run_expecting 0 "${local_run[@]}" 3
expect "24 objects" 24 "$(objects $date)"
expect "each asked for once" 24 "$(downloads)"
expect "no VM, nothing in the project" "" "$(writes | grep -v plan)"
expect_key_hidden "--local" "$work/store"
mark_record
run_expecting 0 "${local_run[@]}"
expect_message "everything is there"
expect "the second time nothing is downloaded" 0 "$(downloads)"
expect "nor written" "" "$(writes)"

# ---- into a folder, a dry run first
run_expecting 0 "${local_run[@]}" --bucket "$work/data" --dry-run
expect_message "6 shards would be downloaded"
[[ ! -e $work/data ]] || fail "a dry run wrote something"
run_expecting 0 "${local_run[@]}" --bucket "$work/data" --output json
expect "a folder holds the same files" "$(bucket_state market-data-tick $date/ | cut -d' ' -f1)" \
    "$(cd "$work/data" && find $date -name '*.parquet' | sort)"
expect "the document says whole" 1 "$(grep -c '"whole": true' "$work/out")"

# ---- one shard that fails does not stop the others, and is tried again
fresh_sandbox --rows 200 --fault "service=tardis path=*/trades/*/ETHUSDT.csv.gz* status=400"
run_expecting 3 "${local_run[@]}" 2
expect_message "ETHUSDT trades"
expect_message "(3 tries)"
expect "all others are there" 22 "$(objects $date)"
fresh_sandbox --rows 200 --fault "service=tardis path=*/trades/*/ETHUSDT.csv.gz* nth=1-2 status=400"
run_expecting 0 "${local_run[@]}" 2
expect "after two failures all are there" 24 "$(objects $date)"

# ---- the key is wrong, or not there
TARDIS_API_KEY=another-key run_expecting 4 "${local_run[@]}" --bucket "$work/other"
TARDIS_API_KEY='' run_expecting 4 "${local_run[@]}" --bucket "$work/other"
expect_message "there is no Tardis key: set TARDIS_API_KEY"
[[ ! -e $work/other ]] || fail "something was written without a key"

# ---- SIGINT and SIGTERM end all children
fresh_sandbox --rows 200 --fault "service=wasabi stall=forever"
is_downloading() { grep -q '"service":"wasabi"' <<<"$(since_mark)"; }
# The tool leads a session, in which its children are.
has_no_children() { [[ -z $(pgrep -s "$running" || true) ]]; }
for signal in INT TERM; do
    mark_record
    setsid "$bin/orchestrate-tick-download" --date $date --symbols BTCUSDT --local 2 >"$work/out" 2>"$work/err" </dev/null &
    running=$!
    started+=("$running")
    until_true is_downloading
    kill -"$signal" "$running"
    status=0
    wait "$running" || status=$?
    expect "SIG$signal ends it" "$([[ $signal == INT ]] && echo 130 || echo 143)" "$status"
    until_true has_no_children
    ok "SIG$signal: no child is left"
    expect "SIG$signal: no object" 0 "$(objects $date)"
done
stop_sandbox
echo "orchestrate_local: $checks checks passed"
