#!/bin/bash
# Happy Eyeballs (RFC 8305): a name has addresses of both families, and one of
# them is dead: without a route, into a black hole, without configuration.
# curl has the page by the other one, long before the dead one would give up.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

lan_create
data "$tmp/data" 50000
start web4 native "$python" -m http.server -d "$tmp" -b $kernel 80
start web6 native "$python" -m http.server -d "$tmp" -b $kernel6 80
wait_tcp $kernel 80
wait_tcp $kernel6 80
no_stack() { ! ip netns exec "$ns-2" grep -q pyt/t /proc/net/unix; }
settle() { [ "$native_mode" ] || until_true 20 no_stack; }

# fetch FIRST SECOND: both are the name's, and curl tries them in this order.
fetch() {
	pyt_run timeout 20 curl -sS -o "$tmp/got" \
		-w '%{remote_ip} %{http_code}\n' \
		--resolve "both.example:80:$1,$2" http://both.example/data
}
hole4=10.77.9.9
hole6=fd77:9::9

# ------------------------------------------------------------- both are well

claim_equal 'with both the first one is taken' \
	"$(fetch "[$kernel6]" $kernel)" "$kernel6 200"
claim_same 'the file is whole' "$tmp/got" "$tmp/data"
settle

# ---------------------------------------------------------- nobody answers

native ip route add blackhole $hole4
native ip -6 route add blackhole $hole6
native sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
claim_equal 'IPv6 into a black hole: by IPv4' \
	"$(fetch "[$hole6]" $kernel)" "$kernel 200"
settle
claim_equal 'IPv4 into a black hole: by IPv6' \
	"$(fetch $hole4 "[$kernel6]")" "$kernel6 200"
settle
claim_equal 'a neighbour that is not there: by IPv4' \
	"$(fetch "[fd77::99]" $kernel)" "$kernel 200"
settle

[ "$native_mode" ] && { finished=yes; exit 0; }

# ---------------------------------------------------------------- no route

claim_equal 'a stack without IPv6: by IPv4' \
	"$(families=4 fetch "[$kernel6]" $kernel)" "$kernel 200"
settle
claim_equal 'a stack without IPv4: by IPv6' \
	"$(families=6 fetch $kernel "[$kernel6]")" "$kernel6 200"
settle

# ----------------------------- a family that waits for its configuration

# methods_fetch METHODS FIRST SECOND: one static address, and one to come.
methods_fetch() {
	ip netns exec "$ns-2" env LD_PRELOAD="$preload" PYT_LINK=tap:pyt0 \
		PYT_LEASES=none PYT_IP="$1" PYT_GW=none timeout 20 curl -sS \
		-o "$tmp/got" -w '%{remote_ip} %{http_code} %{time_total}\n' \
		--resolve "both.example:80:$2,$3" \
		http://both.example/data
}
quickly() { [[ $1 == "$2 200 "[0-2].* ]]; }
got=$(methods_fetch $stack/24,auto "[$kernel6]" $kernel)
claim "no router answers: by IPv4, not after its time ($got)" \
	quickly "$got" $kernel
settle
got=$(methods_fetch $stack6/64,dhcp $kernel "[$kernel6]")
claim "no DHCP server answers: by IPv6, not after its time ($got)" \
	quickly "$got" $kernel6

finished=yes
