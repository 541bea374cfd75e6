#!/usr/bin/env bash
# vm-data-downloader and gcs-upload-service where the world is not the usual one: buckets, keys, networks, settings, sources.
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs vm-data-downloader gcs-upload-service monitor-tick-download setup-iam tick-sandbox
date=2023-05-23
export TARDIS_API_KEY=planted-key-4711 LIMIT=60 GCP_PROJECT_ID=central-element-323112
download=("$bin/vm-data-downloader" --instruments "$root/orchestration/instruments.csv" --date "$date" --bucket gs://unusual)
one_file=(--symbols BTCUSDT --venues binance-spot --data-types trades)
object=$date/trades/binance-spot/BTCUSDT/trades_${date}_BTCUSDT_spot.parquet

sandbox_with() {
    [[ -z ${sandbox:-} ]] || stop_sandbox
    rm -rf "$work/store"
    TICK_SANDBOX_TARDIS_KEY=$TARDIS_API_KEY start_sandbox --store "$work/store" --bucket unusual --rows 500 "$@"
}
# Requests of the record: method and path of a service.
requests() { grep "\"service\":\"$1\"" "$sandbox_record" | grep -oE '"method":"[A-Z]+","url":"[^"?]*' | sed 's/"method":"\([A-Z]*\)","url":"/\1 /' || true; }
expect_one_object() { expect "$1: the file is there" "$object" "$(bucket_state unusual | cut -d' ' -f1)"; }

# ---- a bucket that encrypts with a key of the customer's: its listings have no checksums
sandbox_with --bucket-kind cmek
run_expecting 0 "${download[@]}" "${one_file[@]}"
expect "CMEK: the file is there" "$object" "$(find store/unusual/$date -type f | sed 's,^store/unusual/,,')"
uploads() { requests gcs | grep -c '^POST /upload' || true; }
before=$(uploads)
run_expecting 0 "${download[@]}" "${one_file[@]}"
expect "CMEK: nothing is downloaded again" "1" "$(($(uploads) - before < 6))"
expect_message "1 files"
run_expecting 0 "$bin/monitor-tick-download" verify "$date" --bucket unusual
expect_message "is complete"
mkdir local
printf 'some text' >local/a.txt
run_expecting 0 "$bin/gcs-upload-service" local gs://unusual/x
run_expecting 0 "$bin/gcs-upload-service" local gs://unusual/x --output json
expect "CMEK: an upload is skipped by its checksum" 1 "$(grep -c '"outcome": "skipped"' out)"

# ---- a bucket whose requester pays
sandbox_with --bucket-kind requester-pays
run_expecting 0 "${download[@]}" "${one_file[@]}"
ok "requester pays: the project is named once the bucket asks for it"

# ---- a bucket that keeps what is written: the data comes, one sentence says that heartbeats do not
sandbox_with --bucket-kind retention:86400
run_expecting 0 "${download[@]}" "${one_file[@]}"
expect_message "no more heartbeats"
expect "it is said once" 1 "$(grep -c 'no more heartbeats' err)"
expect_one_object "retention"

# ---- Tardis's front, and the storage behind it
for status in 408 502 520 521 522 523 524 530; do
    sandbox_with --fault "service=tardis path=*/trades/* nth=1 status=$status body=html"
    run_expecting 0 "${download[@]}" "${one_file[@]}"
    expect_one_object "a $status page of HTML"
done
sandbox_with --fault "service=wasabi nth=1 status=403 reason=AccessDenied message=Request+has+expired"
run_expecting 0 "${download[@]}" "${one_file[@]}"
expect_one_object "an expired link"
expect "a new link was asked for" 2 "$(requests tardis | grep -c '/v1/binance/trades/')"

# ---- a key that opens one exchange
sandbox_with --key-covers binance-futures
run_expecting 3 "${download[@]}" --symbols BTCUSDT --data-types trades,quotes --max-workers 1
expect_message "does not cover binance BTCUSDT"
expect "the other exchange's files are there" 2 "$(bucket_state unusual | grep -c binance-futures)"
expect "what the key opens was asked once" 1 "$(requests tardis | grep -c '/v1/api-key-info')"
sandbox_with --key-covers none
run_expecting 4 "${download[@]}" --symbols BTCUSDT --data-types trades
ok "a key that opens nothing ends the run: status 4"
TARDIS_API_KEY=another run_expecting 4 "${download[@]}" --symbols BTCUSDT --data-types trades
ok "a wrong key ends the run: status 4"

# ---- times that a server names
for seconds in 0 -1; do
    sandbox_with --fault "service=tardis path=*/trades/* nth=1-2 status=403 code=274 retry-after=$seconds"
    began=$SECONDS
    run_expecting 0 "${download[@]}" "${one_file[@]}"
    expect "a lock of $seconds s is not hammered" 1 "$((SECONDS - began >= 15))"
    expect "by a request each time" 3 "$(requests tardis | grep -c '/v1/binance/trades/')"
done
for seconds in 1e30 9223372036854775807; do
    sandbox_with --fault "service=tardis path=*/trades/* status=403 code=274 retry-after=$seconds"
    # What an earlier run said would be taken for this one's, and bash in front of it would get the signal, which loses it.
    rm -f err
    "${download[@]}" "${one_file[@]}" >out 2>err &
    waiting=$!
    until_true grep -q "in use from another IP address" err
    kill $waiting
    status=0; wait $waiting || status=$?
    expect "a lock of $seconds s is waited for" 143 "$status"
done

# ---- a proxy that is not there: loopback goes past it
sandbox_with
http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 ALL_PROXY=http://127.0.0.1:9 run_expecting 0 "${download[@]}" "${one_file[@]}"
ok "this machine is not asked through a proxy"

# ---- settings that merely lie in the current folder
mkdir other folder
printf 'GCS_BUCKET=evil\nTARDIS_BASE_URL=http://127.0.0.1:9\nnot a setting\nKEY="-----BEGIN\nA=1\n-----END"\n' >other/.env
mkdir folder/.env
cd other
run_expecting 0 env "TARDIS_BASE_URL=$TARDIS_BASE_URL" "${download[@]}" "${one_file[@]}" --dry-run
expect_message "line 3: skipped, as it is not KEY=VALUE"
expect_message "TARDIS_BASE_URL in $work/other/.env is not used"
cd ../folder
run_expecting 0 "${download[@]}" "${one_file[@]}" --dry-run
for word in --help --version; do
    run_expecting 0 "$bin/vm-data-downloader" $word
    expect "$word says nothing of .env" "" "$(<"$work/err")"
done
cd "$work"
run_expecting 0 "$bin/vm-data-downloader" --date $date --bucket gs://unusual "${one_file[@]}" --dry-run
ok "a program called by its path finds the instruments of its checkout"

# ---- secrets over plain http
run_expecting 2 env TARDIS_BASE_URL=http://tardis.test "${download[@]}" "${one_file[@]}"
expect_message "plain http address of another machine"
run_expecting 2 env CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE=http://compute.test/ "$bin/monitor-tick-download" vms --bucket unusual
expect_message "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE"
run_expecting 1 env STORAGE_EMULATOR_HOST=http://storage.test CLOUDSDK_AUTH_ACCESS_TOKEN=planted-token "${download[@]}" "${one_file[@]}"
expect_message "not sent over plain http"

# ---- credentials that others may read, and a clock that is wrong
sandbox_with --clock-skew 3600
chmod 644 "$GCP_CREDENTIALS_PATH"
run_expecting 4 "$bin/setup-iam" --check
expect_message "minutes behind"
expect_message "other users of this machine can read the credentials file"
expect "the skew is told" 1 "$(grep -c 'clock is \(59\|60\) minutes behind' err)"

# ---- zeros behind the gzip stream, text that is not UTF-8
{
    echo 'exchange,symbol,timestamp,local_timestamp,id,side,price,amount'
    for row in 1 2 3; do echo "binance,BTCUSDT,168480000000000$row,168480000000000$row,$row,buy,27000.5,0.25"; done
} >good.csv
mkdir bodies
sources=bodies/binance_trades_${date}_BTCUSDT.csv.gz
{ gzip -c good.csv; head -c 1000 /dev/zero; } >"$sources"
sandbox_with --data bodies
run_expecting 0 "${download[@]}" "${one_file[@]}"
expect_one_object "zeros behind the stream"
{ cat good.csv; printf 'binance,BTCUSDT,1684800000000004,1684800000000004,\xff\xfe,buy,1,1\n'; } | gzip -c >"$sources"
sandbox_with --data bodies
run_expecting 6 "${download[@]}" "${one_file[@]}"
expect_message "line 5"
expect "text that is not UTF-8: no object" "" "$(bucket_state unusual)"

# ---- answers that are no whole file: nothing at all, and plain text whose end nothing proves
sandbox_with --empty '*=zero'
run_expecting 5 env TARDIS_MAX_RETRIES=1 "${download[@]}" "${one_file[@]}"
expect_message "an answer without a single byte came"
expect "no byte: no object" "" "$(bucket_state unusual)"
sandbox_with
# Closes the connection at the end of the body, without a length, and four bytes early.
cat >cut.py <<'PYTHON'
import http.server, sys
text = open(sys.argv[1], "rb").read()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if "/trades/" in self.path else 404)
        self.end_headers()
        if "/trades/" in self.path:
            self.wfile.write(text[:-4])
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
"$venv/bin/python" cut.py good.csv >port &
started+=($!)
until_true test -s port
run_expecting 5 env TARDIS_BASE_URL="http://127.0.0.1:$(<port)" "${download[@]}" "${one_file[@]}"
expect_message "plain text came whose end nothing proves"
expect "text that may be cut: no object" "" "$(bucket_state unusual)"

# ---- what is told of a password, and of a catalogue that tells nothing
run_expecting 2 env https_proxy='http://user:planted-password@127.0.0.1:99999' "${download[@]}" "${one_file[@]}"
expect_message "https_proxy is no address of a proxy"
if grep -q planted-password out err; then fail "the proxy's password was printed"; fi
for body in '{"id":"binance"}' '{"id":"deribit","datasets":{"symbols":[{"id":"X"}]}}'; do
    sandbox_with --fault "service=tardis path=*/exchanges/* status=200 body=$("$venv/bin/python" -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1]))' "$body")"
    run_expecting 0 "${download[@]}" "${one_file[@]}"
    expect_one_object "a catalogue that tells nothing proves no absence"
done

if grep -qF "$TARDIS_API_KEY" out err; then fail "the key was printed"; fi
stop_sandbox
echo "unusual: $checks checks passed"
