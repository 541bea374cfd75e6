#!/usr/bin/env bash
# Google's own clients (gsutil, gcloud storage, google-cloud-storage) against tick-sandbox.
#
#   Tests/interop/sandbox_clients.sh
#
# TICK_SANDBOX  the built binary (default: .build/debug or .build/release)
# VENV          virtual environment for the Python client, made when missing (default: .venv)
# Every check compares values; the first difference ends the script with status 1.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${VENV:-$root/.venv}
work=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill $server 2>/dev/null; rm -rf "$work"' EXIT

if [[ -z ${SANDBOX_CLIENTS_INSIDE:-} ]]; then
    sandbox=${TICK_SANDBOX:-}
    for candidate in "$root"/.build/debug/tick-sandbox "$root"/.build/*/{debug,release}/tick-sandbox; do
        if [[ -z $sandbox && -x $candidate ]]; then sandbox=$candidate; fi
    done
    [[ -x $sandbox ]] || { echo "no tick-sandbox: swift build --product tick-sandbox" >&2; exit 1; }
    if ! "$venv/bin/python" -c 'import google.cloud.storage' 2>/dev/null; then
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet google-cloud-storage==3.17.1
    fi
    if ! command -v gsutil >/dev/null && [[ ! -x $venv/bin/gsutil ]]; then "$venv/bin/pip" install --quiet gsutil==5.38; fi
    export SANDBOX_CLIENTS_INSIDE=1 SANDBOX_RECORD="$work/requests.jsonl" VENV="$venv"
    "$sandbox" --store "$work/store" --record "$SANDBOX_RECORD" -- bash "$0"

    [[ -f "$work/store/market-data-tick/d/trades/a.parquet" ]] || { echo "the object is no file in the store" >&2; exit 1; }
    # A restart keeps the objects.
    # shellcheck disable=SC2016
    name=$("$sandbox" --store "$work/store" -- bash -c \
        'curl -s "$STORAGE_EMULATOR_HOST/storage/v1/b/market-data-tick/o/d%2Ftrades%2Fa.parquet?fields=name"')
    [[ $name == '{"name":"d/trades/a.parquet"}' ]] || { echo "after a restart: $name" >&2; exit 1; }

    if grep '"violations":' "$SANDBOX_RECORD"; then
        echo "the sandbox noted breaches of the contract in what Google's own clients sent" >&2
        exit 1
    fi
    # The command itself: exit statuses, files, an orderly end.
    status=0; "$sandbox" --no-such-option 2> "$work/err" || status=$?
    [[ $status == 2 && $(wc -l < "$work/err") == 1 ]] || { echo "a wrong option: status $status" >&2; exit 1; }
    status=0; "$sandbox" -- sh -c 'exit 7' || status=$?
    [[ $status == 7 ]] || { echo "the command's exit status 7 became $status" >&2; exit 1; }
    printf 'venue,symbol\nbinance-spot,ONEUSDT\nbinance-futures,TWOUSDT\n' > "$work/instruments.csv"
    TICK_SANDBOX_TARDIS_KEY=secret-key "$sandbox" --instruments "$work/instruments.csv" --rows 5 \
        --fault 'service=tardis path=*/quotes/* nth=1 status=429 retry-after=1' \
        --env-file "$work/env" --print-env > "$work/printed" &
    server=$!
    until [[ -s $work/env && -s $work/printed ]]; do kill -0 $server; done
    cmp "$work/env" "$work/printed"
    (
        # shellcheck disable=SC1091
        source "$work/env"
        expect_rows() {
            rows=$(curl -sSfL -H 'Authorization: Bearer secret-key' "$TARDIS_BASE_URL/v1/$1.csv.gz" | gunzip | wc -l)
            [[ $rows == 6 ]] || { echo "$1: $rows lines" >&2; exit 1; }
        }
        expect_rows binance/trades/2023/05/23/ONEUSDT
        expect_rows binance-futures/liquidations/2023/05/23/TWOUSDT
        first=$(curl -s -o /dev/null -w '%{http_code}' "$TARDIS_BASE_URL/v1/binance/quotes/2023/05/01/ONEUSDT.csv.gz")
        [[ $first == 429 ]] || { echo "the fault did not strike: $first" >&2; exit 1; }
        expect_rows binance/quotes/2023/05/01/ONEUSDT
        [[ ! $(< "$work/env") == *secret-key* ]] || { echo "the key is in the environment file" >&2; exit 1; }
    )
    kill $server
    status=0; wait $server || status=$?
    server=
    [[ $status == 0 ]] || { echo "SIGTERM ended it with $status" >&2; exit 1; }

    judge=$root/../shared/specs/google/validate_requests.py
    if [[ -f $judge ]]; then
        # The documents do not list the download service's paths, which take what objects.get takes.
        sed 's|"url":"/download/storage/|"url":"/storage/|' "$SANDBOX_RECORD" | python3 "$judge" -
    else
        echo "SKIPPED: no validate_requests.py, the recorded requests were not judged a second time"
    fi
    echo "sandbox_clients: all checks passed"
    exit 0
fi

expect() { # what, wanted, got
    if [[ $2 != "$3" ]]; then
        printf 'FAILED %s\n  wanted: %s\n  got:    %s\n' "$1" "$2" "$3" >&2
        exit 1
    fi
    echo "ok  $1"
}

cd "$work"
head -c 700000 /dev/urandom > a.parquet
head -c 3000 /dev/urandom > b.parquet
bucket=gs://market-data-tick

# ---- gsutil
gsutil=$(command -v gsutil || echo "$VENV/bin/gsutil")
run_gsutil() { timeout 120 "$gsutil" "$@" 2> "$work/gsutil.err" || { cat "$work/gsutil.err" >&2; return 1; }; }

run_gsutil mb -p tick-sandbox $bucket
expect "gsutil ls lists the bucket" "$bucket/" "$(run_gsutil ls)"
run_gsutil cp a.parquet b.parquet $bucket/d/trades/
run_gsutil -o GSUtil:resumable_threshold=1 cp a.parquet $bucket/r/resumable.parquet
expect "gsutil ls of a folder" "$bucket/d/trades/" "$(run_gsutil ls $bucket/d/)"
expect "gsutil ls | wc -l" 2 "$(run_gsutil ls $bucket/d/trades/ | wc -l)"
expect "gsutil ls with **" 3 "$(run_gsutil ls "$bucket/**" | wc -l)"
for name in d/trades/a.parquet r/resumable.parquet; do
    run_gsutil cp "$bucket/$name" back.parquet
    expect "gsutil brings $name back" "$(sha256sum < a.parquet)" "$(sha256sum < back.parquet)"
    rm back.parquet
done
stat_crc=$(run_gsutil stat $bucket/r/resumable.parquet | awk '/Hash \(crc32c\)/ {print $3}')
hash_crc=$(run_gsutil hash -c a.parquet | awk '/Hash \(crc32c\)/ {print $3}')
expect "gsutil stat and hash agree on the CRC-32C" "$hash_crc" "$stat_crc"
run_gsutil rm $bucket/r/resumable.parquet
expect "gsutil rm" 2 "$(run_gsutil ls "$bucket/**" | wc -l)"

# ---- gcloud storage
if command -v gcloud >/dev/null; then
    run_gcloud() { timeout 120 gcloud "$@" 2> "$work/gcloud.err" || { cat "$work/gcloud.err" >&2; return 1; }; }
    run_gcloud storage cp a.parquet $bucket/g/small.parquet
    CLOUDSDK_STORAGE_RESUMABLE_THRESHOLD=1 run_gcloud storage cp a.parquet $bucket/g/resumable.parquet
    expect "gcloud storage ls" 2 "$(run_gcloud storage ls $bucket/g/ | wc -l)"
    for name in small resumable; do
        run_gcloud storage cp "$bucket/g/$name.parquet" back.parquet
        expect "gcloud brings $name back" "$(sha256sum < a.parquet)" "$(sha256sum < back.parquet)"
        rm back.parquet
    done
    run_gcloud storage rm $bucket/g/small.parquet $bucket/g/resumable.parquet
    expect "gcloud storage rm" 2 "$(run_gsutil ls "$bucket/**" | wc -l)"
else
    echo "SKIPPED: gcloud is not installed"
fi

# ---- google-cloud-storage
"$VENV/bin/python" "$here/sandbox_python_client.py" a.parquet
