#!/usr/bin/env bash
# The files of `vm-data-downloader convert` in the readers that people use: pyarrow, pandas, polars, DuckDB, fastparquet.
#
#   Tests/interop/readers.sh [SEED]
#
# TICK_DATA   real samples (default: ../shared/data/tardis beside the project); without them that part says SKIPPED
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs vm-data-downloader
"$venv/bin/python" "$root/Tests/interop/readers.py" "$bin/vm-data-downloader" \
    "${TICK_DATA:-$root/../shared/data/tardis}" "${1:-1}"
