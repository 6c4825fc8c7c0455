#!/usr/bin/env bash
# Goal: each regression still meets its bug. Method: with the mutant that its
# head names (`# mutant: ID`) one of the first 40 seeds has to fail.
set -u
sim=$1
shift
status=0 named=0
for file in "$@"; do
  path=scenarios/regressions/$file
  mutant=$(sed -n 's/^# mutant: //p' "$path")
  [ -n "$mutant" ] || continue
  named=$((named + 1))
  output=$("$sim" run --scenario "$path" --seeds 1..40 --fail-fast --mutate "$mutant" 2>&1)
  if [ $? -ne 1 ] || ! grep -q 'verdict: FAILED' <<<"$output"; then
    echo "$file: $mutant wasn't found:"
    tail -n 8 <<<"$output"
    status=1
  else
    grep -m 1 'verdict: FAILED' <<<"$output"
  fi
done
[ "$named" -gt 0 ] || { echo "no file names a mutant"; status=1; }
exit "$status"
