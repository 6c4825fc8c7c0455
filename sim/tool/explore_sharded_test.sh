#!/usr/bin/env bash
# A shard's part of the seeds GRAPHDB_SEEDS=A..B, explored on one core; what failed
# is in the undeclared outputs as JSON and as scenario files.
set -eu
sim=$1
seeds=${GRAPHDB_SEEDS:-1..5000}
shards=${TEST_TOTAL_SHARDS:-1}
shard=${TEST_SHARD_INDEX:-0}
if [[ ! $seeds =~ ^[0-9]+\.\.[0-9]+$ ]]; then
  echo "GRAPHDB_SEEDS='$seeds': expected A..B, for example 1..5000" >&2
  exit 2
fi
[ -z "${TEST_SHARD_STATUS_FILE:-}" ] || touch "$TEST_SHARD_STATUS_FILE"
first=${seeds%..*} last=${seeds#*..}
count=$((last - first + 1))
from=$((first + count * shard / shards))
to=$((first + count * (shard + 1) / shards - 1))
if [ "$from" -gt "$to" ]; then
  echo "shard $shard of $shards: no seed of $seeds"
  exit 0
fi
out=${TEST_UNDECLARED_OUTPUTS_DIR:-${TEST_TMPDIR:-$(mktemp -d)}}
exec "$sim" explore --seeds "$from..$to" --jobs 1 --out "$out/explore" --json "$out/explore.json"
