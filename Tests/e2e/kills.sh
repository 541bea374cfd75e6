#!/usr/bin/env bash
# vm-data-downloader killed at random moments, or stopped by signals: the next run makes the bucket whole.
# SEED chooses the moments.
# shellcheck source=../support.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support.sh"
need_programs vm-data-downloader tick-sandbox
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
echo "SEED=$seed"
RANDOM=$((seed % 32768))
date=2023-05-23

export TICK_SANDBOX_TARDIS_KEY=the-key TARDIS_API_KEY=the-key
start_sandbox --store "$work/store" --bucket whole --bucket killed --bucket stopped-int --bucket stopped-term --rows 30000 \
    --fault "service=gcs method=POST latency=40" --fault "service=gcs method=PUT latency=40" \
    --fault "service=wasabi path=*/trades/* bandwidth=300K"
downloader=("$bin/vm-data-downloader" --instruments "$root/orchestration/instruments.csv" --date "$date" --max-workers 4
    --symbols BTCUSDT --symbols ETHUSDT)

run_expecting 0 "${downloader[@]}" --bucket gs://whole
whole=$(bucket_state whole)
expect "an undisturbed run" 16 "$(wc -l <<<"$whole")"

for round in 1 2 3 4 5 6 7 8; do
    "${downloader[@]}" --bucket gs://killed >/dev/null 2>&1 &
    victim=$!
    sleep "$((RANDOM % 2)).$((RANDOM % 900 + 100))"
    kill -9 $victim 2>/dev/null || true
    wait $victim 2>/dev/null || true
    [[ -z $(comm -13 <(sort <<<"$whole") <(bucket_state killed | sort)) ]] || fail "round $round left an object that is not whole"
done
ok "kill -9 leaves whole objects only"
run_expecting 0 "${downloader[@]}" --bucket gs://killed
expect "after kill -9 the bucket is as after an undisturbed run" "$whole" "$(bucket_state killed)"

for signal in INT:130 TERM:143; do
    place=stopped-$(tr '[:upper:]' '[:lower:]' <<<"${signal%:*}")
    "${downloader[@]}" --bucket "gs://$place" >/dev/null 2>"$work/err" &
    victim=$!
    has_begun() { [[ -n $(compgen -G "$work/store/$place/_runs/$date/shards/*.json") ]] && [[ -d $work/store/$place/$date ]]; }
    until_true has_begun
    kill "-${signal%:*}" $victim
    begin=$SECONDS status=0
    wait $victim || status=$?
    expect "SIG${signal%:*} ends it" "${signal#*:}" $status
    ((SECONDS - begin <= 5)) || fail "SIG${signal%:*} took $((SECONDS - begin)) seconds"
    heartbeat=$(cat "$work/store/$place/_runs/$date/shards/"*.json)
    [[ $heartbeat =~ STOPPED ]] || fail "the last heartbeat says: $heartbeat"
    ok "the last heartbeat says STOPPED"
    expect "no half object" "" "$(comm -13 <(sort <<<"$whole") <(bucket_state "$place" | sort))"
    run_expecting 0 "${downloader[@]}" --bucket "gs://$place"
    expect "the next run finishes" "$whole" "$(bucket_state "$place")"
done
echo "kills: $checks checks passed"
