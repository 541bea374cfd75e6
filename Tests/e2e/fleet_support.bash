# shellcheck shell=bash
# What the end-to-end scripts about fleets share; sourced, never run.

# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"

# The runbook's programs as an operator has them: launchers and programs in one folder, whatever TICK_BIN is.
kit=$work/kit
mkdir -p "$kit"
cp -r "$root/orchestration" "$kit/"
for program in setup-iam orchestrate-tick-download cleanup-tick-vms monitor-tick-download; do
    ln -s "$bin/$program" "$kit/orchestration/$program"
done
cd "$kit"

record=$work/requests.jsonl

# Starts a fresh sandbox with the runbook's bucket, instruments and roles, and VMs that work; takes further options.
fresh_sandbox() {
    [[ -z ${sandbox:-} ]] || stop_sandbox
    rm -rf "$work/store" "$work/store.machines" "$record"
    TICK_SANDBOX_TARDIS_KEY=$planted_key start_sandbox --store "$work/store" --record "$record" --bucket market-data-tick \
        --instruments "$root/orchestration/instruments.csv" --enable-api "${enabled_apis:-prepared}" "$@"
    # The runbook's variables, and no others of the kit's.
    export TARDIS_API_KEY=$planted_key GCP_PROJECT_ID=central-element-323112 GCS_BUCKET=market-data-tick
    run_expecting 0 ./orchestration/setup-iam.sh
    mark_record
}
planted_key=planted-tardis-key-4711

# Requests from here on are what `writes` and its kin look at.
mark_record() { marked=$(wc -l <"$record"); }
since_mark() { tail -n +$((marked + 1)) "$record"; }

# The operator's requests since the mark that change something, one "METHOD path" a line. Of storage it writes plans only.
writes() {
    since_mark | "$venv/bin/python" -c '
import json, re, sys
from urllib.parse import unquote
google = {"compute", "cloudresourcemanager", "serviceusage", "secretmanager", "artifactregistry", "iam"}
for line in sys.stdin:
    request = json.loads(line)
    method, url, service = request["method"], request["url"], request["service"]
    agent = next((value for name, value in request["headers"].items() if name.lower() == "user-agent"), "")
    if not agent.startswith("market-tick-data-handler"):
        continue  # a VM that deletes itself
    path = url.split("?")[0]
    if method == "GET" or re.search(r":(test|get)IamPermissions$|:getIamPolicy$|:testIamPermissions$|/wait$", path):
        continue
    if service in google:
        print(method, re.sub(r"^(/compute)?/v1/projects/[^/:]*/?", "", path))
    elif service == "gcs" and (name := re.search(r"name=([^&]*plan[^&]*)", url)):
        print(method, unquote(name[1]))'
}

expect_no_writes() { expect "$1: nothing is changed" "" "$(writes)"; }

# Names, zones and states of the project's VMs, as Compute Engine lists them.
vms() {
    curl -sf -H "Authorization: Bearer $(<"$CLOUDSDK_AUTH_ACCESS_TOKEN_FILE")" \
        "${CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE}projects/central-element-323112/aggregated/instances?maxResults=500" |
        "$venv/bin/python" -c '
import json, sys
for place in json.load(sys.stdin)["items"].values():
    for vm in place.get("instances", []):
        print(vm["name"], vm["zone"].split("/")[-1], vm["status"])' | sort -V
}

objects() { bucket_state market-data-tick "$1/" | wc -l; }
is_whole() { [[ $(objects "$1") == 220 ]]; }

# The key must be nowhere but in the VMs' own metadata, where it was let.
expect_key_hidden() {
    local where=$1 found
    shift
    found=$(grep -rlF "$planted_key" "$work/out" "$work/err" "$@" 2>/dev/null || true)
    expect "$where: the key is in no output" "" "$found"
}

