#!/bin/bash
# MSG_MORE: what a peer sees of it, from the stack and natively.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

probe=$top/integration/more_probe.py
seen="header_and_body b'headbody'
three_calls b'abcd'
header_and_file b'headfile'
alone b'alone' True
plain_first b'plain' b'heldgone'
full_frames most at once True
too_much all True True
nothing_behind b'held'"

# talk NAME SERVER ROLE HOST CLIENT ROLE PORT
talk() {
	start server "$2" timeout 40 "$python" "$probe" "$3" listen "$4" "$7"
	# A probing connection would be the one that is accepted.
	sleep 1
	start client "$5" timeout 40 "$python" "$probe" "$6" connect "$4" "$7"
	wait_end client 50
	wait_end server 50
	claim_equal "$1" "$(cat "$tmp/server.log" "$tmp/client.log")" "$seen"
}

lan_create
talk 'a client on the stack holds back' native see $kernel pyt_run send 7001
talk 'a server on the stack holds back' pyt_run send $stack native see 7002

finished=yes
