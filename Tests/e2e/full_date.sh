#!/usr/bin/env bash
# A full date into the sandbox, looked at with the runbook's own commands; once more, and in shards.
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs vm-data-downloader tick-sandbox
gsutil=$(command -v gsutil || echo "$venv/bin/gsutil")
date=2023-05-23

export TICK_SANDBOX_TARDIS_KEY=the-key TARDIS_API_KEY=the-key
start_sandbox --store "$work/store" --bucket market-data-tick --bucket in-shards --rows 200 --record "$work/requests.jsonl" \
    --instruments "$root/orchestration/instruments.csv"
download() { run_expecting 0 "$bin/vm-data-downloader" --date $date --instruments "$root/orchestration/instruments.csv" "$@"; }
data_requests() { grep -c '"service":"tardis".*csv\.gz' requests.jsonl || true; }

LIMIT=300 download --bucket gs://market-data-tick
expect "a full date is 220 objects" 220 "$(bucket_state market-data-tick "$date/" | wc -l)"
expect "each was asked for once" 220 "$(data_requests)"
expect "the runbook's listing of a venue" 40 "$("$gsutil" ls gs://market-data-tick/$date/trades/binance-spot/ | wc -l)"

# The runbook's last two lines, word for word, unless somebody's own file has that name.
sample=/tmp/trades_2023-05-23_BTCUSDT_spot.parquet
[[ ! -e $sample ]] || fail "$sample is there already; move it away, this test would overwrite it"
run_expecting 0 "$gsutil" cp gs://market-data-tick/2023-05-23/trades/binance-spot/BTCUSDT/trades_2023-05-23_BTCUSDT_spot.parquet /tmp/
PATH=$venv/bin:$PATH run_expecting 0 python -c "import pandas as pd; df = pd.read_parquet('/tmp/trades_2023-05-23_BTCUSDT_spot.parquet'); print(f'Records: {len(df)}, Columns: {list(df.columns)}')"
rm -f "$sample"
expect "the runbook's pandas line" \
    "Records: 200, Columns: ['exchange', 'symbol', 'timestamp', 'local_timestamp', 'id', 'side', 'price', 'amount']" "$(<out)"

expect "the plan is kept" 1 "$("$gsutil" ls gs://market-data-tick/_runs/$date/plan.json | wc -l)"
"$gsutil" -q cat "gs://market-data-tick/_runs/$date/shards/*.json" >heartbeat
expect "the last heartbeat says DONE" 1 "$(grep -cE '"(state|phase)": ?"DONE"' heartbeat)"

before=$(data_requests)
download --bucket gs://market-data-tick --output json
expect "the second run skips all" 1 "$(grep -c '"skipped": 220' out)"
expect "and downloads nothing" "$before" "$(data_requests)"

for shard in 0 1 2; do download --bucket gs://in-shards --shard-index $shard --total-shards 3; done
expect "three shards make the bucket that one makes" "$(bucket_state market-data-tick)" "$(bucket_state in-shards)"
echo "full_date: $checks checks passed"
