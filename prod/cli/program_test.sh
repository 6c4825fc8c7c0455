#!/usr/bin/env bash
# graphdb-cli from outside, where no node is asked: what it says, and how it ends.
set -u
cli=$1
failures=0

# expect STATUS PATTERN LINES OUT -- ARGS...: exit status, a line of standard error (of
# both where OUT is -) that matches, and how many lines there are of it.
expect() {
  local status=$1 pattern=$2 lines=$3 out=$4 text got
  shift 5
  if [ "$out" = - ]; then
    text=$("$cli" "$@" 2>&1)
  else
    text=$("$cli" "$@" 2>&1 >"$out")
  fi
  got=$?
  if [ "$got" -ne "$status" ] || [ "$(wc -l <<<"$text")" -ne "$lines" ] ||
    ! grep -qE -- "$pattern" <<<"$text"; then
    echo "FAILED: graphdb-cli $*: exit $got (expected $status), no $lines lines with: $pattern"
    printf '%s\n' "$text"
    failures=$((failures + 1))
  fi
}

expect 0 '^graphdb-cli [0-9]+\.[0-9]+\.[0-9]+$' 1 - -- --version
expect 1 "^graphdb-cli: standard output can't be written" 1 /dev/full -- --version
for command in 'cluster readonly' 'snapshot create --incremental' 'export d' 'logs --cluster=a'; do
  # shellcheck disable=SC2086  # words
  expect 2 '^graphdb-cli: `.*` is in the migration guide, but not in this version yet\.$' 1 - \
    -- $command
done
expect 2 'graphdb-cli --help' 2 - -- cluster statsu

exit $((failures > 0))
