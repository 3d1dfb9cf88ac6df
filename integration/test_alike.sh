#!/bin/bash
# Every call in every state of a socket, and every option, answers as Linux's
# own does: the same program on the kernel's loopback and on the stack's.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

lan_create 2
probe=$top/integration/alike_probe.py

# The kernel's own answers: a host with the stack's addresses, and a neighbour.
like=$ns-8
neighbour=$ns-9
namespace_add "$like"
namespace_add "$neighbour"
ip -n "$like" link add eth0 type veth peer name eth0 netns "$neighbour"
ip -n "$like" addr add $stack/24 dev eth0
ip -n "$like" addr add $stack6/64 dev eth0 nodad
ip -n "$neighbour" addr add $kernel/24 dev eth0
ip -n "$neighbour" addr add $kernel6/64 dev eth0 nodad
ip -n "$like" link set eth0 up
ip -n "$neighbour" link set eth0 up
ip -n "$like" route add default via $kernel
ip -n "$like" route add default via $kernel6
ip netns exec "$like" sysctl -qw net.ipv4.ping_group_range='0 2147483647'

# Each error is answered: many of the cases are about them.
for host in "$like" "$neighbour" "$ns"; do
	ip netns exec "$host" sysctl -qw net.ipv4.icmp_ratelimit=0 \
		net.ipv4.icmp_msgs_per_sec=100000 \
		net.ipv4.icmp_msgs_burst=100000 net.ipv6.icmp.ratelimit=0
done

# These are set by the machine that runs the test, or above.
settings=
for name in net.core.rmem_max net.core.wmem_max net.ipv4.tcp_rmem \
		net.ipv4.tcp_wmem net.ipv4.icmp_msgs_per_sec \
		net.ipv4.icmp_msgs_burst; do
	settings+="$name=$(ip netns exec "$like" sysctl -n $name);"
done

# An answer of the neighbour's takes a moment, as the state is to be seen.
for family in 4 6; do
	claim "all cases run on Linux, IPv$family" \
		ip netns exec "$like" timeout 100 "$python" "$probe" $family
	cp "$tmp/.claim" "$tmp/native"
	PYT_SYSCTL=$settings PYT_IMPAIR=delay=10ms claim "and on the stack" \
		pyt_run timeout 200 "$python" "$probe" $family
	cp "$tmp/.claim" "$tmp/stack"
	claim "they answer alike, but for the listed cases" \
		"$python" "$top/integration/alike_compare.py" "$tmp/native" \
		"$tmp/stack" "$top/integration/alike_differences.txt" $family
	claim "there are many" test "$(wc -l <"$tmp/native")" -gt 2000
	claim "none broke off" test "$(grep -c 'BROKE OFF\|HANGS' \
		"$tmp/native" "$tmp/stack" | cut -d: -f2 | tr -d '\n')" = 00
done

cat >"$tmp/ring.c" <<'END'
#include <stdio.h>
#include <string.h>

int io_uring_queue_init(unsigned, void *, unsigned);

int main(void)
{
	char ring[4096];

	for (int i = 0; i < 2; i++)
		puts(strerror(-io_uring_queue_init(4, ring, 0)));
	return 0;
}
END
claim 'a program with liburing' gcc -o "$tmp/ring" "$tmp/ring.c" \
	-l:liburing.so.2
claim_equal 'it finds no rings, and one line says so' \
	"$(pyt3_run "$tmp/ring" 2>&1)" \
	'pyt: io_uring is refused (ENOSYS): its requests would reach the kernel'"'s"' network
Function not implemented
Function not implemented'

ask='import socket, time
start = time.monotonic()
for port in range(7000, 7100):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", port))
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError as problem:
            assert problem.errno == 107
def left():
    with open("/proc/net/udp") as sockets:
        return len(sockets.readlines()) - 1
while left() and time.monotonic() < start + 20:
    pass
print(left())'
claim_equal 'sockets that were shut both ways go when they are closed' \
	"$(pyt3_run "$python" -c "$ask" 2>&1)" 0

ask='import socket
for s in socket.socket(), socket.socket():
    try:
        s.setsockopt(socket.IPPROTO_TCP, 200, 1)
    except OSError as problem:
        print(problem.strerror)'
claim_equal 'an option that is not known has its errno, and one line' \
	"$(PYT_LOG=info:$tmp/log pyt3_run "$python" -c "$ask" 2>&1
	grep -o 'socket option.*' "$tmp/log")" \
	'Protocol not available
Protocol not available
socket option 200 of level 6 is not known'

finished=yes
