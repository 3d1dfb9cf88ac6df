#!/bin/bash
# TCP_INFO beside that of a kernel socket, while open and after both FINs.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

probe=$top/integration/info_probe.py

lan_create
start server native timeout 60 "$python" "$probe" serve $kernel 7001
until_true 20 grep -q ready "$tmp/server.log"
native timeout 20 "$python" "$probe" connect $kernel 7001 >"$tmp/kernel" 2>&1
claim_match 'the kernel tells of a socket that is over' \
	"$(tail -1 "$tmp/kernel")" '^over [0-9]+ state 7 '
claim_equal 'the counts of a kernel socket, as long as it is held' \
	"$(pyt_run timeout 20 "$python" "$probe" connect $kernel 7001 2>&1 |
		cut -d' ' -f1,3-)" "$(cut -d' ' -f1,3- "$tmp/kernel")"

finished=yes
