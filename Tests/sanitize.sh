#!/usr/bin/env bash
# The converter's tests under the address sanitizer: the converter works with plain pointers, and a read beside its memory may go well
# for a hundred runs.
#
#   Tests/sanitize.sh [SWIFT_TEST_OPTION ...]
#
# Builds in .build/asan, which takes minutes; Tests/run.sh does not call this. Status 0 when nothing was found.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ ${1:-} != -h && ${1:-} != --help ]] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0; }
exec swift test --sanitize=address --scratch-path .build/asan --parallel --filter 'TicksTests|ParquetTests' "$@"
