#!/usr/bin/env bash
# The page in a real browser: see browser_test.py.
#   browser_test.sh PATH/graphdb-sim
set -eu
exec python3 "$(dirname "$0")/browser_test.py" "$1"
