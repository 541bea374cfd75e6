#!/usr/bin/env bash
# Peak memory of the data path, and whether it keeps the cores busy.
#
#   bench/memory.sh [--quick]
#
# 1. convert on a book_snapshot_5 file of 1 GB and on one of 2 GB of CSV: at most 100 MiB, and no more for the longer one.
# 2. 32 book files of 200 MB of CSV through vm-data-downloader at once, served slowly: at most 600 MiB.
# 3. The same served fast: the cores are busy.
# --quick takes files of a tenth of the size. The status is 1 when a limit is passed.
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

divisor=1
case ${1:-} in
    '') ;;
    --quick) divisor=10 ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
failed=0
measure() { "$venv/bin/python" "$root/bench/measure.py" "$@"; }
# what, value, limit
at_most() {
    if (($2 <= $3)); then return 0; fi
    echo "over the limit: $1 is $2, allowed are $3" >&2
    failed=1
}

printf '%-34s %8s %8s %9s %7s\n' run 'wall s' 'CPU s' 'peak MiB' 'busy %'
peaks=()
for gigabytes in 1 2; do
    file=$data/book-$gigabytes-over-$divisor.csv.gz
    make_once "$file" "$venv/bin/python" "$root/bench/gen_ticks.py" book_snapshot_5 --bytes "$((gigabytes * 1000 / divisor))M"
    read -r wall cpu peak busy < <(measure "$bin/vm-data-downloader" convert "$file" "$scratch/out.parquet" --quiet)
    printf '%-34s %8s %8s %9s %7s\n' "convert, $((gigabytes * 1000 / divisor)) MB of CSV" "$wall" "$cpu" "$peak" "$busy"
    at_most "convert's peak in MiB" "$peak" 100
    peaks+=("$peak")
done
# A tenth is what the same run varies by.
at_most "the peak for the longer file in MiB" "${peaks[1]}" $((peaks[0] * 11 / 10))

# ---- 32 files in flight
file=$data/book-200-over-$divisor.csv.gz
make_once "$file" "$venv/bin/python" "$root/bench/gen_ticks.py" book_snapshot_5 --bytes "$((200 / divisor))M"
day=$data/day-over-$divisor
mkdir -p "$day"
head -n 33 "$root/orchestration/instruments.csv" >"$scratch/instruments.csv"
while IFS=, read -r _ symbol _; do
    [[ -e $day/binance_book_snapshot_5_2023-06-01_$symbol.csv.gz ]] ||
        ln "$file" "$day/binance_book_snapshot_5_2023-06-01_$symbol.csv.gz"
done < <(tail -n +2 "$scratch/instruments.csv")

sandbox=
stop() {
    [[ -z $sandbox ]] || { kill "$sandbox" 2>/dev/null; wait "$sandbox" || true; }
    sandbox=
    rm -rf "$scratch/store" "$scratch/env"
}
trap 'stop; rm -rf "$scratch"' EXIT
day_run() { # name, limit of the peak, the sandbox's further options
    local name=$1 limit=$2
    shift 2
    "$bin/tick-sandbox" --data "$day" --store "$scratch/store" --bucket memory-bench --env-file "$scratch/env" "$@" &
    sandbox=$!
    until [[ -s $scratch/env ]]; do kill -0 "$sandbox"; sleep 0.05; done
    read -r wall cpu peak busy < <(
        # shellcheck disable=SC1091
        source "$scratch/env"
        measure "$bin/vm-data-downloader" --date 2023-06-01 --instruments "$scratch/instruments.csv" \
            --data-types book_snapshot_5 --bucket gs://memory-bench --quiet
    )
    stop
    printf '%-34s %8s %8s %9s %7s\n' "$name" "$wall" "$cpu" "$peak" "$busy"
    at_most "the downloader's peak in MiB" "$peak" "$limit"
}
day_run "32 files at 0.7 MB/s each" 600 --fault "service=tardis path=*book_snapshot_5* bandwidth=700K"
day_run "32 files, served fast" 600
if ((busy < 85)); then
    echo "the cores were busy for $busy % of the time only" >&2
    failed=1
fi
((failed == 0)) && echo "within the limits"
exit "$failed"
