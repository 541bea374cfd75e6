#!/usr/bin/env bash
# What a VM of the fleet runs when it is preempted, stopped or deleted: tells the startup script, and gives it time to report and
# to copy the end of its log, while the network is still there.
#
# orchestrate-tick-download gives it to the VMs as their metadata item shutdown-script. The startup script would otherwise hear of
# the end last of all: the unit that runs it leaves its processes alone (KillMode=process), and systemd signals them when Docker
# and the network have ended. The platform turns a preempted VM off after 30 seconds.
#
# TICK_RUN is the folder with the startup script's process id, and TICK_LAST_SECONDS how long to wait for its end.
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
readonly file=${TICK_RUN:-/run/tick-data}/startup seconds=${TICK_LAST_SECONDS:-25}

say() { printf '%s shutdown script: %s\n' "$(date +%FT%TZ)" "$*"; }

# As in vm-startup-script.sh.
process_start() { # process id
    local stat fields
    [[ $1 =~ ^[1-9][0-9]{0,8}$ && -r /proc/$1/stat ]] || return 0
    read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
    read -r -a fields <<<"${stat##*) }"
    [[ ${fields[0]} == Z ]] || echo "${fields[19]}"
}

pid='' start=''
[[ ! -r $file ]] || read -r pid start <"$file" || true
if [[ -z $start || $(process_start "$pid") != "$start" ]]; then
    say "no startup script is at work"
    exit 0
fi
say "the VM is turned off: the startup script, process $pid, has $seconds s to report"
kill -TERM "$pid" 2>/dev/null || true
if timeout "$seconds" tail --pid="$pid" -s 0.1 -f /dev/null; then
    say "the startup script has ended"
else
    say "the startup script has not ended within $seconds s"
fi
