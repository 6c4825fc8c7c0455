#!/usr/bin/env bash
# The query's answer ends at the Node of core/cluster.
set -u
if ! grep -qx '//core/cluster:node' "$1"; then
  echo "no way to //core/cluster:node:" >&2
  cat "$1" >&2
  exit 1
fi
