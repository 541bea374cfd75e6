#!/usr/bin/env bash
# gcs-upload-service against tick-sandbox: trees, second runs, wrong use, kills and Ctrl-C.
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs gcs-upload-service tick-sandbox
upload=$bin/gcs-upload-service

mkdir -p tree/a/b 'tree/with blank'
for name in a/one.parquet a/b/two.parquet 'with blank/three#?.csv' four.bin; do head -c 5000 /dev/urandom >"tree/$name"; done
: >tree/empty.json
head -c 20000000 /dev/urandom >tree/big.parquet
ln -s ../four.bin tree/a/link.bin
ln -s .. tree/a/circle

start_sandbox --store "$work/store" --bucket bucket-one

# ---- a tree
run_expecting 0 "$upload" --dry-run tree gs://bucket-one/in/
expect "a dry run writes nothing" "" "$(bucket_state bucket-one)"
run_expecting 0 "$upload" --output jsonl tree gs://bucket-one/in/
expect "every file is uploaded" 7 "$(grep -c '"outcome":"uploaded"' out)"
expect_message "tree/a/circle"
names='in/a/b/two.parquet in/a/link.bin in/a/one.parquet in/big.parquet in/empty.json in/four.bin in/with blank/three#?.csv'
expect "objects have the files' relative names" "$names" "$(bucket_state bucket-one | awk 'NF {NF -= 2; print}' | paste -sd' ')"
for name in a/one.parquet big.parquet 'with blank/three#?.csv' empty.json; do
    expect "$name arrives whole" "$(sha256sum <"tree/$name")" "$(sha256sum <"store/bucket-one/in/$name")"
done

# ---- a name that is not UTF-8 is no object's name: said, and never the file whose name looks the same
mkdir odd
odd=$(printf 'odd/caf\xe9.bin')
echo one >"$odd"
echo two >"$(printf 'odd/caf\xef\xbf\xbd.bin')"
run_expecting 3 "$upload" --output json odd gs://bucket-one/odd/
expect_message "its name is not UTF-8"
expect "the other is uploaded once" 1 "$(grep -c '"outcome": "uploaded"' out)"
run_expecting 2 "$upload" "$odd" gs://bucket-one/odd/
expect_message "argument 1"

kind=$(curl -sf "$STORAGE_EMULATOR_HOST/storage/v1/b/bucket-one/o/in%2Fbig.parquet?fields=contentType")
expect "Parquet files say what they are" '{"contentType":"application/vnd.apache.parquet"}' "$kind"

before=$(curl -sf "$STORAGE_EMULATOR_HOST/storage/v1/b/bucket-one/o?fields=items(name,generation)")
run_expecting 0 "$upload" --output jsonl tree gs://bucket-one/in
expect "a second run skips everything" 7 "$(grep -c '"outcome":"skipped"' out)"
after=$(curl -sf "$STORAGE_EMULATOR_HOST/storage/v1/b/bucket-one/o?fields=items(name,generation)")
expect "and writes nothing" "$before" "$after"
printf 'x' | dd of=tree/four.bin bs=1 seek=10 conv=notrunc status=none
run_expecting 0 "$upload" --output jsonl tree/four.bin tree/empty.json gs://bucket-one/in
expect "what changed is replaced" 1 "$(grep -c '"outcome":"uploaded"' out)"
expect "by the new bytes" "$(sha256sum <tree/four.bin)" "$(sha256sum <store/bucket-one/in/four.bin)"

# ---- a folder as the target
run_expecting 0 "$upload" tree "$work/target"
expect "a folder takes files, too" "$(sha256sum <tree/big.parquet)" "$(sha256sum <target/big.parquet)"
run_expecting 0 "$upload" --output jsonl tree "$work/target"
expect "and has them the second time" 7 "$(grep -c '"outcome":"skipped"' out)"

# ---- what cannot be
run_expecting 2 "$upload" --max-wrokers 3 tree gs://bucket-one
expect_message "--max-workers"
run_expecting 2 "$upload" tree
expect_message "target is missing"
run_expecting 2 "$upload" nothing-here gs://bucket-one
expect_message "nothing-here"
run_expecting 2 "$upload" tree/four.bin tree/a/../four.bin gs://bucket-one
expect_message "same object"
run_expecting 2 "$upload" tree gs://Bad_Bucket!
run_expecting 1 "$upload" tree gs://no-such-bucket
expect_message "no-such-bucket"
run_expecting 4 env -u STORAGE_EMULATOR_HOST GCP_CREDENTIALS_PATH="$work/none.json" "$upload" tree gs://bucket-one
expect_message "none.json"
ln -s nowhere tree/dangling
run_expecting 3 "$upload" --output jsonl tree gs://bucket-one/partial
expect "one bad file does not stop the others" 7 "$(grep -c '"outcome":"uploaded"' out)"
expect_message "tree/dangling"
rm tree/dangling
stop_sandbox

# ---- kills: the server is slow, the process is gone in the middle, the next one finishes
mkdir many
for number in $(seq 20); do head -c $((number * 9000)) /dev/urandom >"many/$number.bin"; done
cp tree/big.parquet many/
start_sandbox --store "$work/store" --bucket killed --bucket whole --fault 'service=gcs method=POST latency=150'
run_expecting 0 "$upload" many gs://whole
some_arrived() { [[ $(find "$work/store/killed" -name '*.bin' 2>/dev/null | wc -l) -ge $1 ]]; }
for round in 1 2 3; do
    "$upload" --max-workers 2 many gs://killed 2>/dev/null >/dev/null &
    victim=$!
    until_true some_arrived $((round * 4))
    kill -9 $victim
    status=0; wait $victim || status=$?
    expect "kill -9 in the middle, round $round" 137 $status
done
for signal in INT:130 TERM:143; do
    "$upload" --max-workers 1 many gs://killed 2>"$work/err" >/dev/null &
    victim=$!
    count=$(find "$work/store/killed" -name '*.bin' | wc -l)
    # What arrives may be of the one that was killed; bash, which becomes the program, loses signals.
    until_true test "/proc/$victim/exe" -ef "$upload"
    until_true some_arrived $((count + 1))
    kill "-${signal%:*}" $victim
    begin=$SECONDS status=0
    wait $victim || status=$?
    expect "SIG${signal%:*} ends it" "${signal#*:}" $status
    ((SECONDS - begin <= 5)) || fail "SIG${signal%:*} took $((SECONDS - begin)) seconds"
done
run_expecting 0 "$upload" many gs://killed
expect "after kills the bucket is as after an undisturbed run" "$(bucket_state whole)" "$(bucket_state killed)"
stop_sandbox

echo "upload: $checks checks passed"
