#!/usr/bin/env bash
# Deletes the kit's VMs and what belongs to them. Builds the program on first use; --help shows its options.
set -euo pipefail
launcher=$(readlink -f "${BASH_SOURCE[0]}")
# shellcheck source=launch.sh
source "${launcher%/*}/launch.sh"
launch "$launcher" cleanup-tick-vms "$@"
