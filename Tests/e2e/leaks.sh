#!/usr/bin/env bash
# A key and tokens are planted, a whole rehearsal is run, and everything that it left or showed is searched for them.
# shellcheck source=fleet_support.bash
source "$(dirname "${BASH_SOURCE[0]}")/fleet_support.bash"
need_programs orchestrate-tick-download setup-iam monitor-tick-download cleanup-tick-vms vm-data-downloader gcs-upload-service tick-sandbox
date=2023-05-23
# Its own key: other scripts run beside this one, whose processes have theirs.
planted_key=planted-key-of-leaks-$$
seen=$work/seen
mkdir "$seen"

# Command lines and environments of all that runs meanwhile, as this user sees them, a hundred times a second.
watch_processes() {
    exec "$venv/bin/python" - "$seen" <<'PYTHON'
import os, pathlib, re, sys, time

seen = pathlib.Path(sys.argv[1])
# Those that are given the key to use it: the programs, their launchers and what starts them.
keyed = re.compile(rb"vm-data-downloader|orchestrat|monitor-tick|cleanup-tick|setup-iam|leaks\.sh|tick-sandbox|docker")
known = set()
with open(seen / "arguments", "ab", 0) as arguments, open(seen / "environments", "ab", 0) as environments:
    while True:
        for process in filter(str.isdigit, os.listdir("/proc")):
            try:
                line = pathlib.Path(f"/proc/{process}/cmdline").read_bytes()
                environment = pathlib.Path(f"/proc/{process}/environ").read_bytes()
                # One that becomes another program just now has no arguments yet, or those of the one before.
                if not line or line != pathlib.Path(f"/proc/{process}/cmdline").read_bytes():
                    continue
            except OSError:
                continue  # it has ended, or is another user's
            if (process, line, environment) in known:
                continue
            known.add((process, line, environment))
            arguments.write(line.replace(b"\0", b" ") + b"\n")
            if not keyed.search(line):
                environments.write(process.encode() + b" " + line + b"\n" + environment.replace(b"\0", b"\n") + b"\n")
        time.sleep(0.01)
PYTHON
}

said() { cat "$work/out" "$work/err" >>"$seen/said"; }
step() {
    local wanted=$1
    shift
    LIMIT=240 run_expecting "$wanted" "$@"
    said
}
# As an operator's `export` gives it: `env NAME=value` would have it in a command line of its own. What is run beside the program,
# such as `cat`, has no key.
keyed() {
    local -x TARDIS_API_KEY=${key:-$planted_key}
    LIMIT=240 run_expecting "$@"
}
keyed_step() {
    keyed "$@"
    said
}

fresh_sandbox --enable-api secretmanager.googleapis.com --vm-programs "$bin" --rows 50
token=$(<"$CLOUDSDK_AUTH_ACCESS_TOKEN_FILE")
private=$("$venv/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["private_key"].split("\n")[1])' "$GCP_CREDENTIALS_PATH")
# This shell and what it starts by itself has no key; the steps that need one are given it in their environment.
unset TARDIS_API_KEY
watch_processes &
watcher=$!
started+=("$watcher")

step 0 ./orchestration/setup-iam.sh
keyed_step 0 ./orchestration/orchestrate-tick-download.sh --date $date --instances 6 --max-instruments 6 --print-config
keyed_step 0 ./orchestration/orchestrate-tick-download.sh --date $date --instances 6 --max-instruments 6 --verbose --wait --poll 0.5
step 0 ./orchestration/monitor-tick-download.sh all $date --verbose
step 0 ./orchestration/monitor-tick-download.sh logs tick-data-vm-0 --date $date
step 0 ./orchestration/monitor-tick-download.sh verify $date --output json
step 0 ./orchestration/cleanup-tick-vms.sh --yes
keyed_step 0 "$bin/vm-data-downloader" --instruments orchestration/instruments.csv --date $date --symbols SOLUSDT --bucket ./local --verbose --output json
step 0 "$bin/gcs-upload-service" ./local gs://market-data-tick/copies --verbose
# Refusals, too, and what comes of a wrong key.
key=another-planted-key keyed_step 4 ./orchestration/orchestrate-tick-download.sh --date $date --verbose
key="$planted_key with blanks" keyed_step 2 ./orchestration/orchestrate-tick-download.sh --date $date
# The key in metadata, where there is no Secret Manager: there, and nowhere else.
kill "$watcher"
wait "$watcher" || true
kept=$work/kept
mkdir "$kept"
cp -r "$work/store" "$kept/secret"
cp "$record" "$kept/secret.jsonl"
fresh_sandbox --vm-programs "$bin" --rows 50
keyed_step 0 ./orchestration/orchestrate-tick-download.sh --date $date --instances 2 --max-instruments 2 --wait --poll 0.5
step 0 ./orchestration/cleanup-tick-vms.sh --yes

# ---- nowhere
nowhere() { # what, secret, where
    local what=$1 secret=$2 found
    shift 2
    found=$(grep -rlF -- "$secret" "$@" || true)
    expect "$what" "" "$found"
}
[[ -s $seen/arguments && -s $seen/environments && -s $seen/said ]] || fail "nothing was watched"
grep -q vm-data-downloader "$seen/arguments" || fail "no VM was watched"
for secret in "$planted_key" "$(printf %s "$planted_key" | base64)" another-planted-key "$token" "$private"; do
    nowhere "no command line has it" "$secret" "$seen/arguments"
    nowhere "no output has it" "$secret" "$seen/said"
    nowhere "no object, log or VM's disk has it" "$secret" "$kept/secret" "$work/store" "$work"/store.machines*/
    nowhere "no folder of ours has it" "$secret" "$kit/local"
done
# A line `PID ARGUMENTS` for each process whose environment has it.
holders=$(awk -v key="$planted_key" '/^[0-9]+ / { process = $0 } index($0, key) { print process }' "$seen/environments" | tr '\0' ' ' | sort -u)
expect "no process that does not need the key has it in its environment" "" "$holders"
nowhere "with a secret, no request but those to Secret Manager and Tardis has the key" "$planted_key" \
    <(grep -v '"service":"secretmanager"\|"service":"tardis"' "$kept/secret.jsonl")
nowhere "the record keeps no token" "$token" "$kept/secret.jsonl"
stop_sandbox
echo "leaks: $checks checks passed"
