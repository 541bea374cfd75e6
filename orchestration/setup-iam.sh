#!/usr/bin/env bash
# Gives the VMs' service account its roles. Builds the program on first use; --help shows its options.
set -euo pipefail
launcher=$(readlink -f "${BASH_SOURCE[0]}")
# shellcheck source=launch.sh
source "${launcher%/*}/launch.sh"
launch "$launcher" setup-iam "$@"
