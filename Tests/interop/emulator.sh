#!/usr/bin/env bash
# Our Cloud Storage code against an emulator that others wrote (gcp-storage-emulator from PyPI), read back by
# google-cloud-storage with its CRC-32C check on.
#
# The emulator ignores ifGenerationMatch, pages nothing and serves one request at a time: it judges whether the right
# bytes arrive under the right names, nothing else.
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs gcs-upload-service vm-data-downloader tick-sandbox

port=$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$venv/bin/gcp-storage-emulator" start --host=127.0.0.1 --port="$port" --in-memory --default-bucket=market-data-tick \
    >emulator.log 2>&1 &
started+=($!)
emulator=http://127.0.0.1:$port
until_true curl -sf -o answer "$emulator/"

# ---- files: empty, small in one request, large in chunks (the emulator's own links break at a '#')
mkdir -p 'tree/a b'
: >tree/empty.bin
head -c 100000 /dev/urandom >'tree/a b/small 1.bin'
head -c 20000000 /dev/urandom >tree/large.parquet
export STORAGE_EMULATOR_HOST=$emulator
LIMIT=300 run_expecting 0 "$bin/gcs-upload-service" --max-workers 2 tree gs://market-data-tick/tree
run_expecting 0 "$bin/gcs-upload-service" --output jsonl tree gs://market-data-tick/tree
expect "a second run skips everything" 3 "$(grep -c '"outcome":"skipped"' out)"

# ---- ticks: downloaded from the sandbox's Tardis into the emulator and, for comparison, into a folder
"$bin/tick-sandbox" --rows 20000 --print-env >sandbox.txt &
started+=($!)
until_true grep -q TARDIS_API_URL sandbox.txt
eval "$(grep TARDIS_ sandbox.txt)"
date=2023-06-01
get_ticks() {
    LIMIT=300 run_expecting 0 "$bin/vm-data-downloader" --date $date --symbols BTCUSDT \
        --instruments "$root/orchestration/instruments.csv" --bucket "$1"
}
get_ticks gs://market-data-tick
get_ticks "$work/folder"
mkdir ticks
cp -r "folder/$date" ticks/

cat >compare.py <<'PYTHON'
import pathlib, sys
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
client = storage.Client(project="test", credentials=AnonymousCredentials())
count = 0
for folder, prefix in (("tree", "tree/"), ("ticks", "")):
    for path in sorted(p for p in pathlib.Path(folder).rglob("*") if p.is_file()):
        name = prefix + str(path.relative_to(folder))
        blob = client.bucket("market-data-tick").get_blob(name)
        if blob is None:
            sys.exit(f"{name} is missing")
        if blob.download_as_bytes(checksum="crc32c") != path.read_bytes():
            sys.exit(f"{name} differs")
        if folder == "ticks" and int(blob.metadata["tick-rows"]) <= 0:
            sys.exit(f"{name} does not say how many rows it has")
        count += 1
print(count)
PYTHON
expect "google-cloud-storage reads the same bytes" 11 "$("$venv/bin/python" compare.py)"
echo "emulator: $checks checks passed"
