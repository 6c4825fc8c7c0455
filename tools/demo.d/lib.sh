# shellcheck shell=bash
# For the acts of tools/demo. An act is a program NN-name that starts with
#   #!/usr/bin/env bash
#   # title: Engineer: replay a failure by its seed
#   # needs: //:graphdb-sim
#   set -eu
#   . "$(dirname "$0")/lib.sh"
# It runs in the clone's root, is called by tools/demo only, finds a folder of
# its own in DEMO_TMP and 1 in DEMO_KEEP where its programs shall stay up, and
# stops everything else it started (an EXIT trap). Its exit status counts.
# //tools/demo.d runs each act as a test, on the programs that it names in
# GRAPHDB, CLI, SIM and PROPERTY_TEST.

SIM=${SIM:-bazel-bin/sim/tool/graphdb-sim}
PROPERTY_TEST=${PROPERTY_TEST:-bazel-bin/core/migrate/snapshot_property_test}

# step TEXT: says what happens now; the last one is named where the act fails.
step() {
  printf '\n-- %s\n' "$*"
  printf '%s\n' "$*" >"$DEMO_TMP/step"
}

# run COMMAND ARG...: shows a command as a person would type it, then runs it.
run() {
  printf '$ %s\n' "$*"
  "$@"
}

# expect WHAT ACTUAL EXPECTED: stops the act where the two differ.
expect() {
  if [ "$2" != "$3" ]; then
    printf 'expected %s to be:\n%s\nbut it is:\n%s\n' "$1" "$3" "$2"
    return 1
  fi
}
