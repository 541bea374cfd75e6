#!/usr/bin/env bash
# The real gcloud, gsutil and google-auth against tick-sandbox: the runbook's commands as typed, with nothing but the
# environment that tick-sandbox prints. This shows that the sandbox is what Google's own programs take it for.
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs tick-sandbox
command -v gcloud >/dev/null || { echo "SKIPPED: gcloud is not installed"; exit 0; }

project=central-element-323112
account=1060025368044-compute@developer.gserviceaccount.com
zone=asia-northeast1-a

# Its output; its messages are in $work/gcloud.err.
run_gcloud() {
    timeout -k 5 120 gcloud "$@" 2>"$work/gcloud.err" </dev/null || {
        cat "$work/gcloud.err" >&2
        fail "gcloud $*"
    }
}

refuse_gcloud() {
    local wanted=$1
    shift
    if timeout -k 5 120 gcloud "$@" >"$work/out" 2>"$work/gcloud.err" </dev/null; then fail "gcloud $* went through"; fi
    grep -qF -- "$wanted" "$work/gcloud.err" || fail "no \"$wanted\" in: $(<"$work/gcloud.err")"
    ok "gcloud says \"$wanted\""
}

# ---- what the VMs run: google-auth asks the metadata server for a token and uses it
cat >vm.py <<'PYTHON'
import os, sys
import google.auth.compute_engine, google.auth.transport.requests, requests
transport = google.auth.transport.requests.Request()
credentials = google.auth.compute_engine.Credentials()
credentials.refresh(transport)
answer = requests.get(os.environ["CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE"] + "projects/" + sys.argv[1],
                      headers={"Authorization": "Bearer " + credentials.token}, timeout=20)
print("account", credentials.service_account_email, "project", answer.json()["name"], flush=True)
PYTHON
cat >vm.sh <<SHELL
#!/bin/sh
echo "plan \$(curl -s -H 'Metadata-Flavor: Google' "http://\$GCE_METADATA_HOST/computeMetadata/v1/instance/attributes/tick-plan")"
"$venv/bin/python" "$work/vm.py" $project
trap 'exit 0' TERM
sleep 600 & wait
SHELL

start_sandbox --store "$work/store" --image-planted none --enable-api none --build-account legacy --vm-programs "$bin" --token-lifetime 600

# ---- APIs
refuse_gcloud "has not been used in project" compute instances list
refuse_gcloud "has not been used in project" secrets list
for api in compute storage artifactregistry cloudbuild; do run_gcloud services enable $api.googleapis.com; done
expect "the runbook's APIs are enabled" 4 \
    "$(run_gcloud services list --enabled --format='value(config.name)' | grep -cE '^(compute|storage|artifactregistry|cloudbuild)\.')"

# ---- IAM
binding() { # role, condition
    run_gcloud projects add-iam-policy-binding $project --member="serviceAccount:$account" --role="$1" --condition="$2" >out
}
roles() {
    run_gcloud projects get-iam-policy $project --flatten=bindings --filter="bindings.members:$account" \
        --format='csv[no-heading](bindings.role,bindings.condition.title)' | sort | paste -sd' '
}
for role in storage.objectAdmin artifactregistry.reader compute.instanceAdmin; do binding roles/$role None; done
binding roles/logging.logWriter 'title=until,expression=request.time < timestamp("2040-01-01T00:00:00Z")'
binding roles/storage.objectAdmin None
expect "the bindings, and the condition stays" \
    "roles/artifactregistry.reader, roles/compute.instanceAdmin, roles/logging.logWriter,until roles/storage.objectAdmin," "$(roles)"
expect "the owner is still there" user:owner@example.com \
    "$(run_gcloud projects get-iam-policy $project --flatten=bindings --filter=bindings.role=roles/owner \
        --format='value(bindings.members[0])')"
refuse_gcloud "does not exist" projects add-iam-policy-binding $project --role=roles/viewer --condition=None \
    --member="serviceAccount:typo@$project.iam.gserviceaccount.com"
refuse_gcloud "does not have permission" projects get-iam-policy somebody-elses

# ---- Artifact Registry, Cloud Storage
run_gcloud artifacts repositories create market-tick-handler --repository-format=docker --location=asia-northeast1 \
    --description="Market Tick Data Handler Docker Images" >out
expect "the repository is listed" "market-tick-handler DOCKER" \
    "$(run_gcloud artifacts repositories list --format='value(name.basename(),format)' | tr '\t' ' ')"
timeout -k 5 120 gsutil mb gs://market-data-tick 2>gsutil.err || fail "gsutil mb: $(<gsutil.err)"
expect "gsutil ls" gs://market-data-tick/ "$(timeout -k 5 120 gsutil ls)"
expect "gcloud storage ls" gs://market-data-tick/ "$(run_gcloud storage ls)"

# ---- secrets
run_gcloud services enable secretmanager.googleapis.com
printf 'TD.planted-secret' >key
run_gcloud secrets create tardis-api-key --data-file=key >out
expect "the secret comes back" TD.planted-secret "$(run_gcloud secrets versions access latest --secret=tardis-api-key)"
run_gcloud secrets add-iam-policy-binding tardis-api-key --member="serviceAccount:$account" \
    --role=roles/secretmanager.secretAccessor >out
expect "only the account reads it" "serviceAccount:$account" \
    "$(run_gcloud secrets get-iam-policy tardis-api-key --format='value(bindings[0].members[0])')"

# ---- a fleet made by gcloud with the kit's labels
run_gcloud compute instances create tick-data-vm-0 tick-data-vm-1 --zone=$zone --machine-type=e2-highmem-2 --preemptible \
    --image-family=ubuntu-2204-lts --image-project=ubuntu-os-cloud --boot-disk-size=100GB --boot-disk-type=pd-standard \
    --service-account=$account --scopes=cloud-platform --labels=tick-kit=1-0-0,tick-run=r,tick-date=2023-05-23 \
    --metadata-from-file=startup-script=vm.sh --metadata=tick-dates=2023-05-23,tick-plan=plan.json,tick-shard-offset=0,tick-bucket=gs://market-data-tick >out
run_gcloud compute instances create my-tick-server --zone=$zone --machine-type=e2-small --no-service-account --no-scopes >out
list() { run_gcloud compute instances list --filter="name~tick-data-vm" "$@"; }
list >list.txt
expect "the list's columns" "NAME ZONE MACHINE_TYPE PREEMPTIBLE INTERNAL_IP EXTERNAL_IP STATUS" "$(head -n 1 list.txt | tr -s ' ')"
expect "the list's rows" $'tick-data-vm-0 asia-northeast1-a e2-highmem-2 true RUNNING\ntick-data-vm-1 asia-northeast1-a e2-highmem-2 true RUNNING' \
    "$(tail -n +2 list.txt | awk '{print $1, $2, $3, $4, $NF}')"
expect "the labels" "1-0-0 2023-05-23" "$(list --filter="labels.tick-kit:*" --limit=1 --format='value(labels.tick-kit,labels.tick-date)' | tr '\t' ' ')"

serial() { run_gcloud compute instances get-serial-port-output tick-data-vm-0 --zone=$zone >serial.txt; }
has_account() {
    serial
    grep -q ^account serial.txt
}
until_true has_account
expect "a VM's token is its account's" "account $account project $project" "$(grep ^account serial.txt)"
expect "a VM runs the script of its metadata" "plan plan.json" "$(grep ^plan serial.txt)"
next=$(grep -o -- '--start=[0-9]*' gcloud.err)
run_gcloud compute instances get-serial-port-output tick-data-vm-0 --zone=$zone "$next" >more.txt
expect "nothing new on the serial port" "" "$(tr -d '[:space:]' <more.txt)"

run_gcloud compute instances stop tick-data-vm-0 --zone=$zone >out
expect "a stopped VM" "TERMINATED RUNNING" "$(list --format='value(status)' | paste -sd' ')"
refuse_gcloud "is not ready" compute instances get-serial-port-output tick-data-vm-0 --zone=$zone
run_gcloud compute instances start tick-data-vm-0 --zone=$zone >out
run_gcloud compute instances delete tick-data-vm-0 tick-data-vm-1 --zone=$zone --quiet >out
expect "only the other one is left" my-tick-server "$(run_gcloud compute instances list --format='value(name)')"

# ---- google-auth with the key file
cat >auth.py <<'PYTHON'
import os, sys
import google.auth.exceptions, google.auth.transport.requests
from google.oauth2 import service_account
credentials = service_account.Credentials.from_service_account_file(
    os.environ["GCP_CREDENTIALS_PATH"], scopes=["https://www.googleapis.com/auth/cloud-platform"])
session = google.auth.transport.requests.AuthorizedSession(credentials)
try:
    answer = session.get(os.environ["CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE"] + "projects/" + credentials.project_id)
    print(answer.status_code, answer.json()["name"])
except google.auth.exceptions.RefreshError as error:
    print("refused", error.args[1]["error"])
PYTHON
expect "google-auth's token opens Compute Engine" "200 $project" "$("$venv/bin/python" auth.py)"
printf nonsense >no-token
CLOUDSDK_AUTH_ACCESS_TOKEN_FILE=$work/no-token refuse_gcloud "invalid authentication credentials" projects describe $project

if grep '"violations":' sandbox.jsonl; then fail "what Google's own programs send breaks the sandbox's contracts"; fi
ok "no breach of a contract"
if grep -qE 'planted-secret|ya29' sandbox.jsonl; then fail "a secret or a token is in the record"; fi
ok "no secret and no token in the record"
stop_sandbox
expect "no VM is left behind" "" "$(pgrep -f "$work/vm.sh" || true)"

start_sandbox --store "$work/store" --revoke-credentials
expect "a revoked key" "refused invalid_grant" "$("$venv/bin/python" auth.py)"
stop_sandbox
echo "gcloud: $checks checks passed"
