#!/usr/bin/env bash
set -u
echo fine
