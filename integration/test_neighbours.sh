#!/bin/bash
# Unfriendly neighbours over IPv4: scans, floods and oddities of nmap, hping3
# and arp-scan, while downloads go on.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib_neighbours.sh
. "$top/integration/lib_neighbours.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

lan_create
victims_start $kernel
wait_tcp $stack 7
url=http://$kernel/big
before=$(drops)

# ------------------------------------------------------------------- scans

scan() { native timeout 60 nmap -n -Pn --max-retries 2 "$@" $stack 2>&1; }
claim_match 'nmap finds the open port among 500' "$(scan -sS -p 1-500)" \
	'499 closed.*7/tcp open'
claim_match 'by connect(), too' "$(scan -sT -p 1-20)" '7/tcp +open +echo'
# What an open port does not answer is waited for: side by side.
for kind in sF sX sN sM; do
	start "$kind" scan -$kind -p 6-8
done
for kind in sF sX sN sM; do
	wait_end "$kind" 60
	claim_match "nmap -$kind sees the closed ones" \
		"$(cat "$tmp/$kind.log")" '6/tcp +closed .*8/tcp +closed '
done
claim_match 'nmap -sA: nothing filters' "$(scan -sA -p 6-8)" \
	'unfiltered'
claim_match 'nmap -sU: echo answers, its neighbour is closed' \
	"$(scan -sU -p 7,8)" '7/udp +open +echo.*8/udp +closed'
claim_match 'nmap -sO: protocols' "$(scan -sO -p 1,6,17,99)" \
	'1 +open.*6 +open.*17 +open.*99 +closed'
claim_match 'fragments are joined' \
	"$(scan -sS --mtu 24 --data-length 100 -p 7)" '7/tcp +open'
claim_match 'those of 8 cut the TCP header: RFC 1858' \
	"$(scan -sS -f -p 7) $(counter ip4_fragment_tiny)" '7/tcp +filtered.* [1-9]'
claim_match 'nmap -sn by every kind of ping' "$(native nmap -n -sn -PE -PP \
	-PS7 -PA8 -PU8 -PY --disable-arp-ping $stack 2>&1)" 'Host is up'

# --------------------------------------------------- floods, and downloads

limit=1.5 amid 'nmap -A' $url nmap -n -Pn -A -T5 -p 1-200 $stack
amid 'SYNs of many hosts' $url hping3 -q -c 1000 -i u150 -S -p 7 \
	--rand-source $stack
amid 'acknowledgments of nothing' $url hping3 -q -c 1000 -i u150 -A -p 80 \
	-s 40000 $stack
amid 'all flags at once' $url hping3 -q -c 1000 -i u150 -FSRPAUXY -p 7 $stack
amid 'packets from ourselves' $url hping3 -q -c 1000 -i u150 -S -p 7 -s 7 \
	-k -a $stack $stack
amid 'fragments' $url hping3 -q -c 600 -i u150 -2 -p 9 -d 3000 -f $stack
amid 'single fragments that never end' $url hping3 -q -c 1000 -i u150 -2 -x \
	-d 100 --rand-source $stack
amid 'pings with bad checksums' $url hping3 -q -c 1000 -i u150 -1 -b $stack
amid 'forged ICMP errors' $url hping3 -q -c 1000 -i u150 -1 -C 3 -K 3 \
	--force-icmp --icmp-ipsrc $stack --icmp-ipdst $kernel \
	--icmp-srcport 40000 --icmp-dstport 80 $stack
amid 'datagrams to closed ports' $url hping3 -q -c 1000 -i u150 -2 -p ++1 \
	$stack
amid 'arp-scan' $url arp-scan -q -I lan0 --bandwidth=2M 10.77.0.0/23
claim_match 'what was dropped is counted by name' "$(($(drops) - before))" \
	'^[0-9]{4,}$'
for name in icmp4_checksum tcp_no_socket ip4_source_is_ours SyncookiesSent \
	UdpNoPorts IpReasmFails; do
	claim_match "$name" "$(counter $name)" '^[1-9][0-9]+$'
done
survived $stack

# A host of the kernel's own beside us on the bridge: both ways.
host=$ns-9
namespace_add "$host"
ip -n "$ns" link add port9 type veth peer name eth0 netns "$host"
ip -n "$ns" link set port9 master lan0 up
ip -n "$host" addr add 10.77.0.9/24 dev eth0
ip -n "$host" link set eth0 up
start web9 ip netns exec "$host" "$python" -m http.server -d "$tmp/www" \
	-b 10.77.0.9 80
wait_tcp 10.77.0.9 80
claim 'a download of a host on the same bridge' pyt_run timeout 60 curl -sS \
	-o "$tmp/got" http://10.77.0.9/big
claim_same 'is whole' "$tmp/got" "$tmp/www/big"
ip netns exec "$host" timeout 60 nc -N $stack 7 <"$tmp/www/big" >"$tmp/got"
claim_same 'and echo to it' "$tmp/got" "$tmp/www/big"

finished=yes
