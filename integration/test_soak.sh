#!/bin/bash
# Two minutes of scripts/soak, at the same time as the other tests.
last=$("$(dirname "$0")/../scripts/soak" --seconds "${SOAK_SECONDS:-120}" \
	2>&1 | tee /dev/stderr | tail -n 1)
echo "test_soak: $last"
[[ $last == *' 0 failed' ]]
