#!/bin/bash
# scripts/capture: each scenario shows what it promises, on the wire, in the
# log and at the client; over a bad wire too; and it says when it does not.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

scenes=()

# scene SCENARIO OPTION...: played beside the others, which mostly wait.
scene() {
	start "scene${#scenes[@]}" "$top/scripts/capture" "$@"
	scenes+=("$1 ${*:2:2}")
	[ $((${#scenes[@]} % 4)) -ne 0 ] || wait_end "scene$((${#scenes[@]} - 4))" 60
}

ours=10.77.0.2
theirs=10.77.0.1
scene boot --expect-log 'link: pyt0 is up: 02:00:00:77:00:02, MTU 1500' \
	--expect-log "arp: pyt0: $ours is ours, nobody else has it" \
	--expect-wire "Who has $ours\\? \\(ARP Probe\\)" \
	--expect-wire "ARP Announcement for $ours" \
	--expect-wire '::  +> ff02::1:ff00:2 +ICMPv6 .*Solicitation for fd77::2' \
	--expect-wire 'fd77::2 +> ff02::1 +ICMPv6 .*Neighbor Advertisement fd77'
scene arp-acd --expect-client "says: $ours is mine" \
	--expect-log "address $ours is also used by 02:00:00:00:0b:ad" \
	--expect-log "arp: pyt0: $ours is defended" \
	--expect-wire '\[dropped: arp_address_conflict\]\n.*Announcement for'
scene ip4-icmp-echo --expect-client '3 packets transmitted, 3 received' \
	--expect-wire "^ +[0-9.]+ $theirs +> $ours +ICMP .*ping\\) request" \
	--expect-wire "^ +[0-9.]+ $ours +> $theirs +ICMP .*ping\\) request"
scene ip6-icmp-echo --expect-client '3 packets transmitted, 3 received' \
	--expect-wire 'fd77::2 +> fd77::1 +ICMPv6 .* is at 02:00:00:77:00:02' \
	--expect-wire 'fd77::1 +> fd77::2 +ICMPv6 .*ping\) request' \
	--expect-wire 'fd77::2 +> fd77::1 +ICMPv6 .*ping\) request'
scene ip4-icmp-frag-rx --expect-client '2 packets transmitted, 2 received' \
	--expect-wire "^ +[0-9.]+ $theirs +> $ours +IPv4 .*off=1480.*Reass" \
	--expect-wire "^ +[0-9.]+ $ours +> $theirs +IPv4 .*off=1480.*Reass"
scene ip4-tcp-monkeys --expect-client '786432 bytes: as sent\nthen the end' \
	--expect-log 'LISTEN -> SYN-RECEIVED' \
	--expect-log 'CLOSE-WAIT -> LAST-ACK' \
	--expect-wire "7 → [0-9]+ \\[SYN, ACK\\] .* SACK_PERM"
scene ip4-tcp-monkeys --loss 5 --delay-ms 1 --reorder 2 --duplicate 2 \
	--corrupt 0.5 --seed 9 --expect-client 'bytes: as sent\nthen the end' \
	--expect-wire 'TCP Retransmission' --expect-wire '\[dropped: ' \
	--expect-log 'impair: seed=9'
scene ip6-tcp-monkeys --loss 3 --seed 4 \
	--expect-client '786432 bytes: as sent\nthen the end' \
	--expect-wire '7 → [0-9]+ \[SYN, ACK\] .* MSS=1440 .*SACK_PERM'
scene ip6-udp-monkeys --expect-client '12160 bytes: as sent' \
	--expect-wire 'fd77::2 +> fd77::1 +IPv6 .*IPv6 fragment .*nxt=17'
scene ip4-dhcp --expect-client '^200$' \
	--expect-log 'dhcp: pyt0: 10.77.0.5[0-9]/24 for 120 s' \
	--expect-wire 'DHCP Offer' --expect-wire 'DHCP ACK' \
	--expect-wire 'A web.lan.example A 10.77.0.1'
scene slaac --expect-client ' 0% packet loss' \
	--expect-log 'slaac: pyt0: address fd77::' \
	--expect-wire 'fe80::[^ ]+ +> [^ ]+ +ICMPv6 .*Router Advertisement'
scene ip6-dhcp --expect-client '^200$' \
	--expect-log 'dhcp6: pyt0: address fd77::1' \
	--expect-wire 'DHCPv6 .* Solicit ' --expect-wire 'DHCPv6 .* Reply ' \
	--expect-wire 'AAAA web.lan.example AAAA fd77::1'
scene ip4-udp-monkeys --expect-client '12160 bytes: as sent' \
	--expect-wire "^ +[0-9.]+ $ours +> $theirs +IPv4 .*proto=UDP.*Reass"
scene ip4-udp-monkeys --loss 3 --seed 2 --expect-client '12160 bytes: as sent'
scene pmtu --expect-client '786432 bytes: as sent\nthen the end' \
	--expect-wire "ICMP .*Fragmentation needed" \
	--expect-wire "$ours +> 10.78.0.2 +TCP +1294 " \
	--expect-wire 'ICMPv6 .*Packet Too Big' \
	--expect-wire 'fd77::2 +> fd78::2 +TCP +1294 '
scene redirect --expect-client ' 0% packet loss' \
	--expect-wire "ICMP .*Redirect +\\(Redirect for host\\)" \
	--expect-wire 'fe80::1 +> fd77::2 +ICMPv6 .*Redirect' \
	--expect-wire 'fd77::2 +> ff02::1:ff00:254 .*Solicitation for fe80::254'

for i in "${!scenes[@]}"; do
	wait_end "scene$i" 60
	claim_equal "${scenes[i]}" \
		"$(wait_end "scene$i" 1; grep -a '^capture: ' "$tmp/scene$i.log")" ''
	claim_equal 'shows all three parts' \
		"$(grep -aEc '^--- (client|log|wire)$' "$tmp/scene$i.log")" 3
done

# What is not met is told, each by name, and is a failure.
out=$("$top/scripts/capture" ip4-icmp-echo --pcap "$tmp/kept" \
	--expect-wire 'Echo \(ping\) reply' --expect-wire 'no such frame' \
	--expect-log 'no such line' --expect-client 'no such word' \
	2>&1 >/dev/null)
claim_equal 'unmet expectations make it fail' $? 1
claim_equal 'and are named, they alone' "$out" \
	"capture: the client does not show /no such word/
capture: the log does not show /no such line/
capture: the wire does not show /no such frame/"
claim_match 'the capture can be kept' \
	"$(tshark -r "$tmp/kept" -Y icmp 2>/dev/null | wc -l)" '^12$'
claim_equal '--list and --help name every scenario' \
	"$("$top/scripts/capture" --list | awk '{ print $1 }' | sort)" \
	"$("$top/scripts/capture" --help | sed -n '/^scenarios:/,$p' |
		awk '/^  / { print $1 }' | sort)"
"$top/scripts/capture" no-such-scenario >"$tmp/none" 2>&1
claim_equal 'a scenario that is not there is an error' $? 2

# Nothing is left behind, also where it is ended in the middle.
left() { ip netns list | grep -c "^pytcap-$pid-"; }
pid=$(bash -c 'echo $$; exec "$0" ip4-icmp-echo >"$1"' \
	"$top/scripts/capture" "$tmp/whole")
claim_equal 'a whole scenario leaves nothing behind' "$(left)" 0
bash -c 'echo $$ >"$1"; exec "$0" arp-acd >"$1.out"' "$top/scripts/capture" \
	"$tmp/pid" &
until_true 20 test -s "$tmp/pid"
pid=$(cat "$tmp/pid")
until_true 20 ip netns exec "pytcap-$pid-peer" grep -q pyt/t /proc/net/unix
kill "$pid"
wait "$pid"
claim_equal 'nor does one that is ended' "$(left)" 0

finished=yes
