#!/usr/bin/env bash
# What a VM of the fleet runs at each boot: brings the VM's shard with the kit's container, and then ends the VM.
#
# orchestrate-tick-download gives it to the VMs as their metadata item startup-script; the settings are the other items, tick-…
# (Sources/Fleet/FleetNames.swift says what they mean). It wants Debian or Ubuntu with curl, and runs as root. What it prints
# goes to the serial console, and as a log into the bucket.
#
# GCE_METADATA_HOST, STORAGE_EMULATOR_HOST and CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE point elsewhere, as they do for the kit's
# programs, and reach the container with those for Tardis. TICK_PAUSE makes every pause that many seconds, for tests.
trap 'shutdown -h now' EXIT # Until main has something better.
set -euo pipefail
umask 077
export LC_ALL=C.UTF-8 TZ=UTC DEBIAN_FRONTEND=noninteractive

readonly refused=4 container=tick-data
storage=${STORAGE_EMULATOR_HOST:-https://storage.googleapis.com}
compute=${CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE:-https://compute.googleapis.com/compute/v1/}
readonly storage=${storage%/} compute=${compute%/}

began=$(date +%s%6N) work='' log=/dev/null log_object='' copier=''
step="the script began" reason='' is_stopped=no # what to say when it ends here
vm='' zone='' project='' keep='' bucket='' dates=() shard='' shards='' offset='' plan='' image='' secret='' key=''
reply='' problem='' token='' child='' # of the last request or command

say() {
    printf '%s %s: %s\n' "$(date +%FT%TZ)" "${vm:-vm}" "$*" | tee -a "$log" || true
}

fail() { # sentence
    reason=$*
    exit 1
}

# Unlike a plain sleep it ends when a signal comes.
pause() { # seconds
    sleep "${TICK_PAUSE:-$1}" >/dev/null 2>&1 &
    wait $!
}

# Runs a command until it succeeds, with growing pauses between. After the status $refused another try is of no use.
retry() { # tries, what is tried, command
    local tries=$1 what=$2 try status seconds=1
    shift 2
    for ((try = 1; ; try++)); do
        status=0
        "$@" || status=$?
        ((status != 0 && status != refused && try < tries)) || return "$status"
        say "$what: try $try of $tries failed, the next one comes in $seconds s: $problem"
        pause "$seconds"
        seconds=$((seconds < 16 ? seconds * 2 : 30))
    done
}

# Runs a command; its output is in $work/output, and the last line of that in $problem.
quietly() {
    local status=0
    timeout 900 "$@" >"$work/output" 2>&1 </dev/null &
    child=$!
    wait "$child" || status=$?
    child=''
    problem=$(grep -v '^[[:space:]]*$' "$work/output" | tail -n 1) || problem="status $status"
    return "$status"
}

# Sends a request. The answer is in $reply, and what is wrong in $problem.
send() { # curl's arguments
    local status
    problem=''
    reply=$(curl -sS -w '\n%{http_code}' "$@" 2>&1) || problem=${reply//$'\n'/ }
    [[ -z $problem ]] || return 1
    status=${reply##*$'\n'}
    reply=${reply%$'\n'*}
    [[ $status != 2?? ]] || return 0
    problem=$(field message)
    problem="status $status${problem:+, $problem}"
    [[ $status == 408 || $status == 429 || $status == 5?? ]] || return "$refused"
    return 1
}

# The value of a member of the JSON in $reply, where that name stands once.
field() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" <<<"$reply" | head -n 1; }

metadata() { # path
    send -m 10 -H 'Metadata-Flavor: Google' "http://${GCE_METADATA_HOST:-metadata.google.internal}/computeMetadata/v1/$1"
}

fetch_token() {
    metadata instance/service-accounts/default/token || return 1
    token=$(field access_token)
    [[ -n $token ]] || problem="the metadata server has no token for this VM"
    [[ -n $token ]]
}

# Sends a request with the VM's token, which no process list shows.
api() { # curl's arguments
    fetch_token || return 1
    send -m 60 -H @- "$@" <<<"Authorization: Bearer $token"
}

# ---- settings

# Puts what the metadata server says into a variable; what has a default may be missing.
learn() { # variable, path, form, default
    local status=0
    retry 8 "reading $2" metadata "$2" || status=$?
    if ((status == refused && $# == 4)); then
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
    local last
    step="the log was begun"
    if ! retry 4 "listing the logs" api -G "$storage/storage/v1/b/$bucket/o" -d "prefix=_runs/${dates[0]}/logs/$vm." \
        -d 'fields=items(name)'; then
        say "the log cannot be kept in the bucket: $problem"
        return 0
    fi
    last=$(grep -o '\.[0-9]*\.log"' <<<"$reply" | tr -dc '0-9\n' | sort -n | tail -n 1) || last=0
    log_object=_runs/${dates[0]}/logs/$vm.$((last + 1)).log
    say "the log is gs://$bucket/$log_object"
    copy_log_now_and_then &
    copier=$!
}

copy_log() {
    api -H 'Content-Type: text/plain; charset=utf-8' --data-binary "@$log" \
        "$storage/upload/storage/v1/b/$bucket/o?uploadType=media&name=${log_object//\//%2F}"
}

# A copy that is on its way when the end comes is waited for, so that it does not come after the last one.
copy_log_now_and_then() {
    trap 'exit 0' TERM
    while true; do
        pause 30
        copy_log || true
    done
}

# Writes that the shard of a date has failed, or was ended, unless the container has said how it ended, or had finished before.
report() { # date, state, reason
    local name=_runs/$1/shards/$vm.json attempt=0 state='' started=0 now figure numbers='' members=''
    if retry 3 "reading the heartbeat of $1" api "$storage/storage/v1/b/$bucket/o/${name//\//%2F}?fields=metadata"; then
        state=$(field tick-state) attempt=$(field tick-attempt) started=$(field tick-started)
    fi
    case $state in
        DONE | EMPTY) return 0 ;;
        PARTIAL | FAILED | PREEMPTED | STOPPED) ((started < began)) || return 0 ;;
    esac
    ((started >= began)) || attempt=$((attempt + 1))
    now=$(date +%s%6N)
    for figure in files_{total,done,skipped,empty,absent,failed} rows bytes_{in,out,per_second}; do
        numbers+="\"$figure\":0,"
        members+="\"tick-${figure//_/-}\":\"0\","
    done
    {
        printf -- '--tick\r\nContent-Type: application/json\r\n\r\n'
        printf '{"name":"%s","contentType":"application/json","metadata":{"tick-schema":"1","tick-vm":"%s",' "$name" "$vm"
        printf '"tick-shard":"%s","tick-shards":"%s","tick-attempt":"%s",' "$shard" "$shards" "$attempt"
        printf '"tick-state":"%s","tick-started":"%s","tick-updated":"%s",%s' "$2" "$began" "$now" "$members"
        printf '"tick-error-object":"%s","tick-error":"%s"}}' "$vm" "$3"
        printf '\r\n--tick\r\nContent-Type: application/json\r\n\r\n'
        printf '{"schema":1,"vm":"%s","shard":%s,"shards":%s,"attempt":%s,' "$vm" "$shard" "$shards" "$attempt"
        printf '"state":"%s",%s"current":[],"absences":[],"errors":[{"object":"%s","reason":"%s"}],' "$2" "$numbers" "$vm" "$3"
        printf '"started":"%s","started_us":%s,"updated":"%s","updated_us":%s}' \
            "$(rfc3339 "$began")" "$began" "$(rfc3339 "$now")" "$now"
        printf '\r\n--tick--\r\n'
    } >"$work/heartbeat"
    retry 4 "writing the heartbeat of $1" api -H 'Content-Type: multipart/related; boundary=tick' \
        --data-binary "@$work/heartbeat" "$storage/upload/storage/v1/b/$bucket/o?uploadType=multipart"
}

rfc3339() { date -u -d "@${1:0:-6}.${1: -6}" +%FT%T.%6NZ; } # microseconds

# A text as it stands within quotes in JSON, no longer than a heartbeat's metadata has room for.
escaped() {
    local text
    text=$(printf %s "${1:0:290}" | tr '\000-\037\177' ' ')
    text=${text//\\/\\\\}
    printf %s "${text//\"/\\\"}"
}

# ---- the work

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
    if [[ ${image%%/*} == *.pkg.dev || ${image%%/*} == *gcr.io ]]; then log_in || return 1; fi
    quietly docker pull -q "$image" && return 0
    # Waiting does not bring an image into being.
    ! grep -qiE 'manifest unknown|name unknown|manifest .*not found|invalid reference' "$work/output" || return "$refused"
    return 1
}

log_in() {
    fetch_token || return 1
    timeout 60 docker login -u oauth2accesstoken --password-stdin "https://${image%%/*}" <<<"$token" >"$work/output" 2>&1 && return 0
    problem="no login to ${image%%/*}: $(tail -n 1 "$work/output")"
    return 1
}

# The container uses the host's network, as Docker's own sends packets too large for Google's.
download() {
    local options=() variables=() name last status=0
    step="the container ran"
    for name in "${dates[@]}"; do options+=(--date "$name"); done
    [[ -z $secret ]] || options+=(--secret "$secret")
    [[ -z $key ]] || export TARDIS_API_KEY=$key
    for name in TARDIS_API_KEY TARDIS_BASE_URL TARDIS_API_URL GCE_METADATA_HOST STORAGE_EMULATOR_HOST \
        CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER; do
        [[ -z ${!name:-} ]] || variables+=(-e "$name")
    done
    quietly docker rm -f "$container" || true
    say "downloading shard $shard of $shards of ${dates[*]}"
    (
        docker run --rm --name "$container" --network host --read-only --cap-drop ALL --security-opt no-new-privileges \
            --log-driver none "${variables[@]}" "$image" vm-data-downloader --plan "$plan" --shard-offset "$offset" \
            --vm-name "$vm" --bucket "gs://$bucket" --watch-preemption "${options[@]}" 2>&1 | tee -a "$log"
    ) &
    child=$!
    wait "$child" || status=$?
    child=''
    ((status != 0)) || return 0
    reason="the download ended with status $status"
    case $status in
        125 | 126 | 127) reason="the container could not be started, status $status" ;;
        137) reason="the container was killed, perhaps for want of memory, status $status" ;;
        143) is_stopped=yes ;;
    esac
    last=$(grep -E '^[^ ]+Z (error|warning) |^docker: ' "$log" | tail -n 1 | sed 's/^[^ ]*Z *//') || last=''
    reason+=${last:+: $last}
    exit "$status"
}

# ---- the end, whatever happened

finish() { # exit status
    trap '' TERM INT HUP
    trap - EXIT
    set +eu
    local status=$1 state=FAILED date
    if [[ -n $child ]]; then
        if [[ $step == "the container ran" ]]; then timeout 25 docker stop "$container" >/dev/null 2>&1; fi
        kill "$child" 2>/dev/null
    fi
    if ((status == 0)); then
        say "DONE: shard $shard of $shards of ${dates[*]}"
    else
        reason=${reason:-"something failed while $step: ${problem:-status $status}"}
        if metadata instance/preempted && [[ $reply == TRUE* ]]; then
            state=PREEMPTED reason="preempted while $step" is_stopped=no
        elif [[ $is_stopped == yes ]]; then
            state=STOPPED
        fi
        say "$state: $reason"
        for date in "${dates[@]}"; do
            [[ -n $shard ]] || break
            report "$date" "$state" "$(escaped "$reason")" || { say "the heartbeat was not written: $problem" && break; }
        done
    fi
    say "ends with status $status after $(($(date +%s) - began / 1000000)) s"
    if [[ -n $log_object ]]; then
        kill "$copier" 2>/dev/null
        wait "$copier" 2>/dev/null
        retry 4 "copying the log" copy_log || say "the log was not copied: $problem"
    fi
    log=/dev/null
    rm -rf "$work"
    end_vm
    exit "$status"
}

# Deletes the VM. It is stopped instead when it shall stay, when somebody is stopping it, and when it may not delete itself.
end_vm() {
    if [[ $keep != true && $is_stopped == no && -n $project ]]; then
        say "the VM deletes itself"
        if retry 6 "deleting the VM" api -X DELETE "$compute/projects/$project/zones/$zone/instances/$vm"; then
            trap 'exit "$status"' TERM
            pause 120 # The platform turns it off before that.
            problem="it is still up"
        fi
        say "the VM could not be deleted, so it is turned off: $problem"
    fi
    say "the VM is turned off"
    shutdown -h now || poweroff -f
}

main() {
    trap 'finish $?' EXIT
    # Not by exit, which would be the end of an end that has just begun.
    trap 'is_stopped=yes reason="told to end while $step"; finish 143' TERM INT HUP
    trap '' PIPE
    # Named before it is made, so that a signal between the two leaves nothing behind.
    work=${TMPDIR:-/tmp}/tick-startup.$$.$RANDOM
    mkdir "$work"
    log=$work/log
    export DOCKER_CONFIG=$work/docker
    say "the VM has booted"
    read_settings
    begin_log
    install_docker
    pull_image
    download
}

main
