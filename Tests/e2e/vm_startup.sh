#!/usr/bin/env bash
# orchestration/vm-startup-script.sh on "VMs" that have no other programs than it may use: what it does, whatever goes wrong, and
# that the VM never stays up. SEED chooses the moments of preemption.
# shellcheck source=vm_support.bash
source "$(dirname "${BASH_SOURCE[0]}")/vm_support.bash"
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
echo "SEED=$seed"
RANDOM=$((seed % 32768))

# ---- a first boot with all that can pass: no Docker, apt locked, token late, registry in trouble
vm tick-data-vm-60 without-docker
echo 3 >"$google/failures"
echo 2 >"$vm_state/apt-get-failures"
fails pull 3 "Error response from daemon: received unexpected HTTP status: 503 Service Unavailable"
fails login 1 "Error response from daemon: Get \"https://asia-northeast1-docker.pkg.dev/v2/\": dial tcp: i/o timeout"
boot 0
expect_deleted
expect "files of the shard" 2 "$(find store/fleet/2023-* -name '*BTCUSDT*.parquet' | wc -l)"
expect_heartbeats "a good run" DONE 1
expect "the registry's login" ya29.token "$(<"$vm_state/token")"
expect "pulled until it came" 4 "$(calls "docker pull -q $image")"
expect_message "Could not get lock"
expect_message "503 Service Unavailable"
expect_message "the log is gs://fleet/_runs/2023-05-23/logs/tick-data-vm-60.1.log"
expect "the log tells of the script and the container" "1 1" \
    "$(grep -c ' ends with status 0 ' "$(log 1)") $(grep -c '^all  *2 ' "$(log 1)")"
expect "the container's command line" "docker run --rm --name tick-data --network host --user 10001:10001 --read-only --cap-drop ALL \
--security-opt no-new-privileges --log-driver none -e TARDIS_BASE_URL -e TARDIS_API_URL -e GCE_METADATA_HOST -e STORAGE_EMULATOR_HOST \
-e CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER $image vm-data-downloader --plan $plan --shard-offset 60 \
--vm-name tick-data-vm-60 --bucket gs://fleet --watch-preemption --date 2023-05-23 --date 2023-05-24 \
--secret projects/tick/secrets/tardis-api-key/versions/3" "$(grep '^docker run' "$vm_state/calls")"

# ---- the metadata server answers, but has no token yet
token_path=instance/service-accounts/default/token
for status in 404 503; do
    vm "tick-data-vm-$((4000 + status))" with-docker
    item tick-shard-offset $((4000 + status))
    echo "$status 3" >"$google/failures-of/$token_path"
    boot 0
    expect_deleted
    expect "the token was late, status $status" "$status 0" "$(<"$google/failures-of/$token_path")"
    grep -qF "try 3 of 8 failed" console || fail "the token was not asked for again: $(<console)"
    expect_heartbeats "with a late token, status $status" DONE 1
    grep -q ' ends with status 0 ' "$(log 1)" || fail "no log of $name"
    ok "the log is kept, although the token was late"
done

# ---- the second boot of a VM that stays; the key in the metadata
vm tick-data-vm-60 with-docker
rm "$google/instance/attributes/tick-secret"
item tick-api-key the-key
item tick-keep-vm true
boot 0
expect_turned_off "it shall stay" 0
expect "apt-get is left alone" 0 "$(calls apt-get)"
grep -q -- ' -e TARDIS_API_KEY ' "$vm_state/calls" || fail "no key for the container"
expect_heartbeats "the second run" DONE 2
grep -q ' ends with status 0 ' "$(log 2)" || fail "no second log"
ok "the second log"

# ---- a failure of the script's own: said on the console, in the log, as heartbeats of both dates; those of finished dates stay
vm tick-data-vm-60 with-docker
fails pull 99 "Error response from daemon: manifest for $image not found: manifest unknown: Failed to fetch \"latest\""
boot 1
expect_deleted
expect "a missing image is asked for once" 1 "$(calls "docker pull")"
expect_heartbeats "what was done stays done" DONE 2
vm tick-data-vm-61 with-docker
fails pull 99 "Error response from daemon: manifest for $image not found: manifest unknown: Failed to fetch \"latest\""
boot 1
expect_message "FAILED: the image $image could not be pulled: Error response from daemon: manifest for"
grep -q 'FAILED: the image' "$(log 1)" || fail "not in the log"
expect_heartbeats "a missing image" FAILED 1 'not found: manifest unknown: Failed to fetch "'

# ---- the container ends badly: the downloader's own words stay, silence is filled
for status in 1 2 3 4 5 6 7 125 137; do
    vm "tick-data-vm-$((1000 + status))" with-docker
    ends_with $status "2023-05-24T00:00:00Z error   the disk \"sang\" \\ aloud"
    boot $status
    expect_deleted
    expect_heartbeats "its words, status $status" FAILED 1 'the disk "sang" \ aloud'
    expect_heartbeats "status $status" FAILED 1 "status $status: "
done
vm tick-data-vm-61 with-docker
rm "$google/instance/attributes/tick-plan"
item tick-shards 1
boot 1
expect_heartbeats "no plan" FAILED 2 "there is no plan _runs/2023-05-23/plan.json"
vm tick-data-vm-61 with-docker
boot 0
expect_heartbeats "after two failures" DONE 1

# ---- metadata that is not there or not right
for broken in tick-dates= tick-bucket=fleet/x tick-image=none tick-shard-offset=x tick-keep-vm=yes tick-plan=../plan.json; do
    vm tick-data-vm-60 with-docker
    item "${broken%%=*}" "${broken#*=}"
    boot 1
    expect_message "instance/attributes/${broken%%=*}"
done
vm tick-data-vm-60 with-docker
rm "$google/instance/attributes/tick-bucket"
boot 1
expect_deleted
expect_message "instance/attributes/tick-bucket: status 404"
vm tick-data-vm-60 with-docker
echo 9999 >"$google/failures"
boot 1
expect_turned_off "its metadata server does not answer" 0
vm tick-data-vm-60 with-docker
item tick-bucket gs://no-such-bucket
boot 1
expect_deleted
expect_message "the log cannot be kept in the bucket: status 404"
vm tick-data-vm-60 without-docker
echo 9999 >"$vm_state/apt-get-failures"
boot 1
expect_deleted
expect_message "FAILED: Docker could not be installed: E: Could not get lock"

# ---- a VM that may not delete itself, or not at once
vm tick-data-vm-60 with-docker
echo 403 >"$google/delete-status"
boot 0
(($(deletions) > 20)) || fail "it asked only $(deletions) times for its deletion: a role may be new"
expect_turned_off "it may not delete itself" "$(deletions)"
expect_message "the VM could not be deleted, so it is turned off: status 403"
vm tick-data-vm-60 with-docker
echo 503 >"$google/delete-status"
boot 0
expect_turned_off "Compute Engine is in trouble" 8

# ---- while it runs: the log, and the notice of preemption
stop_sandbox
rm -r store/fleet/2023-*/trades/binance-spot/ETHUSDT
start_sandbox --store "$work/store" --rows 500 --record "$work/requests.jsonl" --fault "service=wasabi path=*ETHUSDT* bandwidth=1K"
build_machine
vm tick-data-vm-2061 with-docker
item tick-shard-offset 2060
begin_boot() { # further options
    : >requests.jsonl
    rm -f "$(log 1)" "$(log 2)" "$(log 3)"
    "${machine[@]}" "$@" "$root/orchestration/vm-startup-script.sh" >console 2>&1 &
    script=$!
}
is_downloading() { grep -q '"wasabi".*ETHUSDT' requests.jsonl; }
ended() { # wanted status
    local status=0
    wait $script || status=$?
    expect "$name ends" "$1" $status
}
begin_boot
until_true is_downloading
until_true grep -qs "downloading shard 1 of 2" "$(log 1)"
ok "the log can be read while the VM works"
printf TRUE >"$google/instance/preempted"
ended 5
expect_deleted
expect_heartbeats "the notice" PREEMPTED 1

# A person stops the VM: its guest gets SIGTERM, and it must not be deleted.
vm tick-data-vm-2061 with-docker
item tick-shard-offset 2060
begin_boot
until_true is_downloading
kill -TERM $script
ended 143
expect_turned_off "somebody stops it" 0
expect_heartbeats "SIGTERM" STOPPED 2

# The container is killed each time: its last heartbeat says RUNNING or STARTING.
vm tick-data-vm-2061 with-docker
item tick-shard-offset 2060
begin_boot
for killed in 1 2 3; do
    until_true is_downloading
    : >requests.jsonl
    kill -KILL "$(<"$vm_state/container")"
done
ended 137
expect "it was run" 3 "$killed"
expect_deleted
expect "a killed container" "FAILED note FAILED note" \
    "$(heartbeat "${days[0]}" state) $(heartbeat "${days[0]}" attempt) $(heartbeat "${days[1]}" state) $(heartbeat "${days[1]}" attempt)"
expect "the reason" 2 "$(grep -l "3 times the container was ended by something else than its work" "$runs"/*/shards/"$name".*.txt | wc -l)"

# Compute Engine turns the VM off while the script waits for its deletion.
vm tick-data-vm-60 with-docker
begin_boot TICK_PAUSE=30
is_deleted() { (($(deletions) == 1)); }
until_true is_deleted
while kill -TERM $script 2>/dev/null; do sleep 0.05; done
ended 0
expect "the deletion is awaited" 0 "$(calls shutdown)"
stop_sandbox

# ---- SIGTERM with the notice before any line: the VM is deleted or turned off, and nothing half-written stays
start_sandbox --store "$work/store" --rows 500
build_machine
objects=()
for day in "${days[@]}"; do
    objects+=("_runs/$day/shards/tick-data-vm-3061.${plan:5:8}.1.json" "$day/trades/binance-spot/ETHUSDT/trades_${day}_ETHUSDT_spot.parquet")
done
line=3 ends='' # the first two are the call of the script, and its first trap
while true; do
    vm tick-data-vm-3061 with-docker
    item tick-shard-offset 3060
    printf TRUE >"$google/instance/preempted"
    for object in "${objects[@]}"; do
        curl -sS -o /dev/null -X DELETE -H 'Authorization: Bearer ya29.token' "$STORAGE_EMULATOR_HOST/storage/v1/b/fleet/o/${object//\//%2F}"
    done
    status=0
    # The shell counts the lines that it carries out, in functions and subshells too, where the number may come a second time: one
    # signal is sent.
    # shellcheck disable=SC2016
    timeout -k 5 60 "${machine[@]}" bash -c 'set -T; line=0
        trap "((++line != '$line')) || [[ -e \$TICK_STANDINS/reached ]] || { echo x >\"\$TICK_STANDINS/reached\"; kill -TERM \$\$; }" DEBUG
        source "$0"' "$root/orchestration/vm-startup-script.sh" >console 2>&1 || status=$?
    (($(deletions) > 0 || $(calls shutdown) > 0)) || fail "line $line: the VM stays up: $(<console)"
    [[ $status == 143 || $status == 0 || $status == 5 ]] || fail "line $line: status $status: $(<console)"
    [[ -z $(compgen -G "$work/tick-startup.*") ]] || fail "line $line: files are left behind"
    ends+=" $line:$(heartbeat "${days[0]}" state 2>/dev/null || true)"
    [[ -e $vm_state/reached ]] || break
    line=$((line + 1 + RANDOM % ${STEP:-50}))
done
echo "ends:$ends"
((line > 200)) || fail "only $line lines were reached"
ok "preempted at any line the VM goes away"
stop_sandbox
echo "vm_startup: $checks checks passed"
