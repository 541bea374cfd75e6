# shellcheck shell=bash
# What the end-to-end and interop scripts share; sourced, never run.
#
# TICK_BIN  the folder of the built programs (default: .build/release)
# VENV      the virtual environment with Tests/requirements.txt (default: .venv)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=${TICK_BIN:-$root/.build/release}
venv=${VENV:-$root/.venv}
work=$(mktemp -d)
started=()
checks=0

cleanup() {
    local status=$? pid
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$work"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Programs of this machine's user must not change what is tested.
unset GOOGLE_APPLICATION_CREDENTIALS GCP_CREDENTIALS_PATH TARDIS_API_KEY LOG_LEVEL LOG_FORMAT GCS_BUCKET
export NO_COLOR=1 NO_GCE_CHECK=1 HOME=$work/home
mkdir -p "$HOME"
cd "$work"

need_programs() {
    local program
    for program in "$@"; do
        [[ -x $bin/$program ]] || { echo "no $bin/$program: swift build -c release --static-swift-stdlib" >&2; exit 1; }
    done
}

fail() {
    printf 'FAILED %s\n' "$*" >&2
    exit 1
}

# what, wanted, got
expect() {
    [[ $2 == "$3" ]] || fail "$1"$'\n'"  wanted: $2"$'\n'"  got:    $3"
    ok "$1"
}

ok() {
    checks=$((checks + 1))
    echo "ok  $1"
}

# Runs a command of which this exit status is wanted; its streams are in $work/out and $work/err.
run_expecting() {
    local wanted=$1 status=0
    shift
    timeout -k 5 "${LIMIT:-120}" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    [[ $status == "$wanted" ]] && return 0
    tail -n 30 "$work/out" "$work/err" >&2
    fail "exit status $status instead of $wanted: $*"
}

# The last run's messages must hold this text.
expect_message() {
    grep -qF -- "$1" "$work/out" "$work/err" || {
        tail -n 30 "$work/out" "$work/err" >&2
        fail "no \"$1\" in what was printed"
    }
    ok "says \"$1\""
}

# Waits until a command succeeds. The limit is for what hangs, and far above what a loaded machine takes.
until_true() {
    local end=$((SECONDS + 300))
    until "$@"; do
        ((SECONDS < end)) || fail "five minutes went by, and not: $*"
        sleep 0.02
    done
}

# Starts tick-sandbox with these options and takes over its environment. Its process is $sandbox; it writes what it was asked
# to the file $sandbox_record, which is $work/sandbox.jsonl unless --record names another one.
start_sandbox() {
    local previous='' word
    sandbox_record=$work/sandbox.jsonl
    for word in "$@"; do
        [[ $previous != --record ]] || sandbox_record=$(realpath -m "$word")
        previous=$word
    done
    rm -f "$work/sandbox.env" "$work/sandbox.jsonl"
    "$bin/tick-sandbox" --env-file "$work/sandbox.env" --record "$work/sandbox.jsonl" "$@" &
    sandbox=$!
    started+=("$sandbox")
    until_true sandbox_is_up
    # shellcheck disable=SC1091
    source "$work/sandbox.env"
}

sandbox_is_up() {
    kill -0 "$sandbox" 2>/dev/null || fail "tick-sandbox ended early"
    [[ -s $work/sandbox.env ]]
}

# Stops it; what our own programs sent must have kept to the services' descriptions.
stop_sandbox() {
    kill "$sandbox"
    wait "$sandbox" || fail "tick-sandbox ended with $?"
    expect_good_requests
}

# No request of ours in the record breaks a service's description. Other programs' requests are their own affair.
expect_good_requests() {
    "$venv/bin/python" - "$sandbox_record" <<'PYTHON' || fail "what we sent is not what the services take"
import json, os, sys
bad = []
for line in open(sys.argv[1]) if os.path.exists(sys.argv[1]) else []:
    request = json.loads(line)
    agent = next((v for k, v in request["headers"].items() if k.lower() == "user-agent"), "")
    if request.get("violations") and agent.startswith("market-tick-data-handler"):
        bad.append(f'{request["service"]} {request["method"]} {request["url"]}: {"; ".join(request["violations"])}')
print("\n".join(bad[:20]), file=sys.stderr)
sys.exit(bool(bad))
PYTHON
}

# Names, sizes and CRC-32C of the objects below a prefix, as the server lists them; heartbeats and plans left out.
bucket_state() {
    "$venv/bin/python" - "$1" "${2:-}" <<'PYTHON'
import os, sys
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
client = storage.Client(project="test", credentials=AnonymousCredentials())
for blob in client.list_blobs(sys.argv[1], prefix=sys.argv[2]):
    if not blob.name.startswith("_runs/"):
        print(blob.name, blob.size, blob.crc32c)
PYTHON
}
