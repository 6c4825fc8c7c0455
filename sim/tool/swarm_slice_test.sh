#!/usr/bin/env bash
# The first 500 seeds of the default swarm profile (GRAPHDB_SEEDS=A..B: others),
# each run by two processes: the second takes them backwards and compares hashes.
set -u
sim=$1
seeds=${GRAPHDB_SEEDS:-1..500}
hashes=$TEST_TMPDIR/hashes
# What a person needs of a failure: tools/test --out collects it beside the plans.
kept=${TEST_UNDECLARED_OUTPUTS_DIR:-$TEST_TMPDIR}/swarm.replay
keep_replay() { grep '^\(seed [0-9]\|replay\)' "$1" >"$kept"; }

"$sim" run --swarm --seeds "$seeds" --hashes "$hashes" >"$TEST_TMPDIR/first"
status=$?
cat "$TEST_TMPDIR/first"
[ "$status" -eq 0 ] || { keep_replay "$TEST_TMPDIR/first"; exit 1; }
# What liveness explains away must not eat what it is there to find: 2 % of the runs at most.
runs=$(sed -n 's/^runs \([0-9]*\),.*/\1/p' "$TEST_TMPDIR/first")
excused=$(sed -n 's/^liveness:.*explained away in \([0-9]*\) runs.*/\1/p' "$TEST_TMPDIR/first")
[ -n "$excused" ] && [ $((excused * 50)) -le "$runs" ] ||
  { echo "of $runs runs '$excused' were explained away"; exit 1; }
"$sim" run --swarm --seeds "$seeds" --reverse --check-hashes "$hashes" >"$TEST_TMPDIR/second" ||
  { grep -v '^probes' "$TEST_TMPDIR/second"; keep_replay "$TEST_TMPDIR/second"; exit 1; }
echo "swarm: $seeds twice, equal and clean"
