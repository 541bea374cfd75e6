#!/usr/bin/env bash
# What a VM of the fleet runs at each boot: downloads the VM's shard with the kit's container, and then ends the VM.
#
# orchestrate-tick-download gives it to the VMs as their metadata item startup-script; the settings are the other items, tick-…
# (Sources/Fleet/FleetNames.swift says what they mean). It wants Debian or Ubuntu with curl, and runs as root. What it prints
# goes to the serial console, and as a log into the bucket. Only one copy of it works at a time. When the VM is turned off,
# vm-shutdown-script.sh tells it, by the process id in $TICK_RUN/startup (default: /run/tick-data).
#
# The bucket and other programs' output are input: numbers from there are digits before they meet arithmetic, and text is printable
# before it is shown. The Tardis key is in the environment of the container's client only, and in no command line.
#
# GCE_METADATA_HOST, STORAGE_EMULATOR_HOST and CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE point elsewhere, as they do for the kit's
# programs, and reach the container with those for Tardis. TICK_PAUSE makes every pause that many seconds, for tests.
trap 'trap "" TERM INT HUP; shutdown -h now' EXIT # Until main has something better.
set -euo pipefail
umask 077
# Needrestart would restart Docker, or the unit that runs this script, after a package was installed.
export LC_ALL=C.UTF-8 TZ=UTC DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

# What a command's status says of another try: it is of no use, or it helps once a new role is known everywhere.
readonly refused=4 denied=5
# Seconds after the boot in which a role may be so new: "typically 2 minutes, potentially 7 minutes or longer".
readonly role_seconds=600
# How often a container is run that something outside of it has ended.
readonly run_limit=3
readonly container=tick-data run=${TICK_RUN:-/run/tick-data}
storage=${STORAGE_EMULATOR_HOST:-https://storage.googleapis.com}
compute=${CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE:-https://compute.googleapis.com/compute/v1/}
readonly storage=${storage%/} compute=${compute%/}

began=$(date +%s) skipped=0 work='' log=/dev/null has_log=no copier=''
step="the script began" reason='' is_stopped=no # what to say when it ends here
is_told=no # whether it was told to end, and so has some seconds only
vm='' zone='' project='' keep='' bucket='' dates=() shard='' shards='' offset='' plan='' image='' secret='' key=''
reply='' problem='' token='' child='' input='' # of the last request or command

say() {
    make_printable "$*"
    printf '%s %s: %s\n' "$(date +%FT%TZ)" "${vm:-vm}" "$printable" | tee -a "$log" || true
}

# Puts a text as it may be shown into $printable: a line without control characters, the key and the token.
make_printable() {
    local LC_ALL=C
    printable=$1
    [[ -z $key ]] || printable=${printable//"$key"/<key>}
    [[ -z $token ]] || printable=${printable//"$token"/<token>}
    printable=${printable//[[:cntrl:]]/ }
    printable=${printable//$'\xc2'[$'\x80'-$'\x9f']/ }
}

fail() { # sentence
    reason=$*
    exit 1
}

# Unlike a plain sleep it ends when a signal comes.
pause() { # seconds
    [[ -z ${TICK_PAUSE:-} ]] || skipped=$((skipped + $1))
    sleep "${TICK_PAUSE:-$1}" >/dev/null 2>&1 &
    child=$!
    await "$child"
    child=''
}

# Waits for a process of this shell. A signal that comes with its end makes the shell's next wait return too early.
await() { # process id
    local status=0
    wait "$1" || status=$?
    if ((status > 128)); then
        status=0
        wait "$1" || status=$?
    fi
    return "$status"
}

# Whether a role that is missing may have been granted a moment ago.
is_early() { [[ $is_told == no ]] && (($(date +%s) - began + skipped < role_seconds)); }

# Runs a command until it succeeds, with growing pauses between.
retry() { # tries, what is tried, command
    local tries=$1 what=$2 try=0 status seconds=1
    shift 2
    while true; do
        status=0
        "$@" || status=$?
        case $status in
            0 | "$refused") return "$status" ;;
            "$denied")
                is_early || return "$status"
                say "$what: refused, perhaps as a role is new; the next try comes in $seconds s: $problem"
                ;;
            *)
                [[ $is_told == no ]] || tries=2
                ((++try < tries)) || return "$status"
                say "$what: try $try of $tries failed, the next one comes in $seconds s: $problem"
                ;;
        esac
        pause "$seconds"
        [[ $is_told == yes ]] || seconds=$((seconds < 16 ? seconds * 2 : 30))
    done
}

# Runs a command; its output is in $work/output, and the last line of that in $problem. Its standard input is $input.
quietly() {
    local status=0
    timeout 900 "$@" >"$work/output" 2>&1 <<<"$input" &
    child=$!
    await "$child" || status=$?
    child=''
    problem=$(grep -av '^[[:space:]]*$' "$work/output" | tail -n 1) || problem="status $status"
    return "$status"
}

# Sends a request. The answer is in $reply, and what is wrong in $problem.
send() { # curl's arguments
    local status=0 file=$work/reply.$BASHPID
    problem=''
    rm -f "$file"
    # In the background, as the shell hears signals only while it waits.
    curl -sS -o "$file" -w '%{http_code}' "$@" <&0 >"$file.status" 2>&1 &
    child=$!
    await "$child" || status=$?
    child=''
    reply=''
    [[ ! -e $file ]] || reply=$(head -c 500000 "$file" | tr -d '\000')
    if ((status != 0)); then
        problem=$(tr -d '\000' <"$file.status")
        return 1
    fi
    status=$(<"$file.status")
    [[ $status != 2?? ]] || return 0
    problem=$(field message)
    problem="status $status${problem:+, $problem}"
    case $status in
        408 | 429 | 5??) return 1 ;;
        403)
            [[ $reply != *[rR]ateLimitExceeded* ]] || return 1
            ! is_lasting || return "$refused"
            return "$denied"
            ;;
        *) return "$refused" ;;
    esac
}

# Whether the 403 in $reply has another cause than a role, so that waiting does not help.
is_lasting() {
    is_kept || [[ $reply =~ accountDisabled|[bB]illing|vpcServiceControls|accessNotConfigured|SERVICE_DISABLED ||
        $reply =~ insufficient\ authentication\ scopes|ACCESS_TOKEN_SCOPE_INSUFFICIENT ]]
}

# Whether the 403 in $reply is that of a bucket which keeps its objects.
is_kept() { [[ $reply =~ retentionPolicyNotMet|retention\ policy|[hH]old\ and\ cannot ]]; }

# The value of a member of the JSON in $reply, where that name stands once.
field() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" <<<"$reply" | head -n 1; }

metadata() { # path
    send -m "$([[ $is_told == yes ]] && echo 3 || echo 10)" --noproxy '*' -H 'Metadata-Flavor: Google' \
        "http://${GCE_METADATA_HOST:-metadata.google.internal}/computeMetadata/v1/$1"
}

fetch_token() {
    metadata instance/service-accounts/default/token || return 1
    token=$(field access_token)
    [[ $token =~ ^[[:graph:]]+$ ]] && return 0
    token='' problem="the metadata server has no token for this VM"
    return 1
}

# Sends a request with the VM's token, which no process list shows.
api() { # curl's arguments
    fetch_token || return 1
    send -m "$([[ $is_told == yes ]] && echo 5 || echo 60)" -H @- "$@" <<<"Authorization: Bearer $token"
}

# ---- settings

# Puts what the metadata server says into a variable; what has a default may be missing.
learn() { # variable, path, form, default
    local status=0
    retry 8 "reading $2" metadata "$2" || status=$?
    if [[ $status == "$refused" && $problem == "status 404"* && $# == 4 ]]; then
        reply=$4
    elif ((status != 0)); then
        fail "the VM's metadata cannot be read at $2: $problem"
    fi
    [[ $reply =~ ^($3)$ ]] || fail "the VM's metadata is not as it should be at $2"
    printf -v "$1" %s "$reply"
}

read_settings() {
    local items=instance/attributes list
    step="the settings were read"
    learn vm instance/name '[a-z0-9-]+-[0-9]{1,9}'
    learn zone instance/zone '[a-z0-9/-]+'
    zone=${zone##*/}
    learn project project/project-id '[^/[:space:]]+'
    learn keep $items/tick-keep-vm 'true|false' false
    learn bucket $items/tick-bucket 'gs://[a-z0-9._-]+'
    bucket=${bucket#gs://}
    learn list $items/tick-dates '[0-9-]{10}(,[0-9-]{10})*'
    IFS=, read -r -a dates <<<"$list"
    learn shards $items/tick-shards '[1-9][0-9]{0,8}'
    learn offset $items/tick-shard-offset '0|[1-9][0-9]{0,8}' 0
    shard=$((10#${vm##*-} - offset))
    ((shard >= 0)) || shard=0
    learn plan $items/tick-plan '[A-Za-z0-9.-]+' plan.json
    learn image $items/tick-image '[^[:space:]]+/[^[:space:]]+'
    learn secret $items/tick-secret '(projects/[^[:space:]]+)?' ''
    learn key $items/tick-api-key '[[:graph:]]*' ''
}

# ---- log and report

begin_log() {
    local names last
    step="the log was begun"
    if ! retry 8 "listing the logs" api -G "$storage/storage/v1/b/$bucket/o" -d "prefix=_runs/${dates[0]}/logs/$vm." \
        -d 'fields=items(name)'; then
        say "the log cannot be kept in the bucket: $problem"
        return 0
    fi
    names=$(grep -aoE "\"name\": *\"_runs/${dates[0]}/logs/$vm\.(0|[1-9][0-9]{0,8})\.log\"" <<<"$reply") || names=''
    last=$(grep -oE '[0-9]+\.log"$' <<<"$names" | tr -dc '0-9\n' | sort -n | tail -n 1) || last=0
    echo $((10#$last + 1)) >"$work/log-number"
    has_log=yes
    say "the log is gs://$bucket/$(log_object)"
    copy_log_now_and_then &
    copier=$!
}

log_object() { echo "_runs/${dates[0]}/logs/$vm.$(<"$work/log-number").log"; }

# A bucket with a retention policy, or holds, takes no second copy of the same name: that one gets the next number.
copy_log() {
    local try status object
    for try in 1 2 3; do
        status=0
        object=$(log_object)
        api -H 'Content-Type: text/plain; charset=utf-8' --data-binary "@$log" \
            "$storage/upload/storage/v1/b/$bucket/o?uploadType=media&name=${object//\//%2F}" || status=$?
        ((status == refused && try < 3)) && is_kept || return "$status"
        echo $(($(<"$work/log-number") + 1)) >"$work/log-number"
    done
}

# A copy that is on its way when the end comes is broken off, so that it does not come after the last one. Where this script was
# killed, and so could not end it, the last copy is the end of it, and of the files.
copy_log_now_and_then() {
    local seconds=30 number
    number=$(<"$work/log-number")
    trap 'kill "$child" 2>/dev/null; exit 0' TERM
    while true; do
        pause "$seconds"
        copy_log || true
        kill -0 $$ 2>/dev/null || { rm -rf "$work" && exit 0; }
        [[ $(<"$work/log-number") != "$number" ]] || continue
        number=$(<"$work/log-number")
        # Copies that stay for good come more rarely.
        ((seconds > 30)) || say "the bucket keeps each copy of the log, so that the next ones get higher numbers, and come more rarely"
        seconds=$((seconds < 1800 ? seconds * 2 : 3600))
    done
}

# Leaves a note of why the VM ends, for the state of a date to be told from: where a heartbeat of the container says it, that counts.
report() { # date, state, reason
    local name=_runs/$1/shards/$vm.$began.txt
    make_printable "$3"
    printf '%s %s %s %s\n' "$2" "$plan" "$shard" "${printable:0:1000}" >"$work/end"
    retry 8 "writing why the VM ends" api -H 'Content-Type: text/plain; charset=utf-8' --data-binary "@$work/end" \
        "$storage/upload/storage/v1/b/$bucket/o?uploadType=media&name=${name//\//%2F}"
}

# ---- the work

# Upgrades in the middle of the run would restart Docker, or the unit that runs this script. Whatever holds apt's lock is not waited
# for here.
stop_upgrades() {
    step="upgrades were stopped"
    command -v systemctl >/dev/null || return 0
    quietly systemctl --no-block stop apt-daily.timer apt-daily-upgrade.timer apt-daily.service apt-daily-upgrade.service \
        unattended-upgrades.service || true # Not every image has all of them.
}

install_docker() {
    step="Docker was installed"
    if ! command -v docker >/dev/null; then
        say "installing Docker"
        retry 12 "installing Docker" install_packages || fail "Docker could not be installed: $problem"
    fi
    retry 8 "waiting for Docker" docker_answers || fail "Docker does not run: $problem"
}

# Just after the first boot others hold apt's locks, and the network may not be there yet.
install_packages() {
    quietly apt-get -q -o DPkg::Lock::Timeout=60 update &&
        quietly apt-get -q -y -o DPkg::Lock::Timeout=60 install --no-install-recommends docker.io
}

docker_answers() {
    quietly docker info && return 0
    systemctl start docker >/dev/null 2>&1 || true
    return 1
}

pull_image() {
    step="the image was pulled"
    say "pulling $image"
    retry 8 "pulling the image" pull || fail "the image $image could not be pulled: $problem"
}

pull() {
    local is_google=no
    [[ ${image%%/*} != *.pkg.dev && ${image%%/*} != *gcr.io ]] || is_google=yes
    [[ $is_google == no ]] || log_in || return
    quietly docker pull -q "$image" && return 0
    # Waiting does not bring an image into being.
    ! grep -aqiE 'manifest unknown|name unknown|manifest .*not found|invalid reference' "$work/output" || return "$refused"
    ! grep -aqi 'denied' "$work/output" || { [[ $is_google == yes ]] && return "$denied" || return "$refused"; }
    return 1
}

log_in() {
    local status=0
    fetch_token || return 1
    # Not as a prefix of the command, which would put it into the environment of what that runs.
    input=$token
    quietly docker login -u oauth2accesstoken --password-stdin "https://${image%%/*}" || status=$?
    input=''
    ((status != 0)) || return 0
    problem="no login to ${image%%/*}: $problem"
    return 1
}

# The container uses the host's network, as Docker's own sends packets too large for Google's, and with it the host's resolver.
run_container() { # vm-data-downloader's options
    local variables=() name
    [[ -z $key ]] || variables+=(-e TARDIS_API_KEY)
    for name in TARDIS_BASE_URL TARDIS_API_URL GCE_METADATA_HOST STORAGE_EMULATOR_HOST CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER; do
        [[ -z ${!name:-} ]] || variables+=(-e "$name")
    done
    {
        # Of all programs that this script runs, only Docker's client has the key, and it only here.
        [[ -z $key ]] || export TARDIS_API_KEY=$key
        docker run --rm --name "$container" --network host --user 10001:10001 --read-only --cap-drop ALL \
            --security-opt no-new-privileges --log-driver none "${variables[@]}" "$image" vm-data-downloader "$@" 2>&1
    } | show | tee -a "$log"
}

# Passes on what the container and Docker's client say, without secrets.
show() {
    local text
    while IFS= read -r text || [[ -n $text ]]; do
        make_printable "$text"
        printf '%s\n' "$printable"
    done
}

download() {
    local options=() name last status runs kills
    step="the container ran"
    for name in "${dates[@]}"; do options+=(--date "$name"); done
    [[ -z $secret ]] || options+=(--secret "$secret")
    say "downloading shard $shard of $shards of ${dates[*]}"
    for ((runs = 1; ; runs++)); do
        quietly docker rm -f "$container" || true
        kills=$(oom_kills)
        status=0
        run_container --plan "$plan" --shard-offset "$offset" --vm-name "$vm" --bucket "gs://$bucket" --watch-preemption \
            "${options[@]}" &
        child=$!
        await "$child" || status=$?
        child=''
        ((status != 0)) || return 0
        last=$(grep -aE '^[^ ]+Z (error|warning) |^docker: ' "$log" | tail -n 1 | sed 's/^[^ ]*Z *//') || last=''
        reason="the download ended with status $status"
        if [[ $status == 137 && $(oom_kills) != "$kills" ]]; then
            reason="the container was killed for want of memory, status $status"
        elif was_ended; then
            reason="the container was ended by something else than its work, as by a restart of Docker, status $status"
            if ((runs < run_limit)) && ! is_going; then
                say "$reason: it is run again ($((runs + 1)) of $run_limit)"
                # When the machine is turned off Docker goes first, and word of that comes a moment later.
                pause 5
                retry 8 "waiting for Docker" docker_answers || fail "$reason, and Docker does not run: $problem"
                continue
            fi
            ((runs < run_limit)) || reason="$run_limit times $reason"
            [[ $status != 143 ]] || is_stopped=yes
        elif ((status >= 125 && status <= 127)); then
            reason="the container could not be started, status $status"
        fi
        reason+=${last:+: $last}
        exit "$status"
    done
}

# Whether a container with the $status was ended from outside: by a signal, or as Docker went away.
was_ended() {
    case $status in
        137 | 143) return 0 ;;
        125) tail -n 3 "$log" | grep -aqE 'error waiting for container|unexpected EOF|[cC]annot connect to the Docker daemon' ;;
        *) return 1 ;;
    esac
}

# How many processes this machine's kernel has killed for want of memory.
oom_kills() { grep -s '^oom_kill ' /proc/vmstat || true; }

# Whether the machine is being turned off.
is_going() {
    [[ $(systemctl is-system-running 2>/dev/null) == stopping ]] || is_preempted
}

is_preempted() { metadata instance/preempted && [[ $reply == TRUE* ]]; }

# ---- the end, whatever happened

finish() { # exit status
    trap '' TERM INT HUP
    trap - EXIT
    set +eu
    local status=$1 state=FAILED date
    if [[ -n $child ]]; then
        if [[ $step == "the container ran" ]]; then
            timeout -k 1 10 docker stop -t 8 "$container" >/dev/null 2>&1
            # What the container said last is on its way into the log.
            timeout 10 tail --pid="$child" -s 0.05 -f /dev/null >/dev/null 2>&1
        fi
        kill "$child" 2>/dev/null
        child=''
    fi
    if ((status == 0)); then
        say "DONE: shard $shard of $shards of ${dates[*]}"
    else
        reason=${reason:-"something failed while $step: ${problem:-status $status}"}
        if is_preempted; then
            state=PREEMPTED reason="preempted while $step" is_stopped=no
        elif [[ $is_stopped == yes ]]; then
            state=STOPPED
        fi
        say "$state: $reason"
        for date in "${dates[@]}"; do
            [[ -n $shard ]] || break
            report "$date" "$state" "$reason" || { say "why the VM ends was not written: $problem" && break; }
        done
    fi
    say "ends with status $status after $(($(date +%s) - began)) s"
    if [[ $has_log == yes ]]; then
        kill "$copier" 2>/dev/null
        await "$copier" 2>/dev/null
        retry 8 "copying the log" copy_log || say "the log was not copied: $problem"
    fi
    log=/dev/null
    end_vm
    rm -rf "$work"
    exit "$status"
}

# Deletes the VM. It is stopped instead when it shall stay, when somebody is stopping it, and when it may not delete itself.
end_vm() {
    if [[ $keep != true && $is_stopped == no && -n $project ]]; then
        say "the VM deletes itself"
        if retry 8 "deleting the VM" api -X DELETE "$compute/projects/$project/zones/$zone/instances/$vm"; then
            # Who was told to end is on the way already.
            [[ $is_told == no ]] || return 0
            trap 'rm -rf "$work"; exit "$status"' TERM
            pause 120 # The platform turns it off before that.
            problem="it is still up"
        fi
        say "the VM could not be deleted, so it is turned off: $problem"
    fi
    say "the VM is turned off"
    shutdown -h now || poweroff -f
}

# ---- one copy only

# When a process began, in the kernel's ticks: with its id a name that no later process gets. Nothing when it has ended.
process_start() { # process id
    local stat fields
    [[ $1 =~ ^[1-9][0-9]{0,8}$ && -r /proc/$1/stat ]] || return 0
    read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
    # The second field is the program's name, in parentheses and with whatever it holds.
    read -r -a fields <<<"${stat##*) }"
    [[ ${fields[0]} == Z ]] || echo "${fields[19]}"
}

# Ends this copy when another one works: the unit that runs the script may be restarted in the middle of the run.
claim() {
    local lock pid='' start=''
    if ! mkdir -p "$run" || ! exec {lock}>"$run/lock" || ! flock -w 30 "$lock"; then
        say "there is no lock in $run, so nothing keeps a second copy of this script from running"
        return 0
    fi
    [[ ! -r $run/startup ]] || read -r pid start <"$run/startup" || true
    if [[ -n $start && $(process_start "$pid") == "$start" ]]; then
        trap - EXIT
        say "another copy of this script works, process $pid: this one ends"
        exit 0
    fi
    echo "$$ $(process_start $$)" >"$run/startup"
    exec {lock}>&-
}

main() {
    claim
    trap 'finish $?' EXIT
    # Not by exit, which would be the end of an end that has just begun.
    trap 'is_told=yes is_stopped=yes reason="told to end while $step"; finish 143' TERM INT HUP
    trap '' PIPE
    # Named before it is made, so that a signal between the two leaves nothing behind.
    work=${TMPDIR:-/tmp}/tick-startup.$$.$RANDOM
    mkdir "$work"
    log=$work/log
    export DOCKER_CONFIG=$work/docker
    say "the VM has booted"
    stop_upgrades
    read_settings
    begin_log
    install_docker
    pull_image
    download
}

main
