#!/usr/bin/env bash
# The first 500 seeds of the default swarm profile (GRAPHDB_SEEDS=A..B: others),
# each run by two processes: the second takes them backwards and compares hashes.
set -u
sim=$1
seeds=${GRAPHDB_SEEDS:-1..500}
hashes=$TEST_TMPDIR/hashes
"$sim" run --swarm --seeds "$seeds" --hashes "$hashes" || exit 1
"$sim" run --swarm --seeds "$seeds" --reverse --check-hashes "$hashes" >"$TEST_TMPDIR/second" ||
  { grep -v '^probes' "$TEST_TMPDIR/second"; exit 1; }
echo "swarm: $seeds twice, equal and clean"
