# shellcheck shell=bash
# What the end-to-end scripts about one VM's scripts share; sourced, never run. It starts a sandbox with two plans of two shards.

# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs vm-data-downloader tick-sandbox
export LIMIT=60 TICK_SANDBOX_TARDIS_KEY=the-key TICK_SANDBOX_GCS_TOKEN=ya29.token
days=(2023-05-23 2023-05-24)
image=asia-northeast1-docker.pkg.dev/tick/market-tick-handler/market-tick-handler:latest
start_sandbox --store "$work/store" --bucket fleet --rows 500 --record "$work/requests.jsonl"
runs=$work/store/fleet/_runs

# ---- the VM: its programs, its metadata server, Secret Manager and Compute Engine
tools=$work/tools google=$work/google vm_state=$work/vm
mkdir -p "$tools" "$google/instance/attributes" "$google/instance/service-accounts/default" "$google/project"
for tool in bash env curl cat cut date dirname flock grep head ln mkdir readlink rm sed sleep sort tail tee timeout tr wc; do
    ln -s "$(command -v $tool)" "$tools/$tool"
done
ln -s "$root/Sources/Sandbox/Machines/StandIns/"{apt-get,shutdown,systemctl} "$tools"
printf tick-sandbox >"$google/project/project-id"
printf projects/1060025368044/zones/asia-northeast1-b >"$google/instance/zone"
printf '{"access_token":"ya29.token","expires_in":3599,"token_type":"Bearer"}' >"$google/instance/service-accounts/default/token"
printf the-key >"$google/secret"
python3 "$root/Tests/e2e/vm_google.py" "$google" google.port &
started+=($!)
until_true test -s google.port
google_host=$(<google.port)

item() { printf %s "$2" >"$google/instance/attributes/$1"; } # item, value
calls() { grep -c -- "^$1" "$vm_state/calls" || true; }
deletions() { grep -c '^DELETE' "$google/requests" || true; }

# A new VM: its name, and whether Docker comes with its disk.
vm() { # name, with-docker | without-docker
    name=$1
    rm -rf "$vm_state" "$google"/{failures,failures-of,delete-status,requests} "$google/instance/attributes"/*
    mkdir -p "$vm_state/bin"
    : >"$vm_state/calls"
    : >"$google/requests"
    mkdir -p "$google/failures-of/instance/service-accounts/default"
    [[ $2 == without-docker ]] || ln -s "$root/Sources/Sandbox/Machines/StandIns/docker" "$vm_state/bin/docker"
    printf %s "$name" >"$google/instance/name"
    printf FALSE >"$google/instance/preempted"
    item tick-dates "${days[0]},${days[1]}"
    item tick-plan "$plan"
    item tick-shard-offset 60
    item tick-shards 2
    item tick-bucket gs://fleet
    item tick-image $image
    item tick-secret projects/tick/secrets/tardis-api-key/versions/3
}
fails() { # command of docker, times, message
    echo "$2" >"$vm_state/docker-$1-failures"
    printf '%s\n' "$3" >"$vm_state/docker-$1-message"
}
ends_with() { # status of the container, message
    echo "$1" >"$vm_state/docker-run-status"
    printf '%s\n' "$2" >"$vm_state/docker-run-message"
}

# The VM's environment, and what its guest agent runs.
build_machine() {
    machine=(env -i PATH="$vm_state/bin:$tools" TMPDIR="$work" TICK_STANDINS="$vm_state" TICK_BIN="$bin" TICK_PAUSE=0.05 TICK_RUN="$work/run"
        GCE_METADATA_HOST="$google_host" STORAGE_EMULATOR_HOST="$STORAGE_EMULATOR_HOST"
        CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE="http://$google_host/compute/v1/"
        CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER="http://$google_host/"
        TARDIS_BASE_URL="$TARDIS_BASE_URL" TARDIS_API_URL="$TARDIS_API_URL")
}
build_machine
boot() { # wanted status
    run_expecting "$1" "${machine[@]}" "$root/orchestration/vm-startup-script.sh"
    cp out console
    (($(deletions) > 0 || $(calls shutdown) == 1)) || fail "$name stays up"
    [[ -z $(compgen -G "$work/tick-startup.*") ]] || fail "$name leaves files behind"
    if grep -rqF -e the-key -e ya29.token out err "$vm_state/calls" "$runs"; then fail "$name tells a secret"; fi
}
expect_deleted() { expect "$name deletes itself" 1 "$(grep -c "^DELETE /compute/v1/projects/tick-sandbox/zones/asia-northeast1-b/instances/$name\$" "$google/requests")"; }
expect_turned_off() { expect "$name is turned off: $1" "$2 1" "$(deletions) $(calls shutdown)"; }
# What the heartbeat and the end notes of this VM say of a date, by the rule of Sources/FleetModel/State/ShardRule.swift: a member of
# state, attempt, shard, shards, reason; the attempt is "note" where a note tells the state.
heartbeat() { # date, field
    "$venv/bin/python" - "$2" "$runs/$1/shards/$name".* <<'PYTHON'
import json, pathlib, sys
field, beat, note = sys.argv[1], None, None
for file in map(pathlib.Path, sys.argv[2:]):
    if file.suffix == ".json":
        beat = json.loads(file.read_bytes())
    elif file.suffix == ".txt" and (note is None or int(file.suffixes[-2][1:]) > note[0]):
        note = int(file.suffixes[-2][1:]), file.stat().st_mtime, file.read_text(errors="replace")
final = beat and beat["state"] in ("DONE", "EMPTY", "PARTIAL", "FAILED", "PREEMPTED", "STOPPED")
if note and not (beat and (final and (beat["updated_us"] / 1e6 >= note[0] or beat["state"] in ("DONE", "EMPTY")))):
    state, _, _, reason = note[2].strip().split(" ", 3)
    told = {**(beat or {}), "state": state, "attempt": "note", "reason": reason}
elif beat:
    told = {**beat, "reason": "".join(error["reason"] for error in beat["errors"])}
else:
    sys.exit("nothing is said")
print(told.get(field, ""))
PYTHON
}
expect_heartbeats() { # what, state, attempt, text in the reason
    local day reason attempt
    for day in "${days[@]}"; do
        attempt=$(heartbeat "$day" attempt)
        [[ $attempt != note ]] || attempt=$3
        expect "$1: $day" "$2 $3" "$(heartbeat "$day" state) $attempt"
        [[ -n ${4:-} ]] || continue
        reason=$(heartbeat "$day" reason)
        grep -qF -- "$4" <<<"$reason" || fail "no \"$4\" in $reason"
    done
}
log() { echo "$runs/${days[0]}/logs/$name.$1.log"; }

# ---- the plans, as orchestrate-tick-download would have written them
for shard in 0 1; do
    TARDIS_API_KEY=the-key run_expecting 0 "$bin/vm-data-downloader" --instruments "$root/orchestration/instruments.csv" --bucket ./made \
        --date "${days[0]}" --date "${days[1]}" --symbols BTCUSDT,ETHUSDT --venues binance-spot --data-types trades \
        --total-shards 2 --shard-index $shard
done
# Its id is in the names of the heartbeats.
plan=$(compgen -G "made/_runs/${days[0]}/shards/local-0.*.0.json")
plan=${plan#*/local-0.}
plan=plan.${plan%%.*}.json
for day in "${days[@]}"; do
    curl -fsS -o /dev/null -H 'Authorization: Bearer ya29.token' --data-binary "@made/_runs/$day/plan.json" \
        "$STORAGE_EMULATOR_HOST/upload/storage/v1/b/fleet/o?uploadType=media&name=_runs%2F$day%2F$plan"
done
