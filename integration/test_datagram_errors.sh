#!/bin/bash
# An error of a datagram comes with the call that sends it, as the kernel's.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

lan_create
probe=$top/integration/datagram_probe.py

# The kernel's own answers, in a namespace with the same address and routes.
peer=$ns-9
namespace_add "$peer"
ip -n "$ns" link add port9 type veth peer name eth0 netns "$peer"
ip -n "$ns" link set port9 master lan0 up
ip -n "$peer" addr add 10.77.0.9/24 broadcast + dev eth0
ip -n "$peer" link set eth0 up
ip netns exec "$peer" sysctl -qw net.ipv4.ping_group_range='0 2147483647'
native sysctl -qw net.ipv4.icmp_echo_ignore_all=1
# Nobody answers, so that no ICMP error comes in between.
native nft -f - <<'EOF'
table ip silent {
	chain input {
		type filter hook input priority 0;
		ip protocol udp drop
	}
}
EOF

ip netns exec "$peer" "$python" "$probe" $kernel 10.77.0.255 \
	>"$tmp/wanted" 2>&1
pyt_run env PYT_GW=none "$python" "$probe" $kernel 10.77.0.255 \
	>"$tmp/got" 2>"$tmp/stderr.log"
number=0
while IFS= read -r line; do
	number=$((number + 1))
	claim_equal "as Linux: $line" "$(sed -n ${number}p "$tmp/got")" "$line"
done <"$tmp/wanted"
claim_same "and nothing else" "$tmp/got" "$tmp/wanted"
claim "all of it" test $number -gt 50

# Known destinations cost no round trip: one request, whatever follows. (Who
# waits 2 ms looks whether the stack runs, and waits again: EAGAIN.)
cat >"$tmp/many.py" <<'EOF'
import socket
s = socket.socket(type=socket.SOCK_DGRAM)
for i in range(1000):
    s.sendto(b'x', ('10.77.0.1', 9 + i % 3))
EOF
pyt_run strace -e trace=recvmsg -o "$tmp/trace" "$python" "$tmp/many.py"
claim_equal "1000 datagrams to one host: one answer is waited for" \
	"$(grep -c 'recvmsg.* = [0-9]' "$tmp/trace") (greeting, socket, datagram, exit)" \
	"4 (greeting, socket, datagram, exit)"

finished=yes
