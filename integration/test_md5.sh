#!/bin/bash
# TCP-MD5 (RFC 2385) between the stack and the kernel, both ways.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

probe=$top/integration/tcp_probe.py

counter() {
	native nstat -asz "$1" 2>/dev/null | awk -v name="$1" \
		'$1 == name { print $2 }'
}

# talk NAME SERVER HOST CLIENT PEER PORT KEY_OF_SERVER KEY_OF_CLIENT
talk() {
	start server "$2" timeout 40 "$python" "$probe" serve "$3" "$6" "$5" \
		"$7" -
	until_true 20 grep -q listening "$tmp/server.log"
	"$4" timeout 40 "$python" "$probe" connect "$3" "$6" "$3" "$8" \
		"$tmp/file" >"$tmp/client.log" 2>&1
}

# good NAME SERVER HOST CLIENT PEER PORT
good() {
	talk "$@" 'a secret' 'a secret'
	wait_end server
	claim_match "$1: back at the client" "$(cat "$tmp/client.log")" \
		"^$(sum_of "$tmp/file") "
	claim_match "$1: at the server" "$(tail -1 "$tmp/server.log")" \
		"^$(sum_of "$tmp/file") "
}

# bad NAME SERVER HOST CLIENT PEER PORT KEY_OF_SERVER KEY_OF_CLIENT
bad() {
	talk "$@"
	claim_match "$1" "$(tail -1 "$tmp/client.log")" 'timed out'
	stop server
}

lan_create
data "$tmp/file" 20000000

good 'client on the stack' native $kernel pyt_run $stack 7001
good 'server on the stack' pyt_run $stack native $kernel 7002
claim_equal 'the kernel has not dropped one for its signature' \
	"$(counter TcpExtTCPMD5Failure) $(counter TcpExtTCPMD5NotFound)" '0 0'

bad 'another key at the kernel' native $kernel pyt_run $stack 7003 key Key
claim_match 'is counted there' "$(counter TcpExtTCPMD5Failure)" '^[1-9]'
bad 'no key at the client' native $kernel pyt_run $stack 7004 key -
claim_match 'is counted as well' "$(counter TcpExtTCPMD5NotFound)" '^[1-9]'
bad 'another key at the stack' pyt_run $stack native $kernel 7005 key Key
bad 'a client of the kernel without one' pyt_run $stack native $kernel 7006 \
	key -
bad 'a client of the kernel with one' pyt_run $stack native $kernel 7007 - key

finished=yes
