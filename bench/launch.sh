#!/usr/bin/env bash
# A fleet of 60 VMs by orchestrate-tick-download beside 60 `gcloud compute instances create` of a shell loop, both against
# tick-sandbox with 100 ms latency a request: at least 20 times faster, with at most 5 changes. And 1,000 VMs for 1,000
# instruments, launched and cleaned up, with the requests counted.
#
# GCLOUD_VMS=N  how many VMs gcloud makes (default 60; the time of fewer is extrapolated)
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"
for program in orchestrate-tick-download setup-iam cleanup-tick-vms; do
    [[ -x $bin/$program ]] || { echo "no $bin/$program: swift build -c release --static-swift-stdlib" >&2; exit 1; }
done
cd "$scratch"
unset GOOGLE_APPLICATION_CREDENTIALS GCP_CREDENTIALS_PATH LOG_LEVEL LOG_FORMAT GCS_BUCKET
export TARDIS_API_KEY=bench-key ORCHESTRATION_DIR=$root/orchestration HOME=$scratch NO_GCE_CHECK=1
failed=0

# Runs a command in a sandbox of its own; what it asked for is in requests.jsonl: options of the sandbox, --, command
in_sandbox() {
    rm -rf store requests.jsonl
    TICK_SANDBOX_TARDIS_KEY=$TARDIS_API_KEY "$bin/tick-sandbox" --store store --bucket market-data-tick --enable-api prepared --record requests.jsonl "$@"
}

# Requests of the record, by kind; polls of operations and uploads by VMs are told apart.
counts() {
    "$venv/bin/python" - "${1:-0}" <<'PYTHON'
import collections, json, re, sys
kinds, changes = collections.Counter(), 0
for number, line in enumerate(open("requests.jsonl")):
    if number < int(sys.argv[1]):
        continue
    request = json.loads(line)
    method, service = request["method"], request["service"]
    path = request["url"].split("?")[0]
    path = re.sub(r"^(/compute)?/v1/projects/[^/:]*/?", "", path)
    path = re.sub(r"zones/[^/]+", "zones/Z", re.sub(r"regions/[^/]+", "regions/R", path))
    path = re.sub(r"(operations|instances)/(operation-|tick-data-vm-)[^/]*", r"\1/NAME", path)
    path = re.sub(r"exchanges/.*", "exchanges/E", re.sub(r"^/storage/v1/b/[^/]*", "bucket", re.sub(r"^/upload/storage/v1/b/[^/]*", "upload", path)))
    kinds[(service, method, path)] += 1
    is_question = re.search(r"/wait$|IamPermissions$|IamPolicy$", path) and "setIam" not in path
    changes += method != "GET" and service not in ("oauth", "metadata") and not is_question
for (service, method, path), count in sorted(kinds.items()):
    print(f"  {count:6d}  {service:22s} {method:6s} {path}")
print(f"  {sum(kinds.values()):6d}  requests, {changes} of them changes")
PYTHON
}
changes() { counts "${1:-0}" | sed -n 's/.*requests, \([0-9]*\) of them changes/\1/p'; }

echo "== 60 VMs, 100 ms latency: orchestrate-tick-download"
# shellcheck disable=SC2016
in_sandbox --latency 100 --instruments "$root/orchestration/instruments.csv" -- bash -euc '
    "$0/setup-iam" >/dev/null 2>&1
    wc -l <requests.jsonl >mark
    start=$(date +%s%3N)
    "$0/orchestrate-tick-download" --date 2023-05-23 --instances 60 --yes >launch.out 2>launch.err || { cat launch.err; exit 1; }
    echo $(($(date +%s%3N) - start)) >ours
    tail -n 2 launch.out' "$bin"
ours=$(<ours)
counts "$(<mark)"
printf 'orchestrate-tick-download: %d ms\n' "$ours"
(($(changes "$(<mark)") <= 5)) || { echo "more than 5 changes" >&2; failed=1; }

vms=${GCLOUD_VMS:-60}
if command -v gcloud >/dev/null; then
    echo "== $vms VMs, 100 ms latency: gcloud, one after the other"
    # shellcheck disable=SC2016
    in_sandbox --latency 100 -- bash -euc '
        start=$(date +%s%3N)
        for number in $(seq 0 $(($0 - 1))); do
            gcloud compute instances create "tick-data-vm-$number" --zone=asia-northeast1-a --machine-type=e2-highmem-2 --preemptible \
                --boot-disk-size=100GB --boot-disk-type=pd-standard --image-family=ubuntu-2204-lts --image-project=ubuntu-os-cloud \
                --service-account=1060025368044-compute@developer.gserviceaccount.com --scopes=cloud-platform \
                --labels=tick-kit=bench --metadata=tick-shard="$number" --quiet >>gcloud.out 2>&1 </dev/null || { tail gcloud.out; exit 1; }
        done
        echo $(($(date +%s%3N) - start)) >theirs' "$vms"
    theirs=$(($(<theirs) * 60 / vms))
    counts | tail -n 1
    printf 'gcloud: %d ms for 60 VMs\n' "$theirs"
    printf 'ratio: %s\n' "$(awk -v a="$theirs" -v b="$ours" 'BEGIN {printf "%.1f", a / b}')"
    ((theirs >= 20 * ours)) || { echo "not 20 times faster" >&2; failed=1; }
else
    echo "SKIPPED: there is no gcloud to compare with"
fi

echo "== 1,000 VMs for 1,000 instruments"
{
    echo venue,symbol,kind
    for number in $(seq 1000); do echo "binance-spot,BENCH${number}USDT,spot"; done
} >registry.csv
# shellcheck disable=SC2016
in_sandbox --instruments registry.csv -- bash -euc '
    "$0/setup-iam" >/dev/null 2>&1
    wc -l <requests.jsonl >mark
    start=$(date +%s%3N)
    "$0/orchestrate-tick-download" --date 2023-05-23 --instances 1000 --instruments registry.csv --yes >launch.out 2>launch.err ||
        { tail launch.err; exit 1; }
    tail -n 2 launch.out | head -n 1
    wc -l <requests.jsonl >launched
    "$0/orchestrate-tick-download" --date 2023-05-23 --instances 1000 --instruments registry.csv --yes >again.out 2>again.err ||
        { tail again.err; exit 1; }
    wc -l <requests.jsonl >seen
    echo "launch and second look: $(($(date +%s%3N) - start)) ms"
    start=$(date +%s%3N)
    "$0/cleanup-tick-vms" --yes --force >cleanup.out 2>cleanup.err || { tail cleanup.err; exit 1; }
    echo "cleanup: $(($(date +%s%3N) - start)) ms"' "$bin"
head -n "$(<launched)" requests.jsonl | tail -n +$(($(<mark) + 1)) >part && cp requests.jsonl all && mv part requests.jsonl
echo "the launch:" && counts
(($(changes) <= 5)) || { echo "more than 5 changes for 1,000 VMs" >&2; failed=1; }
head -n "$(<seen)" all | tail -n +$(($(<launched) + 1)) >requests.jsonl
echo "the same command again:" && counts
(($(changes) == 0)) || { echo "the second look changed something" >&2; failed=1; }
tail -n +$(($(<seen) + 1)) all >requests.jsonl
echo "the clean-up:" && counts
exit "$failed"
