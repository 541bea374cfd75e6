#!/usr/bin/env bash
# Downloads dates with a fleet of VMs. Builds the program on first use; --help shows its options.
set -euo pipefail
launcher=$(readlink -f "${BASH_SOURCE[0]}")
# shellcheck source=launch.sh
source "${launcher%/*}/launch.sh"
launch "$launcher" orchestrate-tick-download "$@"
