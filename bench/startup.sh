#!/usr/bin/env bash
# Start-up time and size of the release programs: `--help` within 25 ms (median of 41), stripped at most 25 MB, no ICU data;
# and `--version` at least 20 times as fast as `gcloud version` (median of 5), where there is a gcloud.
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

# Median of so many runs in milliseconds, after one that warms up: count, command
median_ms() {
    "$venv/bin/python" - "$@" <<'PYTHON'
import statistics, subprocess, sys, time
def once():
    start = time.perf_counter()
    subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - start) * 1000
once()
print(f"{statistics.median(once() for _ in range(int(sys.argv[1]))):.1f}")
PYTHON
}

failed=0
gcloud=''
if command -v gcloud >/dev/null; then
    gcloud=$(CLOUDSDK_CONFIG=$scratch/gcloud median_ms 5 gcloud version)
    echo "gcloud version: $gcloud ms"
else
    echo "SKIPPED: there is no gcloud to compare with"
fi
printf '%-26s %10s %14s %16s  %s\n' program '--help ms' '--version ms' 'stripped MB' 'ICU'
for program in market-tick-data-handler vm-data-downloader gcs-upload-service setup-iam orchestrate-tick-download cleanup-tick-vms tick-sandbox; do
    milliseconds=$(median_ms 41 "$bin/$program" --help)
    version=$(median_ms 41 "$bin/$program" --version)
    strip -o "$scratch/stripped" "$bin/$program"
    megabytes=$(awk -v bytes="$(stat -c %s "$scratch/stripped")" 'BEGIN {printf "%.1f", bytes / 1e6}')
    icu=none
    # The data of FoundationInternationalization is a symbol of 30 MB; its code carries ICU's names.
    if nm -C "$bin/$program" 2>/dev/null | grep -qE 'icudt[0-9]+_dat|FoundationInternationalization' ||
        ldd "$bin/$program" | grep -qiE 'libicu|FoundationInternationalization|lib_FoundationICU'; then icu=LINKED; fi
    ratio=$(awk -v ours="$version" -v theirs="${gcloud:-0}" 'BEGIN {printf "%.0f", theirs / ours}')
    printf '%-26s %10s %14s %16s  %s\n' "$program" "$milliseconds" "$version${gcloud:+ (1/$ratio)}" "$megabytes" "$icu"
    awk -v ms="$milliseconds" -v mb="$megabytes" -v icu="$icu" 'BEGIN {exit !(ms <= 25 && mb <= 25 && icu == "none")}' || failed=1
    [[ -z $gcloud ]] || ((ratio >= 20)) || failed=1
done
((failed == 0)) || { echo "over the limit: 25 ms, 25 MB, no ICU, a twentieth of gcloud's time" >&2; exit 1; }
