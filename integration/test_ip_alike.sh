#!/bin/bash
# ip(8) and tc(8) show of the stack what they show of Linux, word by word.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

# Linux with the stack's addresses and routes, behind a link of its own.
lan_create
like=$ns-8
namespace_add "$like"
namespace_add "$ns-7"
ip -n "$like" link add pyt0 type veth peer name eth0 netns "$ns-7"
ip -n "$ns-7" addr add $kernel4/24 dev eth0
ip -n "$ns-7" addr add $kernel6/64 dev eth0 nodad
ip -n "$ns-7" link set eth0 up
ip -n "$like" link set pyt0 up
ip -n "$like" addr add $stack4/24 brd + dev pyt0
ip -n "$like" addr add $stack6/64 dev pyt0 nodad
ip -n "$like" route add default via $kernel4
ip -n "$like" route add default via $kernel6 metric 1 # the second of PYT_GW

start holder pyt_run nc -l -p 4000
wait_tcp $stack 4000
is_settled() {	# link-local addresses are being looked for until then
	! "$@" ip -6 addr | grep -q tentative
}
until_true 20 is_settled pyt_run
until_true 20 is_settled ip netns exec "$like"

# Its own addresses each has; the order of routes is that of a tree.
plain() {
	sed -E 's/fe80::[0-9a-f:]*[0-9a-f]/fe80::X/g
		s/ff02::1:ff[0-9a-f:]*/ff02::1:ffX/
		s/33:33:ff:[0-9a-f:]*/33:33:ff:X/; s/ +$//' | sort
}

alike() {
	claim_equal "$*" "$(pyt_run "$@" 2>&1 | plain)" \
		"$(ip netns exec "$like" "$@" 2>&1 | plain)"
}

alike ip route
alike ip -d route
alike ip -j route
alike ip -6 route
alike ip -6 -d route
alike ip route show table local
alike ip -6 route show table local
alike ip route show table all
alike ip -6 route show table all
alike ip route show proto kernel
for to in $kernel4 $stack4 192.0.2.1 127.0.0.1 $kernel6 $stack6 2001:db8::1 \
	::1; do
	alike ip route get $to
	alike ip -d route get $to
	alike ip -j route get $to
done
alike ip rule
alike ip -6 rule
alike ip -j rule
alike ip maddr
alike ip netconf
alike ip -4 netconf
alike ip -6 netconf
alike ip netconf show dev pyt0
alike ip nexthop
alike ip neigh show dev lo
alike tc qdisc show dev pyt0
alike tc qdisc
alike tc class show dev pyt0
alike tc filter show dev pyt0
alike ip link show dev nosuch
alike ip route get 240.0.0.300
alike ip route del 198.51.100.0/24

# ----------------------------------------------------------------- change

alike ip addr add 10.77.0.40/24 dev pyt0
alike ip addr add 10.77.0.40/24 dev pyt0
alike ip addr replace 10.77.0.41/32 dev pyt0
alike ip addr add 10.78.0.1/24 dev pyt0
alike ip -4 route
alike ip addr del 10.99.0.1/24 dev pyt0
alike ip addr flush dev pyt0 to 10.78.0.0/16
alike ip -4 -br addr show dev lo
alike ip route add 192.0.2.0/24 via $kernel4
alike ip route add 192.0.2.0/24 via $kernel4
alike ip route append 192.0.2.0/24 via $kernel4 metric 7
alike ip route prepend 192.0.2.0/25 via $kernel4
alike ip route replace 192.0.2.0/24 via $kernel4 metric 7
alike ip route change 198.51.100.0/24 via $kernel4
alike ip route add 198.51.100.0/24 via 203.0.113.1
alike ip route add 198.51.100.0/24 dev nosuch
alike ip route show to match 192.0.2.1
alike ip route show 192.0.2.0/24
alike ip -6 route add 2001:db8::/32 via $kernel6
alike ip -6 route add 2001:db8::/32 via $kernel6
alike ip -6 route replace 2001:db8::/32 via fd77::9
alike ip -6 route show 2001:db8::/32
alike ip route flush 192.0.2.0/24
alike ip route flush root 192.0.2.0/24
alike ip -6 route flush 2001:db8::/32
alike ip -4 route
alike sh -c 'ip route save root 10.0.0.0/8 | ip route showdump'
alike ip neigh add 10.77.0.99 lladdr 02:00:00:00:00:99 dev pyt0
alike ip neigh show 10.77.0.99
alike ip neigh change 10.77.0.99 lladdr 02:00:00:00:00:98 dev pyt0
alike ip neigh show nud permanent
alike ip neigh del 10.77.0.99 dev pyt0
alike ip neigh del 10.77.0.98 dev pyt0
alike ip neigh flush dev pyt0
alike ip link set pyt0 mtu 1400
alike ip link set pyt0 mtu 20
alike ip -4 route
alike ip link set pyt0 mtu 1500
alike ip link set nosuch up
alike ip addr add 2001:db8:9::1/64 dev pyt0 nodad
alike ip addr del 2001:db8:9::1/64 dev pyt0

# A long request is answered, though it does not fit a page.
refused='import socket, struct
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
s.settimeout(10)
for size in 0, 3000, 5000, 30000:
    body = bytes(12) + bytes(size)      # of no family
    s.send(struct.pack("IHHII", 16 + len(body), 24, 1, size, 0) + body)
    answer = s.recv(100000)
    kind, flags, seq, pid, error = struct.unpack("HHIIi", answer[4:20])
    print(kind, seq, error < 0)'
claim_equal 'long requests are answered' \
	"$(pyt_run "$python" -c "$refused" 2>&1)" '2 0 True
2 3000 True
2 5000 True
2 30000 True'

finished=yes
