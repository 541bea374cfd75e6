#!/usr/bin/env bash
# A VM that is turned off while its startup script works, by orchestration/vm-shutdown-script.sh as its guest runs it; a second copy
# of the startup script; a Docker that is restarted under it.
# shellcheck source=vm_support.bash
source "$(dirname "${BASH_SOURCE[0]}")/vm_support.bash"

# ---- a VM that has work for longer than the test lasts
stop_sandbox
start_sandbox --store "$work/store" --rows 500 --record "$work/requests.jsonl" --fault "service=wasabi path=*ETHUSDT* bandwidth=1K"
build_machine
shutdown_script() { run_expecting 0 "${machine[@]}" "$@" "$root/orchestration/vm-shutdown-script.sh"; } # further variables
number=2000
# A new VM of shard 1, which boots.
start_vm() { # with-docker | without-docker, what is done before
    number=$((number + 1))
    vm "tick-data-vm-$number" "$1"
    item tick-shard-offset $((number - 1))
    : >requests.jsonl
    "${@:2}"
    "${machine[@]}" "$root/orchestration/vm-startup-script.sh" >console 2>&1 &
    script=$!
}
ended() { # wanted status
    local status=0
    wait $script || status=$?
    [[ $status == "$1" ]] || fail "$name ends with $status instead of $1: $(<console)"
    leaves_no_files || fail "$name leaves files behind"
}
leaves_no_files() { [[ -z $(compgen -G "$work/tick-startup.*") ]]; }
expect_log_end() { # line
    [[ $(tail -n 1 "$(log 1)") == *" $name: ends with status "* ]] || fail "the log of $name does not end: $(tail -n 3 "$(log 1)")"
    grep -qF -- "$1" "$(log 1)" || fail "no \"$1\" in the log of $name: $(<"$(log 1)")"
    ok "the log's last lines are in the bucket: $1"
}
is_called() { grep -q -- "^$1" "$vm_state/calls"; }
is_downloading() { grep -q '"wasabi".*ETHUSDT' requests.jsonl; }

# ---- preempted, or stopped by a person, in each step: told before the network goes, it reports and copies its log
for state in PREEMPTED STOPPED; do
    verb="told to end"
    if [[ $state == PREEMPTED ]]; then verb=preempted; fi
    for step in apt-get docker-login docker-pull docker-run; do
        what="the image was pulled" docker=with-docker
        case $step in
            apt-get) what="Docker was installed" docker=without-docker ;;
            docker-run) what="the container ran" ;;
        esac
        # shellcheck disable=SC2329 # by its name, below
        before() { [[ $step == docker-run ]] || : >"$vm_state/$step-blocks"; }
        start_vm $docker before
        case $step in
            docker-run) until_true is_downloading ;;
            docker-*) until_true is_called "docker ${step#docker-}" ;;
            *) until_true is_called "$step" ;;
        esac
        if [[ $state == PREEMPTED ]]; then printf TRUE >"$google/instance/preempted"; fi
        begin=$SECONDS
        shutdown_script
        ((SECONDS - begin <= 10)) || fail "$state, $step: it took $((SECONDS - begin)) s"
        expect_message "the startup script has ended"
        ended 143
        if [[ $state == PREEMPTED ]]; then
            expect "$name asks for its deletion once, and waits for nothing" "1 0" "$(deletions) $(calls shutdown)"
        else
            expect_turned_off "a person stops it" 0
        fi
        expect_heartbeats "$state while $what ($step)" $state 1
        [[ $step == docker-run ]] || expect_heartbeats "the reason" $state 1 "$verb while $what"
        expect_log_end "$state: $verb while $what"
    done
done
grep -qE 'Z (error|warning) .*(143|SIGTERM|ended|stopped)' "$(log 1)" || fail "the container's last words are not in the log: $(<"$(log 1)")"
ok "the container's last words are in the log"

# ---- Docker ends its containers at the same moment, before the shutdown script has spoken: no second run of the container
start_vm with-docker
until_true is_downloading
: >"$vm_state/stopping"
kill -TERM "$(<"$vm_state/container")"
shutdown_script
ended 143
expect "the container ran once" 1 "$(calls 'docker run')"
expect_turned_off "a person stops it" 0
expect_heartbeats "Docker was first" STOPPED 1
expect_log_end "STOPPED: "

# ---- a startup script that does not listen is not waited for longer than the platform allows
start_vm with-docker
until_true is_downloading
kill -STOP $script
shutdown_script TICK_LAST_SECONDS=0.3
expect_message "the startup script has not ended within 0.3 s"
kill -CONT $script
ended 143

# ---- nobody else is told
vm tick-data-vm-60 with-docker
: >"$work/told"
bash -c 'trap "echo told >told" TERM; echo ready >told; while :; do sleep 0.02; done' &
bystander=$!
started+=("$bystander")
until_true grep -q ready told
for content in "$bystander 1" "$bystander" "" "a[\$(echo x >$work/planted)] 1" "-1 1" "99999999999999999999 1"; do
    printf '%s\n' "$content" >run/startup
    shutdown_script
    expect_message "no startup script is at work"
done
rm run/startup
shutdown_script
expect_message "no startup script is at work"
expect "nobody was told, and nothing carried out" "ready" "$(<told)$(compgen -G "$work/planted" || true)"
kill -KILL $bystander
wait $bystander || true

# ---- a restarted unit runs the script again beside the first
start_vm with-docker
until_true is_downloading
cp "$vm_state/calls" calls.before
run_expecting 0 "${machine[@]}" "$root/orchestration/vm-startup-script.sh"
expect_message "another copy of this script works, process $script: this one ends"
expect "the second copy touches nothing" "" "$(diff calls.before "$vm_state/calls")"
expect "and delete nothing" 0 "$(deletions)"
kill -0 $script || fail "the first copy has ended"
kill -TERM $script
ended 143
expect_heartbeats "the first copy" STOPPED 1
# A copy that was killed leaves no lock, and what it left at work ends with its files.
start_vm with-docker
until_true is_downloading
kill -KILL $script
wait $script || true
until_true leaves_no_files
: >requests.jsonl
"${machine[@]}" "$root/orchestration/vm-startup-script.sh" >console 2>&1 &
script=$!
until_true is_downloading
shutdown_script
ended 143
expect "after a killed copy the next one works" "docker rm -f tick-data" "$(grep 'docker rm' "$vm_state/calls" | uniq)"
# Several at the same moment: one works.
for round in 1 2 3; do
    vm "tick-data-vm-$((3000 + round))" with-docker
    item tick-shard-offset $((3000 + round))
    ends_with 7 "00:00Z error it is enough"
    copies=()
    for copy in 1 2 3 4; do
        "${machine[@]}" "$root/orchestration/vm-startup-script.sh" >"copy.$copy" 2>&1 &
        copies+=($!)
    done
    ends=''
    for copy in "${copies[@]}"; do
        status=0
        wait "$copy" || status=$?
        ends+=$status
    done
    # A copy that begins when the first has ended is a boot of its own.
    together=$((4 - $(calls 'docker run')))
    expect "round $round: $together of 4 ended at once" "$together" "$(grep -l 'another copy of this script works' copy.* | wc -l)"
    ((together > 0)) || fail "no two copies met"
    [[ $ends =~ ^[07]{4}$ ]] || fail "the copies ended with $ends"
done

# ---- upgrades are stopped before anything else, and apt restarts nothing
expect "the first call" "systemctl --no-block stop apt-daily.timer apt-daily-upgrade.timer apt-daily.service \
apt-daily-upgrade.service unattended-upgrades.service" "$(head -n 1 "$vm_state/calls")"
stop_sandbox

# ---- Docker is restarted while the container runs: the container's end is said, and it is run again
start_sandbox --store "$work/store" --rows 500 --record "$work/requests.jsonl"
build_machine
vm tick-data-vm-60 with-docker
printf '143\n125\n' >"$vm_state/docker-run-statuses"
fails info 3 "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
echo "docker: error waiting for container: unexpected EOF" >"$vm_state/docker-run-message"
boot 0
expect_deleted
expect_message "as by a restart of Docker, status 143: it is run again (2 of 3)"
expect_message "as by a restart of Docker, status 125: it is run again (3 of 3)"
expect_message "waiting for Docker: try 1 of 8 failed"
expect "it was run until it was done" 3 "$(calls 'docker run')"
expect_heartbeats "after Docker's restart" DONE 1
for status in 137 143 125; do
    vm "tick-data-vm-$((4000 + status))" with-docker
    ends_with $status "docker: error waiting for container: unexpected EOF"
    boot $status
    expect "status $status: it is not run for ever" 3 "$(calls 'docker run')"
    if [[ $status == 143 ]]; then expect_turned_off "perhaps a person stops it" 0; else expect_deleted; fi
    expect_heartbeats "status $status again and again" "$([[ $status == 143 ]] && echo STOPPED || echo FAILED)" 1 \
        "3 times the container was ended by something else than its work, as by a restart of Docker, status $status"
done
vm tick-data-vm-4001 with-docker
ends_with 125 "docker: Error response from daemon: OCI runtime create failed"
boot 125
expect "what cannot be started is run once" 1 "$(calls 'docker run')"
expect_heartbeats "no container" FAILED 1 "the container could not be started, status 125: docker: Error response from daemon"
# The kernel counts what it kills for want of memory; another run would end in the same way.
vm tick-data-vm-4002 with-docker
ends_with 137 ""
cat >"$vm_state/bin/grep" <<GREP
#!/bin/bash
[[ \$* == *"/proc/vmstat" ]] || exec $tools/grep "\$@"
echo x >>$vm_state/oom
echo "oom_kill \$(wc -l <$vm_state/oom)"
GREP
chmod 755 "$vm_state/bin/grep"
boot 137
expect "who had no memory is run once" 1 "$(calls 'docker run')"
expect_heartbeats "no memory" FAILED 1 "the container was killed for want of memory, status 137"
stop_sandbox

# ---- a fleet's VM as orchestrate-tick-download makes it, preempted by the platform: its guest runs both scripts in that order
unset TICK_SANDBOX_GCS_TOKEN
export ORCHESTRATION_DIR=$root/orchestration TARDIS_API_KEY=the-key
start_sandbox --store "$work/store" --bucket market-data-tick --instruments "$root/orchestration/instruments.csv" --rows 500 \
    --enable-api prepared --vm-programs "$bin" --fault "service=wasabi path=*ETHUSDT* bandwidth=1K" --compute-fault "preempt vm=tick-data-vm-0 bytes=1K times=1"
export GCP_PROJECT_ID=central-element-323112 GCS_BUCKET=market-data-tick
run_expecting 0 "$bin/setup-iam"
run_expecting 0 "$bin/orchestrate-tick-download" --date "${days[0]}" --symbols ETHUSDT --venues binance-spot --data-types trades --instances 1
name=tick-data-vm-0 runs=$work/store/market-data-tick/_runs
has_ended() { grep -qs ' ends with status ' "$(log 1)"; }
until_true has_ended
expect "the platform preempts it" PREEMPTED "$(heartbeat "${days[0]}" state)"
expect_log_end "PREEMPTED: "
stop_sandbox
echo "vm_shutdown: $checks checks passed"
