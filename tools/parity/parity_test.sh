#!/usr/bin/env bash
# parity PARITY GRAPHDB PLANTED FILE...: the files in both worlds.
set -eu
parity=$1
graphdb=$2
planted=$3
shift 3
exec "$parity" --graphdb "$graphdb" --planted "$planted" --folder "$TEST_TMPDIR/parity" "$@"
