#!/usr/bin/env bash
# Goal: an act of the demo does what it shows. Method: the act itself, on the
# programs of this build; its own assertions count.
set -u
export DEMO_TMP=$TEST_TMPDIR/demo DEMO_KEEP=0
mkdir -p "$DEMO_TMP"
"$1" </dev/null && exit 0
echo "FAILED at: $(cat "$DEMO_TMP/step")"
tail -n 20 "$DEMO_TMP"/*/log 2>/dev/null
exit 1
