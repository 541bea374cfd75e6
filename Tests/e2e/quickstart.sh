#!/usr/bin/env bash
# orchestration/quickstart.sh: the rehearsal of the runbook ends well within two minutes, again with nothing to do, and leaves no
# process behind when it is interrupted.
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs vm-data-downloader tick-sandbox
[[ -x $root/.build/release/tick-sandbox ]] || { echo "SKIPPED: quickstart.sh uses the release programs, which are not built"; exit 0; }
export TICK_NO_BUILD=1 TMPDIR=$work/tmp
mkdir -p "$TMPDIR"
quickstart=$root/orchestration/quickstart.sh

run_expecting 2 "$quickstart" --real
expect_message "unknown argument --real"
run_expecting 2 "$quickstart" --data ./nowhere
run_expecting 2 "$quickstart" --date 23.5.2023

# Processes of the sandbox or its VMs: their folders are below TMPDIR.
left_over() {
    local link
    for link in /proc/[0-9]*/cwd; do
        link=$(readlink "$link" 2>/dev/null) || continue
        [[ $link != "$TMPDIR"/* ]] || echo "$link"
    done
    pgrep -f -- "tick-sandbox --store $work" || true
}

# ---- the whole of it
begin=$SECONDS
run_expecting 0 "$quickstart"
took=$((SECONDS - begin))
((took <= 120)) || fail "$took s are more than two minutes"
ok "the rehearsal takes $took s"
for command in ./orchestration/setup-iam.sh "./orchestration/orchestrate-tick-download.sh --date 2023-05-23 --instances 60 --yes" \
    "./orchestration/monitor-tick-download.sh all 2023-05-23" "./orchestration/monitor-tick-download.sh verify 2023-05-23" \
    "./orchestration/cleanup-tick-vms.sh --yes"; do
    grep -qF -- "\$ $command" out || fail "\"$command\" is not shown"
done
ok "each step is shown as one types it"
expect_message "2023-05-23 in gs://market-data-tick is complete"
expect_message "Done: 220 objects of 2023-05-23"
expect_message "Records: 5000, Columns: ['exchange', 'symbol', 'timestamp', 'local_timestamp', 'id', 'side', 'price', 'amount']"
grep -E '^From the start of orchestrate-tick-download to the first object [0-9.]+ s, to the whole date [0-9.]+ s$' out ||
    fail "the times are not told"
expect "objects" 220 "$(find quickstart-data/market-data-tick/2023-05-23 -name '*.parquet' | wc -l)"
expect "logs of VMs" 60 "$(find quickstart-data/market-data-tick/_runs/2023-05-23/logs -name '*.log' | wc -l)"
expect "processes left" "" "$(left_over)"

# ---- again: all is there
run_expecting 0 "$quickstart" --instances 2
expect_message "They were all there before"

# ---- a day of two VMs, ended half-way
"$quickstart" --date 2025-10-20 --instances 2 >interrupted 2>&1 &
process=$!
until_true grep -qs "60 instruments, 2 shards" interrupted
kill -TERM $process
status=0
wait $process || status=$?
expect "status after SIGTERM" 143 $status
expect "processes left after SIGTERM" "" "$(left_over)"
expect "files left after SIGTERM" "" "$(ls -A "$TMPDIR")"
echo "quickstart: $checks checks passed"
