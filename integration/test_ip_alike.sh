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
alike ip addrlabel list
alike ip -j addrlabel list
alike ip addrlabel get 2001:db8::1
alike ip stats show dev lo group link
alike ip -j stats show dev lo group link
alike ip token
alike ip -j -p addr show dev lo
alike ip -j neigh show dev lo
alike ip tcp_metrics show
alike ip tcp_metrics flush
alike ip tcp_metrics delete $kernel4
alike ip -s -s link show dev lo
alike ss -M -a
alike bridge link
alike bridge mdb
alike bridge vlan
alike ethtool lo
alike mii-tool pyt0
alike mii-tool nosuch
# Times of a cache are random on Linux.
tables() {
	"$@" ip "${shown[@]}" 2>&1 |
		sed -E 's/reachable [0-9]+ base/base/; s/refcnt [0-9]+//
			s/ +$//' | sort
}
for shown in 'ntable show' 'ntable show dev pyt0' 'ntable show name arp_cache'; do
	read -ra shown <<<"$shown"
	claim_equal "ip ${shown[*]}" "$(tables pyt_run)" \
		"$(tables ip netns exec "$like")"
done
# Others may have made it: that is the host's, not the stack's.
alike ls /sys/class/net/lo/statistics /sys/class/net/pyt0/queues \
	/sys/devices/virtual/net
alike cat /sys/class/net/lo/{mtu,type,flags,operstate,carrier,dormant}
alike cat /sys/class/net/pyt0/{ifindex,iflink,speed,duplex,link_mode,uevent}
alike cat /sys/class/net/nosuch/mtu
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
alike ip route add 203.0.113.0/24 via $kernel4 src 10.77.0.41
alike ip route show 203.0.113.0/24
alike ip route get 203.0.113.1
alike ip route add 203.0.113.0/25 via $kernel4 src 10.77.0.99
alike ip addr del 10.77.0.41/32 dev pyt0
alike ip route show 203.0.113.0/24
alike ip addr add 10.77.0.41/32 dev pyt0
alike ip -6 addr add fd77::41/128 dev pyt0 nodad
alike ip -6 route add 2001:db8:1::/48 via $kernel6 src fd77::41
alike ip -6 route show 2001:db8:1::/48
alike ip -6 route get 2001:db8:1::1
alike ip -6 route add 2001:db8:2::/48 via $kernel6 src fd77::99
alike ip -6 addr del fd77::41/128 dev pyt0
alike ip -6 route show 2001:db8:1::/48
alike ip -6 route flush 2001:db8:1::/48
alike ip route flush 192.0.2.0/24
alike ip route flush root 192.0.2.0/24
alike ip -6 route flush 2001:db8::/32
for metric in 300 10; do
	alike ip -6 route add fd77::/64 via $kernel6 metric $metric
	alike ip -6 route get fd77::99
	alike ip -6 route show fd77::/64
done
alike ip -6 route del fd77::/64 metric 300
alike ip -6 route del fd77::/64
alike ip -6 route show fd77::/64
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

# ------------------------------------------------- addresses in all detail

addresses() {
	# shellcheck disable=SC2086
	claim_equal "then ip $1" \
		"$(pyt_run ip $1 2>&1 | grep -v mtu | plain)" \
		"$(ip netns exec "$like" ip $1 2>&1 | grep -v mtu | plain)"
}
show4="-4 addr show dev pyt0"
show6="-6 addr show dev pyt0 to 2001:db8::/32"
alike ip addr add 10.77.0.50/24 dev pyt0 valid_lft 7200 preferred_lft 0
alike ip addr add 10.77.0.51/24 dev pyt0 valid_lft 0
alike ip addr add 10.77.0.51/24 dev pyt0 valid_lft 5 preferred_lft 10
alike ip addr change 10.77.0.50/24 dev pyt0
addresses "$show4"
alike ip addr change 10.77.0.52/24 dev pyt0
alike ip addr add 10.79.0.1/24 metric 77 label pyt0:1 dev pyt0
alike ip addr add 10.80.0.1/24 noprefixroute dev pyt0
alike ip addr add 10.80.1.1/24 brd 10.80.1.255 dev pyt0
addresses "$show4"
alike ip -4 route
alike ip route get 10.79.0.9
alike ip addr change 10.79.0.1/24 metric 77 label pyt0:2 dev pyt0
alike ip addr change 10.80.1.1/24 dev pyt0
alike ip addr change 10.80.0.1/24 brd 10.80.0.255 dev pyt0
addresses "$show4"
alike ip addr flush dev pyt0 to 10.78.0.0/15
alike ip addr flush dev pyt0 to 10.80.0.0/15
alike ip addr del 10.77.0.52/24 dev pyt0
alike ip addr del 10.77.0.50/24 dev pyt0
for i in 1 '2 home' '3 noprefixroute' '4 mngtmpaddr'; do
	read -ra words <<<"$i"
	alike ip addr add "2001:db8:${words[0]}::1/64" dev pyt0 nodad \
		"${words[@]:1}"
done
alike ip addr add 2001:db8:5::1/64 dev pyt0 nodad valid_lft 5 preferred_lft 9
addresses "$show6"
alike ip -6 route
alike ip addr change 2001:db8:1::1/64 dev pyt0 preferred_lft 0
addresses "$show6"
alike ip addr flush dev pyt0 to 2001:db8::/32
alike ip -6 route

# ----------------------------------------------- labels, caches, sysfs

alike ip addrlabel add prefix 2001:db8::/32 label 99
alike ip addrlabel add prefix 2001:db8::/32 label 99
alike ip addrlabel add prefix 2001:db8::/32 dev pyt0 label 98
alike ip addrlabel list
alike ip addrlabel get 2001:db8::1
alike ip addrlabel del prefix 2001:db8::/32 label 99
alike ip addrlabel del prefix 2001:db8::/32 label 99
alike ip addrlabel flush
alike ip addrlabel list
alike ip ntable change name arp_cache dev pyt0 base_reachable 20000
alike ip ntable change name arp_cache dev pyt0 ucast_probes 5 queue 50 \
	delay_probe 6000
alike ip ntable change name ndisc_cache dev pyt0 retrans 2000
alike ip ntable change name nonsense dev pyt0 retrans 2000
shown=(ntable show dev pyt0)
claim_equal "ip ntable shows it" "$(tables pyt_run)" \
	"$(tables ip netns exec "$like")"
alike cat /proc/sys/net/ipv4/neigh/pyt0/base_reachable_time_ms
alike sh -c 'echo 1400 >/sys/class/net/pyt0/mtu && cat /sys/class/net/pyt0/mtu'
alike sh -c 'echo 14 >/sys/class/net/pyt0/mtu'
alike sh -c 'echo 1 >/sys/class/net/pyt0/type'
alike ip link set pyt0 mtu 1500
alike ip link set pyt0 txqueuelen 1000
alike ip link set pyt0 promisc on
alike ip link set pyt0 promisc off

# ------------------------------------------------- what a stack does not have

# refused TEXT COMMAND...: it says so, and the kernel's is not shown instead.
refused() {
	local said
	said=$(pyt_run "${@:2}" 2>&1)
	claim_match "${*:2}" "$? $said" "^[^0].*$1"
}
refused 'one table' ip rule add from 10.0.0.0/8 table 100
refused 'No such file' ip rule del pref 100
refused 'no peer' ip addr add 10.78.0.62 peer 10.78.1.1 dev pyt0
refused 'follows from the subnet' ip addr add 10.78.0.1/24 brd 10.78.0.9 dev pyt0
refused 'pyt link add' ip link add dummy0 type dummy
refused 'until it ends' ip link del pyt0
refused 'length of their own' ip link set pyt0 txqueuelen 500
refused 'by themselves' ip link set pyt0 arp off
refused 'no second name' ip link set pyt0 alias hello
refused 'in no group' ip link set pyt0 group 5
refused 'addr_gen_mode' ip token set ::1234 dev pyt0
refused 'no queueing' tc qdisc add dev pyt0 root fq
refused 'no such family' ip mptcp endpoint
refused 'not supported' ip maddr add 01:00:5e:00:00:99 dev pyt0
refused 'LD_PRELOAD= COMMAND.*not supported' nft list ruleset
refused 'LD_PRELOAD= COMMAND.*not supported' ip xfrm state
refused 'not supported' iptables -L -n
refused 'Table does not exist' iptables-legacy -L -n
refused 'not supported' conntrack -L

claim_equal 'ethtool: the link' \
	"$(pyt_run ethtool pyt0 | grep -E 'Speed|Duplex|detected' | tr -d '\t')" \
	$'Speed: 10000Mb/s\nDuplex: Full\nLink detected: yes'
claim_match 'ethtool -i' "$(pyt_run ethtool -i pyt0)" '^driver: libpyt'
claim_match 'ethtool -S' "$(pyt_run ethtool -S pyt0)" 'rx_packets: [1-9]'
claim_match 'ethtool -k' "$(pyt_run ethtool -k pyt0)" \
	'rx-checksumming: on \[fixed\]'

# What a connection leaves for the next; taskstats is not of networks.
start far native nc -l -p 4001
wait_tcp $kernel4 4001
pyt_run sh -c "echo x | nc -q 1 $kernel4 4001"
wait_end far 20
claim_match 'ip tcp_metrics: the round-trip time' \
	"$(pyt_run ip tcp_metrics show $kernel4)" \
	"^$kernel4 age [0-9.]+sec rtt [0-9]+us rttvar [0-9]+us source $stack4"
claim_equal 'which can be forgotten' "$(pyt_run sh -c "
	ip tcp_metrics delete $kernel4; ip tcp_metrics show" 2>&1)" ''
ask='import socket, struct
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
s.bind((0, 0))
pid = s.getsockname()[0]
def family(name):
    name = name.encode() + bytes(1)
    name += bytes(-len(name) % 4)
    body = struct.pack("BBH", 3, 1, 0) + struct.pack("HH", 4 + len(name), 2) + name
    s.send(struct.pack("IHHII", 16 + len(body), 16, 1, 7, pid) + body)
    return struct.unpack("HHII", s.recv(4096)[4:16])
print([kind for kind, flags, seq, to in (family("ethtool"), family("TASKSTATS"))],
      family("TASKSTATS")[3] == pid)'
claim_equal 'a family of the kernel that is not of networks is the kernels' \
	"$(pyt_run "$python" -c "$ask" 2>&1)" '[2, 16] True'

# Natively the prefix is refused just so; the address stays what it was.
replace='import socket, struct
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
index = socket.if_nametoindex("pyt0")
ip = socket.inet_aton("10.77.0.2")
for bits in 33, 200:
    body = struct.pack("BBBBI", 2, bits, 0, 0, index)
    for kind in 1, 2:           # IFA_ADDRESS, IFA_LOCAL
        body += struct.pack("HH", 8, kind) + ip
    s.send(struct.pack("IHHII", 16 + len(body), 20, 0x505, 1, 0) + body)
    print(*struct.unpack_from("i", s.recv(4096), 16))
import subprocess
print(subprocess.getoutput("ip -o -4 addr show dev pyt0").split()[3])'
claim_equal 'an address that cannot be replaced stays' \
	"$(pyt_run "$python" -c "$replace" 2>&1)" $'-22\n-22\n10.77.0.2/24'
wrong='import ctypes, socket
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
c = ctypes.CDLL(None, use_errno=True)
for at in 0, 8:
    print(c.send(s.fileno(), ctypes.c_void_p(at), 100, 0), ctypes.get_errno())'
claim_equal 'generic netlink from nowhere is EFAULT' \
	"$(pyt_run "$python" -c "$wrong" 2>&1)" $'-1 14\n-1 14'
# What is said to a person is not said to who is at the other end.
claim_equal 'a connection that is stderr hears nothing of packet filters' \
	"$(pyt_run "$python" -c 'import os, socket
listener = socket.create_server(("", 0))
there = socket.create_connection(("127.0.0.1", listener.getsockname()[1]))
here, _ = listener.accept()
kept = os.dup(2)
os.dup2(there.fileno(), 2)
try:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
except OSError as error:
    print(error)
os.dup2(kept, 2)
there.close()
print(here.recv(1000))' 2>&1)" $'[Errno 93] Protocol not supported\nb\'\''

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
