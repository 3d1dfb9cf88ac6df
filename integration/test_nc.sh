#!/bin/bash
# Program: nc (OpenBSD's): TCP and UDP, both roles, -l, -k, -N.
FAMILY=${FAMILY:-4}
. "$(dirname "$0")/lib.sh"

# send native|pyt_run FILE HOST PORT: a client that sends a file and ends.
send() {
	$1 timeout "${limit:-30}" nc -N "$3" "$4" <"$2"
}

# fetch native|pyt_run FILE HOST PORT: a client that only receives.
fetch() {
	$1 timeout 30 nc -d "$3" "$4" >"$2"
}

# Without an address nc listens on one family, IPv4's if it may choose: a
# client that knows both comes to it by the second.
any=
[ "$FAMILY" != 6 ] || any=-6

lan_create
data "$tmp/big" $((64 << 20)) 7
echo hello >"$tmp/hello"

# As a client.
start server native nc -d -l $kernel 5001
wait_tcp $kernel 5001
claim 'a client on the stack sends and ends' \
	send pyt_run "$tmp/big" $kernel 5001
wait_end server
claim_same 'its file arrived' "$tmp/server.log" "$tmp/big"

input=$tmp/big start server native nc -N -l $kernel 5001
wait_tcp $kernel 5001
claim 'a client on the stack receives and ends' \
	fetch pyt_run "$tmp/answer" $kernel 5001
claim_same 'a file arrived' "$tmp/answer" "$tmp/big"
wait_end server

# As a server.
start server pyt_run nc $any -d -l 5002
wait_tcp $stack 5002
claim 'a server on the stack receives' send native "$tmp/big" $stack 5002
wait_end server
claim_same 'its client sent this file' "$tmp/server.log" "$tmp/big"

input=$tmp/big start server pyt_run nc $any -N -l 5002
wait_tcp $stack 5002
claim 'a server on the stack sends' fetch native "$tmp/answer" $stack 5002
claim_same 'its client got this file' "$tmp/answer" "$tmp/big"
wait_end server

# -k: one listener, clients one after the other.
start keep pyt_run nc $any -k -l 5003
wait_tcp $stack 5003
for i in 1 2 3; do
	echo "line $i" >"$tmp/line"
	claim "client $i of nc -k" send native "$tmp/line" $stack 5003
done
claim "what all three sent" until_true 20 grep -q 'line 3' "$tmp/keep.log"
claim_equal 'arrived in order' "$(cat "$tmp/keep.log")" \
	$'line 1\nline 2\nline 3'
stop keep

# A refused connection, a port scan.
claim_match 'a closed port is refused' \
	"$(pyt_run nc -v -z $kernel 5999 2>&1)" 'Connection refused'
start server native nc -k -l $kernel 5004
wait_tcp $kernel 5004
claim_match 'a scan finds the one open port' \
	"$(pyt_run nc -z -v -w 10 $kernel 5003-5005 2>&1 | grep -c succeeded)" 1
stop server

# UDP.
start server native nc -u -l $kernel 5005
wait_idle server
pyt_run timeout 20 nc -u -w 1 $kernel 5005 <"$tmp/hello" >/dev/null
claim 'a datagram from the stack' until_true 20 \
	cmp "$tmp/server.log" "$tmp/hello"
stop server

input=$tmp/hello start server pyt_run nc -u -l $stack 5006
wait_idle server
native timeout 20 nc -u -w 3 $stack 5006 <"$tmp/hello" >"$tmp/answer"
claim 'a datagram to the stack' until_true 20 \
	cmp "$tmp/server.log" "$tmp/hello"
claim_same 'and its answer' "$tmp/answer" "$tmp/hello"
stop server

# A process that exits right after its close() loses nothing.
once || { finished=yes; exit 0; }
start server native nc -d -l $kernel 5007
wait_tcp $kernel 5007
export PYT_IMPAIR=loss=5%
limit=120 claim '64 MB by nc -N with 5 % loss: nc ends' \
	send pyt_run "$tmp/big" $kernel 5007
unset PYT_IMPAIR
wait_end server 120
claim_same 'and all of it arrives' "$tmp/server.log" "$tmp/big"

finished=yes
