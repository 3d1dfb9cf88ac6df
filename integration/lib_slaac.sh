# Sourced behind lib.sh: routers that advertise, and programs on a stack that
# has nothing but what they tell.
# shellcheck shell=bash

probe=$top/integration/slaac_probe.py

# The stack's namespace without any address; PYT_IP says what else.
auto_run() {
	$take_place ip netns exec "$ns-2" env LD_PRELOAD="$preload" \
		PYT_LINK=tap:pyt0 PYT_LEASES="${leases-$tmp/leases}" \
		PYT_IP="${methods-auto}" "$@"
}
py() { auto_run timeout 40 "$python" "$probe" "$@"; }

# router_add NAME: another router on the segment, link-local address and all.
router_add() {
	namespace_add "$ns-$1"
	ip -n "$ns" link add "port-$1" type veth peer name lan0 netns "$ns-$1"
	ip -n "$ns" link set "port-$1" master lan0 up
	ip -n "$ns-$1" link set lan0 up
	ip netns exec "$ns-$1" sysctl -qw net.ipv6.conf.all.forwarding=1
}
on() {
	$take_place ip netns exec "$ns-$1" "${@:2}"
}

# advertise NAME RUN...: radvd with the options for lan0 on standard input.
advertise() {
	local name=$1
	shift

	{
		echo 'interface lan0 { AdvSendAdvert on;'
		echo 'MinRtrAdvInterval 3; MaxRtrAdvInterval 4;'
		cat
		echo '};'
	} >"$tmp/$name.conf"
	start "$name" "$@" radvd -n -C "$tmp/$name.conf" -p "$tmp/$name.pid" \
		-m stderr
}

# readvertise NAME: with other options, on standard input.
readvertise() {
	{
		echo 'interface lan0 { AdvSendAdvert on;'
		echo 'MinRtrAdvInterval 3; MaxRtrAdvInterval 4;'
		cat
		echo '};'
	} >"$tmp/$1.conf"
	kill -HUP "${pid_of[$1]}"
}

prefix() {
	echo "prefix $1::/64 { AdvOnLink on; AdvAutonomous on;" \
		"AdvValidLifetime ${2:-600}; AdvPreferredLifetime ${3:-600}; };"
}

# A server that says who it is.
says() {
	start "$1-says" "${@:3}" socat "TCP6-LISTEN:7,fork,reuseaddr" \
		"SYSTEM:echo $2"
}

no_stack() { ! ip netns exec "$ns-2" grep -q pyt/t /proc/net/unix; }
settle() { until_true 20 no_stack; }

# router_ready RUN...: lan0 there has a link-local address that is proved.
link_is_proved() {
	"$@" ip -6 addr show dev lan0 scope link -tentative | grep -q fe80
}
router_ready() {
	until_true 20 link_is_proved "$@" ||
		claim "lan0 of $* is ready" false
}
