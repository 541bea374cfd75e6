#!/usr/bin/env bash
# Writes docs/cli.md from the programs' own descriptions; with --check only says whether it is up to date.
#
#   docs/generate.sh [--check]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
bin=${TICK_BIN:-$root/.build/release}
page=$root/docs/cli.md

render() {
    local program
    printf '# Command line\n\nMade by docs/generate.sh from what the programs say about themselves. Do not edit.\n'
    for program in setup-iam orchestrate-tick-download monitor-tick-download cleanup-tick-vms vm-data-downloader gcs-upload-service tick-sandbox \
        market-tick-data-handler; do
        printf '\n'
        (cd / && env -i PATH="$PATH" "$bin/$program" --document markdown)
    done
}

case ${1:-} in
    '') render >"$page" ;;
    --check)
        if ! diff -u "$page" <(render); then
            echo "docs/cli.md is stale: run docs/generate.sh after swift build -c release --static-swift-stdlib" >&2
            exit 1
        fi
        ;;
    *) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
