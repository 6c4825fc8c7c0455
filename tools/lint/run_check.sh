#!/usr/bin/env bash
# Runs checks of lint.py over the real source tree. The tree is where the
# runfile link of the script leads: the tests aren't sandboxed and run each time.
set -eu
exec "$(dirname "$(realpath "$0")")/lint.py" "$@"
