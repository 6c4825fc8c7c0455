#!/usr/bin/env bash
# Runs the bad fixtures of the real source tree; see run_check.sh.
set -eu
exec "$(dirname "$(realpath "$0")")/selftest.py" "$@"
