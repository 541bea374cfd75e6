#!/usr/bin/env bash
# Rehearses the whole runbook on this machine: every step with the kit's own programs, against local stand-ins for Tardis and
# Google Cloud. The VMs are processes that run vm-startup-script.sh.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: orchestration/quickstart.sh [--date DATE] [--instances N] [--data DIR] [--keep]

Prepares the machine, builds the programs, starts tick-sandbox on free loopback ports, and then goes through the runbook
as an operator would: setup-iam, orchestrate-tick-download, monitor-tick-download until the date is complete, the validation
commands, cleanup-tick-vms. The bucket is ./quickstart-data. No account is needed, and nothing is asked of the internet
but missing packages.

  --date DATE      the day (default: 2023-05-23)
  --instances N    VMs (default: 60, one for each instrument)
  --data DIR       serve the real csv.gz files in DIR; what it does not hold is generated
  --keep           leave the sandbox running at the end, until Ctrl-C

TICK_NO_BUILD=1 uses the programs that are built already.

Exit status: 0 done, 2 wrong command line, otherwise that of the step that failed.
USAGE
}

fail() { # status, sentence
    printf 'quickstart: %s\n' "$2" >&2
    exit "$1"
}
say() { printf '\n==> %s\n' "$*"; }

# Runs a command of the runbook, shown as one types it.
typed() {
    printf '\n$ %s\n' "$1"
    bash -c "$1" || fail $? "this step failed: $1"
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
here=$PWD/quickstart-data
bucket=market-data-tick
date=2023-05-23 instances=60 data='' keep=no
while (($# > 0)); do
    case $1 in
        --date | --instances | --data)
            [[ -n ${2:-} ]] || fail 2 "$1 needs a value; see quickstart.sh --help"
            declare "${1#--}=$2"
            shift
            ;;
        --keep) keep=yes ;;
        -h | --help) usage; exit 0 ;;
        *) fail 2 "unknown argument $1; see quickstart.sh --help" ;;
    esac
    shift
done
[[ -z $data || -d $data ]] || fail 2 "--data: $data is no folder"
[[ $date =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]] || fail 2 "--date: $date is no date like 2023-05-23"
[[ $instances =~ ^[1-9][0-9]{0,3}$ ]] || fail 2 "--instances: $instances is no number of VMs"
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

if [[ -z ${TICK_NO_BUILD:-} ]]; then
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
    export TICK_NO_BUILD=1 # what the launchers would do again
fi
bin=$root/.build/release

say "Starting tick-sandbox: Tardis and Google Cloud on this machine"
options=(--store "$here" --bucket "$bucket" --instruments "$root/orchestration/instruments.csv" --rows 5000 --vm-programs "$bin"
    --enable-api runbook)
if [[ -n $data ]]; then options+=(--data "$data"); fi
TICK_SANDBOX_TARDIS_KEY=quickstart "$bin/tick-sandbox" "${options[@]}" --env-file "$scratch/environment" &
sandbox=$!
until [[ -s $scratch/environment ]]; do
    kill -0 "$sandbox" 2>/dev/null || fail 1 "tick-sandbox did not start"
    sleep 0.05
done
# What an operator exports, with the sandbox's addresses and credentials.
printf 'export %s\n' TARDIS_API_KEY=quickstart GCS_BUCKET=$bucket GCP_PROJECT_ID=central-element-323112 >>"$scratch/environment"
# shellcheck disable=SC1091
source "$scratch/environment"
unset GOOGLE_APPLICATION_CREDENTIALS
cd "$root"

say "1. Roles for the VMs' service account"
typed "./orchestration/setup-iam.sh"

say "2. The fleet"
begin=$(date +%s.%N)
typed "./orchestration/orchestrate-tick-download.sh --date $date --instances $instances --yes"

say "3. Until the date is complete"
typed "./orchestration/monitor-tick-download.sh all $date --watch 2 --exit-status"

say "4. Validation"
typed "./orchestration/monitor-tick-download.sh verify $date"
folder=gs://$bucket/$date/trades/binance-spot
file=trades_${date}_BTCUSDT_spot.parquet
if command -v gsutil >/dev/null; then
    typed "gsutil ls $folder/ | wc -l | tee $scratch/count"
    wanted=$(grep -c ',binance-spot,\|^binance-spot,' orchestration/instruments.csv)
    (($(<"$scratch/count") == wanted)) || fail 7 "$folder should list $wanted instruments"
    typed "gsutil -q cp $folder/BTCUSDT/$file $scratch/"
else
    echo "There is no gsutil here for the runbook's other commands, so the file is taken from the sandbox's folder."
    cp "$here/$bucket/$date/trades/binance-spot/BTCUSDT/$file" "$scratch/"
fi
python=''
for name in python python3 "$root/.venv/bin/python"; do
    if "$name" -c 'import pandas, pyarrow' 2>/dev/null; then python=$name; fi
done
if [[ -n $python ]]; then
    typed "$python -c \"import pandas as pd; df = pd.read_parquet('$scratch/$file'); print(f'Records: {len(df)}, Columns: {list(df.columns)}')\""
else
    echo "There is no pandas here, so the kit's own reader shows the file."
    typed ".build/release/vm-data-downloader describe $scratch/$file"
fi

say "5. Clean-up"
typed "./orchestration/cleanup-tick-vms.sh --yes"

# When the objects appeared: the sandbox's bucket is a folder.
mapfile -t times < <(find "$here/$bucket/$date" -name '*.parquet' -printf '%T@\n' | sort -n | awk -v begin="$begin" '$1 >= begin')
say "Done: $(find "$here/$bucket/$date" -name '*.parquet' | wc -l) objects of $date are in $here/$bucket"
if ((${#times[@]} > 0)); then
    awk -v begin="$begin" -v first="${times[0]}" -v last="${times[-1]}" 'BEGIN {
        printf "From the start of orchestrate-tick-download to the first object %.1f s, to the whole date %.1f s\n", first - begin, last - begin }'
else
    echo "They were all there before; remove the folder to see them come"
fi
if [[ $keep == yes ]]; then
    cp "$scratch/environment" "$here/environment.sh"
    echo "The sandbox keeps running until Ctrl-C. In another shell: source $here/environment.sh && gsutil ls gs://$bucket/"
    wait "$sandbox"
fi
