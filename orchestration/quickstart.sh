#!/usr/bin/env bash
# Downloads and converts a day for a few instruments on this machine, with local stand-ins for Tardis and Cloud Storage.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: orchestration/quickstart.sh [--date DATE] [--symbols LIST] [--data DIR | --real] [--keep]

Prepares the machine, builds the programs, starts tick-sandbox on free loopback ports, downloads a day of a few
instruments through the real HTTP and Cloud Storage path into ./quickstart-data, checks the result, and stops what it
started.

  --date DATE      the day (default: 2023-05-23; with --real and without a key 2023-05-01, which is free)
  --symbols LIST   symbols of the registry (default: BTCUSDT,ETHUSDT)
  --data DIR       serve the real csv.gz files in DIR; what it does not hold is generated
  --real           download from Tardis itself; needs TARDIS_API_KEY, except for the first day of a month
  --keep           leave the sandbox running at the end, until Ctrl-C

Exit status: 0 done, 2 wrong command line, otherwise that of the step that failed.
USAGE
}

fail() { # status, sentence
    printf 'quickstart: %s\n' "$2" >&2
    exit "$1"
}
say() { printf '\n==> %s\n' "$*"; }

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
here=$PWD/quickstart-data
bucket=market-data-tick
date='' symbols=BTCUSDT,ETHUSDT data='' real=no keep=no
while (($# > 0)); do
    case $1 in
        --date | --symbols | --data)
            [[ -n ${2:-} ]] || fail 2 "$1 needs a value; see quickstart.sh --help"
            declare "${1#--}=$2"
            shift
            ;;
        --real) real=yes ;;
        --keep) keep=yes ;;
        -h | --help) usage; exit 0 ;;
        *) fail 2 "unknown argument $1; see quickstart.sh --help" ;;
    esac
    shift
done
[[ $real == no || -z $data ]] || fail 2 "--real and --data exclude each other"
[[ -z $data || -d $data ]] || fail 2 "--data: $data is no folder"
if [[ -z $date ]]; then
    date=2023-05-23
    if [[ $real == yes && -z ${TARDIS_API_KEY:-} ]]; then date=2023-05-01; fi
fi
[[ $date =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]] || fail 2 "--date: $date is no date like 2023-05-23"
if [[ $real == yes && -z ${TARDIS_API_KEY:-} && $date != *-01 ]]; then
    fail 4 "without TARDIS_API_KEY Tardis gives the first day of a month only; set it, or take --date ${date%-*}-01"
fi
[[ -z $data ]] || data=$(cd "$data" && pwd)

sandbox='' scratch=$(mktemp -d)
stop() {
    local status=$?
    trap '' INT TERM
    if [[ -n $sandbox ]]; then
        kill "$sandbox" 2>/dev/null || true
        wait "$sandbox" 2>/dev/null || true
    fi
    rm -rf "$scratch"
    exit "$status"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "Preparing the machine"
"$root/orchestration/setup-build.sh"
# Again as a source, which puts Swift on this shell's PATH.
# shellcheck source=setup-build.sh
source "$root/orchestration/setup-build.sh"

say "Building the release programs (a few minutes the first time)"
swift build --package-path "$root" -c release --static-swift-stdlib --quiet >"$scratch/build.log" 2>&1 || {
    cat "$scratch/build.log" >&2
    fail 1 "the build failed"
}
bin=$root/.build/release

say "Starting tick-sandbox"
options=(--store "$here" --bucket "$bucket" --instruments "$root/orchestration/instruments.csv" --rows 20000)
if [[ -n $data ]]; then options+=(--data "$data"); fi
TICK_SANDBOX_TARDIS_KEY=quickstart "$bin/tick-sandbox" "${options[@]}" --env-file "$scratch/environment" &
sandbox=$!
until [[ -s $scratch/environment ]]; do
    kill -0 "$sandbox" 2>/dev/null || fail 1 "tick-sandbox did not start"
    sleep 0.05
done
if [[ $real == yes ]]; then
    grep -v ' TARDIS_' "$scratch/environment" >"$scratch/used"
else
    cp "$scratch/environment" "$scratch/used"
    echo "export TARDIS_API_KEY=quickstart" >>"$scratch/used"
fi
# shellcheck disable=SC1091
source "$scratch/used"
echo "Tardis: ${TARDIS_BASE_URL:-https://datasets.tardis.dev}   Cloud Storage: $STORAGE_EMULATOR_HOST"

say "Downloading $symbols of $date into gs://$bucket"
download=("$bin/vm-data-downloader" --date "$date" --symbols "$symbols" --bucket "gs://$bucket"
    --instruments "$root/orchestration/instruments.csv")
"${download[@]}"

say "Checking: the bucket's listing against the files' own footers"
"${download[@]}" --dry-run --output jsonl --quiet >"$scratch/listing"
count=0 shown=''
while IFS= read -r line; do
    [[ $line =~ \"object\":\"([^\"]+)\",\"result\":\"([a-z]+)\",\"rows\":([0-9]+) ]] ||
        fail 6 "this line of the listing cannot be read: $line"
    object=${BASH_REMATCH[1]} result=${BASH_REMATCH[2]} rows=${BASH_REMATCH[3]}
    [[ $result != absent ]] || continue
    [[ $result != "done" ]] || fail 6 "$object is not there"
    file=$here/$bucket/$object
    described=$("$bin/vm-data-downloader" describe "$file" --output json)
    [[ $described =~ \"rows\":\ ([0-9]+) && ${BASH_REMATCH[1]} == "$rows" ]] ||
        fail 6 "$object has not the $rows rows that its metadata promises"
    count=$((count + 1))
    shown=${shown:-$file}
done <"$scratch/listing"
((count > 0)) || fail 7 "nothing was downloaded"
echo "$count files have the rows that their metadata promises. One of them:"
"$bin/vm-data-downloader" describe "$shown"

say "Done. The files are below $here/$bucket/$date"
if [[ $keep == yes ]]; then
    cp "$scratch/used" "$here/environment.sh"
    echo "The sandbox keeps running until Ctrl-C. In another shell: source $here/environment.sh && gsutil ls gs://$bucket/"
    wait "$sandbox"
fi
