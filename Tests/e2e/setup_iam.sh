#!/usr/bin/env bash
# setup-iam against tick-sandbox: what is added, what is left alone, what is written, what is said.
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs setup-iam tick-sandbox
setup=$bin/setup-iam
export ORCHESTRATION_DIR=$root/orchestration
project=central-element-323112
account=1060025368044-compute@developer.gserviceaccount.com
roles='roles/storage.objectAdmin roles/artifactregistry.reader roles/compute.instanceAdmin'
key='planted-tardis-key-4711'
other_key='planted-tardis-key-0815'

# Starts a fresh sandbox that records into $record.
number=0
fresh_sandbox() {
    [[ -z ${sandbox:-} ]] || stop_sandbox
    number=$((number + 1))
    record=$work/record.$number
    start_sandbox --record "$record" --bucket market-data-tick --enable-api "${enabled_apis:-prepared}" "$@"
    unset TARDIS_API_KEY
}

# Requests of the record that change something: verb and path.
writes() {
    grep -v '"service":"oauth"' "$record" | grep -vE ':(getIamPolicy|testIamPermissions)' | grep -oE '"method":"(POST|PUT|PATCH|DELETE)","url":"[^"?]*' |
        sed 's/"method":"\([A-Z]*\)","url":"/\1 /' || true
}

api() { curl -sf -H "Authorization: Bearer $(cat "$CLOUDSDK_AUTH_ACCESS_TOKEN_FILE")" -H 'Content-Type: application/json' "$@"; }

whole_policy() {
    api -d '{"options":{"requestedPolicyVersion":3}}' \
        "${CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER}v1/projects/$project:getIamPolicy"
}

# The project's bindings, on one line, with the members of each object in one order.
policy() { whole_policy | "$venv/bin/python" -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["bindings"], sort_keys=True))'; }

# Replaces the policy by $work/planted.json, whatever the etag in it.
plant() {
    local etag
    etag=$(whole_policy | tr -d '\n' | sed -E 's/.*"etag": *"([^"]*)".*/\1/')
    sed -i -E "s|\"etag\": \"[^\"]*\"|\"etag\": \"$etag\"|" "$work/planted.json"
    api -o /dev/null -d @"$work/planted.json" \
        "${CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER}v1/projects/$project:setIamPolicy"
}

# The output's rows of the runbook's roles: the words of the last two columns, without the names.
rows() { grep -E "^($(tr ' ' '|' <<<"$roles")) " "$work/out" | sed -E 's/ {2,}/|/g' | cut -d'|' -f3- | sort | uniq -c | sed 's/^ *//'; }

# ---- the first and the second run
fresh_sandbox
run_expecting 7 "$setup" --check
expect "--check says what is missing" "3 missing|would be added" "$(rows)"
run_expecting 0 "$setup" --dry-run
expect "--dry-run does, too" "3 missing|would be added" "$(rows)"
expect "neither writes" "" "$(writes)"
run_expecting 0 "$setup"
expect "the first run adds three roles" "3 missing|added" "$(rows)"
expect "by one write" "POST /v1/projects/$project:setIamPolicy" "$(writes)"
run_expecting 0 "$setup"
expect "the second finds them" "3 there|there" "$(rows)"
expect_message "nothing was written"
expect "and writes nothing" 1 "$(writes | wc -l)"
run_expecting 0 "$setup" --check
run_expecting 0 "$setup" --output json
grep -q '"complete": true' "$work/out" || fail "no complete document: $(cat "$work/out")"
ok "--output json is one document that says complete"
run_expecting 0 "$setup" --output jsonl
expect "--output jsonl has one object a role" 3 "$(grep -c '^{"schema":1,"kind":"role",' "$work/out")"
if command -v gcloud >/dev/null; then
    timeout -k 5 100 gcloud projects get-iam-policy "$project" --flatten=bindings --filter="bindings.members:$account" \
        --format='value(bindings.role)' >"$work/out" 2>"$work/err" </dev/null || fail "gcloud: $(cat "$work/err")"
    expect "gcloud sees just these roles" "$(tr ' ' '\n' <<<"$roles" | sort)" "$(sort "$work/out")"
else
    echo "SKIPPED gcloud's view of the policy: no gcloud"
fi

# ---- what others wrote stays as it is
fresh_sandbox
cat >"$work/planted.json" <<PLANTED
{"policy": {"version": 3, "etag": "", "bindings": [
  {"role": "roles/owner", "members": ["user:owner@example.com", "group:admins@example.com"]},
  {"role": "roles/storage.objectAdmin", "members": ["user:zoe@example.com", "serviceAccount:$account"],
   "condition": {"title": "until summer", "description": "a text, with commas", "expression": "request.time < timestamp(\"2027-07-01T00:00:00Z\")"}},
  {"role": "roles/storage.objectAdmin", "members": ["user:amy@example.com"]},
  {"role": "roles/logging.logWriter", "members": ["serviceAccount:$account"]}]}}
PLANTED
plant
planted=$(policy)
run_expecting 0 "$setup"
expect "a role under a condition only is added without" \
    "1 only under 'until summer'|added 1 there|there 2 missing|added" "$(rows | LC_ALL=C sort | paste -sd' ')"
expect_message "roles/logging.logWriter"
with_roles=$(policy)
condition=$(grep -oE '"condition": *\{[^}]*\}' <<<"$planted")
expect "the condition is as it was" "$condition" "$(grep -oE '"condition": *\{[^}]*\}' <<<"$with_roles")"
run_expecting 2 "$setup" --remove
expect_message "--yes"
expect "--remove asks first" "$with_roles" "$(policy)"
run_expecting 0 "$setup" --remove --dry-run
expect "and shows first" "$with_roles" "$(policy)"
expect "what it would take" "3 there|would be removed" "$(rows)"
# On a terminal: the list and a question.
ask() { timeout -k 5 60 script -qec "'$setup' --remove" /dev/null <<<"$1" >"$work/out" 2>&1; }
if command -v script >/dev/null; then
    status=0
    ask n || status=$?
    expect "no is a no" "1 $with_roles" "$status $(policy)"
    expect_message "Take 3 roles from $account?"
    expect_message "would be removed"
    ask y || fail "yes is not taken: $(cat "$work/out")"
    expect "yes is a yes" "$planted" "$(policy)"
    run_expecting 0 "$setup"
else
    echo "SKIPPED the question on a terminal: no script"
fi
run_expecting 0 "$setup" --remove --yes
expect "--remove takes the three" "3 there|removed" "$(rows)"
expect "and leaves every byte of the rest" "$planted" "$(policy)"
run_expecting 0 "$setup" --remove --yes
expect_message "nothing to take away"

# ---- someone else is faster
fresh_sandbox --policy-race 2
run_expecting 0 "$setup"
expect "two lost races cost two more writes" 3 "$(writes | wc -l)"
expect "each after another read" 4 "$(grep -c ':getIamPolicy' "$record")"
[[ $(policy) == *somebody-else* ]] || fail "the other's change is lost: $(policy)"
ok "and the others' changes stay"
fresh_sandbox --fault 'service=cloudresourcemanager path=setIamPolicy nth=1 reset=after'
run_expecting 0 "$setup"
expect "a lost answer is no harm" "3 missing|added" "$(rows)"
run_expecting 0 "$setup" --check

# ---- a whole project
enabled_apis=none fresh_sandbox --image-planted none
new=(--enable-apis --create-bucket --bucket fresh-bucket --create-repository --secret tardis-api-key)
run_expecting 7 env TARDIS_API_KEY="$key" "$setup" --check "${new[@]}"
run_expecting 4 "$setup" "${new[@]}"
expect_message "there is no Tardis key"
expect "without a key nothing is begun" "" "$(writes)"
timeout -k 5 100 "$setup" "${new[@]}" --key-file - >"$work/out" 2>"$work/err" <<<"$key" || fail "$(cat "$work/err")"
expect "each thing takes one write" "\
POST /v1/projects/$project/services:batchEnable
POST /storage/v1/b
POST /v1/projects/$project/locations/asia-northeast1/repositories
POST /v1/projects/$project/secrets
POST /v1/projects/$project/secrets/tardis-api-key:addVersion
POST /v1/projects/$project/secrets/tardis-api-key:setIamPolicy
POST /v1/projects/$project:setIamPolicy" "$(writes)"
expect_message "fresh-bucket"
cp "$work/out" "$work/err" "$HOME"
before=$(writes | wc -l)
run_expecting 0 env TARDIS_API_KEY="$key" "$setup" "${new[@]}"
run_expecting 0 "$setup" "${new[@]}"
run_expecting 0 env TARDIS_API_KEY="$key" "$setup" --check "${new[@]}"
expect "again, with the same key and without, nothing is written" "$before" "$(writes | wc -l)"
echo "$other_key" >"$work/key-file"
run_expecting 0 "$setup" --secret tardis-api-key --key-file "$work/key-file"
expect "another key is one more version" "POST /v1/projects/$project/secrets/tardis-api-key:addVersion" \
    "$(writes | tail -n +$((before + 1)))"
secret=${CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER}v1/projects/$project/secrets/tardis-api-key
expect "which holds it" "$(printf '%s' "$other_key" | base64)" \
    "$(api "$secret/versions/latest:access" | tr -d '\n' | sed -E 's/.*"data": *"([^"]*)".*/\1/')"
readers=$(api "$secret:getIamPolicy?options.requestedPolicyVersion=3" | tr -d '\n ')
expect "only the service account may read it" "\"members\":[\"serviceAccount:$account\"]" \
    "$(grep -oE '"members":\[[^]]*\]' <<<"$readers")"
for text in "$key" "$other_key" "$(printf '%s' "$key" | base64)" "$(printf '%s' "$other_key" | base64)"; do
    ! grep -rlF -- "$text" "$work/out" "$work/err" "$HOME" "$work"/record.* || fail "a key is in these files"
done
ok "no key is in what was printed or recorded"

printf '\n' >"$work/empty-key"
run_expecting 2 "$setup" --secret tardis-api-key --key-file "$work/empty-key"
expect_message "holds no key"

# ---- a new project's roles: the API that tells them is enabled, and in the table
enabled_apis=none fresh_sandbox
run_expecting 7 "$setup" --check
grep -q '^cloudresourcemanager.googleapis.com .*missing *would be added' "$work/out" || fail "no API in the plan: $(<"$work/out")"
expect "a look writes nothing" "" "$(writes)"
run_expecting 0 "$setup"
grep -q '^cloudresourcemanager.googleapis.com .*missing *added' "$work/out" || fail "no API in the table: $(<"$work/out")"
run_expecting 0 "$setup" --check
ok "roles in a new project"

# ---- narrow roles
fresh_sandbox
run_expecting 2 "$setup" --least-privilege --bucket no-such-bucket
expect_message "--create-bucket"
expect "a missing bucket is found before anything is written" "" "$(writes)"
run_expecting 0 "$setup" --least-privilege
expect "bucket, repository and project get one role each" "3 missing|added" "$(rows)"
[[ $(policy) == *'extract(\"/instances/{name}\").startsWith(\"tick-data-vm-\")'* ]] || fail "no condition: $(policy)"
ok "that on the project is for the kit's VMs only"
run_expecting 0 "$setup" --least-privilege --check
run_expecting 7 "$setup" --check
run_expecting 0 "$setup"
run_expecting 0 "$setup" --least-privilege
expect_message "still has roles on the whole project"
run_expecting 0 "$setup" --remove --yes
run_expecting 0 "$setup" --least-privilege --check
run_expecting 0 "$setup" --least-privilege --remove --yes
expect "they are taken away the same way" "3 there|removed" "$(rows)"

# ---- what cannot be
before=$(writes | wc -l)
run_expecting 4 "$setup" --project no-such-project
expect_message "resourcemanager.projects.getIamPolicy"
expect_message "if the project's id is right"
run_expecting 2 "$setup" --service-account somebody@example.com
run_expecting 2 "$setup" --service-account "nobody@$project.iam.gserviceaccount.com"
expect_message "correct --service-account"
run_expecting 2 "$setup" --remove --create-bucket
run_expecting 2 "$setup" --secret a/b
run_expecting 2 "$setup" --dry-rnu
expect_message "--dry-run"
run_expecting 1 env TARDIS_API_KEY="$key" "$setup" --secret tardis-api-key
expect_message "--enable-apis"
expect "wrong use writes nothing" "$((before + 1))" "$(writes | wc -l)"

for permission in resourcemanager.projects.getIamPolicy resourcemanager.projects.setIamPolicy; do
    fresh_sandbox --deny-permission "$permission"
    run_expecting 4 "$setup"
    expect_message "lack the permission $permission"
done
fresh_sandbox --deny-permission storage.buckets.create,secretmanager.secrets.create --enable-api secretmanager.googleapis.com
run_expecting 4 "$setup" --create-bucket --bucket fresh-bucket
expect_message "lack the permission storage.buckets.create; give their account a role that has it, such as roles/storage.admin"
run_expecting 4 env TARDIS_API_KEY="$key" "$setup" --secret tardis-api-key
expect_message "lack the permission secretmanager.secrets.create"
expect "a permission that is missing stops all that comes behind" "" "$(writes | grep setIamPolicy || true)"

fresh_sandbox --revoke-credentials
run_expecting 4 "$setup"
expect "refused credentials are one sentence" 1 "$(grep -c 'Z error ' "$work/err")"
run_expecting 4 env GCP_CREDENTIALS_PATH=/there/none.json "$setup"
expect_message "/there/none.json"
expect "and so is a missing file" 1 "$(grep -c 'Z error ' "$work/err")"
stop_sandbox
expect "every request fits Google's descriptions" "" "$(grep -h '"violations"' "$work"/record.* || true)"

echo "setup_iam: $checks checks passed"
