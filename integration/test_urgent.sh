#!/bin/bash
# Urgent data: what a program sees of it over the stack and natively.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

probe=$top/integration/urgent_probe.py
heard="exceptional True
at mark 0 b'before' 1
peeked b'!'
urgent b'!'
again Invalid argument
behind b'behind' 0
signals 1"

# talk NAME SERVER HOST CLIENT PORT
talk() {
	start server "$2" timeout 30 "$python" "$probe" server "$3" "$5"
	wait_tcp "$3" "$5"
	claim_equal "$1: the client's" "$("$4" timeout 30 "$python" "$probe" \
		client "$3" "$5" 2>&1)" \
		"$heard
inline b'before' 1 b'!behind'"
	wait_end server
	claim_equal "$1: the server's" "$(cat "$tmp/server.log")" "$heard"
}

lan_create
talk 'client on the stack' native $kernel pyt_run 7001
talk 'server on the stack' pyt_run $stack native 7002

finished=yes
