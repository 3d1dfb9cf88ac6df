#!/bin/bash
# Behind Linux routers that advertise themselves: two of which one dies,
# redirects, a hop of MTU 1280 with and without its Packet Too Big.
#
#   stack --- LAN fd66:1::/64 ---- r1 --- fd98:1::/64 --- far fd98::9
#                        |-------- r2 --- fd98:2::/64 ----|
#
# What far answers comes by r2.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }
# shellcheck source=lib_slaac.sh
. "$top/integration/lib_slaac.sh"

far=fd98::9
lan_create
namespace_add "$ns-far"
on far ip addr add $far/128 dev lo nodad
for n in 1 2; do
	router_add r$n
	on r$n ip addr add fd66:1::${n}0/64 dev lan0 nodad
	on r$n ip link add tofar type veth peer name r$n netns "$ns-far"
	on r$n ip addr add fd98:$n::1/64 dev tofar nodad
	on far ip addr add fd98:$n::2/64 dev r$n nodad
	on r$n ip link set tofar up
	on far ip link set r$n up
	on r$n ip -6 route add $far via fd98:$n::2
	router_ready on r$n
done
on far ip -6 route add fd66:1::/64 via fd98:2::1 src $far
data "$tmp/data" 2000000
start web on far "$python" -m http.server -d "$tmp" -b $far 80
until_true 10 on far curl -sS -o /dev/null "http://[$far]/"
url=http://[$far]/data

# advertise_both PREFERENCE1 PREFERENCE2
advertise_both() {
	advertise ra1 on r1 < <(prefix fd66:1; echo "AdvDefaultPreference $1;")
	advertise ra2 on r2 < <(prefix fd66:1; echo "AdvDefaultPreference $2;")
}
mac_of() { on "$1" cat /sys/class/net/lan0/address; }
local_of() {
	on "$1" ip -6 -o addr show dev lan0 scope link |
		sed 's,.*inet6 \([^/]*\)/.*,\1,'
}
shark() { tshark -r "$tmp/trace" "$@" 2>/dev/null; }
to_far() {
	shark -Y "ipv6.dst == $far && tcp && !icmpv6" -T fields -e eth.dst
}
# knows_both: programs may start when both routers have been heard.
knows_both() { [ "$(auto_run ip -6 route | grep -c ^default)" = 2 ]; }

# --------------------------------------------------------------- a dead router

soon="net.ipv6.neigh.default.base_reachable_time_ms=500"
soon+=";net.ipv6.neigh.default.delay_first_probe_time=1"
soon+=";net.ipv6.neigh.default.retrans_time_ms=200"
export PYT_SYSCTL=$soon
advertise_both high low
start keeper auto_run nc -6 -l -k 5000
claim 'both routers are heard' until_true 10 knows_both
start download auto_run curl -sS --limit-rate 400k -o "$tmp/got" "$url"
until_true 10 test -s "$tmp/got"
ip -n "$ns" link set port-r1 down
wait_end download 40
claim_same 'a download goes on by the second router' "$tmp/got" "$tmp/data"
rm "$tmp/got"
claim 'the next one too' auto_run timeout 30 curl -sS -o "$tmp/got" "$url"
claim_same 'whole' "$tmp/got" "$tmp/data"
ip -n "$ns" link set port-r1 up
unset PYT_SYSCTL
stop keeper
settle

# ------------------------------------------------------------------- redirects

router_ready on r1
on r1 ip -6 route replace $far via "$(local_of r2)" dev lan0
# redirected: a download by r1 amid a running stack, its trace in $tmp/trace.
redirected() {
	local -x PYT_PCAP=$tmp/trace # whoever is first starts the stack

	start keeper auto_run nc -6 -l -k 5000
	until_true 10 knows_both
	rm -f "$tmp/got"
	claim "a download $1" auto_run timeout 30 curl -sS -o "$tmp/got" "$url"
	claim_same 'the file is whole' "$tmp/got" "$tmp/data"
	route=$(auto_run ip -6 route get $far)
	stop keeper
	settle
}
redirected 'that is redirected'
claim_equal 'its first packet goes to the preferred router' \
	"$(to_far | head -1)" "$(mac_of r1)"
claim_equal 'its last one to the better one' "$(to_far | tail -1)" \
	"$(mac_of r2)"
claim_match 'the route to that host is the redirect' "$route" \
	"via $(local_of r2) "
PYT_SYSCTL=net.ipv6.conf.all.accept_redirects=0 \
	redirected 'with accept_redirects=0'
claim_equal 'goes by the preferred router to the end' \
	"$(to_far | sort -u)" "$(mac_of r1)"
claim_match 'as does the route' "$route" "via $(local_of r1) "
stop ra1
stop ra2

# -------------------------------------------------------------- a hop of 1280

on r2 ip link set tofar mtu 1280
advertise ra2 on r2 < <(prefix fd66:1)
mkdir "$tmp/put"
start sink on far "$python" "$top/integration/put_server.py" $far 81 "$tmp/put"
until_true 10 on far curl -sS -o /dev/null "http://[$far]:81/"
upload() {
	rm -f "$tmp/put/data"
	claim "an upload $1" auto_run timeout 30 curl -sS -T "$tmp/data" \
		-o /dev/null "http://[$far]:81/"
	claim_same 'arrives whole' "$tmp/put/data" "$tmp/data"
	settle
}
PYT_PCAP=$tmp/trace upload 'over a hop of MTU 1280'
claim 'the router has said so' \
	test "$(shark -Y 'icmpv6.type == 2' | wc -l)" -ge 1
on r2 nft -f - <<-EOF
	table ip6 hole {
		chain out {
			type filter hook output priority 0;
			icmpv6 type packet-too-big drop
		}
	}
EOF
PYT_SYSCTL=net.ipv4.tcp_mtu_probing=1 PYT_PCAP=$tmp/trace \
	upload 'through a black hole'
claim_equal 'of which nobody says a word' \
	"$(shark -Y 'icmpv6.type == 2' | wc -l)" 0

finished=yes
