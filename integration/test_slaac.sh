#!/bin/bash
# IPv6 that configures itself: radvd's advertisements, name servers among them;
# renumbering; two routers, of which one dies.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }
# shellcheck source=lib_slaac.sh
. "$(dirname "$0")/lib_slaac.sh"

mine=fd66:1::1
lan_create
ip -n "$ns" addr add $mine/64 dev lan0 nodad
native sysctl -qw net.ipv6.conf.all.forwarding=1
data "$tmp/data" 100000
start web native "$python" -m http.server -d "$tmp" -b $mine 80
start dns native dnsmasq -d -C /dev/null --no-resolv --no-hosts \
	--address=/web.lan.example/$mine --interface=lan0 --bind-interfaces
says here here native
wait_tcp $mine 80
wait_tcp $mine 7
wait_idle dns
router_ready native
advertise radvd native < <(
	prefix fd66:1
	echo "RDNSS $mine { AdvRDNSSLifetime 60; };"
	echo 'DNSSL lan.example { AdvDNSSLLifetime 60; };'
	echo 'AdvLinkMTU 1400; AdvCurHopLimit 61; AdvDefaultPreference high;'
)

# ------------------------------------------------------------- a cold start

claim 'curl by a short name, with nothing but advertisements' \
	auto_run curl -sS -o "$tmp/got" http://web/data
claim_same 'the file is whole' "$tmp/got" "$tmp/data"
settle
first=$(py reach $mine 7)
claim_match 'the address is of the advertised prefix' "$first" \
	'^fd66:1::?[0-9a-f:]+ here$'
settle
claim_equal 'and the same at each start' "$(py reach $mine 7)" "$first"
settle
temporary=$(PYT_SYSCTL=net.ipv6.conf.all.use_tempaddr=2 py reach $mine 7)
claim 'a temporary one is another' [ "$temporary" != "$first" ]
settle

# --------------------------------------------------------- beside a Linux host

namespace_add "$ns-linux"
ip -n "$ns" link add port-linux type veth peer name pyt0 netns "$ns-linux"
ip -n "$ns" link set port-linux master lan0 up
on linux sysctl -qw net.ipv6.conf.pyt0.use_tempaddr=1
on linux ip link set pyt0 up
shown() {
	"$1" ip -6 route show
	"$1" ip -6 addr show dev pyt0 scope global | grep -v pyt0
	"$1" ip -6 route get fd66:1::99
	"$1" ip -6 route get fd99::1
	"$1" ip -6 route get ff02::1 oif pyt0
	"$1" ip -6 neigh show dev pyt0 | grep -o 'router'
	"$1" cat /proc/net/ipv6_route /proc/net/if_inet6 | grep -v ' lo$'
}
# What must be alike: not the addresses, the seconds left, the order; and the
# mark of a told prefix, which Linux forgets with an address by hand.
on_linux() { on linux "$@"; }
alike() {
	shown "$1" | sed -E 's/[0-9]+sec/Nsec/g; s/fd66:1::[0-9a-f:]+\/64/IP/
		s/^([0-9a-f]{16})[0-9a-f]{16} (80|02 40)/\1... \2/
		s/ 0000000[0-9a-f] 0000000[0-9a-f] / N N /
		s/src [0-9a-f:]+/src IP/; s/ 004c0001/ 00400001/; s/ +pyt0/ pyt0/' | sort
}
by_tempaddr=net.ipv6.conf.all.use_tempaddr=1
PYT_SYSCTL=$by_tempaddr start keeper auto_run nc -6 -l -k 5000
settled() { [ "$("$1" ip -6 addr show dev pyt0 scope global -tentative |
	grep -c inet6)" = "$2" ]; }
for have in 2 3 2; do
	case $have in
	3) on linux ip addr add fd66:1::a/64 dev pyt0
		auto_run ip addr add fd66:1::b/64 dev pyt0 ;;
	2) on linux ip addr del fd66:1::a/64 dev pyt0
		auto_run ip addr del fd66:1::b/64 dev pyt0 ;;
	esac 2>/dev/null
	until_true 20 settled on_linux $have
	until_true 20 settled auto_run $have
	claim_equal "Linux shows the same of $have addresses and the routes" \
		"$(alike auto_run)" "$(alike on_linux)"
done
stop keeper
settle

# -------------------------------------------------------------- renumbering

start keeper auto_run nc -6 -l -k 5000
until_true 20 auto_run curl -sS -o /dev/null http://web/data
ip -n "$ns" addr add fd66:2::1/64 dev lan0 nodad
readvertise radvd < <(
	prefix fd66:1 600 0
	prefix fd66:2
)
from_new() { py reach fd66:2::1 7 | grep -q '^fd66:2:'; }
claim 'a new prefix gives a new address' until_true 20 from_new
claim_match 'a deprecated address is not taken for new connections' \
	"$(py reach $mine 7)" '^fd66:2:'
old=${first%% *}
claim 'but still answers' native nc -6 -z "$old" 5000
stop keeper
settle
stop radvd

# -------------------------------------------------------------- two routers

# Beyond both lies fd99::1; each says who it is.
for r in r1 r2; do
	router_add $r
	on $r ip addr add fd99::1/128 dev lo
	on $r ip addr add fd66:1::${r#r}0/64 dev lan0 nodad
	says $r $r on $r
	router_ready on $r
done
until_true 20 on r1 nc -6 -z fd99::1 7
until_true 20 on r2 nc -6 -z fd99::1 7
advertise ra1 on r1 < <(prefix fd66:1; echo 'AdvDefaultPreference low;')
advertise ra2 on r2 < <(prefix fd66:1; echo 'AdvDefaultPreference high;')
quick='net.ipv6.neigh.all.retrans_time_ms=100'
quick+=';net.ipv6.neigh.all.delay_first_probe_time=1'
quick+=';net.ipv6.neigh.all.base_reachable_time_ms=500'
export PYT_SYSCTL=$quick
start keeper auto_run nc -6 -l -k 5000
by() { py reach fd99::1 7 | grep -q "$1\$"; }
claim 'packets leave by the preferred router' until_true 20 by r2
claim 'more than once' by r2
# It dies without a word.
kill -9 "${pid_of[ra2]}"
ip -n "$ns" link set port-r2 down
claim 'when it is dead, by the other one' until_true 20 by r1
ip -n "$ns" link set port-r2 up
advertise ra3 on r2 < <(prefix fd66:1; echo 'AdvDefaultPreference high;')
claim 'when it is back, by it again' until_true 15 by r2
stop ra3 # says that it is none any more
claim 'when it says that it is none any more, by the other one' \
	until_true 7 by r1
stop keeper
settle

# ------------------------------------------------------- a more specific route

stop ra1
advertise ra4 on r1 < <(
	prefix fd66:1
	echo 'AdvDefaultPreference low;'
	echo 'route fd99::/64 { AdvRoutePreference low; };'
)
advertise ra5 on r2 < <(prefix fd66:1; echo 'AdvDefaultPreference high;')
start keeper auto_run nc -6 -l -k 5000
claim 'the longest prefix wins over preference' until_true 20 by r1
stop keeper

finished=yes
