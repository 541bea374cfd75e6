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
# LOOPS      busy loops on every core, and
# LOOP_NICE  their niceness (default: one of 15, which leaves the tests a third of each core, in slices; with 0 they get a seventieth,
#            and a run takes most of an hour). As root it is three of 0: there libdispatch takes the tests' own niceness back.
# SCHED      idle: the tests get what a loop of niceness 19 on every core leaves (chrt --idle), also as root. Threads then stand still
#            for seconds; a run takes five minutes.
# LIMIT      seconds after which a run is taken to hang (default: 3600)
#
# Status 0 when no run failed. The log of each run that did is kept in .build/soak. Tests/run.sh does not call this.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
[[ ${1:-} != -h && ${1:-} != --help ]] || { sed -n '2,20s/^# \{0,1\}//p' "$0"; exit 0; }
runs=50 busy=20
if [[ ${1:-} =~ ^[0-9]+$ ]]; then runs=$1; shift; fi
if [[ ${1:-} =~ ^[0-9]+$ ]]; then busy=$1; shift; fi
((busy <= runs)) || busy=$runs
[[ ${1:-} != -- ]] || shift

if ((EUID == 0)); then share=3 niceness_of_loops=0; else share=1 niceness_of_loops=15; fi
prefix=(nice -n 19)
if [[ ${SCHED:-nice} == idle ]]; then share=1 niceness_of_loops=19 prefix=(chrt --idle 0); fi
share=${LOOPS:-$share} niceness_of_loops=${LOOP_NICE:-$niceness_of_loops}

logs=$root/.build/soak
rm -rf "$logs"
mkdir -p "$logs"
loops=() tests=
stop_loops() {
    ((${#loops[@]} == 0)) || kill "${loops[@]}" 2>/dev/null || true
    loops=()
}
stop_all() {
    stop_loops
    [[ -z $tests ]] || kill "$tests" 2>/dev/null || true
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

swift build --build-tests
red=0
for run in $(seq "$runs"); do
    log=$logs/$run.log how=alone status=0 begin=$SECONDS load=()
    if ((run <= busy)); then
        how=busy load=("${prefix[@]}")
        if ((${#loops[@]} == 0)); then
            for _ in $(seq $((share * $(nproc)))); do
                nice -n "$niceness_of_loops" bash -c 'while :; do :; done' &
                loops+=($!)
            done
        fi
    else
        stop_loops
    fi
    # A run that hangs is red as well.
    timeout -k 10 "${LIMIT:-3600}" "${load[@]}" swift test --skip-build --parallel "$@" >"$log" 2>&1 </dev/null &
    tests=$!
    wait "$tests" || status=$?
    tests=
    tally=$(grep -oE 'Test run with [0-9]+ tests' "$log" | tail -n 1 || true)
    if ((status == 0)) && [[ -n $tally ]]; then
        printf 'passed  %3d  %-5s %4d s  %s\n' "$run" "$how" $((SECONDS - begin)) "$tally"
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
