#!/bin/bash
# Program: ncat: TCP, UDP, TLS, a forking server, broker, both roles.
FAMILY=${FAMILY:-4}
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

lan_create
test_ca
data "$tmp/file" 5000000

# roles NAME SERVER_SIDE HOST CLIENT_SIDE: a file each way.
roles() {
	local name=$1 server=$2 host=$3 client=$4

	start server "$server" ncat --recv-only -l "$host" 5001
	wait_tcp "$host" 5001
	claim "$name sends" "$client" timeout 20 ncat --send-only \
		"$host" 5001 <"$tmp/file"
	wait_end server
	claim_same 'the file arrives' "$tmp/server.log" "$tmp/file"

	start server "$server" ncat -l "$host" 5002 --ssl \
		--ssl-cert "$tmp/server.pem" --ssl-key "$tmp/server.key" \
		-k --sh-exec "cat $tmp/file"
	wait_tcp "$host" 5002
	for i in 1 2; do
		"$client" timeout 20 ncat --recv-only --ssl-verify \
			--ssl-servername web.test \
			--ssl-trustfile "$tmp/ca.pem" "$host" 5002 \
			>"$tmp/answer" 2>"$tmp/tls-client.log"
		claim_same "$name receives by TLS, time $i" \
			"$tmp/answer" "$tmp/file"
	done
	stop server

	start server "$server" ncat -u -l "$host" 5003 --sh-exec 'sed -u s,hello,HELLO,'
	wait_idle server
	: >"$tmp/udp" # when its input ends it waits for nothing any more
	(echo hello; until_true 20 grep -q HELLO "$tmp/udp") |
		"$client" timeout 15 ncat -u "$host" 5003 >"$tmp/udp" 2>/dev/null
	claim_equal "$name talks UDP" "$(cat "$tmp/udp")" HELLO
	stop server
}

roles 'a client on the stack' native $kernel pyt_run
roles 'a client of the stack' pyt_run $stack native

# The broker hands what one client says to all others: one process, three
# connections, all idle.
start broker pyt_run ncat -l 5004 --broker
wait_tcp $stack 5004
mkfifo "$tmp/keep"
exec 9<>"$tmp/keep"
input=$tmp/keep start listener native ncat $stack 5004
wait_idle listener
claim 'a speaker' native timeout 20 ncat --send-only $stack 5004 \
	<<<'to all who listen'
claim 'is heard through the broker' until_true 20 \
	grep -qx 'to all who listen' "$tmp/listener.log"
stop listener
stop broker

finished=yes
