#!/usr/bin/env bash
set -u
if true; then
