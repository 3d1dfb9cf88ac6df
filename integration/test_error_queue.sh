#!/bin/bash
# Queued errors (IP_RECVERR) wake poll() as on Linux: POLLERR while there are
# some, nothing once they are taken.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

lan_create
native sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000
probe=$top/integration/error_queue_probe.py

# The kernel's own answers, from a namespace beside the stack's.
peer=$ns-9
namespace_add "$peer"
ip -n "$ns" link add port9 type veth peer name eth0 netns "$peer"
ip -n "$ns" link set port9 master lan0 up
ip -n "$peer" addr add 10.77.0.9/24 dev eth0
ip -n "$peer" link set eth0 up
ip netns exec "$peer" timeout 60 "$python" "$probe" $kernel >"$tmp/wanted" 2>&1
pyt_run timeout 60 "$python" "$probe" $kernel >"$tmp/got" 2>&1
number=0
while IFS= read -r line; do
	number=$((number + 1))
	claim_equal "as Linux: $line" "$(sed -n ${number}p "$tmp/got")" "$line"
done <"$tmp/wanted"
claim_same 'and nothing else' "$tmp/got" "$tmp/wanted"
claim 'all of it' test $number -gt 20

finished=yes
