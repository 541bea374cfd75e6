#!/usr/bin/env bash
# monitor-tick-download beside a fleet at work: what it shows is what the bucket and the project hold, and what that costs.
# shellcheck source=fleet_support.bash
source "$(dirname "${BASH_SOURCE[0]}")/fleet_support.bash"
need_programs orchestrate-tick-download setup-iam monitor-tick-download vm-data-downloader tick-sandbox
monitor=./orchestration/monitor-tick-download.sh
day=2023-05-23
export LIMIT=120

# The operator's own requests since the mark, by service, without those for tokens.
looked() {
    since_mark | "$venv/bin/python" -c '
import json, sys
from collections import Counter
calls = Counter()
for line in sys.stdin:
    request = json.loads(line)
    if request["service"] in ("compute", "gcs") and request["method"] == "GET":
        calls[request["service"]] += 1
print(*(f"{count} {service}" for service, count in sorted(calls.items())))'
}

# A member of the JSON in $work/out: a.b.c
of() {
    "$venv/bin/python" - "$work/out" "$1" <<'PYTHON'
import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2].split("."):
    value = len(value) if key == "length" else value[int(key)] if isinstance(value, list) else value[key]
print(value)
PYTHON
}

expect_plain() { expect "$1: no escape codes in a file" 0 "$(grep -c $'\x1b' "$work/out" || true)"; }

# Ways to change objects behind the kit's back.
object_url() { printf '%s/storage/v1/b/market-data-tick/o/%s' "$STORAGE_EMULATOR_HOST" "${1//\//%2F}"; }
replace() { # object, file, metadata as JSON
    printf -- '--x\r\nContent-Type: application/json\r\n\r\n{"name":"%s","metadata":%s}\r\n--x\r\nContent-Type: application/octet-stream\r\n\r\n' \
        "$1" "$3" >"$work/body"
    cat "$2" >>"$work/body"
    printf -- '\r\n--x--\r\n' >>"$work/body"
    curl -sSf -o "$work/answer" -H 'Content-Type: multipart/related; boundary=x' --data-binary "@$work/body" \
        "$STORAGE_EMULATOR_HOST/upload/storage/v1/b/market-data-tick/o?uploadType=multipart"
}

# ---- before there is anything
fresh_sandbox --rows 100 --vm-programs "$bin"
run_expecting 0 $monitor
expect_message "no run is in gs://market-data-tick yet"
run_expecting 7 $monitor --exit-status
run_expecting 7 $monitor all $day --exit-status
expect_message "nothing is known of $day yet"
run_expecting 7 $monitor verify $day

# ---- a fleet from its launch until the date is complete
run_expecting 0 ./orchestration/orchestrate-tick-download.sh --date $day --instances 60 --yes
LIMIT=300 run_expecting 0 $monitor all $day --watch 1 --exit-status --output json
"$venv/bin/python" - "$work/out" <<'PYTHON'
"""Each look adds up, and none shows fewer files than the one before."""
import json, sys
before = 0
looks = [json.loads(line) for line in open(sys.argv[1])]
for look in looks:
    files = look["files"]
    assert files["expected"] == 220, files
    assert files["whole"] + files["absent"] + files["bad"] + files["missing"] == 220, files
    assert sum(kind["whole"] for kind in look["types"]) == files["whole"], look["types"]
    assert sum(look["shards"]["states"].values()) == look["shards"]["total"] == 60, look["shards"]
    assert sum(shard["whole"] for shard in look["shard_list"]) == files["whole"]
    assert sum(look["vms"]["states"].values()) == look["vms"]["total"] <= 60, look["vms"]
    assert files["whole"] >= before
    before = files["whole"]
    assert look["verdict"] == ("whole" if files["whole"] == 220 else look["verdict"])
assert looks[-1]["verdict"] == "whole" and looks[0]["verdict"] == "working", (looks[0]["verdict"], looks[-1]["verdict"])
print(f"ok  {len(looks)} looks add up, from {looks[0]['files']['whole']} files to 220")
PYTHON

# ---- what a look costs, and that it shows what is there
no_vms() { [[ -z $(vms) ]]; }
until_true no_vms
mark_record
run_expecting 0 $monitor all $day --output json
expect "a look at 60 VMs and 220 objects: requests" "1 compute 2 gcs" "$(looked)"
expect "files in the document and in the bucket" "$(objects $day)" "$(of files.whole)"
expect "bytes in the document and in the bucket" "$(bucket_state market-data-tick $day/ | awk '{ sum += $2 } END { print sum }')" \
    "$(of files.bytes_out)"
run_expecting 0 $monitor all $day
expect_plain "all"
expect_message "$day in gs://market-data-tick is complete"
expect "every type has its line" "trades 60/60 quotes 60/60 derivative_ticker 20/20 book_snapshot_5 60/60 liquidations 20/20 all 220/220" \
    "$(awk '$2 ~ /^[0-9]+\/[0-9]+$/ { print $1, $2 }' "$work/out" | xargs)"
run_expecting 0 $monitor
expect_plain "the overview"
expect "the overview has a line for the date" "$day whole 220/220 100% 60/60" "$(awk -v day=$day '$1 == day { print $1, $2, $3, $4, $5 }' "$work/out")"
for view in "vms" "vms $day" "gcs $day" "cost" "cost $day" "verify $day"; do
    # shellcheck disable=SC2086
    run_expecting 0 $monitor $view --output json
    "$venv/bin/python" -c 'import json, sys; assert json.load(open(sys.argv[1]))["schema"] == 1' "$work/out"
    # shellcheck disable=SC2086
    run_expecting 0 $monitor $view
    expect_plain "$view"
done
expect_message "$day is complete: each of 220 expected objects is there"
run_expecting 0 $monitor cost $day
expect_message "estimate: "

# ---- a missing object, and those that somebody else has written; the downloader brings them again
one=$day/trades/binance-spot/BTCUSDT/trades_${day}_BTCUSDT_spot.parquet
other=$day/trades/binance-spot/ETHUSDT/trades_${day}_ETHUSDT_spot.parquet
cp "$work/store/market-data-tick/$one" "$work/one"
cp "$work/store/market-data-tick/$other" "$work/other"
metadata=$(curl -sSf "$(object_url $one)" | "$venv/bin/python" -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["metadata"]))')
curl -sSf -X DELETE "$(object_url $one)"
run_expecting 7 $monitor verify $day
expect_message "$one"
run_expecting 7 $monitor all $day --exit-status
replace "$one" "$work/one" "$metadata"
run_expecting 0 $monitor verify $day

"$venv/bin/python" - $other <<'PYTHON'
"""One bit of an object is changed by Google's own client, which keeps its name, size, type and metadata."""
import sys
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
bucket = storage.Client(project="central-element-323112", credentials=AnonymousCredentials()).bucket("market-data-tick")
old = bucket.get_blob(sys.argv[1])
content = bytearray(old.download_as_bytes())
content[len(content) // 2] ^= 1
new = bucket.blob(sys.argv[1])
new.metadata = dict(old.metadata)
new.upload_from_string(bytes(content), content_type=old.content_type)
new = bucket.get_blob(sys.argv[1])
assert (new.metadata, new.size, new.content_type) == (old.metadata, old.size, old.content_type)
assert new.crc32c != old.crc32c
PYTHON
mark_record
run_expecting 6 $monitor verify $day --output json
expect "the object whose bytes were replaced, its metadata kept" "$other 1" "$(of damaged.0.object) $(of damaged.length)"
expect "and what told it apart: requests" "1 compute 2 gcs" "$(looked)"
run_expecting 6 $monitor verify $day
expect_message "its bytes are not those that were written"
printf 'not what it was' >"$work/foreign"
replace "$one" "$work/foreign" '{}'
run_expecting 6 $monitor verify $day --output json
expect "an object that was overwritten plainly beside it" "$one $other" "$(of damaged.0.object) $(of damaged.1.object)"
run_expecting 7 $monitor all $day --exit-status
heal() {
    run_expecting 0 "$bin/vm-data-downloader" --date $day --bucket gs://market-data-tick \
        --instruments "$root/orchestration/instruments.csv"
}
heal
run_expecting 0 $monitor verify $day
expect_message "$day is complete: each of 220 expected objects is there"
for name in one other; do cmp "$work/$name" "$work/store/market-data-tick/${!name}" || fail "$name is not what it was"; done
ok "the downloader brings both again as they were"

# A copy over another object brings that one's metadata, which its bytes do fit.
replace "$other" "$work/one" "$metadata"
run_expecting 6 $monitor verify $day
expect_message "not from /v1/binance/trades/2023/05/23/ETHUSDT.csv.gz"
heal
run_expecting 0 $monitor verify $day

# ---- logs: on the console while the VM lives, in the bucket when it is gone
run_expecting 0 $monitor logs tick-data-vm-7
expect_message "gs://market-data-tick/_runs/$day/logs/tick-data-vm-7.1.log"
expect_message "tick-data-vm-7: DONE: shard 7 of 60 of $day"
expect_message "tick-data-vm-7: ends with status 0"
printf 'first line\nlast line\n' >"$work/log"
replace "_runs/$day/logs/tick-data-vm-0.2.log" "$work/log" '{}'
run_expecting 0 $monitor logs tick-data-vm-0
expect "the log from the bucket" "first line last line" "$(xargs <"$work/out")"
run_expecting 7 $monitor logs tick-data-vm-4711
expect_message "there is no log of tick-data-vm-4711"

# ---- a console that is followed until its VM is gone
fresh_sandbox --rows 2000 --vm-programs "$bin" --fault "service=wasabi bandwidth=30K"
run_expecting 0 ./orchestration/orchestrate-tick-download.sh --date $day --symbols BTCUSDT,ETHUSDT --instances 2 --yes
until_true bash -c "$monitor vms $day --output json | grep -q RUNNING"
is_downloading() { $monitor logs tick-data-vm-1 2>/dev/null | grep -q "downloading shard 1 of 2"; }
until_true is_downloading
ok "the log of a VM at work"
run_expecting 0 $monitor logs tick-data-vm-1 --follow
expect_message "a sandbox VM"
expect_message "tick-data-vm-1: DONE: shard 1 of 2 of $day"
expect_message "tick-data-vm-1 is gone"

# ---- VMs that stand there and do nothing
fresh_sandbox --rows 100
run_expecting 0 ./orchestration/orchestrate-tick-download.sh --date $day --instances 60 --yes
run_expecting 5 $monitor all $day --exit-status --output json
expect "a fleet that comes up" "60" "$(of shards.states.STARTING)"
expect "VMs in the document and in the project" "60 $(vms | wc -l)" "$(of vms.total) 60"
run_expecting 0 $monitor vms $day --output json
expect "its VMs" 60 "$(of vms.length)"
run_expecting 0 $monitor logs 7
ok "the console of a VM is read by its number"

# ---- without Compute Engine, and from a folder
run_expecting 0 env CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE=http://127.0.0.1:9/ $monitor all $day
expect_message "VMs are left out:"
mkdir -p "$work/folder"
run_expecting 0 "$bin/vm-data-downloader" --date $day --symbols BTCUSDT --bucket "$work/folder/" \
    --instruments "$root/orchestration/instruments.csv"
run_expecting 0 $monitor all $day --bucket "$work/folder/" --exit-status
expect_message "VMs are left out: the data is in a folder"
run_expecting 0 $monitor verify $day --bucket "$work/folder/"

# ---- a terminal: drawn in place, q ends it, and the cursor comes back
"$venv/bin/python" - $monitor <<'PYTHON'
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp(sys.argv[1], [sys.argv[1], "--watch", "1"])
seen, end, pressed = b"", time.time() + 60, False
while time.time() < end:
    if select.select([fd], [], [], 0.2)[0]:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    # Drawn twice: the second drawing goes up to where the first began.
    if not pressed and b"\x1b[J" in seen:
        os.write(fd, b"q")
        pressed = True
if not pressed:
    os.kill(pid, 9)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
assert pressed, seen
assert status == 0, (status, seen)
assert b"\x1b[J" in seen and seen.rstrip().endswith(b"\x1b[?25h"), seen
assert b"\x1b[?1049h" not in seen, seen
print("ok  on a terminal the overview is drawn in place until q")
PYTHON
checks=$((checks + 2))

# ---- 1,000 VMs and 10,000 objects
{
    echo venue,symbol,kind
    seq -f 'binance-futures,S%gUSDT,perpetual' 1250
} >"$work/large.csv"
fresh_sandbox --rows 1 --instruments "$work/large.csv"
run_expecting 0 ./orchestration/orchestrate-tick-download.sh --date $day --instances 1000 --instruments "$work/large.csv" --yes \
    --data-types trades,quotes,book_snapshot_5,book_snapshot_25,book_ticker,incremental_book_L2,derivative_ticker,liquidations
PYTHONPATH=$root/Tests/e2e "$venv/bin/python" - $day <<'PYTHON'
"""Whole objects and heartbeats of the whole fleet, written as VMs write them."""
import sys
from concurrent.futures import ThreadPoolExecutor
from records import data, get, heartbeat, put
day = sys.argv[1]
plan = get(f"_runs/{day}/plan.json")
types = "trades quotes book_snapshot_5 book_snapshot_25 book_ticker incremental_book_L2 derivative_ticker liquidations".split()
items = [data(day, kind, "binance-futures", f"S{number}USDT", "perpetual") for number in range(1, 1251) for kind in types]
items += [heartbeat(day, plan, f"tick-data-vm-{shard}", shard, "DONE", 16 if shard < 250 else 8) for shard in range(1000)]
with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda item: put(*item), items))
PYTHON
mark_record
begin=$EPOCHREALTIME
run_expecting 0 $monitor all $day --output json --exit-status
end=$EPOCHREALTIME
expect "a look at 1,000 VMs and 10,000 objects: requests" "2 compute 13 gcs" "$(looked)"
expect "and what it shows" "10000 1000 1000 whole" "$(of files.whole) $(of vms.total) $(of shards.states.DONE) $(of verdict)"
echo "a look at 1,000 VMs and 10,000 objects takes $(((${end/./} - ${begin/./}) / 1000)) ms"

echo "monitor: $checks checks passed"
