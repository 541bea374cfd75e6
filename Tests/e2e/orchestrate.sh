#!/usr/bin/env bash
# The runbook's commands as typed: two dates by 60 VMs each, again without a change, healed after preemptions.
#
# SEED=N  the seed of the preemptions (default: a new one each time, printed)
# shellcheck source=fleet_support.bash
source "$(dirname "${BASH_SOURCE[0]}")/fleet_support.bash"
need_programs orchestrate-tick-download setup-iam vm-data-downloader tick-sandbox
seed=${SEED:-$RANDOM}

# ---- two dates, one straight after the other
fresh_sandbox --rows 100 --vm-programs "$bin"
run_expecting 0 ./orchestration/orchestrate-tick-download.sh --date 2023-05-23 --instances 60
expect_message "60 of 60 VMs are up (60 in asia-northeast1-a)"
expect "the first launch takes five changes" 5 "$(writes | wc -l)"
expect "one of them makes the VMs" 1 "$(writes | grep -c 'POST zones/asia-northeast1-a/instances/bulkInsert')"
mark_record
run_expecting 0 ./orchestration/orchestrate-tick-download.sh --date 2025-10-20 --instances 60
expect "the second launch shares the egress: two changes" \
    "POST _runs/2025-10-20/plan.json POST zones/asia-northeast1-a/instances/bulkInsert" "$(writes | xargs)"
expect "and takes the next free numbers" "tick-data-vm-60 tick-data-vm-119" \
    "$(since_mark | grep bulkInsert | grep -oE 'tick-data-vm-[0-9]+' | sort -uV | sed -n '1p;$p' | xargs)"
until_true is_whole 2023-05-23
until_true is_whole 2025-10-20
ok "both dates are complete: 220 objects each"
expect_key_hidden "launches" "$work/store"

# ---- again, when all is there
mark_record
run_expecting 0 ./orchestration/orchestrate-tick-download.sh --date 2023-05-23 --instances 60
expect_message "60 of 60 shards are finished"
expect_no_writes "a finished date again"

# ---- again, while the VMs work
fresh_sandbox --rows 100
run_expecting 0 ./orchestration/orchestrate-tick-download.sh --date 2023-05-23 --instances 60
mark_record
run_expecting 0 ./orchestration/orchestrate-tick-download.sh --date 2023-05-23 --instances 60
expect_message "60 VMs work"
expect_no_writes "a healthy date again"
run_expecting 2 ./orchestration/orchestrate-tick-download.sh --date 2023-05-23 --instances 30
expect_message "of another run"
expect_no_writes "the same date divided otherwise"

# ---- what is shown before anything is done
mark_record
run_expecting 0 ./orchestration/orchestrate-tick-download.sh --date 2025-10-20 --dry-run --output json
expect "--dry-run names 60 VMs" 60 "$("$venv/bin/python" -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["create"]))' "$work/out")"
expect_no_writes "--dry-run"
run_expecting 0 ./orchestration/orchestrate-tick-download.sh --date 2025-10-20 --start-shard 3 --end-shard 5
expect "--start-shard and --end-shard make these" "tick-data-vm-63 tick-data-vm-64 tick-data-vm-65" \
    "$(since_mark | grep bulkInsert | grep -oE 'tick-data-vm-[0-9]+' | sort -uV | xargs)"

# ---- 20 preemptions at random
echo "seed $seed"
fresh_sandbox --rows 2000 --vm-programs "$bin" --fault "service=wasabi bandwidth=40K" --vm-processes 60 \
    --compute-fault "preempt-random count=20 seed=$seed between=100-400"
LIMIT=400 run_expecting 0 ./orchestration/orchestrate-tick-download.sh --date 2023-05-23 --wait --poll 0.5 --yes --progress plain
expect "the date is complete in spite of 20 preemptions (seed $seed)" 220 "$(objects 2023-05-23)"
"$venv/bin/python" - "$record" >"$work/lives" <<'PYTHON'
"""Where each VM was made, in order, and downloads of what was whole already."""
import json, re, sys
from urllib.parse import unquote
zones, whole, again = {}, set(), set()
exchanges = {"binance-spot": "binance", "binance-futures": "binance-futures"}
for line in open(sys.argv[1]):
    request = json.loads(line)
    url, service, status = request["url"], request["service"], request.get("status")
    if "/instances/bulkInsert" in url and status == 200:
        zone = url.split("/zones/")[1].split("/")[0]
        for name in request["body"]["perInstanceProperties"]:
            zones.setdefault(name, []).append(zone)
    elif service == "gcs" and "uploadType=multipart" in url and "name=" in url and status == 200:
        parts = unquote(re.search("name=([^&]*)", url)[1]).split("/")
        if len(parts) == 5:
            whole.add(f"/v1/{exchanges[parts[2]]}/{parts[1]}/{parts[0].replace('-', '/')}/{parts[3]}.csv.gz")
    elif service == "tardis" and url.split("?")[0] in whole:
        again.add(url.split("?")[0])
lives = [(name, list(places)) for name, places in zones.items()]
print("made anew", sum(len(places) - 1 for _, places in lives))
print("in the same zone again", sum(a == b for _, places in lives for a, b in zip(places, places[1:])))
print("finished files", len(whole))
print("asked for again", len(again))
PYTHON
cat "$work/lives"
expect "a replacement goes to another zone" "in the same zone again 0" "$(grep same "$work/lives")"
(($(sed -n 's/made anew //p' "$work/lives") > 0)) || fail "no VM was preempted while it worked"
ok "VMs were made anew"
expect "all files were seen to be finished" "finished files 220" "$(grep finished "$work/lives")"
expect "none of them is downloaded again" "asked for again 0" "$(grep again "$work/lives" | tail -n 1)"
echo "orchestrate: $checks checks passed"
