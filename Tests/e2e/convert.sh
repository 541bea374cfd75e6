#!/usr/bin/env bash
# vm-data-downloader convert: what becomes of OUT, and of odd input. Pipes stand for all that is no regular file; a device is never
# risked.
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

run_expecting 0 "$bin/vm-data-downloader" convert --timings in.csv.gz timed.parquet
expect "the time of stages changes no byte" same "$(same timed.parquet)"
expect "each stage is told" "STAGE inflate index compare times numbers texts encode zstd write other all wall" \
    "$(grep -v Z "$work/err" | cut -d ' ' -f 1 | xargs)"

LOG_FORMAT=json run_expecting 0 "$bin/vm-data-downloader" convert --timings in.csv.gz timed.parquet
expect "as JSON they are JSON" "wall_seconds inflate_cpu_seconds all_cpu_seconds" "$("$venv/bin/python" -c '
import json, sys
last = [json.loads(line) for line in open(sys.argv[1])][-1]
print(*[name for name in ("wall_seconds", "inflate_cpu_seconds", "all_cpu_seconds") if last.get(name, 0) > 0])' "$work/err")"
for level in bogus 3; do
    LOG_LEVEL=$level run_expecting 2 "${convert[@]:0:2}" in.csv.gz level.parquet
    expect_message "log level $level is not one of DEBUG, INFO, WARNING, ERROR"
done
LOG_LEVEL=WARNING run_expecting 0 "${convert[@]:0:2}" in.csv.gz level.parquet
expect "a log level is kept to" "" "$(<"$work/err")"
run_expecting 2 "$venv/bin/python" -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' \
    "${convert[@]}" in.csv.gz -
grep -q "stdout is a terminal" out || fail "a terminal: $(cat -v out)"

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

rm -f new.parquet
mkdir -p deep
ln -s deep/middle.parquet first.parquet
ln -s "$work/new.parquet" deep/middle.parquet
run_expecting 0 "${convert[@]}" in.csv.gz first.parquet
expect "a link to a link to what is not there yet is followed" "link link same" \
    "$([[ -L first.parquet ]] && echo link) $([[ -L deep/middle.parquet ]] && echo link) $(same new.parquet)"
long=$(printf 'o%.0s' {1..247}).parquet
run_expecting 0 "${convert[@]}" in.csv.gz "$long"
expect "a name may be as long as names can be" "255 same" "${#long} $(same "$long")"
rm "$long"

# ---- a pipe that stays open and says nothing holds up neither an error nor a signal
mkfifo silent
has_begun() { compgen -G "$work/.silent.parquet.*" >"$work/partials"; }
for signal in INT TERM; do
    exec {hold}<>silent
    "${convert[@]}" - silent.parquet <silent 2>err &
    pid=$!
    until_true has_begun
    kill -$signal $pid
    status=0
    wait $pid || status=$?
    # What has to be ended by force says nothing.
    expect "SIG$signal while a pipe is silent" "$([[ $signal == INT ]] && echo 130 || echo 143), stopped by SIG$signal" \
        "$status, $(grep -o 'stopped by SIG.*' err)"
    exec {hold}>&-
done
exec {hold}<>silent
(printf "<html>"; head -c 60000 /dev/zero | tr '\0' x) >silent &
run_expecting 6 "${convert[@]}" silent silent.parquet
expect_message "this is a web page"
exec {hold}>&-
expect "nothing is left of them" "" "$(find . -name '*silent.parquet*')"

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

# ---- what is in the file
{ cat in.csv.gz; head -c 5000 /dev/zero; } >padded.csv.gz
run_expecting 0 "${convert[@]}" padded.csv.gz padded.parquet
{ cat in.csv.gz; head -c 5000 /dev/zero; cat in.csv.gz; } >behind.csv.gz
run_expecting 6 "${convert[@]}" behind.csv.gz behind.parquet
expect_message "something else after the end of the gzip stream"

cat in.csv.gz in.csv.gz >joined.csv.gz
run_expecting 6 "${convert[@]}" joined.csv.gz joined.parquet
expect_message "' is the header again, as where two files were joined"
expect_message "joined.csv.gz, line 102, column "
printf '\x28\xb5\x2f\xfd\x24\x00\x01' >day.csv.zst
run_expecting 6 "${convert[@]}" day.csv.zst day.parquet
expect_message "day.csv.zst: this is zstd data, not gzip or CSV"
run_expecting 6 "${convert[@]}" whole.parquet day.parquet
expect_message "whole.parquet: this is a Parquet file, not gzip or CSV"
printf 'B\x01\x9b\xff\n' >day.bin
run_expecting 6 "${convert[@]}" day.bin day.parquet
expect_message "day.bin: its first line is no header of a Tardis file, read as plain CSV, as it is not gzip; it begins with the bytes 42 01 9b ff"
: >empty.csv
run_expecting 2 "${convert[@]}" empty.csv day.parquet
expect_message "without even a header; where its data type is given an empty Parquet file is made of it (--data-type TYPE)"
run_expecting 0 "${convert[@]}" --data-type trades empty.csv empty.parquet

{ gzip -dc in.csv.gz; printf 'binance,BTC\xffUSDT,1684800000000000,1684800000009999,9,buy,1,2\n'; } >latin.csv
run_expecting 6 "${convert[@]}" latin.csv latin.parquet
expect_message "latin.csv, line 102, column symbol:"
expect_message "is not UTF-8: its byte at offset 3 is 0xff"
expect "a file that nobody could read is not made" "" "$(find . -name 'latin.parquet')"

# ---- memory: 720 MB of text in 65 distinct ids, which were kept as many times as they occur
cat >peak.py <<'PYTHON'
import random, resource, subprocess, sys
random.seed(17)
ids = ["".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=60000)).encode() for _ in range(65)]
convert = subprocess.Popen(sys.argv[1:] + ["-", "ids.parquet"], stdin=subprocess.PIPE)
convert.stdin.write(b"exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n")
for row in range(12000):
    convert.stdin.write(b"deribit,B,%d,%d,%s,buy,4,5\n" % (row, row, ids[row % 65]))
convert.stdin.close()
status = convert.wait()
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
print(f"status {status}, at most 400 MB" if peak <= 400 else f"status {status}, {peak} MB")
PYTHON
expect "few long texts are not expanded" "status 0, at most 400 MB" "$("$venv/bin/python" peak.py "${convert[@]}")"

# ---- memory: a thousand columns, and lines of one byte: no room is made for cells that cannot be there
{ gzip -dc in.csv.gz | head -n 1 | tr -d '\n'; printf ',c%d' {0..1015}; head -c 3145728 /dev/zero | tr '\0' '\n'; } | gzip -c >wide.csv.gz
(ulimit -v 3500000 && run_expecting 6 "${convert[@]}" wide.csv.gz wide.parquet) || fail "a thousand columns"
expect_message "wide.csv.gz, line 2: 1 cell where the header has 1024"

# ---- standard descriptors that are closed get nothing else's number
unquiet=("$bin/vm-data-downloader" convert)
"${unquiet[@]}" in.csv.gz closed.parquet <&- >&- 2>&-
expect "messages are not written into the file" same "$(same closed.parquet)"
status=0
"${convert[@]}" in.csv.gz - >&- 2>err || status=$?
expect "a closed stdout is a failure" 1 "$status"
grep -q "Bad file descriptor" err || fail "closed stdout: $(cat err)"
status=0
"${convert[@]}" - closed.parquet <&- 2>err || status=$?
expect "a closed stdin is a failure" 1 "$status"
grep -q "Bad file descriptor" err || fail "closed stdin: $(cat err)"
expect "and leaves what was there" same "$(same closed.parquet)"

# ---- names that are not UTF-8: never the file whose name looks the same
name=$(printf 'caf\xe9')
cp in.csv.gz "$name.csv.gz"
echo 'other' >"$(printf 'caf\xef\xbf\xbd.csv.gz')"
before=$(find . -maxdepth 1 | sort | md5sum)
run_expecting 2 "${convert[@]}" "$name.csv.gz" named.parquet
expect_message "is not UTF-8"
run_expecting 2 "${convert[@]}" in.csv.gz "$name.parquet"
run_expecting 2 "$bin/vm-data-downloader" describe "$name.parquet"
expect "nothing was made" "$before" "$(find . -maxdepth 1 | sort | md5sum)"
touch there.parquet "$(printf 'there\xe9.parquet')"
ln -s "$(printf 'there\xe9.parquet')" to-there.parquet
ln -s "$(printf 'nowhere\xe9.parquet')" to-nowhere.parquet
for link in to-there to-nowhere; do
    run_expecting 1 "${convert[@]}" in.csv.gz $link.parquet
    expect "$link stays a link" link "$([[ -L $link.parquet ]] && echo link)"
done
rm -f to-there.parquet to-nowhere.parquet ./*there*.parquet
expect "nothing was made of it" "$before" "$(find . -maxdepth 1 | sort | md5sum)"
mkdir "$name"
(cd "$name" && "${convert[@]}" ../in.csv.gz here.parquet)
expect "a folder of such a name may be where we are" same "$(same "$name/here.parquet")"

# ---- describe: what others wrote into a footer does nothing to a terminal
"$venv/bin/python" - <<'PYTHON'
import struct
def varint(n):
    out = b""
    while n >= 0x80: out, n = out + bytes([n & 0x7F | 0x80]), n >> 7
    return out + bytes([n])
def text(field, value): return bytes([field << 4 | 8]) + varint(len(value)) + value
evil = "a\x1b]0;owned\x07\x1b[2J\u009b2J\u202e\r\x7f\nlocal_timestamp forged".encode()
root = text(4, b"schema") + bytes([0x15, 2, 0])
column = bytes([0x15, 4, 0x25, 0]) + text(1, evil) + b"\0"
footer = bytes([0x15, 4, 0x19, 0x2C]) + root + column + bytes([0x16, 0]) + bytes([0x19, 0x0C])
footer += bytes([0x19, 0x1C]) + text(1, evil) + text(1, evil) + b"\0" + text(1, evil) + b"\0"
open("evil.parquet", "wb").write(b"PAR1" + footer + struct.pack("<I", len(footer)) + b"PAR1")
# A footer of 200 MB of zeros, each an empty row group.
count = 200_000_000
footer = bytes([0x29, 0x1C]) + root + bytes([0x29, 0xFC]) + varint(count)
with open("bomb.parquet", "wb") as file:
    file.write(footer)
    file.truncate(len(footer) + count + 1)
    file.seek(0, 2)
    file.write(struct.pack("<I", len(footer) + count + 1) + b"PAR1")
PYTHON
for form in table json jsonl; do
    run_expecting 0 "$bin/vm-data-downloader" describe --color never --output "$form" evil.parquet
    grep -q owned out || fail "describe --output $form: $(cat -v out)"
    expect "$form shows it and does nothing" "" "$(tr -d '\n -~' <out | cat -v | head -n 3)"
done
run_expecting 0 "$bin/vm-data-downloader" describe evil.parquet
expect "no line is forged" 0 "$(grep -c '^local_timestamp' out)"
run_expecting 6 "$bin/vm-data-downloader" describe bomb.parquet
expect_message "more structures than are read here"
echo "convert: $checks checks passed"
