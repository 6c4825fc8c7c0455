#!/bin/sh
# Runs each benchmark of the binary $1 for one short iteration.
exec "$1" --benchmark_min_time=0.001
