#!/usr/bin/env bash
# vm-data-downloader convert: what becomes of OUT. Pipes stand for all that is no regular file; a device is never risked.
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs vm-data-downloader
convert=("$bin/vm-data-downloader" convert --quiet)
{
    echo 'exchange,symbol,timestamp,local_timestamp,id,side,price,amount'
    for row in $(seq 100); do echo "binance,BTCUSDT,1684800000000000,168480000000$((row + 1000)),$row,buy,27000.5,0.25"; done
} | gzip -c >in.csv.gz
run_expecting 0 "${convert[@]}" in.csv.gz whole.parquet
same() { cmp -s "$1" "$work/whole.parquet" && echo same || echo different; }

"${convert[@]}" in.csv.gz - >stdout.parquet
expect "- is standard output" same "$(same stdout.parquet)"

echo old >target.parquet
ln -s target.parquet link.parquet
run_expecting 0 "${convert[@]}" in.csv.gz link.parquet
expect "a link stays a link" target.parquet "$(readlink link.parquet)"
expect "and what it leads to is written" same "$(same target.parquet)"

mkfifo pipe
cat pipe >piped.parquet &
run_expecting 0 "${convert[@]}" in.csv.gz pipe
wait $!
expect "a pipe stays a pipe" yes "$([[ -p pipe ]] && echo yes)"
expect "and is written straight" same "$(same piped.parquet)"

cp in.csv.gz itself.csv.gz
run_expecting 2 "${convert[@]}" itself.csv.gz itself.csv.gz
expect_message "same file"
expect "IN is not overwritten" "$(md5sum <in.csv.gz)" "$(md5sum <itself.csv.gz)"

head -c 300 in.csv.gz >cut.csv.gz
run_expecting 6 "${convert[@]}" cut.csv.gz target.parquet
expect "a failure leaves the old OUT" same "$(same target.parquet)"
run_expecting 1 "${convert[@]}" in.csv.gz nowhere/out.parquet
run_expecting 2 "${convert[@]}" in.csv.gz ''
expect "no partial file is left" "" "$(find . -name '*.partial')"
echo "convert: $checks checks passed"
