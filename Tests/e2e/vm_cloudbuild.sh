#!/usr/bin/env bash
# What `gcloud builds submit --config orchestration/cloudbuild.yaml` uploads and asks for, by the real gcloud: the upload holds
# what the Dockerfile copies and no secrets, and the request is one that Cloud Build's description allows.
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs tick-sandbox
command -v gcloud >/dev/null || { echo "SKIPPED: no gcloud here, so nothing is submitted"; exit 0; }
start_sandbox --store "$work/store" --bucket central-element-323112_cloudbuild --enable-api runbook --build-account legacy

# ---- the repository with things lying about that nobody should see
mkdir repository
(cd "$root" && git ls-files -z | xargs -0 cp --parents -t "$work/repository" 2>/dev/null) || true
cp "$root"/.{gcloud,docker}ignore repository/
cp "$root"/orchestration/{Dockerfile,cloudbuild.yaml} repository/orchestration/
cd repository
planted=planted-$RANDOM-$RANDOM
echo TARDIS_API_KEY=$planted | tee .env >orchestration/.env
echo "{\"private_key\": \"$planted\"}" | tee central-element-323112-e35fb0ddafe2.json >orchestration/key.json
mkdir -p .build quickstart-data
echo $planted | tee .build/x >quickstart-data/x

# As typed in the runbook.
run_expecting 0 gcloud builds submit --config orchestration/cloudbuild.yaml
ok "gcloud takes the file"
repository=asia-northeast1-docker.pkg.dev/central-element-323112/market-tick-handler/market-tick-data-handler
expect "gcloud's columns" "ID CREATE_TIME DURATION SOURCE IMAGES STATUS" "$(head -n 1 "$work/out" | tr -s ' ' | sed 's/ $//')"
read -r id _ duration source images _ _ status < <(sed -n 2p "$work/out")
expect "gcloud's row" "1S $repository:$id SUCCESS" "$duration $images $status"
gcloud builds describe "$id" --format=json >../built.json 2>"$work/err" </dev/null || fail "describe: $(<"$work/err")"
expect "the image is in the registry" "$(printf '%s\n' build "$id" latest | LC_ALL=C sort | paste -sd ' ')" \
    "$(gcloud artifacts docker tags list "$repository" --format='value(tag)' 2>"$work/err" </dev/null | LC_ALL=C sort | paste -sd ' ')"
expect "the source is the upload" "${source#gs://}" "$(cd ../store && ls central-element-323112_cloudbuild/source/*.tgz)"
grep -q 'tick-sandbox builds nothing' "../store/central-element-323112_cloudbuild/log-$id.txt" || fail "no log of the build"
ok "the build's log says that nothing was built"
"$venv/bin/python" - "$sandbox_record" >../build.json <<'PYTHON' || fail "one build request, and no breach of a contract"
import json, sys
requests = [json.loads(line) for line in open(sys.argv[1])]
assert not any(request.get("violations") for request in requests), [r for r in requests if r.get("violations")]
asked, = [r for r in requests if r["service"] == "cloudbuild" and r["method"] == "POST"]
print(json.dumps(asked["body"]))
PYTHON
ok "no request breaks a contract"

mkdir ../uploaded
tar -xzf ../store/central-element-323112_cloudbuild/source/*.tgz -C ../uploaded
if grep -rlF $planted ../uploaded; then fail "a secret was uploaded"; fi
ok "no secret is uploaded"
expect "what is uploaded" "Package.swift Sources Tests orchestration" "$(cd ../uploaded && find . -mindepth 1 -maxdepth 1 -printf '%P\n' | LC_ALL=C sort | paste -sd ' ')"
while read -r path; do
    compgen -G "../uploaded/$path" >/dev/null || fail "the Dockerfile copies $path, which is not uploaded"
done < <(sed -n 's/^COPY \([^-].*\) [^ ]*$/\1/p' orchestration/Dockerfile | tr ' ' '\n')
ok "what the Dockerfile copies is uploaded"
expect "nothing of it is left behind" "" \
    "$(diff <(git -C "$root" ls-files Sources Tests | sort) <(cd ../uploaded && find Sources Tests -type f | sort) | grep '^<' || true)"

# ---- the request
python3 - ../build.json "$root/../shared/specs/google/cloudbuild.v1.json" "$root/orchestration/defaults.env" <<'PYTHON' || fail "the request"
import json, pathlib, re, sys
build = json.load(open(sys.argv[1]))
images = build["images"]
repository = re.search("ARTIFACT_REPOSITORY=(.*)", pathlib.Path(sys.argv[3]).read_text())[1]
own = build["substitutions"]
assert own["_IMAGE"] == f"{repository}/market-tick-data-handler", own
# What an account of one's own can be used with: the other ways need a bucket for logs.
assert build["options"]["logging"] == "CLOUD_LOGGING_ONLY", build["options"]
assert images == ["${_IMAGE}:$BUILD_ID", "${_IMAGE}:latest", "${_IMAGE}:build"], images
# A plain submit knows no others: those of a repository are empty, and a name of one's own must have a value.
for name in re.findall(r"\$\{?(\w+)", json.dumps(build["steps"]) + json.dumps(images)):
    assert name in own or name in {"PROJECT_ID", "BUILD_ID", "LOCATION", "PROJECT_NUMBER"}, name
steps = [step["id"] for step in build["steps"]]
for index, step in enumerate(build["steps"]):
    assert all(other == "-" or other in steps[:index] for other in step["waitFor"]), step
if not pathlib.Path(sys.argv[2]).exists():
    print("SKIPPED: no description of Cloud Build beside the project")
    sys.exit()
schemas = json.load(open(sys.argv[2]))["schemas"]

def check(value, schema, where):
    schema = schemas[schema["$ref"]] if "$ref" in schema else schema
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        for name, part in value.items():
            assert name in schema["properties"], f"{where}: no field {name}"
            assert not schema["properties"][name].get("readOnly"), f"{where}.{name} is read-only"
            check(part, schema["properties"][name], f"{where}.{name}")
    elif kind == "object":
        for name, part in value.items():
            check(part, schema["additionalProperties"], f"{where}.{name}")
    elif kind == "array":
        for index, part in enumerate(value):
            check(part, schema["items"], f"{where}[{index}]")
    else:
        wanted = {"string": str, "boolean": bool, "integer": int, "number": (int, float)}[kind]
        assert isinstance(value, wanted), f"{where}: {value!r} is no {kind}"
        assert value in schema.get("enum", [value]), f"{where}: {value} is none of {schema.get('enum')}"

check(build, schemas["Build"], "build")
print("valid")
PYTHON
ok "the request is valid"
stop_sandbox
echo "vm_cloudbuild: $checks checks passed"
