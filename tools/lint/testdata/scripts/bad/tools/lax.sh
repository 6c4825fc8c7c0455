#!/usr/bin/env bash
echo "$UNSET"
