#!/usr/bin/env bash
# vm-data-downloader when things go wrong: the status, the sentence, and nothing under a final name.
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs vm-data-downloader tick-sandbox
date=2023-05-23
export TARDIS_API_KEY=the-key TARDIS_MAX_RETRIES=1 LIMIT=60
downloader=("$bin/vm-data-downloader" --instruments "$root/orchestration/instruments.csv" --date "$date")
one_file=(--symbols BTCUSDT --venues binance-spot --data-types trades)

# name, wanted status, wanted text, the sandbox's options
refused() {
    local name=$1 status=$2 text=$3
    shift 3
    TICK_SANDBOX_TARDIS_KEY=the-key start_sandbox --store "$work/store" --bucket faulty --rows 2000 "$@"
    run_expecting "$status" "${downloader[@]}" "${one_file[@]}" --bucket gs://faulty
    ok "$name: status $status"
    expect_message "$text"
    expect "$name: no object" "" "$(bucket_state faulty)"
    if grep -rqF the-key out err "$work/store"; then fail "$name: the key was printed or stored"; fi
    stop_sandbox
    rm -rf "$work/store"
}

# ---- Tardis's answers
tardis="service=tardis path=*/trades/*"
TARDIS_API_KEY=another refused "wrong key" 4 "TARDIS_API_KEY"
refused "401" 4 "401" --fault "$tardis status=401"
refused "404 for a file that the catalogue lists" 7 "failed: " --fault "$tardis status=404"
refused "404 where there is no catalogue" 7 "failed: " --fault "$tardis status=404" --fault "service=tardis path=*/exchanges/* status=404"
refused "400" 1 "(400)" --fault "$tardis status=400"
refused "429" 5 "429" --fault "$tardis status=429"
refused "500" 5 "500" --fault "$tardis status=500"

# A key that another address holds is waited for; the heartbeat says so.
TICK_SANDBOX_TARDIS_KEY=the-key start_sandbox --store "$work/store" --bucket faulty --fault "$tardis status=403 code=274"
"${downloader[@]}" "${one_file[@]}" --bucket gs://faulty >out 2>err &
waiting=$!
until_true grep -qs LOCKED -r "store/faulty/_runs/$date/shards"
kill $waiting
status=0; wait $waiting || status=$?
expect "a locked key is waited for until SIGTERM" 143 $status
expect_message "274"
expect "a locked key: no object" "" "$(bucket_state faulty)"
stop_sandbox
rm -rf store

# ---- bodies that are not what they should be
good=$work/good.csv
{
    echo 'exchange,symbol,timestamp,local_timestamp,id,side,price,amount'
    for row in $(seq 5000); do echo "binance,BTCUSDT,16848000000000$((row + 10))0,16848000000000$((row + 10))5,$row,buy,27000.5,0.25"; done
} >"$good"
bad_body() { # name, text; the body comes on stdin
    mkdir -p bodies
    cat >"bodies/binance_trades_${date}_BTCUSDT.csv.gz"
    refused "$1" "$3" "$2" --data "$work/bodies"
    rm -r bodies
}
printf '<!DOCTYPE html><html><body>Sorry</body></html>' | bad_body "HTML" "web page" 6
printf '{"code":1,"message":"sorry"}' | bad_body "JSON" "JSON" 6
gzip -c "$good" | head -c 20000 | bad_body "cut gzip" "trades_${date}" 6
{ gzip -c "$good" | head -c -8; printf '\1\2\3\4\5\6\7\10'; } | bad_body "wrong CRC" "CRC" 6
{ gzip -c "$good"; printf 'garbage'; } | bad_body "trailing garbage" "trades_${date}" 6
{ cat "$good"; echo 'binance,BTCUSDT,16848'; } | gzip -c | bad_body "short row" "line 5002" 6
{ cat "$good"; echo 'binance,BTCUSDT,1684800000000000,1684800000000000,1,buy,much,1'; } | gzip -c | bad_body "no number" "price" 6
refused "cut on the way, every time" 5 "trades_${date}" --fault "$tardis cut=3000" --fault "service=wasabi cut=3000"

# ---- what was there stays there
TICK_SANDBOX_TARDIS_KEY=the-key start_sandbox --store "$work/store" --bucket faulty --rows 2000 --fault "$tardis nth=2- status=500"
run_expecting 0 "${downloader[@]}" "${one_file[@]}" --bucket gs://faulty
before=$(bucket_state faulty)
run_expecting 5 "${downloader[@]}" "${one_file[@]}" --bucket gs://faulty --force
expect "a failed --force loses nothing" "$before" "$(bucket_state faulty)"

# ---- one bad file does not stop the others
run_expecting 3 "${downloader[@]}" --symbols BTCUSDT --venues binance-spot --bucket gs://faulty --force
expect_message "Run the same command again"

# ---- the command line, the bucket, the network
run_expecting 2 "${downloader[@]}" --bukcet gs://faulty
expect_message "--bucket"
run_expecting 2 "${downloader[@]}" --date 2023-13-01 --bucket gs://faulty
run_expecting 1 "${downloader[@]}" "${one_file[@]}" --bucket gs://no-such-bucket
expect_message "no-such-bucket"
# Ten tries with growing pauses.
LIMIT=330 run_expecting 5 env STORAGE_EMULATOR_HOST=http://127.0.0.1:9 "${downloader[@]}" "${one_file[@]}" --bucket gs://faulty
expect_message "127.0.0.1"
run_expecting 5 env TARDIS_BASE_URL=http://127.0.0.1:9 "${downloader[@]}" "${one_file[@]}" --bucket gs://faulty --force
expect_message "127.0.0.1 port 9"
expect "and all that time the object stands" "$before" "$(bucket_state faulty "$date/trades/")"
stop_sandbox
echo "faults: $checks checks passed"
