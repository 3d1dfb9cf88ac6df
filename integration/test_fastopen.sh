#!/bin/bash
# TCP Fast Open with the kernel as the other side, in both roles: the first
# connection fetches a cookie, the next ones carry their question in the SYN.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

probe=$top/integration/fastopen_probe.py
export PYT_SYSCTL='net.ipv4.tcp_fastopen=3'
answered="b'answer\\n' False True
EISCONN
b'answer\\n' True True
b'answer\\n' True True
b'answer\\n' True True
b'answer\\n' True True
ECONNREFUSED"
heard="ready 5
10 False
10 True
10 True
10000 True
10 True"

# talk NAME SERVER HOST CLIENT PORT
talk() {
	start server "$2" timeout 30 "$python" "$probe" server "$3" "$5"
	until_true 20 grep -q ready "$tmp/server.log"
	# A SYN that the bridge drops, as its port came up just now, is sent
	# again without the option: then there is no cookie.
	wait_tcp "$3" "$5"
	claim_equal "$1: the client's" "$("$4" timeout 30 "$python" "$probe" \
		client "$3" "$5" 2>&1)" "$answered"
	wait_end server
	claim_equal "$1: the server's" "$(cat "$tmp/server.log")" "$heard"
}

lan_create
for n in "${namespaces[@]}"; do
	ip netns exec "$n" sysctl -qw net.ipv4.tcp_fastopen=3
done
talk 'client on the stack' native $kernel pyt_run 7001
start holder pyt_run nc -l 9999	# somebody is to refuse in the end
wait_tcp $stack 9999
talk 'server on the stack' pyt_run $stack native 7002

finished=yes
