#!/usr/bin/env bash
# The symbol lint names everything the bad fixture does, passes the good one,
# and refuses to look at nothing.
#   symbols_selftest.sh SYMBOLS BAD.a GOOD.a
set -u
symbols=$1 bad=$2 good=$3
failures=0
fail() { echo "wrong: $*"; failures=$((failures + 1)); }

output=$("$symbols" "$bad")
[ $? -eq 1 ] || fail "the bad fixture passed"
for name in clock_gettime gettimeofday system_clock::now steady_clock::now 'calls time' getrandom \
  'random_device::' 'calls rand' 'std::thread::' pthread_mutex_lock usleep 'calls open' \
  ofstream 'calls socket' getenv 'keeps graphdb::counter' 'keeps graphdb::per_thread' \
  'keeps graphdb::mu'; do
  grep -qF -- "$name" <<<"$output" || fail "did not name '$name'"
done
"$symbols" "$good" || fail "the good fixture failed"
"$symbols" >/dev/null
[ $? -eq 2 ] || fail "no archive must be an error"
empty=$(mktemp -d)/empty.a
ar rcs "$empty"
"$symbols" "$empty" >/dev/null
[ $? -eq 1 ] || fail "an archive without objects must be an error"
rm -r "$(dirname "$empty")"
[ "$failures" -eq 0 ] || echo "$output"
[ "$failures" -eq 0 ]
