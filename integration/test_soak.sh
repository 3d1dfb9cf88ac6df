#!/bin/bash
# Two minutes of scripts/soak, at the same time as the other tests.
log=$(mktemp)
"$(dirname "$0")/../scripts/soak" --seconds "${SOAK_SECONDS:-120}" \
	>"$log" 2>&1
cat "$log"
last=$(tail -n 1 "$log")
rm -f "$log"
[[ $last =~ ^[0-9]+\ passed,\ [0-9]+\ failed$ ]] || last='0 passed, 1 failed'
echo "test_soak: $last"
[[ $last == *' 0 failed' ]]
