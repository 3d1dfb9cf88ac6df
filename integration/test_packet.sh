#!/bin/bash
# AF_PACKET and what lives on it: tcpdump, arping, nmap, hping3, traceroute,
# mtr. Both directions are seen, and frames go out as they are made.
. "$(dirname "$0")/lib.sh"
lan_create

dev=pyt0
[ "$native_mode" ] && dev=eth0
start holder pyt_run nc -lk -p 4000
wait_tcp $stack 4000
input=$tmp/page
data "$tmp/page" 200000
start web native socat -U TCP-LISTEN:80,fork,reuseaddr "SYSTEM:cat $tmp/page"
wait_tcp $kernel 80

# dump NAME ARGUMENT...: tcpdump that listens when it returns.
dump() {
	local name=$1
	shift
	start "$name" pyt_run timeout 20 tcpdump -n -l -i "$@"
	until_true 10 grep -q '^listening on' "$tmp/$name.log"
}
lines() { grep -c "$2" "$tmp/$1.log"; }

# ---------------------------------------------------------------- tcpdump

dump echo $dev -c 4 icmp
native ping -c 2 -i 0.2 -W 5 $stack >/dev/null
wait_end echo 10
claim_equal 'requests and replies are seen, nothing else' \
	"$(grep -o 'IP .*' "$tmp/echo.log" | sed 's/, id.*seq/ seq/')" \
	"IP $kernel > $stack: ICMP echo request seq 1, length 64
IP $stack > $kernel: ICMP echo reply seq 1, length 64
IP $kernel > $stack: ICMP echo request seq 2, length 64
IP $stack > $kernel: ICMP echo reply seq 2, length 64"
claim_match 'tcpdump counts what its filter took' "$(cat "$tmp/echo.log")" \
	'4 packets captured.*[0-9]+ packets received by filter.*0 packets dropped'

dump out $dev -Q out -c 2 icmp
native ping -c 2 -i 0.2 -W 5 $stack >/dev/null
wait_end out 10
claim_equal 'only what goes out' "$(lines out 'echo reply') $(lines out 'echo request')" '2 0'

dump lo lo -c 2 udp port 4444
pyt_run bash -c 'echo hello >/dev/udp/127.0.0.1/4444'
wait_end lo 10
claim_match 'lo, too' "$(cat "$tmp/lo.log")" \
	'127.0.0.1.[0-9]+ > 127.0.0.1.4444: UDP, length 6'

# A frame of the ring has 64 KiB, so of 2 MiB, the default, it has 32: too few
# where tcpdump waits for the processor.
start file pyt_run timeout 20 tcpdump -i $dev -B 16384 \
	--immediate-mode -U -w "$tmp/trace.pcap" tcp port 80
until_true 10 grep -q 'listening on' "$tmp/file.log"
claim_equal 'a transfer while it is captured' \
	"$(pyt_run nc -d $kernel 80 | sha256sum)" "$(sha256sum <"$tmp/page")"
captured() {
	[ "$(tshark -r "$tmp/trace.pcap" -T fields -e tcp.len \
		'tcp.srcport == 80 && !tcp.analysis.retransmission' \
		2>/dev/null | awk '{ sum += $1 } END { print sum }')" = 200000 ]
}
claim 'the whole of it is in the capture' until_true 10 captured
stop file
claim_match '/proc/net/packet shows the socket' \
	"$(pyt_run bash -c "timeout 5 tcpdump -i $dev >/dev/null 2>&1 &
		for i in {1..50}; do
			[ \$(wc -l </proc/net/packet) -gt 1 ] && break
			sleep 0.1
		done; cat /proc/net/packet")" \
	'sk .*Inode.*[0-9a-f]{8} +[0-9]+ +[23] +0003 '

# ----------------------------------------------------------------- arping

claim_match 'arping' "$(pyt_run arping -c 2 -w 5 -I $dev $kernel)" \
	"ARPING $kernel from $stack $dev.*reply from $kernel.*Received [1-9]"
claim_match 'arping: nobody there' \
	"$(pyt_run arping -c 1 -w 1 -I $dev 10.77.0.200)" 'Received 0'

# ------------------------------------------------------------------- nmap

claim_match 'nmap -sT' "$(pyt_run nmap -n -Pn -sT -p 22,80 $kernel)" \
	'22/tcp closed ssh.*80/tcp open +http'
claim_match 'nmap -sS: segments made by hand, answers captured' \
	"$(pyt_run timeout 30 nmap -n -Pn -sS -p 22,80 $kernel)" \
	'22/tcp closed ssh.*80/tcp open +http.*MAC Address'
claim_match 'hping3' "$(pyt_run timeout 10 hping3 -S -c 2 -i u100000 -p 80 $kernel 2>&1)" \
	'2 packets transmitted, 2 packets received.*flags=SA seq=0 '

# ------------------------------------------------------------- traceroute

claim_match 'ping' "$(pyt_run ping -c 1 -W 5 $kernel)" '1 received, 0% packet loss'
for way in '' -I '-T -p 80'; do
	# shellcheck disable=SC2086
	claim_match "traceroute ${way:-by UDP}" \
		"$(pyt_run timeout 20 traceroute -n -m 2 -q 1 $way $kernel)" \
		" 1  $kernel  [0-9.]+ ms"
done
claim_match 'mtr' "$(pyt_run timeout 20 mtr -n -r -c 1 $kernel 2>&1)" \
	"1\.\|-- $kernel +0.0%"

finished=yes
