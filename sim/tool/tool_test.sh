#!/usr/bin/env bash
# The tool from outside, over the toy store: output, exit statuses, replay line,
# campaigns in workers, and the comparison of hashes.
set -u
sim=$1
cd "$TEST_TMPDIR" || exit 1
sim=$OLDPWD/$sim
failures=0

# expect STATUS PATTERN -- ARGS...: exit status and a line that matches.
expect() {
  local status=$1 pattern=$2 got
  shift 3
  output=$("$sim" "$@" 2>&1)
  got=$?
  if [ "$got" -ne "$status" ] || ! grep -qE -- "$pattern" <<<"$output"; then
    echo "FAILED: graphdb-sim $*: exit $got (expected $status), no line like: $pattern"
    tail -n 12 <<<"$output"
    failures=$((failures + 1))
  fi
}

cat >ok.txt <<'END'
# name: ok
# about: a test
# seed: 5
nodes 3
duration 5s
workload bank clients=2
at 1s crash node2
at 2s restart node2
expect ok
END
sed 's/^expect ok/expect violation/' ok.txt >wants_violation.txt
sed 's/node2/node9/' ok.txt >bad.txt

expect 0 '^verdict: ok$' -- run --scenario ok.txt
expect 0 'trace=[0-9a-f]{16}$' -- run --scenario ok.txt --seed 7
expect 0 'node2 .*crashes: power$' -- run --scenario ok.txt
expect 1 'expected a violation' -- run --scenario wants_violation.txt
expect 2 "bad.txt:7:13: 'node9': expected node1 to node3" -- run --scenario bad.txt
expect 2 "--scenario 'nowhere.txt'" -- run --scenario nowhere.txt
expect 2 "--scenario '/': expected a file, it is a folder" -- run --scenario /
expect 2 "--scenario '/dev/zero': expected at most 8388608 bytes" -- run --scenario /dev/zero
expect 2 "check '/dev/zero': expected at most" -- check /dev/zero --model kv
expect 2 'unknown option' -- run --speed 9
expect 0 '^Exit status' -- --help
expect 0 '^graphdb-sim [0-9]' -- --version

# A run stops where it is told to, and says how things are.
expect 0 '^verdict: undecided stopped: as asked' -- run --swarm --seed 1 --until 5s
expect 0 'virtual=5[.]' -- run --swarm --seed 1 --until 5s --log none
expect 0 '^verdict: undecided stopped' -- run --swarm --seed 1 --break-on 'load starts' --log none
expect 0 '^verdict: ok' -- run --swarm --seed 1 --break-on 'nobody says this' --log none
expect 2 "--until 'soon'" -- run --swarm --until soon
expect 2 "--at 'ffff': this program is of commit abcd" -- run --swarm --at ffff --commit abcd
expect 0 '^verdict: ok' -- run --swarm --seed 1 --at ffff --commit abcd --force --log none

# A run written down is the same run.
for seed in 1 2 3 4 5 6 7 8; do
  expect 0 'trace=' -- run --swarm --seed "$seed" --write-scenario "written$seed.txt"
  trace=$(grep -o 'trace=.*' <<<"$output")
  expect 0 "$trace" -- run --scenario "written$seed.txt"
  expect 0 "$trace" -- run --swarm --seed "$seed" --write-scenario "taped$seed.txt" --tape
  expect 0 "$trace" -- run --scenario "taped$seed.txt"
  grep -q '^choices listed$' "taped$seed.txt" ||
    { echo "FAILED: no tape"; failures=$((failures + 1)); }
done
expect 2 '--tape: expected together with --write-scenario' -- run --swarm --tape
expect 2 "--write-scenario 'no/such/folder'" -- run --swarm --write-scenario no/such/folder

expect 1 '^verdict: FAILED graph-symmetry' -- run --swarm --seed 1 --mutate=toy.edges
count=$(grep -c 'tools/dev sim' <<<"$output")
[ "$count" -eq 1 ] || { echo "FAILED: $count replay lines"; failures=$((failures + 1)); }
grep -qE '^replay: tools/dev sim run --swarm --seed 1 --mutate=toy.edges --at unknown$' \
  <<<"$output" || { echo "FAILED: no replay line"; failures=$((failures + 1)); }

# A failing run gets small, fails by the same oracle, and is clean without its bug.
expect 0 'faults [0-9]+ to 0 .*operations [0-9]+ to [1-9] ' \
  -- shrink --swarm --seed 1 --mutate=toy.edges --seconds 60 --out shrunk.txt
expect 0 '^verdict: ok$' -- run --scenario shrunk.txt
expect 1 '^verdict: FAILED graph-symmetry' -- run --scenario shrunk.txt --mutate=toy.edges
grep -q '^# mutant: toy.edges$' shrunk.txt && grep -q '^# oracle: graph-symmetry$' shrunk.txt ||
  { echo "FAILED: the head"; cat shrunk.txt; failures=$((failures + 1)); }
expect 0 '^# oracle: check$' -- shrink --swarm --seed 1 --mutate=toy.check --seconds 60
expect 1 "^the run doesn't fail" -- shrink --swarm --seed 1 --seconds=60
expect 2 "--seconds 'x': expected a number of seconds" -- shrink --swarm --seed 1 --seconds=x
expect 2 'expected one of --swarm and --scenario FILE' -- run
expect 2 'shrink --seeds: expected one run' -- shrink --swarm --seeds 1..3

# A failed check: in one run the context has the replay line; in a campaign the
# parent reports the seed and goes on.
expect 134 '^replay: tools/dev sim run --swarm --seed 1 --mutate=toy.check' \
  -- run --swarm --seed 1 --mutate=toy.check
expect 1 '^runs 3, ok 0, failed 3' -- run --swarm --seeds 1..3 --mutate=toy.check
grep -q '^seed 2: verdict: FAILED check: .*planted' <<<"$output" ||
  { echo "FAILED: seed 2 isn't reported"; failures=$((failures + 1)); }

# It gets its page all the same.
expect 134 '^page: check.html$' -- explain --swarm --seed 1 --mutate=toy.late --html check.html
grep -q 'a check failed' check.html || { echo "FAILED: no page"; failures=$((failures + 1)); }

# What never comes to rest is a failure too.
expect 1 '^verdict: FAILED storm: more than [0-9]+ events within a second' \
  -- run --swarm --seed 1 --mutate=toy.storm
expect 134 '^CHECK failed: .*hang: one event has taken' \
  -- run --swarm --seed 1 --mutate=toy.hang

expect 0 '^runs 8, ok 8, failed 0' -- run --swarm --seeds 1..8 --jobs 2 --hashes forward.txt
expect 0 '^runs 8, ok 8' -- run --swarm --seeds 1..8 --reverse --check-hashes forward.txt
expect 1 '^runs [0-9]+, ok 0, failed [1-9]' \
  -- run --swarm --seeds 1..50 --fail-fast --mutate=toy.edges
[ "$(wc -l <forward.txt)" -eq 8 ] || { echo "FAILED: not 8 hashes"; failures=$((failures + 1)); }
sed -i '3s/,.*/,0000000000000000/' forward.txt
expect 4 '^seed 3: NOT deterministic' -- run --swarm --seeds 1..8 --check-hashes forward.txt

# What the clients saw can be judged again from its file.
sed 's/workload bank/workload register/' ok.txt >registers.txt
mkdir histories
expect 0 '^verdict: ok$' -- run --scenario registers.txt --history histories
expect 0 '^linearizable=true$' -- check histories/register.edn --model register
expect 2 "--history 'no/such/folder'" -- run --scenario registers.txt --history no/such/folder

# diverge and bisect.
expect 0 '^equal: [0-9]+ events, trace=' -- diverge --swarm --seed 3
sed 's/workload bank/workload edges/; s/seed: 5/seed: 7/' ok.txt >edges.txt
expect 1 '^the first event that differs: [0-9]+$' \
  -- diverge --scenario edges.txt -- --scenario edges.txt --mutate=toy.edges
expect 2 "diverge --seeds" -- diverge --swarm --seeds 1..3
expect 0 '^the failure became likely between events' \
  -- bisect --scenario edges.txt --mutate=toy.edges --moments 3 --futures 2
expect 1 'expected a run that fails' -- bisect --scenario ok.txt
expect 2 "--moments '1': expected a number from 2 to 1000" -- bisect --swarm --moments 1

# explore: failures with their replay lines, a journal that goes on, JSON.
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
expect 2 'expected --seeds A..B or --seconds S' -- explore
expect 2 "--guided 'perhaps': expected yes or no" -- explore --seconds 1 --guided perhaps
expect 1 '^runs 6, ok 0, failed 6' \
  -- explore --seeds 1..6 --mutate toy.check --json check.json --out found
[ "$(grep -c '"oracle": "check"' check.json)" -eq 6 ] || fail "not 6 failures in the JSON"
expect 134 'in seed 3' -- run --scenario found/failures/check-3-3.txt
# What was torn off is run again, what is whole is not.
cp found/journal whole
truncate -s -3 found/journal
expect 1 '^runs 1, ok 0, failed 1' -- explore --seeds 1..6 --mutate toy.check --out found
cmp -s found/journal whole || fail "the journal that went on differs"
expect 1 '^runs 0,' -- explore --seeds 1..6 --mutate toy.check --out found
expect 2 'holds another exploration' -- explore --seeds 1..7 --mutate toy.check --out found
sed -i '3s/ .*//' found/journal
expect 2 "found/journal:3:1: '2': expected a line of a journal" \
  -- explore --seeds 1..6 --mutate toy.check --out found
# The replay line of a guided trial replays it.
expect 1 '^replay: .*--profile' -- explore --seeds 1..200 --guided yes --mutate toy.edges
line=$(grep -m 1 -e '--profile' <<<"$output")
read -ra words <<<"${line#replay: tools/dev sim }"
expect 1 '^verdict: FAILED graph-symmetry' -- "${words[@]:0:6}" "${words[6]}"
# Stopped, it says what it has, and leaves no worker behind.
"$sim" explore --seconds 600 --out stopped >stopped.txt 2>&1 &
sleep 1
kill -TERM $!
wait $! || fail "an exploration that was stopped ended with $?"
grep -q '^stopped after [0-9]* trials; the same command goes on' stopped.txt ||
  fail "no word of the stop"

[ "$failures" -eq 0 ]
