#!/usr/bin/env bash
# Runs the unit tests again and again, and names what failed: a test that fails once in fifty runs has a cause.
#
#   Tests/soak.sh [RUNS [BUSY]] [-- SWIFT_TEST_OPTION ...]
#
# RUNS  how many runs of `swift test --parallel` (default: 50)
# BUSY  how many of them under `nice -n 19` beside a busy loop on every core (default: 20); they come first
#
# Tests/soak.sh 100 0 -- --filter ServerTests     soaks one suite
#
# LOOP_NICE is the niceness of the loops (default: 15), which leaves the tests a third of each core, in slices. With 0 they get a
# seventieth, and a run takes most of an hour.
#
# Status 0 when no run failed. The log of each run that did is kept in .build/soak. Tests/run.sh does not call this.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
[[ ${1:-} != -h && ${1:-} != --help ]] || { sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 0; }
runs=50 busy=20
if [[ ${1:-} =~ ^[0-9]+$ ]]; then runs=$1; shift; fi
if [[ ${1:-} =~ ^[0-9]+$ ]]; then busy=$1; shift; fi
((busy <= runs)) || busy=$runs
[[ ${1:-} != -- ]] || shift

logs=$root/.build/soak
rm -rf "$logs"
mkdir -p "$logs"
loops=()
stop_loops() {
    ((${#loops[@]} == 0)) || kill "${loops[@]}" 2>/dev/null || true
    loops=()
}
trap stop_loops EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

swift build --build-tests
red=0
for run in $(seq "$runs"); do
    log=$logs/$run.log niceness=0 how=alone status=0 begin=$SECONDS
    if ((run <= busy)); then
        niceness=19 how=busy
        if ((${#loops[@]} == 0)); then
            for _ in $(seq "$(nproc)"); do
                nice -n "${LOOP_NICE:-15}" bash -c 'while :; do :; done' &
                loops+=($!)
            done
        fi
    else
        stop_loops
    fi
    # A run that hangs is red as well.
    timeout -k 10 1800 nice -n "$niceness" swift test --skip-build --parallel "$@" >"$log" 2>&1 </dev/null || status=$?
    tests=$(grep -oE 'Test run with [0-9]+ tests' "$log" | tail -n 1 || true)
    if ((status == 0)) && [[ -n $tests ]]; then
        printf 'passed  %3d  %-5s %4d s  %s\n' "$run" "$how" $((SECONDS - begin)) "$tests"
        rm "$log"
    else
        red=$((red + 1))
        printf 'FAILED  %3d  %-5s %4d s  status %d, %s\n' "$run" "$how" $((SECONDS - begin)) "$status" "$log"
        { grep -E '✘ Test .*(recorded an issue|Time limit)|Fatal error|Program crashed|unexpected signal' "$log" || true; } |
            cut -c 1-300 | head -n 20 | sed 's/^/    /'
    fi
done
echo "$((runs - red)) of $runs runs passed; $busy of them were under load"
((red == 0))
