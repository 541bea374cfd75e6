#!/usr/bin/env bash
# Start-up time and size of the release programs: `--help` within 25 ms (median of 41), stripped at most 25 MB, no ICU data.
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

failed=0
printf '%-22s %12s %14s  %s\n' program '--help ms' 'stripped MB' 'ICU'
for program in vm-data-downloader gcs-upload-service tick-sandbox; do
    milliseconds=$("$venv/bin/python" - "$bin/$program" <<'PYTHON'
import statistics, subprocess, sys, time
def once():
    start = time.perf_counter()
    subprocess.run([sys.argv[1], "--help"], stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - start) * 1000
once()
print(f"{statistics.median(once() for _ in range(41)):.1f}")
PYTHON
    )
    strip -o "$scratch/stripped" "$bin/$program"
    megabytes=$(awk -v bytes="$(stat -c %s "$scratch/stripped")" 'BEGIN {printf "%.1f", bytes / 1e6}')
    icu=none
    # The data of FoundationInternationalization is a symbol of 30 MB; its code carries ICU's names.
    if nm -C "$bin/$program" 2>/dev/null | grep -qE 'icudt[0-9]+_dat|FoundationInternationalization' ||
        ldd "$bin/$program" | grep -qiE 'libicu|FoundationInternationalization|lib_FoundationICU'; then icu=LINKED; fi
    printf '%-22s %12s %14s  %s\n' "$program" "$milliseconds" "$megabytes" "$icu"
    awk -v ms="$milliseconds" -v mb="$megabytes" -v icu="$icu" 'BEGIN {exit !(ms <= 25 && mb <= 25 && icu == "none")}' || failed=1
done
((failed == 0)) || { echo "over the limit: 25 ms, 25 MB, no ICU" >&2; exit 1; }
