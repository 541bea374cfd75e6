#!/usr/bin/env bash
# Every shell command of the operators' runbook as it stands there, by the real gcloud, gsutil and pandas against tick-sandbox,
# from an empty project to no VM left, and what each of them prints.
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs setup-iam orchestrate-tick-download monitor-tick-download cleanup-tick-vms vm-data-downloader tick-sandbox
runbook=$root/../shared/runbook.md
[[ -r $runbook ]] || { echo "SKIPPED: the runbook is not beside the project"; exit 0; }
for program in gcloud gsutil; do
    command -v $program >/dev/null || { echo "SKIPPED: $program is not installed"; exit 0; }
done
# What the sandbox's VMs run.
vm_options=(--vm-programs "$bin" --vm-processes 120)

project=central-element-323112
account=1060025368044-compute@developer.gserviceaccount.com
image=asia-northeast1-docker.pkg.dev/$project/market-tick-handler/market-tick-data-handler
rows=100
parquet=trades_2023-05-23_BTCUSDT_spot.parquet

# ---- the commands that the runbook has, in its order; a name for each
names=(
    setup-iam build orchestrate-1 orchestrate-2 monitor monitor-all cleanup
    export-key export-project export-credentials export-bucket
    bucket enable-compute enable-storage enable-registry enable-build
    repository build-again deploy-1 deploy-2
    vm-list serial types policy repositories dates serial-any count copy pandas
)
known=(
    './orchestration/setup-iam.sh'
    'gcloud builds submit --config orchestration/cloudbuild.yaml'
    './orchestration/orchestrate-tick-download.sh --date 2023-05-23'
    './orchestration/orchestrate-tick-download.sh --date 2025-10-20'
    './orchestration/monitor-tick-download.sh'
    './orchestration/monitor-tick-download.sh all 2023-05-23'
    './orchestration/cleanup-tick-vms.sh'
    'export TARDIS_API_KEY="your_tardis_api_key"'
    'export GCP_PROJECT_ID="central-element-323112"'
    'export GCP_CREDENTIALS_PATH="central-element-323112-e35fb0ddafe2.json"'
    'export GCS_BUCKET="market-data-tick"'
    'gsutil mb gs://market-data-tick'
    'gcloud services enable compute.googleapis.com'
    'gcloud services enable storage.googleapis.com'
    'gcloud services enable artifactregistry.googleapis.com'
    'gcloud services enable cloudbuild.googleapis.com'
    'gcloud artifacts repositories create market-tick-handler \
  --repository-format=docker \
  --location=asia-northeast1 \
  --description="Market Tick Data Handler Docker Images"'
    'gcloud builds submit --config orchestration/cloudbuild.yaml'
    './orchestration/orchestrate-tick-download.sh --date 2023-05-23 --instances 60'
    './orchestration/orchestrate-tick-download.sh --date 2025-10-20 --instances 60'
    'gcloud compute instances list --filter="name~tick-data-vm"'
    'gcloud compute instances get-serial-port-output tick-data-vm-0 --zone=asia-northeast1-a'
    'gsutil ls gs://market-data-tick/2023-05-23/'
    'gcloud projects get-iam-policy central-element-323112'
    'gcloud artifacts repositories list'
    'gsutil ls gs://market-data-tick/'
    'gcloud compute instances get-serial-port-output VM_NAME --zone=asia-northeast1-a'
    'gsutil ls gs://market-data-tick/2023-05-23/trades/binance-spot/ | wc -l'
    'gsutil cp gs://market-data-tick/2023-05-23/trades/binance-spot/BTCUSDT/trades_2023-05-23_BTCUSDT_spot.parquet /tmp/'
    "python -c \"import pandas as pd; df = pd.read_parquet('/tmp/trades_2023-05-23_BTCUSDT_spot.parquet'); print(f'Records: {len(df)}, Columns: {list(df.columns)}')\""
)
"$venv/bin/python" "$root/Tests/interop/runbook_commands.py" "$runbook" >"$work/commands" || fail "the runbook cannot be read"
mapfile -d '' -t commands <"$work/commands"
expect "commands in the runbook" "${#known[@]}" "${#commands[@]}"
declare -A command
for index in "${!known[@]}"; do
    [[ ${commands[index]} == "${known[index]}" ]] || fail "command $((index + 1)) of the runbook is: ${commands[index]}"
    command[${names[index]}]=${commands[index]}
done
ok "each of them is known"

declare -A was_run
# Runs a command as typed; its streams are in $work/out and $work/err.
step() {
    was_run[$1]=1
    printf '$ %s\n' "${command[$1]}"
    printf '%s\n' "${command[$1]//VM_NAME/${vm_name:-VM_NAME}}" >"$work/typed"
    run_expecting 0 bash "$work/typed"
}
# The values of a field of the last command's YAML or table.
column() { awk -v wanted="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == wanted) n = i; next } { print $n }' "$work/out"; }

# ---- the operator's checkout; its programs are on the PATH
mkdir "$work/checkout"
cd "$root"
git ls-files -z --cached --others --exclude-standard -- Package.swift Sources Tests orchestration .gcloudignore .dockerignore |
    xargs -0 cp --parents -t "$work/checkout"
cd "$work/checkout"
export PATH=$bin:$venv/bin:$PATH TICK_NO_BUILD=1

# Files of one type come late, so that VMs can be looked at while they work; those of the second date for longer.
TICK_SANDBOX_TARDIS_KEY=your_tardis_api_key start_sandbox --store "$work/store" --rows $rows \
    --instruments "$root/orchestration/instruments.csv" --image-planted none --enable-api none --build-account legacy "${vm_options[@]}" \
    --fault "service=tardis path=*/trades/2023/05/23/* latency=40000" \
    --fault "service=tardis path=*/trades/2025/10/20/* latency=75000"
cp "$GCP_CREDENTIALS_PATH" central-element-323112-e35fb0ddafe2.json
unset GCP_CREDENTIALS_PATH

# ---- Phase 1 and 2
for name in export-key export-project export-credentials export-bucket; do
    eval "${command[$name]}"
    was_run[$name]=1
done
[[ -r $GCP_CREDENTIALS_PATH ]] || fail "the runbook names another key file: $GCP_CREDENTIALS_PATH"
step bucket
expect_message "Creating gs://market-data-tick/..."
for api in compute storage registry build; do step enable-$api; done
expect_message "finished successfully"
step repository
expect_message "Created repository [market-tick-handler]."
built() {
    step "$1"
    read -r id _ _ source images _ _ status _ < <(tail -n 1 "$work/out")
    expect "the build's row" "$image:$id SUCCESS" "$images $status"
    [[ $source == gs://${project}_cloudbuild/source/*.tgz ]] || fail "the build's source is $source"
    ok "the build's source is in the project's bucket"
}
built build-again

# ---- Quick Start
step setup-iam
built build
step orchestrate-1
expect_message "60 of 60 VMs are up (60 in asia-northeast1-a)"
step orchestrate-2
expect_message "60 of 60 VMs are up (60 in asia-northeast1-a)"

# ---- VM Status Monitoring, while the VMs work
step vm-list
expect "the list's columns" "NAME ZONE MACHINE_TYPE PREEMPTIBLE INTERNAL_IP EXTERNAL_IP STATUS" "$(head -n 1 "$work/out" | xargs)"
expect "the list's VMs: 60 of each date" "$(printf 'tick-data-vm-%d\n' {0..119})" "$(column NAME | sort -V)"
expect "all are of the kind that the runbook names, and run" "120 asia-northeast1-a e2-highmem-2 true RUNNING" \
    "$(tail -n +2 "$work/out" | awk '{ print $2, $3, $4, $NF }' | sort | uniq -c | xargs)"
step serial
cp "$work/out" "$work/serial"
for text in "the log is gs://market-data-tick/_runs/2023-05-23/logs/tick-data-vm-0.1.log" "installing Docker" "pulling $image:latest" "downloading shard 0 of 60 of 2023-05-23"; do
    grep -qF "tick-data-vm-0: $text" "$work/serial" || fail "no \"$text\" of tick-data-vm-0 on its serial port: $(<"$work/serial")"
done
ok "the serial port has the lines of tick-data-vm-0: $(wc -l <"$work/serial")"

step monitor
expect "the overview has a line for each date" "2023-05-23 2025-10-20" "$(awk '/^20[0-9-]+ / { print $1 }' "$work/out" | sort | xargs)"
expect "the overview has no escape codes without a terminal" 0 "$(grep -c $'\x1b' "$work/out" || true)"
echo "$ ${command[monitor]}   # on a terminal, ended by q"
printf '%s\n' "${command[monitor]}" >"$work/typed"
env -u NO_COLOR TERM=xterm timeout -k 5 60 "$venv/bin/python" - "$work/typed" >"$work/out" 2>&1 <<'PYTHON' || fail "the monitor on a terminal: $(tail -c 2000 "$work/out")"
import fcntl, os, pty, struct, sys, termios
process, terminal = pty.fork()
if process == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 50, 120, 0, 0))
    os.execvp("bash", ["bash", sys.argv[1]])
seen, pressed = b"", False
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    seen += piece
    if b"q ends" in seen and not pressed:
        os.write(terminal, b"q")
        pressed = True
status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
sys.stdout.buffer.write(seen)
assert pressed and status == 0, (pressed, status)
assert b"\x1b[" in seen and b"2023-05-23" in seen and b"2025-10-20" in seen
PYTHON
ok "on a terminal it shows both dates until q"
step monitor-all
expect_message "2023-05-23"
expect "the date's view knows all files" 220 "$(awk '$1 == "all" && $2 ~ /\// { sub(".*/", "", $2); print $2 }' "$work/out")"

# ---- Debug Commands
vm_name=tick-data-vm-60
step serial-any
grep -q "$vm_name" "$work/out" || fail "nothing of $vm_name on its serial port"
ok "the serial port of $vm_name"
step policy
"$venv/bin/python" - "$work/out" "$account" >"$work/roles" <<'PYTHON'
import re, sys
roles, members = [], []
for line in open(sys.argv[1]):
    if found := re.match(r"\s*-\s+(\w+:\S+)", line):
        members.append(found[1])
    elif re.match(r"- ", line):
        members = []
    if found := re.search(r"^\s+role: (\S+)|^- role: (\S+)", line):
        if f"serviceAccount:{sys.argv[2]}" in members:
            roles.append(found[1] or found[2])
print(*sorted(set(roles)))
PYTHON
expect "the account's roles are the runbook's" "roles/artifactregistry.reader roles/compute.instanceAdmin roles/storage.objectAdmin" \
    "$(<"$work/roles")"
step repositories
expect "the repository is listed" "market-tick-handler DOCKER" "$(awk '$1 == "market-tick-handler" { print $1, $2 }' "$work/out")"

# ---- when the first date is whole
has_date() { [[ $(find "$work/store/market-data-tick/$1" -name '*.parquet' 2>/dev/null | wc -l) == 220 ]]; }
until_true has_date 2023-05-23
step types
expect "the date's types" "book_snapshot_5 derivative_ticker liquidations quotes trades" \
    "$(sed -n 's|^gs://market-data-tick/2023-05-23/\(.*\)/$|\1|p' "$work/out" | sort | xargs)"
step dates
expect "the bucket's folders" "2023-05-23 2025-10-20 _runs" \
    "$(sed -n 's|^gs://market-data-tick/\(.*\)/$|\1|p' "$work/out" | LC_ALL=C sort | xargs)"

# ---- Validation Commands
step count
expect "the spot pairs" 40 "$(xargs <"$work/out")"
trap 'rm -f "/tmp/$parquet"; cleanup' EXIT
rm -f "/tmp/$parquet"
step copy
cmp -s "/tmp/$parquet" "$work/store/market-data-tick/2023-05-23/trades/binance-spot/BTCUSDT/$parquet" || fail "the copy is another file"
ok "the copy is the object"
step pandas
stored=$(curl -sSf "$STORAGE_EMULATOR_HOST/storage/v1/b/market-data-tick/o/2023-05-23%2Ftrades%2Fbinance-spot%2FBTCUSDT%2F$parquet" |
    "$venv/bin/python" -c 'import json, sys; print(json.load(sys.stdin)["metadata"]["tick-rows"])')
expect "the object's rows are those that Tardis served" $rows "$stored"
expect "pandas reads them" \
    "Records: $stored, Columns: ['exchange', 'symbol', 'timestamp', 'local_timestamp', 'id', 'side', 'price', 'amount']" \
    "$(<"$work/out")"

# ---- Phase 3: both dates again, when there is nothing left to do
until_true has_date 2025-10-20
step deploy-1
expect_message "60 of 60 shards are finished"
step deploy-2
expect_message "60 of 60 shards are finished"

# ---- Cleanup
list_vms() {
    gcloud compute instances list --filter="name~tick-data-vm" --format='value(name)' >"$work/out" 2>"$work/err" </dev/null ||
        fail "instances list: $(<"$work/err")"
}
# The VMs have deleted themselves; what is left is the way out that they shared.
step cleanup
expect_message "router tick-data-router, address tick-data-egress"
list_vms
expect "no VM is left" "" "$(<"$work/out")"

for name in "${names[@]}"; do [[ -n ${was_run[$name]:-} ]] || fail "not run: ${command[$name]}"; done
ok "each command of the runbook was run"
if grep -h '"violations":' "$sandbox_record" >"$work/out"; then fail "a request breaks a contract: $(head -c 2000 "$work/out")"; fi
ok "no request, of gcloud's and gsutil's either, breaks a contract"
stop_sandbox
echo "runbook: $checks checks passed in $SECONDS s"
