#!/usr/bin/env bash
# Every cheat of the bad fixture dies while armed, names the wire, and lives
# while disarmed.
set -u
fixture=$1
failures=0
tried=0
for cheat in $("$fixture" list); do
  tried=$((tried + 1))
  output=$(ulimit -c 0; "$fixture" armed "$cheat" 2>&1)
  status=$?
  if [ "$status" -eq 0 ] || [[ $output != *"tripwire: the simulated world called"* ]]; then
    echo "armed $cheat: status $status, expected the tripwire; output: $output"
    failures=$((failures + 1))
  fi
  if ! "$fixture" off "$cheat"; then
    echo "off $cheat: failed, expected the real call to work"
    failures=$((failures + 1))
  fi
done
echo "$tried cheats tried, $failures wrong"
[ "$tried" -ge 8 ] && [ "$failures" -eq 0 ]
