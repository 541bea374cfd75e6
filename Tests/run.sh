#!/usr/bin/env bash
# Prepares the machine and runs every test.
#
#   Tests/run.sh [--only checks|unit|interop|e2e]
#
# Status 0 when everything passed. What a machine cannot run is named with the word SKIPPED. Logs: .build/test-logs.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
only=
while (($# > 0)); do
    case $1 in
        --only)
            only=${2:-}
            [[ $only =~ ^(checks|unit|interop|e2e)$ ]] || { echo "run.sh: --only takes checks, unit, interop or e2e" >&2; exit 2; }
            shift
            ;;
        -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) echo "run.sh: unknown argument $1; see run.sh --help" >&2; exit 2 ;;
    esac
    shift
done

logs=$root/.build/test-logs
rm -rf "$logs"
mkdir -p "$logs"
passed=() failed=()
export TICK_BIN=$root/.build/release VENV=$root/.venv TICK_SANDBOX=$root/.build/release/tick-sandbox

heading() { printf '\n== %s\n' "$*"; }
wanted() { [[ -z $only || $only == "$1" ]]; }

# Runs one step under a time limit in seconds: name, limit, command. Failures are shown and counted; the others go on.
step() {
    local name=$1 limit=$2 log begin=$SECONDS status=0
    shift 2
    log=$logs/${name//[^A-Za-z0-9]/-}.log
    timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null || status=$?
    grep -h '^SKIPPED' "$log" || true
    if ((status == 0)); then
        passed+=("$name")
        printf 'passed  %-38s %4d s  %s\n' "$name" $((SECONDS - begin)) "$(tally "$log")"
        return 0
    fi
    failed+=("$name")
    ((status != 124)) || echo "$name: not done within $limit seconds" >>"$log"
    printf 'FAILED  %-38s %4d s\n' "$name" $((SECONDS - begin))
    { grep -E '✘|recorded an issue|(error|warning):' "$log" | head -n 20 || true; echo ...; tail -n 25 "$log"; } | sed 's/^/    /'
    echo "    all of it: $log"
    return 1
}

# What a log says about how many tests or checks it holds.
tally() { grep -ohE 'Test run with [0-9]+ tests[^.]*|[0-9]+ checks passed' "$1" | tail -n 1 || true; }

prepare_venv() {
    [[ -x .venv/bin/python ]] || python3 -m venv .venv
    # A virtual environment that holds these very versions is left alone, so that a second run needs no network.
    cmp -s Tests/requirements.txt .venv/requirements.txt && return 0
    .venv/bin/pip install --quiet --disable-pip-version-check -r Tests/requirements.txt
    cp Tests/requirements.txt .venv/requirements.txt
}

lint_scripts() { git ls-files '*.sh' '*.bash' .ci/run 'Sources/Sandbox/Machines/StandIns/*' | xargs shellcheck; }

heading "prepare"
orchestration/setup-build.sh --tests
# Again as a source, which puts Swift on this shell's PATH.
# shellcheck source=../orchestration/setup-build.sh
source orchestration/setup-build.sh
export -f prepare_venv lint_scripts
step "python environment" 600 bash -euc prepare_venv || true
built=no
if step "release build" 900 swift build -c release --static-swift-stdlib; then built=yes; fi

if wanted checks; then
    heading "checks"
    step "swift format" 120 swift format lint --strict --recursive Package.swift Sources Tests || true
    step "shellcheck" 120 bash -euc lint_scripts || true
    if [[ $built == yes ]]; then step "docs/cli.md is up to date" 60 docs/generate.sh --check || true; fi
fi
if wanted unit; then
    heading "unit and conformance"
    if step "debug build" 900 swift build --build-tests; then
        step "swift test" 600 swift test --skip-build --parallel || true
    fi
fi

# Runs the scripts of a tier, two at a time as most of their time is waiting: folder, limit of each in seconds
scripts() {
    local script
    if [[ $built == no ]]; then
        failed+=("$1")
        echo "FAILED  $1: there is no release build"
        return
    fi
    for script in "Tests/$1"/*.sh; do
        while (($(jobs -rp | wc -l) >= 2)); do wait -n || true; done
        # In a process of its own, which leaves word of its success beside the log.
        (
            said=$(step "$script" "$2" "$script") && touch "$logs/$(basename "$script").passed"
            printf '%s\n' "$said"
        ) &
    done
    wait
    for script in "Tests/$1"/*.sh; do
        if [[ -e $logs/$(basename "$script").passed ]]; then passed+=("$script"); else failed+=("$script"); fi
    done
}
if wanted interop; then
    heading "interop: other people's readers and clients"
    [[ -d ../shared/data ]] || echo "SKIPPED: no real market data beside the project; generated data only"
    scripts interop 600
fi
if wanted e2e; then
    heading "end to end: the programs against the sandbox"
    scripts e2e 600
fi

heading "summary"
for name in "${failed[@]}"; do echo "failed: $name"; done
echo "done in $((SECONDS / 60)) min $((SECONDS % 60)) s"
echo "${#passed[@]} passed, ${#failed[@]} failed"
((${#failed[@]} == 0))
