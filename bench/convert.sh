#!/usr/bin/env bash
# Measures `vm-data-downloader convert` beside pyarrow, polars and DuckDB on all nine data types, and compares the values.
#
#   bench/convert.sh [--quick | --smoke] [--rounds N] [--types trades,quotes,…] [--table FILE.csv]
#
# --quick takes files of a tenth of the size. --smoke is for the tests, in half a minute: 10 MB a type, pyarrow and polars, and it judges
# sizes and the CPU time of all types together, beyond each program's start. The status is 1 when values differ, or when our ratio to the
# best peer is a quarter above that in thresholds.csv (2 % for sizes), which holds for whole files; thresholds-smoke.csv for --smoke.
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

divisor=1 rounds=3 types='' table=() options=() smoke=no
while (($# > 0)); do
    case $1 in
        --quick) divisor=10 ;;
        --smoke) smoke=yes rounds=3 options=(--smoke --peers "pyarrow-stream,polars-stream") ;;
        --rounds) rounds=$2; shift ;;
        --types) types=$2; shift ;;
        --table) table=(--table "$2"); shift ;;
        *) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2 ;;
    esac
    shift
done

# type, megabytes of CSV, and for the sandbox's generator its address
sizes='trades 500
quotes 500
book_snapshot_5 1000
derivative_ticker 200
liquidations 50
incremental_book_L2 200 binance/incremental_book_L2:BTCUSDT
book_snapshot_25 200 binance/book_snapshot_25:BTCUSDT
book_ticker 200 binance/book_ticker:BTCUSDT
options_chain 100 deribit/options_chain:OPTIONS'

ticks=$data/1-over-$divisor
[[ $smoke == no ]] || ticks=$data/smoke
mkdir -p "$ticks"
made=()
while read -r type megabytes address; do
    [[ -z $types || ,$types, == *,$type,* ]] || continue
    made+=("$type")
    [[ $smoke == no ]] || megabytes=10
    if [[ -z $address ]]; then
        make_once "$ticks/$type.csv.gz" "$venv/bin/python" "$root/bench/gen_ticks.py" "$type" \
            --bytes "$((megabytes * 1000 / divisor))K"
    else
        make_once "$ticks/$type.csv.gz" sandbox_ticks "$address" "$((megabytes * 1000 / divisor))K"
    fi
done <<<"$sizes"

thresholds=()
((divisor > 1)) || thresholds=(--thresholds "$root/bench/thresholds.csv")
[[ $smoke == no ]] || thresholds=(--thresholds "$root/bench/thresholds-smoke.csv")
real=$root/../shared/data/tardis/real/binance-futures_trades_2020-02-22_BTCUSDT.csv.gz
if [[ -z $types && $smoke == yes ]]; then
    :
elif [[ -z $types && -f $real ]]; then
    ln -sf "$real" "$ticks/real_day_trades.csv.gz"
    made+=(real_day_trades)
elif [[ -z $types ]]; then
    echo "SKIPPED: the real day is not on this machine" >&2
fi

"$venv/bin/python" "$root/bench/run_peers.py" --ticks "$ticks" --out "$scratch/out" --rounds "$rounds" \
    --types "$(IFS=,; echo "${made[*]}")" "${table[@]}" "${thresholds[@]}" "${options[@]}" --ours "$bin/vm-data-downloader convert {in} {out}"
