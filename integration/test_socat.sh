#!/bin/bash
# Program: socat: TCP, UDP, TLS, a forking server, half-close, both roles.
FAMILY=${FAMILY:-4}
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

lan_create
test_ca
cat "$tmp/server.pem" "$tmp/server.key" >"$tmp/both.pem"
data "$tmp/file" 5000000

# Where a server listens, as socat's options: both families at one socket.
listen_at() {
	case $FAMILY in
	4) echo "pf=ip4,bind=$1" ;;
	6) echo "pf=ip6,bind=[$1]" ;;
	both) echo pf=ip6,ipv6only=0 ;;
	esac
}

roles() {
	local name=$1 server=$2 host=$3 client=$4 i at url

	at=$(listen_at "$host")
	url=$(url_of "$host")

	# Half-close: the sum is answered after the client has finished.
	start server "$server" socat \
		"TCP-LISTEN:5001,$at,fork,reuseaddr" \
		'SYSTEM:sha256sum'
	wait_tcp "$host" 5001
	for i in 1 2 3; do
		claim_equal "$name half-closes, time $i" \
			"$("$client" timeout 20 socat -t 10 - \
				"TCP:$url:5001" <"$tmp/file")" \
			"$(sha256sum <"$tmp/file")"
	done
	stop server

	start server "$server" socat -U "OPENSSL-LISTEN:5002,$at,\
cert=$tmp/both.pem,verify=0,fork" "OPEN:$tmp/file"
	wait_tcp "$host" 5002
	"$client" timeout 20 socat -u \
		"OPENSSL:$url:5002,cafile=$tmp/ca.pem,commonname=$host" \
		"CREATE:$tmp/answer"
	claim_same "$name receives by TLS" "$tmp/answer" "$tmp/file"
	stop server

	start server "$server" socat "UDP-LISTEN:5003,$at" \
		'SYSTEM:sed -u s/hello/HELLO/'
	wait_idle server
	: >"$tmp/udp"		# it waits for an answer as long as its input is open
	(echo hello; until_true 20 grep -q HELLO "$tmp/udp") |
		"$client" timeout 30 socat -t 0.1 - "UDP:$url:5003" >"$tmp/udp"
	claim_equal "$name talks UDP" "$(cat "$tmp/udp")" HELLO
	stop server
}

roles 'a client on the stack' native $kernel pyt_run
roles 'a client of the stack' pyt_run $stack native

# A relay on the stack: one connection in, one out.
start target native socat \
	"TCP-LISTEN:5004,$(listen_at $kernel),fork,reuseaddr" SYSTEM:sha256sum
wait_tcp $kernel 5004
start relay pyt_run socat \
	"TCP-LISTEN:5005,$(listen_at $stack),fork,reuseaddr" "TCP:$kernel_url:5004"
wait_tcp $stack 5005
claim_equal 'a relay on the stack passes the half-close on' \
	"$(native timeout 20 socat -t 10 - "TCP:$stack_url:5005" <"$tmp/file")" \
	"$(sha256sum <"$tmp/file")"

finished=yes
