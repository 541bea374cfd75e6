#!/usr/bin/env bash
# The files of `vm-data-downloader convert` in the readers that people use: pyarrow, pandas, polars, DuckDB, fastparquet.
#
#   Tests/interop/readers.sh [SEED]
#
# DOWNLOADER  the built binary (default: .build/release or .build/debug)
# VENV        virtual environment, made when missing or when requirements.txt has changed (default: .venv)
# TICK_DATA   real samples (default: ../shared/data/tardis beside the project); without them that part says SKIPPED
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${VENV:-$root/.venv}
downloader=${DOWNLOADER:-}
for candidate in "$root"/.build/{release,debug}/vm-data-downloader; do
    if [[ -z $downloader && -x $candidate ]]; then downloader=$candidate; fi
done
[[ -x $downloader ]] || { echo "no vm-data-downloader: swift build -c release --product vm-data-downloader" >&2; exit 1; }

if [[ ! -x $venv/bin/python ]]; then python3 -m venv "$venv"; fi
if ! cmp -s "$here/requirements.txt" "$venv/requirements.installed"; then
    "$venv/bin/pip" install --quiet -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/requirements.installed"
fi

exec "$venv/bin/python" "$here/readers.py" "$downloader" "${TICK_DATA:-$root/../shared/data/tardis}" "${1:-1}"
