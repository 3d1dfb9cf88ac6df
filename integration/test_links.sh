#!/bin/bash
# The link and its decorators as a user sees them: captures that tshark reads,
# a bad wire that TCP survives, rights that are given up, a TUN.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

lan_create
data "$tmp/data" 3000000
start web native "$python" -m http.server -d "$tmp" -b $kernel 80
wait_tcp $kernel 80
url=http://$kernel/data
# The next program shall have a stack of its own, with its own settings.
no_stack() { ! ip netns exec "$ns-2" grep -q pyt/t /proc/net/unix; }
settle() { until_true 20 no_stack; }
shark() { tshark -r "$tmp/trace" "$@" 2>/dev/null; }

# ----------------------------------------------------------------- capture

# Frames of a protocol that nobody speaks (IEEE 802, local experiments) go by.
start strange native "$python" -c '
import socket, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("lan0", 0))
while True:
    s.send(b"\xff" * 6 + b"\2\0\0\0\0\1" + b"\x88\xb5" + bytes(46))
    time.sleep(0.05)'
PYT_PCAP=$tmp/trace claim 'a download, captured' \
	pyt_run timeout 60 curl -sS --limit-rate 3M -o "$tmp/got" $url
stop strange
claim_same 'the file is whole' "$tmp/got" "$tmp/data"
claim 'tshark reads the capture without complaint' \
	tshark -r "$tmp/trace" -q -z io,phs
claim_equal 'all checksums are right' "$(shark -o tcp.check_checksum:TRUE \
	-o ip.check_checksum:TRUE \
	-Y 'tcp.checksum.status == 0 || ip.checksum.status == 0')" ''
claim_equal 'no frame is longer than a wire carries' \
	"$(shark -Y 'frame.len > 1514')" ''
claim_match 'the handshake is in it' \
	"$(shark -Y 'tcp.flags.syn == 1' -T fields -e ip.src | tr '\n' ' ')" \
	"^$stack $kernel "
claim_equal 'both directions are marked' "$(shark -Y tcp -T fields \
	-e frame.packet_flags_direction -e ip.src | sort -u | tr '\t\n' '  ')" \
	"0x00000001 $kernel 0x00000002 $stack "
claim_equal 'payload is in it to the last byte' "$(shark -q \
	-z follow,tcp,raw,0 | grep -P '^\t' | tr -d '\t\n' |
	/usr/bin/python3 -c '
import sys
raw = bytes.fromhex(sys.stdin.read())
print(len(raw) - raw.index(b"\r\n\r\n") - 4)')" 3000000
claim_match 'a dropped frame says why' \
	"$(shark -Y 'eth.type == 0x88b5' -T fields -e frame.comment |
		sort -u)" '^dropped: link_unknown_ethertype$'

# A write is cut, if at all, where a page of the file ends.
claim_equal 'no block lies in two pages of the file' "$(/usr/bin/python3 -c '
import struct, sys
data = open(sys.argv[1], "rb").read()
at = crossing = 0
while at < len(data):
    length = struct.unpack_from("=I", data, at + 4)[0]
    crossing += at // 4096 != (at + length - 1) // 4096
    at += length
print(len(data) > 3000000, crossing)' "$tmp/trace")" 'True 0'

# Killed in the middle of a download, twenty times.
broken=0
for i in $(seq 20); do
	settle
	PYT_PCAP=$tmp/trace start victim pyt_run curl -sS -o /dev/null \
		--limit-rate 20M $url
	until_true 20 test -s "$tmp/trace"
	sleep 0.0$((i % 10))
	kill -9 "${pid_of[victim]}"
	wait_end victim 2>/dev/null
	tshark -r "$tmp/trace" -q >"$tmp/shark" 2>&1 ||
		{ broken=$((broken + 1)); tail -n 1 "$tmp/shark"; }
done
claim_equal 'the capture is complete whenever the process is killed' \
	$broken 0

# -------------------------------------------------------------- impairment

impaired() {
	settle
	claim "a download with $1" env PYT_IMPAIR="$1" bash -c "
		$(declare -f pyt_run run_on); take_place=
		ns=$ns preload=$preload kernel4=$kernel4 native_mode=
		kernel6=$kernel6 families=$families
		pyt_run timeout 120 curl -sS -o $tmp/got $url"
	claim_same "the file is whole ($1)" "$tmp/got" "$tmp/data"
}
impaired loss=3%,seed=1
impaired loss=2%,burst=3,reorder=2%,duplicate=2%,corrupt=0.5%,seed=2
impaired delay=5ms,jitter=2ms,rate=50mbit,seed=3

took() {
	local start

	settle
	start=${EPOCHREALTIME/.}
	"$@" >"$tmp/took.out" 2>"$tmp/took.err"
	echo $(((${EPOCHREALTIME/.} - start) / 1000))
}
ms=$(PYT_IMPAIR=delay=100ms,seed=1 took pyt_run timeout 60 curl -sS \
	-o /dev/null $url)
claim 'a delay of 100 ms each way is felt twice (handshake, request)' \
	test "$ms" -ge 400
ms=$(PYT_IMPAIR=rate=16mbit,seed=1 took pyt_run timeout 60 curl -sS \
	-o /dev/null $url)
claim "3 MB at 16 Mbit/s take 1.5 s at least ($ms ms)" test "$ms" -ge 1450
ms=$(PYT_IMPAIR=duplicate=1% took pyt_run timeout 60 curl -sS -o /dev/null \
	$url)
claim_match 'a seed that was chosen is told' "$(cat "$tmp/took.err")" \
	'^pyt: impair: seed=[0-9]+ '

# ------------------------------------------------------------- capabilities

settle
start server pyt_run nc -l -k 5000
wait_tcp $stack 5000
pid=${pid_of[server]}
caps() { sed -n 's/^CapEff:\t//p' "/proc/$pid/task/$1/status"; }
claim_match 'the program keeps its capabilities' "$(caps "$pid")" '[1-9a-f]f'
for task in /proc/"$pid"/task/*; do
	[ "${task##*/}" = "$pid" ] ||
		claim_equal 'the stack thread has only SETUID and SETGID' \
			"$(caps "${task##*/}")" 00000000000000c0
done
stop server

# --------------------------------------------------- the device's own queue

host=$ns-2
queue() { ip -n "$host" -o link show "$1" | grep -o 'qlen [0-9]*'; }
claim_equal 'the queue that the kernel has by itself is made longer' \
	"$(queue pyt0)" 'qlen 5000'
ip -n "$host" link set pyt0 txqueuelen 300
claim 'a download with a short queue' pyt_run timeout 60 curl -sS \
	-o "$tmp/got" $url
claim_equal 'one that somebody chose is left alone' "$(queue pyt0)" 'qlen 300'

# --------------------------------------------------------------------- TUN

ip -n "$host" tuntap add dev tun0 mode tun
ip -n "$host" addr add 10.78.0.1/24 dev tun0
ip -n "$host" link set tun0 up
start web2 ip netns exec "$host" "$python" -m http.server -d "$tmp" \
	-b 10.78.0.1 80
until_true 20 ip netns exec "$host" curl -sS -o /dev/null http://10.78.0.1/
claim 'a download over a TUN' ip netns exec "$host" env LD_PRELOAD="$lib" \
	PYT_LINK=tun:tun0 PYT_IP=10.78.0.2/24 PYT_PCAP="$tmp/trace" \
	timeout 60 curl -sS -o "$tmp/got" http://10.78.0.1/data
claim_same 'the file is whole' "$tmp/got" "$tmp/data"
claim_match 'tshark reads its capture' "$(shark -T fields -e ip.dst -Y tcp)" \
	'^10.78.0.1'

# -------------------------------------------------------------------- docs

while read -r key; do
	claim "$key is documented" grep -q "^| \`$key\` |" \
		"$top/docs/configuration.md"
	claim "$key is in libpyt(7)" grep -q "^.It Ev $key " \
		"$top/docs/man/libpyt.7"
done < <("$top/build/pyt-keys" | sed -n 's/^  \(PYT_[A-Z]*\)=.*/\1/p')
for page in "$top"/docs/man/*; do
	claim_equal "${page##*/} renders without a warning" \
		"$(man -l --warnings "$page" 2>&1 >/dev/null)" ''
done

finished=yes
