# Sourced behind lib.sh: DHCP servers on the kernel's side, and programs on a
# stack that has nothing but what they tell.
# shellcheck shell=bash

mkdir -p "$tmp/leases"
leased=10.77.0.50

# The stack's namespace without any address; PYT_IP says what else.
dhcp_run() {
	$take_place ip netns exec "$ns-2" env LD_PRELOAD="$preload" \
		PYT_LINK=tap:pyt0 PYT_LEASES="${leases-$tmp/leases}" \
		PYT_IP="${methods-dhcp}" "$@"
}

# dnsmasq_start [OPTION...]: a server of one address, unless told otherwise.
dnsmasq_start() {
	local range=10.77.0.50,10.77.0.50

	[[ " $* " == *" --dhcp-range="* ]] && range=
	start dnsmasq native dnsmasq -d -C /dev/null --no-ping --log-dhcp \
		--dhcp-authoritative --no-resolv --no-hosts \
		--address=/web.lan.example/$kernel --domain=lan.example \
		${range:+--dhcp-range=$range,255.255.255.0,120} \
		--dhcp-leasefile="$tmp/dnsmasq.leases" --interface=lan0 \
		--bind-interfaces "$@"
	wait_idle dnsmasq
}

dnsmasq_stop() {
	stop dnsmasq
	cat "$tmp/dnsmasq.log" >>"$tmp/dnsmasq.all"
	rm -f "$tmp/dnsmasq.leases"
}

said() { grep -Eq "$1" "$tmp/${2:-dnsmasq}.log"; }

# The next program shall have a stack of its own.
no_stack() { ! ip netns exec "$ns-2" grep -q pyt/t /proc/net/unix; }
settle() { until_true 20 no_stack; }
