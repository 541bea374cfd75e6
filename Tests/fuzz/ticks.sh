#!/usr/bin/env bash
# Damaged tick files through whole conversions: ticks.sh [ITERATIONS [SEED]]. A failure prints the seed that repeats it with
# one iteration: ticks.sh 1 SEED.
set -euo pipefail
cd "$(dirname "$0")/../.."
export TICK_FUZZ_ITERATIONS="${1:-20000}" TICK_FUZZ_SEED="${2:-$(date +%s)}"
echo "seed $TICK_FUZZ_SEED, $TICK_FUZZ_ITERATIONS iterations"
swift test --filter MutationTests
