#!/bin/bash
# Behind Linux routers: two gateways of which one dies, redirects, a hop of
# MTU 1280 with and without its ICMP errors.
#
#   stack 10.77.0.2 --- LAN --- 10.77.0.1 the kernel's side, a router
#                        |----- 10.77.0.3 a second router --- far 198.18.9.9
#
# The first router reaches far over a link of its own, or by the second one.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

far=198.18.9.9
lan_create
namespace_add "$ns-far"
namespace_add "$ns-second"
second=10.77.0.3
on_far() { $take_place ip netns exec "$ns-far" "$@"; }
on_second() { $take_place ip netns exec "$ns-second" "$@"; }

# link_add NAMESPACE NETWORK: a wire between it and far, .1 here and .2 there.
link_add() {
	ip -n "$1" link add tofar type veth peer name "from${2##*.}" \
		netns "$ns-far"
	ip -n "$1" addr add "$2.1/24" dev tofar
	ip -n "$1" link set tofar up
	ip -n "$ns-far" addr add "$2.2/24" dev "from${2##*.}"
	ip -n "$ns-far" link set "from${2##*.}" up
	ip netns exec "$1" sysctl -qw net.ipv4.ip_forward=1
	ip -n "$1" route add $far via "$2.2"
}

ip -n "$ns" link add second type veth peer name eth0 netns "$ns-second"
ip -n "$ns" link set second master lan0 up
ip -n "$ns-second" addr add $second/24 dev eth0
ip -n "$ns-second" link set eth0 up
link_add "$ns" 198.18.1
link_add "$ns-second" 198.18.2
ip -n "$ns-far" addr add $far/32 dev lo
ip -n "$ns-far" route add 10.77.0.0/24 via 198.18.2.1 src $far
data "$tmp/data" 2000000
start web on_far "$python" -m http.server -d "$tmp" -b $far 80
until_true 20 on_far curl -sS -o /dev/null http://$far/
url=http://$far/data
no_stack() { ! ip netns exec "$ns-2" grep -q pyt/t /proc/net/unix; }
settle() { until_true 20 no_stack; }
stack_run() {
	$take_place ip netns exec "$ns-2" env LD_PRELOAD="$preload" \
		PYT_LINK=tap:pyt0 PYT_IP=$stack/24 \
		PYT_GW="${gw:-$kernel,$second}" "$@"
}

# ------------------------------------------------------------- a dead gateway

soon="net.ipv4.neigh.default.base_reachable_time_ms=500"
soon+=";net.ipv4.neigh.default.delay_first_probe_time=1"
soon+=";net.ipv4.neigh.default.retrans_time_ms=200"
PYT_SYSCTL=$soon start download stack_run curl -sS --limit-rate 400k \
	-o "$tmp/got" $url
until_true 20 test -s "$tmp/got"
# It forwards no more, and answers nobody who looks for it.
native sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.lan0.arp_ignore=8
wait_end download 40
claim_same 'a download goes on by the second gateway' "$tmp/got" "$tmp/data"
claim 'the next one too' stack_run timeout 30 curl -sS -o "$tmp/got" $url
claim_same 'whole' "$tmp/got" "$tmp/data"
native sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.lan0.arp_ignore=0
settle

# ------------------------------------------------------------------ redirects

native ip route replace $far via $second
native sysctl -qw net.ipv4.conf.all.send_redirects=1 \
	net.ipv4.conf.lan0.send_redirects=1
mac_of() { ip -n "$1" -o link show "$2" | sed 's/.*ether \([0-9a-f:]*\).*/\1/'; }
shark() { tshark -r "$tmp/trace" "$@" 2>/dev/null; }
to_far() { shark -Y "ip.dst == $far && tcp && !icmp" -T fields -e eth.dst; }
gw=$kernel PYT_PCAP=$tmp/trace claim 'a download that is redirected' \
	stack_run timeout 30 curl -sS -o "$tmp/got" $url
claim_same 'the file is whole' "$tmp/got" "$tmp/data"
claim_equal 'its first packet goes to the gateway' "$(to_far | head -1)" \
	"$(mac_of "$ns" lan0)"
claim_equal 'its last one to the better router' "$(to_far | tail -1)" \
	"$(mac_of "$ns-second" eth0)"
settle
gw=$kernel PYT_SYSCTL=net.ipv4.conf.all.accept_redirects=0 \
	PYT_PCAP=$tmp/trace claim 'the same with accept_redirects=0' \
	stack_run timeout 30 curl -sS -o "$tmp/got" $url
claim_equal 'goes by the gateway to the end' "$(to_far | sort -u)" \
	"$(mac_of "$ns" lan0)"
settle

# ------------------------------------------------------------ a hop of 1280

native ip route replace $far via 198.18.1.2
on_second ip link set tofar mtu 1280
mkdir "$tmp/put"
start sink on_far "$python" "$top/integration/put_server.py" $far 81 "$tmp/put"
until_true 20 on_far curl -sS -o /dev/null http://$far:81/
upload() {
	rm -f "$tmp/put/data"
	claim "an upload $1" stack_run timeout 30 curl -sS -T "$tmp/data" \
		-o /dev/null http://$far:81/
	claim_same 'arrives whole' "$tmp/put/data" "$tmp/data"
	settle
}
gw=$second PYT_PCAP=$tmp/trace upload 'over a hop of MTU 1280'
claim 'the router has said so' \
	test "$(shark -Y 'icmp.type == 3 && icmp.code == 4' | wc -l)" -ge 1
on_second nft -f - <<-EOF
	table ip hole {
		chain out {
			type filter hook output priority 0;
			icmp type destination-unreachable drop
		}
	}
EOF
gw=$second PYT_SYSCTL=net.ipv4.tcp_mtu_probing=1 \
	upload 'through a black hole'

finished=yes
