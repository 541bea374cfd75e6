#!/usr/bin/env bash
# The launchers of orchestration/: which program they find, when they build, and what they pass on. Programs and compiler are
# stand-ins, so nothing is built.
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
unset TICK_NO_BUILD ORCHESTRATION_DIR

kit="$work/a kit's folder"
mkdir -p "$kit/orchestration" "$work/tools" "$work/elsewhere"
cp "$root"/orchestration/{setup-iam,orchestrate-tick-download,monitor-tick-download,cleanup-tick-vms,launch,setup-build}.sh \
    "$kit/orchestration"
launchers=(setup-iam orchestrate-tick-download cleanup-tick-vms)
for name in "${launchers[@]}"; do mkdir -p "$kit/Sources/$name"; done
touch "$kit/Package.swift"

# A program that tells where it is and how it was called.
cat >"$work/stand-in" <<'PROGRAM'
#!/usr/bin/env bash
printf '%s' WHERE
printf ' [%s]' "$@"
echo " in $PWD"
case ${1:-} in
    read) cat ;;
    fail) exit 7 ;;
    folder) echo "$ORCHESTRATION_DIR" ;;
esac
PROGRAM
program() {
    mkdir -p "$(dirname "$1")"
    sed "s/WHERE/'$2'/" "$work/stand-in" >"$1"
    chmod +x "$1"
}

# The compiler: notes what it is asked for, and makes the program.
cat >"$work/tools/swift" <<'SWIFT'
#!/usr/bin/env bash
if [[ $1 == --version ]]; then echo "Swift version 6.2"; exit 0; fi
echo "$*" >>"$SWIFT_RECORD"
echo "[1/1] Compiling"
[[ -z ${SWIFT_FAILS:-} ]] || { echo "error: no such type" >&2; exit 1; }
while (($# > 0)); do
    case $1 in
        --package-path) package=$2 ;;
        --product) product=$2 ;;
    esac
    shift
done
mkdir -p "$package/.build/release"
printf '#!/usr/bin/env bash\necho "built %s [$*]"\n' "$product" >"$package/.build/release/$product"
chmod +x "$package/.build/release/$product"
SWIFT
chmod +x "$work/tools/swift"
export SWIFT_RECORD=$work/swift.record
: >"$SWIFT_RECORD"
PATH=$work/tools:$PATH
builds() { wc -l <"$SWIFT_RECORD"; }

# ---- nothing is built
cd "$work/elsewhere"
run_expecting 1 env TICK_NO_BUILD=1 "$kit/orchestration/setup-iam.sh"
expect_message "--product setup-iam"
expect "without a build there is none" 0 "$(builds)"

# ---- built on first use
run_expecting 0 "$kit/orchestration/setup-iam.sh" --project "my project" ''
expect "what was built runs, and stdout is its own" "built setup-iam [--project my project ]" "$(cat "$work/out")"
expect_message "building the program"
expect_message "[1/1] Compiling"
expect "one program is built, for release, with its runtime" \
    "build --package-path $kit -c release --static-swift-stdlib --product setup-iam" "$(cat "$SWIFT_RECORD")"
run_expecting 0 "$kit/orchestration/setup-iam.sh"
expect "the second time it is there" 1 "$(builds)"
expect "and nothing is said" "" "$(cat "$work/err")"

# ---- older than the sources
sleep 0.02
touch "$kit/Sources/setup-iam/Main.swift"
run_expecting 0 "$kit/orchestration/setup-iam.sh"
expect "outside a checkout sources do not count" 1 "$(builds)"
mkdir "$kit/.git"
run_expecting 0 env TICK_NO_BUILD=1 "$kit/orchestration/setup-iam.sh"
expect "nor where building is off" 1 "$(builds)"
run_expecting 0 "$kit/orchestration/setup-iam.sh" x
expect_message "newer than the program"
expect "in a checkout it is built again" "2 built setup-iam [x]" "$(builds) $(cat "$work/out")"
touch -d '2020-01-01' "$kit/.build/release/setup-iam"
run_expecting 0 "$kit/orchestration/setup-iam.sh"
expect "once, even if the build leaves the program as it was" 2 "$(builds)"
sleep 0.02
touch "$kit/Package.swift"
run_expecting 1 env SWIFT_FAILS=1 "$kit/orchestration/setup-iam.sh"
expect_message "error: no such type"
expect_message "the build failed"
expect "a failed build leaves stdout empty" "" "$(cat "$work/out")"
run_expecting 0 "$kit/orchestration/setup-iam.sh"
expect "and is tried again" 4 "$(builds)"

# ---- arguments, status, stdin, and where it is called from
for name in "${launchers[@]}"; do program "$kit/.build/release/$name" "release $name"; done
for name in "${launchers[@]}"; do
    run_expecting 0 "$kit/orchestration/$name.sh" --date 2023-05-23 '*' "it's" 'a b'
    expect "$name gets its arguments" "release $name [--date] [2023-05-23] [*] [it's] [a b] in $work/elsewhere" \
        "$(cat "$work/out")"
done
run_expecting 7 "$kit/orchestration/cleanup-tick-vms.sh" fail
expect "the program's status is the launcher's" "" "$(cat "$work/err")"
expect "stdin is passed on" "typed" "$(echo typed | "$kit/orchestration/setup-iam.sh" read | tail -n 1)"
cd "$kit"
run_expecting 0 ./orchestration/setup-iam.sh
expect "a relative path will do" "release setup-iam [] in $kit" "$(cat "$work/out")"
ln -s "../a kit's folder/orchestration/setup-iam.sh" "$work/elsewhere/link one"
ln -s "link one" "$work/elsewhere/link two"
cd /
run_expecting 0 "$work/elsewhere/link two"
expect "links to links are followed" "release setup-iam [] in /" "$(cat "$work/out")"
run_expecting 0 bash "$kit/orchestration/setup-iam.sh"
expect "and so is bash's word for it" "release setup-iam [] in /" "$(cat "$work/out")"

# ---- the deployment's defaults
run_expecting 0 "$work/elsewhere/link two" folder
expect "the program is told where the defaults are" "$kit/orchestration" "$(tail -n 1 "$work/out")"
run_expecting 0 env ORCHESTRATION_DIR=/there "$work/elsewhere/link two" folder
expect "unless the caller said so" "/there" "$(tail -n 1 "$work/out")"

# ---- other places
program "$kit/orchestration/setup-iam" beside
run_expecting 0 "$kit/orchestration/setup-iam.sh"
expect "a program beside the launcher goes first" "beside [] in /" "$(cat "$work/out")"
rm -r "$kit/orchestration/setup-iam" "$kit/.build"
program "$work/tools/setup-iam" "on PATH"
run_expecting 0 "$kit/orchestration/setup-iam.sh"
expect "PATH comes before a build" "on PATH [] in /" "$(cat "$work/out")"
expect "and keeps stdin" "typed" "$(echo typed | "$kit/orchestration/setup-iam.sh" read | tail -n 1)"
mkdir "$work/loop"
ln -s "$kit/orchestration/setup-iam.sh" "$work/loop/setup-iam"
run_expecting 0 env PATH="$work/loop:$PATH" "$work/loop/setup-iam"
expect "a launcher on PATH under the program's name is not the program" "on PATH [] in /" "$(cat "$work/out")"

# ---- what is not there yet
run_expecting 1 "$kit/orchestration/monitor-tick-download.sh" all 2023-05-23
expect "a program that this version lacks is one sentence" \
    "monitor-tick-download: this version of the kit has no program monitor-tick-download, and there is none on PATH" \
    "$(cat "$work/err")"

# ---- cost
program "$kit/.build/release/setup-iam" quick
for name in {1..300}; do : >"$kit/Sources/setup-iam/$name.swift"; done
touch "$kit/.build/release/setup-iam"
# The quickest of twenty: a busy machine makes some slow.
milliseconds() {
    local start took best=1000000 _
    for _ in {1..20}; do
        start=${EPOCHREALTIME/./}
        "$@" >"$work/out"
        took=$((${EPOCHREALTIME/./} - start))
        ((took >= best)) || best=$took
    done
    echo $((best / 1000))
}
direct=$(milliseconds "$kit/.build/release/setup-iam")
launched=$(milliseconds "$kit/orchestration/setup-iam.sh")
echo "one start: $direct ms directly, $launched ms by the launcher"
((launched - direct < 30)) || fail "the launcher takes $((launched - direct)) ms"
ok "a launcher costs little"

echo "launchers: $checks checks passed"
