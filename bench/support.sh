# shellcheck shell=bash
# What the benches share; sourced, never run. Data goes to ${TMPDIR:-/tmp}/tick-bench and is made once.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=${TICK_BIN:-$root/.build/release}
venv=${VENV:-$root/.venv}
data=${TMPDIR:-/tmp}/tick-bench
mkdir -p "$data"
# What one run makes and drops; runs beside each other have one each.
scratch=$(mktemp -d "$data/run.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

for program in vm-data-downloader tick-sandbox; do
    [[ -x $bin/$program ]] || { echo "no $bin/$program: swift build -c release --static-swift-stdlib" >&2; exit 1; }
done
if ! "$venv/bin/python" -c 'import duckdb, isal, numpy, polars, pyarrow' 2>/dev/null; then
    [[ -x $venv/bin/python ]] || python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$root/Tests/requirements.txt"
fi

# Makes a file by a command that gets its path as the last argument; a file is there whole or not at all.
make_once() {
    local file=$1
    shift
    [[ -s $file ]] && return 0
    echo "making $file" >&2
    "$@" "$scratch/part.csv.gz" >/dev/null
    mv "$scratch/part.csv.gz" "$file"
}

# A type that gen_ticks.py does not model, from the sandbox's generator: type, bytes, file
sandbox_ticks() {
    # shellcheck disable=SC2016
    "$bin/tick-sandbox" --bytes "$2" -- bash -c \
        'curl -sSfL -o "$2" "$TARDIS_BASE_URL/v1/$1/2023/05/01/$3.csv.gz"' bash "${1%:*}" "$3" "${1#*:}"
}
