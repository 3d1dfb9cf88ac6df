#!/bin/bash
# Extension headers of programs (RFC 3542): what the kernel sees of those that
# the stack sends, what the stack sees of the kernel's, a routing header through
# a router that heeds it, and all of it as tshark reads our capture.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

lan_create
probe=$top/integration/options6_probe.py
far=$ns-far
namespace_add "$far"
ip -n "$ns" link add down0 type veth peer name eth0 netns "$far"
ip -n "$ns" addr add fd78::1/64 dev down0 nodad
ip -n "$ns" link set down0 up
ip -n "$far" addr add fd78::2/64 dev eth0 nodad
ip -n "$far" link set eth0 up
ip -n "$far" route add default via fd78::1
native sysctl -qw net.ipv6.conf.all.forwarding=1 \
	net.ipv6.conf.all.seg6_enabled=1 net.ipv6.conf.lan0.seg6_enabled=1
ip netns exec "$far" sysctl -qw net.ipv6.conf.all.seg6_enabled=1 \
	net.ipv6.conf.eth0.seg6_enabled=1

ready() {	# NAME
	local i

	for ((i = 0; i < 200; i++)); do
		grep -q ready "$tmp/$1.log" && return
		read -rt 0.05 <> <(:) || :
	done
	false
}

start near native "$python" "$probe" receive $kernel6 7001 3
start far ip netns exec "$far" "$python" "$probe" receive fd78::2 7001 1
start stream native "$python" "$probe" accept $kernel6 7002
ready near && ready far && ready stream
PYT_PCAP=$tmp/trace.pcapng claim 'headers are sent' \
	pyt_run "$python" "$probe" send $kernel6 $kernel6 fd78::2
for name in near far stream; do
	wait_end $name
done

option=00011e0c657874656e73696f6e206864
claim_match 'sticky headers reach the kernel' "$(cat "$tmp/near.log")" \
	"6:sticky hops 40000000 class 00000000 flow 00[0-9a-f]* hop 3c00010400000000 destination 11${option:2}"
claim_match "a message's replace them" "$(cat "$tmp/near.log")" \
	'3:own hops 09000000 class 20000000 flow 02012345 destination 1100010400000000'
claim_match 'they stand in each fragment, and in the whole' \
	"$(cat "$tmp/near.log")" \
	"3000:l* hops 40000000 class 00000000 flow 00[0-9a-f]* hop 3c00010400000000 destination 11${option:2} fragment d8050000"
claim_match 'a router leads on by segments' "$(cat "$tmp/far.log")" \
	'11:by segments .* routing 1104040001000000fd78'
claim_match 'a connection with them brings all' "$(cat "$tmp/stream.log")" \
	100000

show() {	# FILTER FIELD...
	local filter=$1 field fields=()

	for field in "${@:2}"; do
		fields+=(-e "$field")
	done
	tshark -r "$tmp/trace.pcapng" -o ip.defragment:FALSE \
		-o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
		-Y "$filter" -T fields "${fields[@]}" 2>/dev/null
}
claim_equal 'on the wire each names the next' "$(show \
	'udp.dstport == 7001 && udp.length == 14' ipv6.nxt ipv6.hopopts.nxt \
	ipv6.dstopts.nxt udp.checksum.status)" $'0\t60\t17\t1'
claim_equal 'a routing header begins at the router, its sum at the end' \
	"$(show 'ipv6.routing.type == 4' ipv6.dst ipv6.routing.segleft \
	ipv6.routing.srh.addr udp.checksum.status)" \
	$'fd77::1\t1\tfd78::2,fd77::1\t1'
claim_equal 'segments of TCP are as long as the link takes them' \
	"$(show 'tcp.len > 0 && ipv6.dstopts' ipv6.plen | sort -n | tail -1)" 1460
claim_equal 'none is longer' "$(show 'frame.len > 1514' frame.len)" ''
claim_equal 'nor wrong' "$(show \
	'tcp.checksum.status == 0 || udp.checksum.status == 0 || _ws.malformed' \
	frame.number)" ''

# The other way: the kernel sends, the stack's program is shown them.
start shown pyt_run "$python" "$probe" receive $stack6 7001 3
start taken pyt_run "$python" "$probe" accept $stack6 7002
ready shown && ready taken
claim 'the kernel sends the same' native "$python" "$probe" send $stack6 \
	$kernel6 fd78::2
wait_end shown
wait_end taken
claim_match 'the stack shows them' "$(cat "$tmp/shown.log")" \
	"6:sticky hops 40000000 class 00000000 flow 00[0-9a-f]* hop 3c00010400000000 destination 11${option:2}"
claim_match "and a message's own" "$(cat "$tmp/shown.log")" \
	'3:own hops 09000000 class 20000000 flow 02012345 destination 1100010400000000'
claim_match 'and of fragments' "$(cat "$tmp/shown.log")" \
	'3000:l* .* destination 11[0-9a-f]* fragment d8050000'
claim_match 'a stream of segments with headers' "$(cat "$tmp/taken.log")" 100000

finished=yes
