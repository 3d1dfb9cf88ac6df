#!/bin/bash
# TCP-AO (RFC 5925) between two stacks: few kernels have it.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

probe=$top/integration/tcp_probe.py

# Its link has the same name as the other's: it needs a MAC of its own.
second() {
	PYT_MAC=02:70:79:74:00:03 pyt3_run "$@"
}

# talk PORT KEY_OF_SERVER KEY_OF_CLIENT
talk() {
	start server second timeout 40 "$python" "$probe" serve $stack3 "$1" \
		$stack "$2" -
	until_true 20 grep -q listening "$tmp/server.log"
	pyt_run timeout 40 "$python" "$probe" connect $stack3 "$1" $stack3 \
		"$3" "$tmp/file" >"$tmp/client.log" 2>&1
}

[ -z "$native_mode" ] || { finished=yes; exit 0; }
lan_create 2
# Longer than a connect(2) of the probe's: it is to find nobody who answers,
# not that a neighbour did not get the processor.
export PYT_SYSCTL=net.ipv4.neigh.default.mcast_solicit=30
data "$tmp/file" 20000000

talk 7001 'ao:a secret' 'ao:a secret'
wait_end server
claim_match 'back at the client' "$(cat "$tmp/client.log")" \
	"^$(sum_of "$tmp/file") .*1 keys, 1 and 2, good"
claim_match 'at the server' "$(tail -1 "$tmp/server.log")" \
	"^$(sum_of "$tmp/file") "

talk 7002 'ao:a secret' 'ao:another'
claim_match 'another master key' "$(tail -1 "$tmp/client.log")" 'timed out'
stop server
talk 7003 'ao:a secret' -
claim_match 'no key' "$(tail -1 "$tmp/client.log")" 'timed out'
stop server

finished=yes
