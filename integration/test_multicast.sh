#!/bin/bash
# Groups over UDP, both ways and both families: socat, iperf, multicast DNS.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

lan_create
device=pyt0
[ "$native_mode" ] && device=eth0
native ip route add 224.0.0.0/4 dev lan0
[ "$native_mode" ] && ip -n "$ns-2" route add 224.0.0.0/4 dev eth0
group=239.1.2.3
group6=ff15::77

# ------------------------------------------------------------------- socat

# heard NAME native|pyt_run WHERE: lines reach the group's member, repeatedly sent
# until one came, for nobody tells when a membership is known to all.
heard() {
	local name=$1 text="hello $1" i
	shift

	for ((i = 0; i < 100; i++)); do
		echo "$text" | "$1" timeout 10 socat -u - "$2" \
			2>>"$tmp/sender.log"
		grep -qs "$text" "$tmp/receiver.log" && break
		sleep 0.05
	done
	claim "$name" grep -q "$text" "$tmp/receiver.log"
	stop receiver
}

start receiver pyt_run socat -u \
	UDP4-RECV:5007,reuseaddr,ip-add-membership=$group:$stack -
heard 'socat: to a member on the stack' native \
	UDP4-DATAGRAM:$group:5007,ip-multicast-if=$kernel
start receiver native socat -u \
	UDP4-RECV:5007,reuseaddr,ip-add-membership=$group:$kernel -
heard 'socat: from the stack' pyt_run \
	UDP4-DATAGRAM:$group:5007,ip-multicast-if=$stack
start receiver pyt_run socat -u \
	"UDP6-RECV:5007,reuseaddr,ipv6-join-group=[$group6]:$device" -
heard 'socat, IPv6: to a member on the stack' native \
	"UDP6-DATAGRAM:[$group6]:5007"
start receiver native socat -u \
	"UDP6-RECV:5007,reuseaddr,ipv6-join-group=[$group6]:lan0" -
heard 'socat, IPv6: from the stack' pyt_run \
	"UDP6-DATAGRAM:[$group6]:5007"

# IP_PKTINFO says where a datagram went, and what it is to be answered from.
cat >"$tmp/pktinfo.py" <<'PYTHON'
import socket, sys

group, ours, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 8, 1)
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
             socket.inet_aton(group) + socket.inet_aton(ours))
s.bind(('', 5010))
seen = set()
while len(seen) < count:
    data, control, _, _ = s.recvmsg(100, 100)
    info = control[0][2]
    seen.add(f'{data.decode()} to {socket.inet_ntoa(info[8:])},'
             f' from {socket.inet_ntoa(info[4:8])}')
print(*sorted(seen), sep='\n')
PYTHON
start pktinfo pyt_run timeout 20 "$python" "$tmp/pktinfo.py" $group $stack 4
while kill -0 "${pid_of[pktinfo]}" 2>/dev/null; do
	echo -n unicast | native socat -u - UDP4-DATAGRAM:$stack:5010
	echo -n group | native socat -u - \
		UDP4-DATAGRAM:$group:5010,ip-multicast-if=$kernel
	echo -n network | native socat -u - \
		UDP4-DATAGRAM:10.77.0.255:5010,broadcast
	echo -n all | native socat -u - \
		UDP4-DATAGRAM:255.255.255.255:5010,broadcast,so-bindtodevice=lan0
	sleep 0.05
done
claim_equal 'IP_PKTINFO: what to answer from' "$(cat "$tmp/pktinfo.log")" \
	"all to 255.255.255.255, from $stack
group to $group, from $stack
network to 10.77.0.255, from $stack
unicast to $stack, from $stack"

# A group that nobody has joined is not heard.
start receiver pyt_run socat -u \
	UDP4-RECV:5008,reuseaddr,ip-add-membership=$group:$stack -
wait_idle receiver
for i in 1 2 3; do
	echo stranger | native socat - \
		UDP4-DATAGRAM:239.1.2.99:5008,ip-multicast-if=$kernel
done
heard 'of two groups, the joined one' native \
	UDP4-DATAGRAM:$group:5008,ip-multicast-if=$kernel
claim_equal 'alone' "$(grep -c stranger "$tmp/receiver.log")" 0

# ------------------------------------------------------------------- iperf

# Once more, if the server was not there yet.
is_streamed() {
	"$1" timeout 20 iperf -c $group -u -b 20M -t 1 -T 2 -l 1400
	until_true 2 grep -q 'Mbits/sec' "$tmp/server.log"
}

# streamed NAME CLIENT SERVER...: iperf's server counts what arrives.
streamed() {
	local name=$1 client=$2
	shift 2

	start server "$@" iperf -s -u -B "$group" -i 1
	until_true 30 is_streamed "$client"
	claim_match "$name" "$(cat "$tmp/server.log")" \
		'[1-9][0-9.]* Mbits/sec +[0-9.]+ ms +[0-9]+/ *[1-9][0-9]+'
	stop server
}
streamed 'iperf: a stream to a member on the stack' native pyt_run
streamed 'iperf: a stream from the stack' pyt_run native

# -------------------------------------------------------------------- mDNS

mdns() { "$1" timeout 60 "$python" "$top/integration/mdns.py" "${@:2}"; }
for own in $stack "$stack6%$device"; do
	theirs=$kernel
	[[ $own == *:* ]] && theirs=$kernel6%lan0
	start responder pyt_run "$python" "$top/integration/mdns.py" serve \
		"$own" stack.local
	until_true 20 grep -q ready "$tmp/responder.log"
	claim_equal "a name on the stack is found ($own)" \
		"$(mdns native ask "$theirs" stack.local)" "${own%\%*}"
	stop responder
	start responder native "$python" "$top/integration/mdns.py" serve \
		"$theirs" kernel.local
	until_true 20 grep -q ready "$tmp/responder.log"
	claim_equal "the stack finds one ($own)" \
		"$(mdns pyt_run ask "$own" kernel.local)" "${theirs%\%*}"
	stop responder
done

finished=yes
