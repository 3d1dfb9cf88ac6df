#!/bin/bash
# Program: java: ServerSocket with threads, NIO selectors, asynchronous
# channels, datagrams, com.sun.net.httpserver and HttpClient with TLS; as
# servers and as clients, over both families of its dual-stack sockets.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

jdk=$(echo /usr/lib/jvm/java-17-openjdk-*/bin)
java=("$jdk/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$tmp/classes" JavaRoles)
ways='Socket Selector asynchronous HttpClient'

# roles NAME SERVER_SIDE CLIENT_SIDE HOST...
roles() {
	local name=$1 server=$2 client=$3 host way
	shift 3

	start servers "$server" "${java[@]}" servers "$tmp/file"
	wait_tcp "$1" 8080
	rm -rf "$tmp/out" && mkdir "$tmp/out"
	claim "$name: clients of all kinds" "$client" timeout 40 "${java[@]}" \
		clients "$tmp/file" "$tmp/out" "$@"
	for host; do
		for way in $ways; do
			claim_same "$name: 3 MB come back, $way $host" \
				"$tmp/out/$host/$way" "$tmp/file"
		done
		claim_same "$name: ten datagrams come back $host" \
			"$tmp/out/$host/datagrams" "$tmp/messages"
		claim_equal "$name: ConnectException where nobody listens $host" \
			"$(cat "$tmp/out/$host/refused")" \
			'refused refused refused '
	done
}

lan_create
native_web
data "$tmp/file" 3000000 7
head -c 100000 "$tmp/file" >"$tmp/messages"
"$jdk/javac" -d "$tmp/classes" "$top/integration/JavaRoles.java"

mkdir "$tmp/many"
claim 'HttpClient: 50 files at once by TLS' pyt_run timeout 60 "${java[@]}" \
	get https://$kernel/many/ "$tmp/many" "$tmp/ca.pem"
claim_same_tree 'all as they were' "$tmp/many" "$tmp/www/many"
claim_equal 'NetworkInterface and InetAddress' \
	"$(pyt_run "${java[@]}" names $kernel 2>&1)" \
	"0:0:0:0:0:0:0:1 $stack 127.0.0.1 fd77:0:0:0:0:0:0:2
$kernel"

roles 'clients on the stack' native pyt_run $kernel $kernel6
stop servers
roles 'servers on the stack' pyt_run native $stack $stack6
claim 'httpserver: GET of 3 MB' native timeout 30 curl -sS -D "$tmp/head" \
	-o "$tmp/got" http://$stack:8080/
claim_same 'the same file' "$tmp/got" "$tmp/file"
claim_equal 'the peer of a dual-stack socket by IPv4' \
	"$(tr -d '\r' <"$tmp/head" | sed -n 's/^X-peer: //p')" $kernel

finished=yes
