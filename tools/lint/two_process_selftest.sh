#!/usr/bin/env bash
# The two-process comparison catches every leak of the fixture and passes the
# clean run.
#   two_process_selftest.sh TWO_PROCESS FIXTURE
set -u
two_process=$1 fixture=$2
failures=0
expect() {
  "$two_process" "$fixture" "$2" >/dev/null 2>&1
  local status=$?
  [ "$status" -eq "$1" ] || { echo "wrong: $2 ended with $status, expected $1"; failures=1; }
}
expect 0 good
for leak in heap_address stack_address fresh_memory hash_order; do expect 1 "$leak"; done
expect 2 no_trace
exit "$failures"
