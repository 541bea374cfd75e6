#!/usr/bin/env bash
# Shows how a download is getting on. Builds the program on first use; --help shows its options.
set -euo pipefail
launcher=$(readlink -f "${BASH_SOURCE[0]}")
# shellcheck source=launch.sh
source "${launcher%/*}/launch.sh"
launch "$launcher" monitor-tick-download "$@"
