#!/usr/bin/env bash
# A VM's startup script where others refuse, keep or forge: roles that are new, a metadata server that cannot be found, a bucket that
# keeps its objects, records that somebody else wrote, programs that print secrets.
# shellcheck source=vm_support.bash
source "$(dirname "${BASH_SOURCE[0]}")/vm_support.bash"

# The sandbox again, with faults.
with_faults() {
    local faults=() rule
    for rule in "$@"; do faults+=(--fault "$rule"); done
    stop_sandbox
    rm requests.jsonl
    start_sandbox --store "$work/store" --rows 500 --record "$work/requests.jsonl" "${faults[@]}"
    build_machine
}
requests() { grep '"service":"gcs"' requests.jsonl | grep -c -- "$1" || true; } # pattern
listings='"method":"GET".*prefix=_runs'

# ---- a role that was granted a moment ago: 403 until it is known everywhere, and then all goes on
denied='Error response from daemon: Head "https://asia-northeast1-docker.pkg.dev/v2/tick/x/manifests/latest": denied: Permission
"artifactregistry.repositories.downloadArtifacts" denied on resource "projects/tick/locations/asia-northeast1" (or it may not exist)'
forbidden="status=403 reason=forbidden message=sa@example.com%20does%20not%20have%20storage.objects.list%20access"
with_faults "service=gcs method=GET path=*prefix=_runs* nth=1-10 $forbidden"
vm tick-data-vm-60 with-docker
fails pull 10 "${denied//$'\n'/ }"
echo "403 10" >"$google/delete-status"
boot 0
expect "its deletion is asked for until it is allowed" 11 "$(deletions)"
expect "the image is asked for until it is allowed" 11 "$(calls 'docker pull')"
expect_message "listing the logs: refused, perhaps as a role is new; the next try comes in 1 s: status 403, sa@example.com does not have"
expect_message "pulling the image: refused, perhaps as a role is new; the next try comes in 30 s: Error response from daemon: Head"
grep -q ' ends with status 0 ' "$(log 1)" || fail "no log"
expect_heartbeats "with new roles" DONE 1
# The report of a failure is refused at first, too.
with_faults "service=gcs method=POST path=*shards*vm-61* nth=1-10 $forbidden"
vm tick-data-vm-61 with-docker
ends_with 7 "00:00Z error it is enough"
boot 7
expect_heartbeats "a report with new roles" FAILED 1 "it is enough"

# ---- a role that is not there: the reason after ten minutes in all, whatever is asked for later
seconds_of_pauses() { sed -n 's/.*the next \(try\|one\) comes in \([0-9]*\) s.*/\2/p' console | paste -sd + | sed 's/^$/0/' | { read -r sum && echo $((sum)); }; }
with_faults "service=gcs method=GET path=*prefix=_runs*logs* $forbidden"
vm tick-data-vm-62 with-docker
item tick-shard-offset 62
echo 403 >"$google/delete-status"
boot 0
expect_message "the log cannot be kept in the bucket: status 403, sa@example.com does not have storage.objects.list access"
seconds=$(seconds_of_pauses)
((seconds >= 570 && seconds <= 630)) || fail "it waited $seconds s for its roles"
ok "it waits about ten minutes for its roles: $seconds s"
expect_turned_off "by then a refusal is one" 1
with_faults
vm tick-data-vm-65 with-docker
fails pull 999 "${denied//$'\n'/ }"
boot 1
seconds=$(seconds_of_pauses)
((seconds >= 570 && seconds <= 630)) || fail "it waited $seconds s for the image"
expect_heartbeats "no role for the image" FAILED 1 'denied: Permission "artifactregistry.repositories.downloadArtifacts"'

# ---- refusals that waiting does not mend: the reason at once
for refusal in "reason=accountDisabled message=The%20billing%20account%20is%20disabled" "reason=vpcServiceControls message=Prohibited" \
    "reason=forbidden message=Request%20had%20insufficient%20authentication%20scopes."; do
    with_faults "service=gcs method=GET path=*prefix=_runs*vm-60* status=403 $refusal"
    vm tick-data-vm-60 with-docker
    boot 0
    expect "asked once: $refusal" 1 "$(requests "$listings.*vm-60")"
    expect_message "the log cannot be kept in the bucket: status 403"
done
vm tick-data-vm-60 with-docker
item tick-image docker.io/nobody/nothing
fails pull 999 "Error response from daemon: pull access denied for nobody/nothing, repository does not exist or may require 'docker login'"
boot 1
expect "an image of another registry is asked for once" 1 "$(calls 'docker pull')"

# ---- too many requests are no refusal
with_faults "service=gcs method=GET path=*prefix=_runs* nth=1-3 status=403 reason=rateLimitExceeded"
vm tick-data-vm-60 with-docker
boot 0
expect_message "listing the logs: try 3 of 8 failed"

# ---- the metadata server's name does not resolve for a while, or the server answers 503: over a minute is waited
fake_curl() { # times, exit status, message
    echo "$1" >"$vm_state/curl-failures"
    cat >"$vm_state/bin/curl" <<CURL
#!/bin/bash
left=\$(<$vm_state/curl-failures)
[[ \$* == *computeMetadata* ]] && ((left > 0)) || exec $tools/curl "\$@"
echo \$((left - 1)) >$vm_state/curl-failures
echo "$3" >&2
exit $2
CURL
    chmod 755 "$vm_state/bin/curl"
}
vm tick-data-vm-60 with-docker
fake_curl 7 6 "curl: (6) Could not resolve host: metadata.google.internal"
boot 0
expect_message "reading instance/name: try 7 of 8 failed, the next one comes in 30 s: curl: (6) Could not resolve host"
(($(seconds_of_pauses) >= 60)) || fail "it waited only $(seconds_of_pauses) s"
expect_deleted
for path in instance/name instance/service-accounts/default/token; do
    vm tick-data-vm-60 with-docker
    echo "503 7" >"$google/failures-of/$path"
    boot 0
    (($(seconds_of_pauses) >= 60)) || fail "it waited only $(seconds_of_pauses) s for $path"
    expect_deleted
done
ok "503 for over a minute"
# A refusal is no absence: an item with a default is not taken for missing.
vm tick-data-vm-60 with-docker
mkdir -p "$google/failures-of/instance/attributes"
echo "403 9999" >"$google/failures-of/instance/attributes/tick-keep-vm"
boot 1
expect_message "instance/attributes/tick-keep-vm: status 403"

# ---- a bucket that keeps each object: the log gets a new name for each copy, and the work goes on
keeps="status=403 reason=retentionPolicyNotMet message=Object%20is%20subject%20to%20bucket%27s%20retention%20policy"
rules=("service=wasabi path=*ETHUSDT* latency=1500")
for copy in {1..9}; do rules+=("service=gcs method=POST path=*logs*vm-63.$copy.log* nth=2- $keeps"); done
with_faults "${rules[@]}"
rm -rf store/fleet/2023-*/trades/binance-spot/ETHUSDT
vm tick-data-vm-63 with-docker
item tick-shard-offset 62
boot 0
copies=("$runs/${days[0]}/logs/$name".*.log)
((${#copies[@]} >= 2)) || fail "only ${#copies[@]} copy of the log"
grep -q ' ends with status 0 ' "$(log ${#copies[@]})" || fail "the last of ${copies[*]} does not end"
ok "the log of a bucket that keeps its objects: ${#copies[@]} copies, the last one complete"
expect "it is said once" 1 "$(grep -c 'the bucket keeps each copy of the log' console)"
expect_heartbeats "the work is done" DONE 1
expect_deleted
with_faults "service=gcs method=POST path=*shards* $keeps"
vm tick-data-vm-64 with-docker
ends_with 7 "00:00Z error it is enough"
boot 7
expect "a note that cannot be written is said once" 1 "$(grep -c "why the VM ends was not written: status 403, Object is subject to" console)"
expect_deleted
with_faults

# ---- the bucket is input: what others wrote there is not carried out
put() { # name, metadata as JSON members
    printf -- '--x\r\nContent-Type: application/json\r\n\r\n{"name":"%s","metadata":{%s}}\r\n--x\r\nContent-Type: text/plain\r\n\r\nx\r\n--x--\r\n' "$1" "$2" |
        curl -fsS -o /dev/null -H 'Authorization: Bearer ya29.token' -H 'Content-Type: multipart/related; boundary=x' --data-binary @- \
            "$STORAGE_EMULATOR_HOST/upload/storage/v1/b/fleet/o?uploadType=multipart"
}
trap_text="a[\$(echo x >$work/planted)]"
number=70
for state in FAILED RUNNING; do
    for started in "$trap_text" 08 99999999999999999999 "1 + 1"; do
        number=$((number + 1))
        for day in "${days[@]}"; do
            put "_runs/$day/shards/tick-data-vm-$number.${plan:5:8}.$((number - 60)).json" \
                "\"tick-schema\":\"1\",\"tick-state\":\"$state\",\"tick-started\":\"$started\",\"tick-attempt\":\"$started\""
        done
        vm tick-data-vm-$number with-docker
        ends_with 7 "00:00Z error it is enough"
        boot 7
        [[ ! -e $work/planted ]] || fail "$started in the bucket was carried out"
        grep -qF "FAILED $plan $((number - 60)) the download ended with status 7: error it is enough" "$runs/${days[1]}/shards/$name".*.txt || fail "no note"
    done
done
for object in tick-data-vm-90.08.log tick-data-vm-90.99999999999999999999.log tick-data-vm-90.-5.log "tick-data-vm-90.$trap_text.log" \
    tick-data-vm-90.7.8.log tick-data-vm-90.2.log tick-data-vm-90.log; do
    put "_runs/${days[0]}/logs/$object" ''
done
vm tick-data-vm-90 with-docker
ends_with 7 "00:00Z error it is enough"
boot 7
expect_message "the log is gs://fleet/_runs/2023-05-23/logs/tick-data-vm-90.3.log"
[[ ! -e $work/planted ]] || fail "an object's name was carried out"

# ---- words of others in the reason: note and console are printable
vm tick-data-vm-91 with-docker
words=$'\e[31m\xc2\x9b \xff\xfe "quoted" \\ \\" back\\n\t \xc3\xa9'
ends_with 7 "2023-05-23T00:00:00Z error $words \$(echo x >$work/planted) \`echo x >$work/planted\`"
boot 7
python3 - "$runs/${days[0]}/shards/$name".*.txt console <<'PYTHON' || fail "the reason"
import sys
reason = open(sys.argv[1], "rb").read().decode(errors="replace")
assert all(c.isprintable() or c in "\n\ufffd" for c in reason), reason
assert '"quoted" \\ \\" back\\n' in reason, reason
console = open(sys.argv[2], "rb").read()
assert not any(byte < 32 and byte != 10 or byte == 127 for byte in console) and b"\xc2\x9b" not in console, console
PYTHON
[[ ! -e $work/planted ]] || fail "a container's words were carried out"
expect "no words of a container are carried out" FAILED "$(heartbeat "${days[0]}" state)"

# ---- the key in the metadata: only the container's client has it, whatever others print
key=planted.key-$RANDOM$RANDOM
stop_sandbox
TICK_SANDBOX_TARDIS_KEY=$key start_sandbox --store "$work/store" --rows 500
build_machine
vm tick-data-vm-93 without-docker
item tick-shard-offset 92
rm "$google/instance/attributes/tick-secret"
item tick-api-key "$key"
rm -rf store/fleet/2023-*
# Each program notes its command line and environment before it runs.
mkdir "$vm_state/recorded"
cat >record <<RECORD
{ printf "%s " "\$name" "\$@"; echo; } >>$vm_state/recorded/commands
printf '%s\n' "\$name \$1: \$(/bin/cat /proc/self/environ | /usr/bin/tr '\\0\n' '  ')" >>$vm_state/recorded/environments
RECORD
for program in "$tools"/*; do
    tool=${program##*/}
    # env and bash begin the script itself and the stand-ins.
    [[ $tool != bash && $tool != env ]] || continue
    {
        printf '#!/bin/bash\nname=%s program=%s\n' "$tool" "$program"
        cat "$work/record"
        # The program's own words, as they are.
        # shellcheck disable=SC2016
        echo 'exec "$program" "$@"'
    } >"$vm_state/bin/$tool"
    chmod 755 "$vm_state/bin/$tool"
done
# Docker comes by apt-get, as a link beside them; its client talks too much.
cat >"$vm_state/bin/ln" <<LN
#!/bin/bash
/bin/cat >"\${!#}" <<'DOCKER'
#!/bin/bash
name=docker
$(<record)
echo "debug: TARDIS_API_KEY=$key Authorization: Bearer ya29.token" >&2
export PATH=$tools # what the stand-in calls is not the script's
exec $root/Sources/Sandbox/Machines/StandIns/docker "\$@"
DOCKER
/bin/chmod 755 "\${!#}"
LN
status=0
timeout -k 5 60 "${machine[@]}" "$root/orchestration/vm-startup-script.sh" >console 2>&1 </dev/null || status=$?
expect "it works" 0 $status
expect_heartbeats "with the key in the metadata" DONE 1
recorded=$vm_state/recorded
for where in console "$recorded/commands" "$vm_state/calls" "$runs" store/.sandbox; do
    for secret in "$key" ya29.token; do
        found=$(grep -rlaF -- "$secret" "$where" || true)
        [[ -z $found ]] || fail "$secret is in $found: $(grep -raF -m 3 -- "$secret" "$where")"
    done
done
ok "no key and no token on the console, in a command line, or in the bucket"
grep -q 'debug: TARDIS_API_KEY=<key> Authorization: Bearer <token>' console || fail "what Docker's client said is not there: $(<console)"
expect "who has the key" "docker run" "$(grep -F -- "$key" "$recorded/environments" | cut -d : -f 1 | sort -u)"
expect "who has the token" "" "$(grep -F ya29.token "$recorded/environments" | cut -d : -f 1 | sort -u)"
(($(wc -l <"$recorded/commands") > 50)) || fail "only $(wc -l <"$recorded/commands") commands were seen"
expect "apt-get's calls that restart nothing" 2 "$(grep -c '^apt-get -q:.* NEEDRESTART_SUSPEND=1 ' "$recorded/environments")"
# Its own files are for nobody else.
vm tick-data-vm-60 with-docker
: >"$vm_state/docker-pull-blocks"
"${machine[@]}" "$root/orchestration/vm-startup-script.sh" >console 2>&1 </dev/null &
script=$!
is_pulling() { grep -q '^docker pull' "$vm_state/calls"; }
until_true is_pulling
expect "files and folders that others may read" "" "$(find "$work"/tick-startup.* "$work/run" -perm /077 -printf '%p %m\n')"
kill -TERM $script
wait $script || true
stop_sandbox
echo "vm_refusals: $checks checks passed"
