#!/usr/bin/env bash
# What downloading and uploading cost beside converting: a file from the sandbox's Tardis into its bucket, over loopback, by the CPU time of
# vm-data-downloader, beside `convert` of the same file on disk. What the sandbox takes is another process's, and does not count.
#
#   bench/end_to_end.sh [--quick] [--rounds N]
#
# --quick takes files of a tenth of the size. The status is 1 when the median of the ratios is above 1.10 for a type.
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

divisor=1 rounds=5
while (($# > 0)); do
    case $1 in
        --quick) divisor=10 ;;
        --rounds) rounds=$2; shift ;;
        *) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2 ;;
    esac
    shift
done
ticks=$data/1-over-$divisor
mkdir -p "$ticks" "$scratch/day"
printf 'venue,symbol,kind\nbinance-spot,BTCUSDT,spot\n' >"$scratch/instruments.csv"
types=(trades quotes book_snapshot_5)
for type in "${types[@]}"; do
    megabytes=500
    [[ $type != book_snapshot_5 ]] || megabytes=1000
    make_once "$ticks/$type.csv.gz" "$venv/bin/python" "$root/bench/gen_ticks.py" "$type" --bytes "$((megabytes * 1000 / divisor))K"
    ln "$ticks/$type.csv.gz" "$scratch/day/binance_${type}_2023-06-01_BTCUSDT.csv.gz" 2>/dev/null ||
        cp "$ticks/$type.csv.gz" "$scratch/day/binance_${type}_2023-06-01_BTCUSDT.csv.gz"
done

"$bin/tick-sandbox" --data "$scratch/day" --store "$scratch/store" --bucket end-to-end --env-file "$scratch/env" 2>"$scratch/sandbox" &
sandbox=$!
trap 'kill "$sandbox" 2>/dev/null; wait "$sandbox" || true; rm -rf "$scratch"' EXIT
until [[ -s $scratch/env ]]; do
    kill -0 "$sandbox" || { cat "$scratch/sandbox" >&2; exit 1; }
    sleep 0.05
done
# shellcheck disable=SC1091
source "$scratch/env"
cpu_and_peak() { # command
    read -r _ cpu peak _ < <("$venv/bin/python" "$root/bench/measure.py" "$@")
}

failed=0
printf '%-18s %15s %15s %8s %9s\n' type 'CPU s: convert' 'end to end' ratio 'peak MiB'
for type in "${types[@]}"; do
    for _ in $(seq "$rounds"); do
        cpu_and_peak "$bin/vm-data-downloader" convert --quiet "$ticks/$type.csv.gz" "$scratch/out.parquet"
        alone=$cpu
        cpu_and_peak "$bin/vm-data-downloader" --date 2023-06-01 --instruments "$scratch/instruments.csv" --data-types "$type" \
            --bucket gs://end-to-end --quiet --force
        echo "$alone $cpu $peak"
    done | "$venv/bin/python" -c '
import statistics, sys
alone, whole, peaks = zip(*(map(float, line.split()) for line in sys.stdin))
ratio = statistics.median(b / a for a, b in zip(alone, whole))
print(f"{sys.argv[1]:18} {statistics.median(alone):15.2f} {statistics.median(whole):15.2f} {ratio:8.3f} {max(peaks):9.0f}")
sys.exit(ratio > 1.10)' "$type" || failed=1
done
((failed == 0)) || echo "more than 1.10 of convert's CPU time" >&2
exit "$failed"
