#!/bin/bash
# ECN with the kernel as peer, and Accurate ECN between two stacks; nftables
# marks one ECN-capable segment in twenty.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

probe=$top/integration/tcp_probe.py

# What arrives at the kernel, what leaves it, and what the bridge forwards.
mark() {
	native nft -f - <<-'END'
	table ip marks {
		chain incoming {
			type filter hook prerouting priority 0;
			ip ecn ect0 numgen inc mod 20 0 counter ip ecn set ce
		}
		chain outgoing {
			type filter hook postrouting priority 0;
			ip ecn ect0 numgen inc mod 20 0 counter ip ecn set ce
		}
	}
	table bridge marks {
		chain between {
			type filter hook forward priority 0;
			ip ecn ect0 numgen inc mod 20 0 counter ip ecn set ce
		}
	}
	END
}

# talk NAME SERVER HOST CLIENT PEER PORT EXPECTED
talk() {
	start server "$2" timeout 60 "$python" "$probe" serve "$3" "$6" "$5" \
		- -
	until_true 20 grep -q listening "$tmp/server.log"
	"$4" timeout 60 "$python" "$probe" connect "$3" "$6" "$3" - \
		"$tmp/file" >"$tmp/client.log" 2>&1
	wait_end server
	claim_match "$1: client" "$(cat "$tmp/client.log")" \
		"^$(sum_of "$tmp/file") $7"
	claim_equal "$1: server" "$(tail -1 "$tmp/server.log")" \
		"$(sum_of "$tmp/file") $7"
}

# Its link has the same name as the other's: it needs a MAC of its own.
second() {
	PYT_MAC=02:70:79:74:00:03 pyt3_run "$@"
}

lan_create 2
data "$tmp/file" 20000000
# A stack that has just begun may miss the first SYN; the next asks as well.
native sysctl -qw net.ipv4.tcp_ecn=1 net.ipv4.tcp_ecn_fallback=0
[ -z "$native_mode" ] || for n in 2 3; do
	ip netns exec "$ns-$n" sysctl -qw net.ipv4.tcp_ecn=1
done
claim 'the kernel marks' mark

export PYT_SYSCTL="net.ipv4.tcp_ecn=1;net.ipv4.tcp_ecn_fallback=0"
talk 'client on the stack' native $kernel pyt_run $stack 7001 'ecn seen marks'
talk 'server on the stack' pyt_run $stack native $kernel 7002 'ecn seen marks'
PYT_SYSCTL=net.ipv4.tcp_ecn=0
[ "$native_mode" ] || talk 'a stack that does not want it' native $kernel pyt_run $stack 7003 \
	'plain unseen unmarked'
PYT_SYSCTL="net.ipv4.tcp_ecn=3;net.ipv4.tcp_ecn_fallback=0"
talk 'a stack that asks for more than the kernel knows' native $kernel \
	pyt_run $stack 7004 'ecn seen marks'
talk 'Accurate ECN between two stacks' second $stack3 pyt_run $stack 7005 \
	'ecn seen marks'

finished=yes
