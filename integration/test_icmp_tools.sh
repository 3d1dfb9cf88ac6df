#!/bin/bash
# ping, traceroute, arping and arp-scan, over the stack and towards it, a
# router between them.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

lan_create
far_ip=10.78.0.2
far_ip6=fd78::2
far=$ns-far
namespace_add "$far"
ip -n "$ns" link add down0 type veth peer name eth0 netns "$far"
ip -n "$ns" addr add 10.78.0.1/24 dev down0
ip -n "$ns" link set down0 up
ip -n "$far" addr add $far_ip/24 dev eth0
ip -n "$far" link set eth0 up
ip -n "$far" route add default via 10.78.0.1
ip -n "$ns" addr add fd78::1/64 dev down0 nodad
ip -n "$far" addr add $far_ip6/64 dev eth0 nodad
ip -n "$far" route add default via fd78::1
native sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
for host in "$ns" "$far"; do	# traceroute asks faster than the limit allows
	ip netns exec "$host" sysctl -qw net.ipv4.icmp_ratelimit=0 \
		net.ipv4.icmp_msgs_per_sec=100000 \
		net.ipv6.icmp.ratelimit=0
done
on_far() { ip netns exec "$far" "$@"; }
start echo pyt_run "$top/build/examples/echo"
wait_tcp $stack 7

# -------------------------------------------------------------------- ping

# For the last answer ping waits as long as it does between two, or twice as
# long as for the slowest before it, whatever -W says.
pings() { claim_match "$1" "$("${@:4}" 2>&1)" "$2 packets transmitted, $3 received"; }
pings 'ping of the kernel' 5 5 pyt_run ping -q -c 5 -i 0.2 $kernel
pings 'ping through the router' 5 5 pyt_run ping -q -c 5 -i 0.2 $far_ip
pings 'ping of the stack' 5 5 native ping -q -c 5 -i 0.2 $stack
pings 'ping of the stack through the router' 5 5 on_far ping -q -c 5 -i 0.2 $stack
pings 'a ping of 30,000 bytes out' 3 3 pyt_run ping -q -c 3 -i 0.2 -s 30000 $kernel
pings 'and in' 3 3 native ping -q -c 3 -i 0.2 -s 30000 $stack
pings 'a thousand pings in' 1000 1000 native ping -q -c 1000 -i 0.0005 -W 5 $stack
pings 'a thousand pings out' 1000 1000 pyt_run ping -q -c 1000 -i 0.0005 -W 5 $kernel
claim_match 'ping -t 1 is told where it ended' \
	"$(pyt_run ping -c 1 -W 5 -t 1 $far_ip 2>&1)" \
	"From $kernel icmp_seq=1 Time to live exceeded"
claim_match 'ping -M do is told the MTU' \
	"$(pyt_run ping -c 1 -W 1 -M do -s 1473 $kernel 2>&1)" \
	'message too long, mtu[:=]? ?1500'
claim_match 'a host that is not there' \
	"$(pyt_run ping -c 1 -W 10 10.77.0.99 2>&1)" \
	"From $stack icmp_seq=1 Destination Host Unreachable"
claim_match 'a network that is not there' \
	"$(pyt_run ping -c 1 -W 5 192.0.2.1 2>&1)" \
	"From $kernel icmp_seq=1 Destination Net Unreachable"
claim_match 'record route through the stack' \
	"$(native ping -n -c 1 -W 5 -R $stack 2>&1)" \
	"RR:[[:space:]]*$kernel([[:space:]]*$stack){1,2}[[:space:]]*$kernel"
claim_match 'timestamps through the stack' \
	"$(native ping -n -c 1 -W 5 -T tsandaddr $stack 2>&1)" \
	"TS:[[:space:]]*$kernel[[:space:]].*[[:space:]]$stack[[:space:]]"

# -------------------------------------------------------------- traceroute

hops() { sed -n 's/^ *[0-9]*  *\([0-9a-f.:*]*\) .*/\1/p' | tr '\n' ' '; }
trace() { "$1" traceroute -n -w 5 -q 2 -m 6 "${@:2}" 2>"$tmp/trace.err" | hops; }
claim_equal 'traceroute by UDP, out' "$(trace pyt_run $far_ip)" \
	"$kernel $far_ip "
claim_equal 'by ICMP' "$(trace pyt_run -I $far_ip)" "$kernel $far_ip "
claim_equal 'by TCP' "$(trace pyt_run -T -p 7 $far_ip)" "$kernel $far_ip "
claim_equal 'traceroute by UDP, in' "$(trace on_far $stack)" \
	"10.78.0.1 $stack "
claim_equal 'by ICMP' "$(trace on_far -I $stack)" "10.78.0.1 $stack "
claim_equal 'by TCP to an open port' "$(trace on_far -T -p 7 $stack)" \
	"10.78.0.1 $stack "
claim_equal 'by TCP to a closed one' "$(trace on_far -T -p 8 $stack)" \
	"10.78.0.1 $stack "
# -------------------------------------------------------------------- IPv6

pings 'ping -6 of the kernel' 5 5 pyt_run ping -6 -q -c 5 -i 0.2 $kernel6
pings 'ping -6 through the router' 5 5 pyt_run ping -6 -q -c 5 -i 0.2 $far_ip6
pings 'ping -6 of the stack' 5 5 native ping -6 -q -c 5 -i 0.2 $stack6
pings 'ping -6 of the stack through the router' 5 5 \
	on_far ping -6 -q -c 5 -i 0.2 $stack6
pings 'a ping -6 of 30,000 bytes out' 3 3 \
	pyt_run ping -6 -q -c 3 -i 0.2 -s 30000 $kernel6
pings 'and in' 3 3 native ping -6 -q -c 3 -i 0.2 -s 30000 $stack6
claim_match 'ping -6 -t 1 is told where it ended' \
	"$(pyt_run ping -6 -c 1 -W 5 -t 1 $far_ip6 2>&1)" \
	"From $kernel6 icmp_seq=1 Time exceeded: Hop limit"
claim_match 'ping -6 -M do is told the MTU' \
	"$(pyt_run ping -6 -c 1 -W 1 -M do -s 1453 $kernel6 2>&1)" \
	'message too long, mtu[:=]? ?1500'
claim_match 'a host that is not there' \
	"$(pyt_run ping -6 -c 1 -W 10 fd77::99 2>&1)" \
	"From $stack6 icmp_seq=1 Destination unreachable: Address unreachable"
claim_match 'a network that is not there' \
	"$(pyt_run ping -6 -c 1 -W 5 fd99::1 2>&1)" \
	"From $kernel6 icmp_seq=1 Destination unreachable: No route"
claim_equal 'traceroute -6 by UDP, out' "$(trace pyt_run -6 $far_ip6)" \
	"$kernel6 $far_ip6 "
claim_equal 'by ICMP' "$(trace pyt_run -6 -I $far_ip6)" "$kernel6 $far_ip6 "
claim_equal 'by TCP' "$(trace pyt_run -6 -T -p 7 $far_ip6)" \
	"$kernel6 $far_ip6 "
claim_equal 'traceroute -6 by UDP, in' "$(trace on_far -6 $stack6)" \
	"fd78::1 $stack6 "
claim_equal 'by ICMP' "$(trace on_far -6 -I $stack6)" "fd78::1 $stack6 "
claim_equal 'by TCP to an open port' "$(trace on_far -6 -T -p 7 $stack6)" \
	"fd78::1 $stack6 "
claim_match 'ndisc6 finds the stack' \
	"$(native ndisc6 -1 -r 3 -w 2000 $stack6 lan0 2>&1)" \
	'Target link-layer address: [0-9A-F:]{17}'

claim_match 'ndisc6 over the stack finds the kernel' \
	"$(pyt_run ndisc6 -1 -r 3 -w 2000 $kernel6 pyt0 2>&1)" \
	'Target link-layer address: [0-9A-F:]{17}'
claim_match 'ping -6 with a class, a source and an interface' \
	"$(pyt_run ping -6 -c 1 -W 5 -Q 0x20 -I $stack6 $kernel6 2>&1)" \
	'1 packets transmitted, 1 received'
claim_match 'ping -6 -F: labels are the stack'"'"'s' \
	"$(pyt_run ping -6 -c 1 -F 0x12345 $kernel6 2>&1)" \
	"can't set flowlabel: Operation not permitted"
claim_match 'ping -6 of all nodes' \
	"$(pyt_run ping -6 -c 1 -W 5 -I pyt0 ff02::1 2>&1)" \
	'64 bytes from fe80::.* 1 received'
claim_equal 'traceroute -6 with a class' "$(trace pyt_run -6 -t 32 $far_ip6)" \
	"$kernel6 $far_ip6 "
claim_match 'mtr -6' "$(pyt_run mtr -6 -n -r -c 2 -i 0.2 $far_ip6 2>&1)" \
	"1\\.\|-- $kernel6 +0\\.0%.*2\\.\|-- $far_ip6 +0\\.0%"
printf '%s\n' 'interface lan0 {' 'AdvSendAdvert on; AdvLinkMTU 1400;' \
	'MinRtrAdvInterval 3; MaxRtrAdvInterval 4;' \
	"prefix fd77::/64 { }; RDNSS $kernel6 { };" '};' >"$tmp/radvd.conf"
chmod 644 "$tmp/radvd.conf"
start radvd native radvd -n -C "$tmp/radvd.conf" -p "$tmp/radvd.pid" -m stderr
claim_match 'rdisc6 over the stack finds the router' \
	"$(pyt_run rdisc6 -1 -r 3 -w 5000 pyt0 2>&1)" \
	'Hop limit.*Prefix +: fd77::/64.*Recursive DNS server +: fd77::1'

# --------------------------------------------------------------------- ARP

mac=$(native ip neigh show $stack | sed -n 's/.*lladdr \([0-9a-f:]*\).*/\1/p')
claim_match 'arping' "$(native arping -c 3 -i 0.1 -I lan0 $stack 2>&1 ||
	native arping -c 2 -I lan0 $stack 2>&1)" \
	"[Rr]eply from $stack *\\[${mac^^}\\]"
claim_match 'duplicate address detection finds the stack' \
	"$(native arping -D -c 2 -w 3 -I lan0 $stack 2>&1)" 'Received 1 response'
claim_match 'arp-scan finds the stack' \
	"$(native arp-scan -q -I lan0 10.77.0.0/29 2>&1)" \
	"$stack[[:space:]]+$mac"

finished=yes
