#!/bin/bash
# Many threads with sockets of all kinds, while the stack thread runs.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

lan_create
program=$(dirname "$lib")/tests/shim/threads
claim 'threads use streams, datagrams and names at the same time' \
	pyt_run timeout 60 "$program" $stack "${THREADS_SECONDS:-3}"
claim_equal 'nobody complains' "$(grep -v ' rounds$' "$tmp/.claim")" ''

finished=yes
