#!/usr/bin/env bash
# Goal: the top-level commands refuse what they can't do, by name and with exit
# status 2, and set-up asks the machine for the right things in the right order.
# Method: the real scripts, with stand-ins for the machine's programs in PATH.
set -u
root=$(dirname "$(dirname "$(realpath "$0")")")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failures=0

# expect STATUS TEXT COMMAND...: runs it and compares status and output.
expect() {
  local wanted=$1 text=$2 output status
  shift 2
  output=$("$@" </dev/null 2>&1)
  status=$?
  if [ "$status" -ne "$wanted" ] || [[ $output != *"$text"* ]]; then
    echo "WRONG: $* ended with $status, expected $wanted and '$text' in:"
    echo "$output" | head -n 12
    failures=$((failures + 1))
  fi
}

# stand_in NAME BODY: a program NAME for the runs that use with_stand_ins.
stand_in() {
  printf '#!/bin/sh\n%s\n' "$2" >"$tmp/$1"
  chmod +x "$tmp/$1"
}
with_stand_ins() { env PATH="$tmp:$PATH" "$@"; }

expect 2 "needs a value" "$root/tools/test" --only
expect 2 "expected A..B" "$root/tools/test" --seeds 7
expect 2 "positive number" "$root/tools/test" --plans none
expect 2 "--only 'nowhere'" "$root/tools/test" --only nowhere
expect 2 "unknown argument" "$root/tools/test" --fast
expect 0 "tools/test --only AREA" "$root/tools/test" --help
expect 2 "unknown argument" "$root/tools/demo" --fast
expect 0 "--keep" "$root/tools/demo" --help
expect 2 "no command 'fly'" "$root/tools/dev" fly
expect 2 "Commands:" "$root/tools/dev"
expect 2 "no campaign 'nope'" "$root/tools/dev" campaign nope
expect 2 "no program tools/bars/nope" "$root/tools/dev" bars nope
for command in "$root"/tools/dev.d/*; do
  expect 0 "tools/dev $(basename "$command")" "$root/tools/dev" "$(basename "$command")" --help
done

printf 'ID=ubuntu\nVERSION_ID="24.04"\n' >"$tmp/ubuntu"
for command in test demo; do
  expect 2 "needs Debian 12" env OS_RELEASE_FILE="$tmp/ubuntu" "$root/tools/$command"
  expect 2 "needs Debian 12" env OS_RELEASE_FILE="$tmp/none" "$root/tools/$command"
done

printf 'ID=debian\nVERSION_ID="12"\n' >"$tmp/debian"
export OS_RELEASE_FILE=$tmp/debian
stand_in dpkg-query 'exit 1'
stand_in id 'echo 1000'
stand_in sudo 'exit 1'
expect 2 "apt-get update && apt-get install -y" with_stand_ins "$root/tools/demo"

# As root: update comes first, nothing is asked, a failure stops the command.
stand_in id 'echo 0'
stand_in apt-get "echo \"\$DEBIAN_FRONTEND \$*\" >>$tmp/calls
case \"\$*\" in *install*) exit 100;; esac"
expect 1 "apt-get failed" with_stand_ins "$root/tools/demo"
calls=$(cut -c 1-60 "$tmp/calls")
if [[ $calls != "noninteractive -q -o Dpkg::Use-Pty=0 update"*noninteractive*"install -y"* ]]; then
  echo "WRONG: apt-get was called as:"
  echo "$calls"
  failures=$((failures + 1))
fi
# By sudo that asks nothing.
stand_in id 'echo 1000'
stand_in sudo "echo sudo \"\$*\" >>$tmp/calls; [ \"\$2\" = true ]"
expect 1 "apt-get failed" with_stand_ins "$root/tools/demo"
grep -q '^sudo -n env DEBIAN_FRONTEND=noninteractive apt-get .* update' "$tmp/calls" || {
  echo "WRONG: sudo was called as:" && cat "$tmp/calls"
  failures=$((failures + 1))
}
echo "$failures wrong"
[ "$failures" -eq 0 ]
