#!/bin/bash
# A lease of a few seconds, with ISC's server: renewed, rebound, lost; and a
# segment without a server, where link-local addresses must do.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }
# shellcheck source=lib_dhcp.sh
. "$(dirname "$0")/lib_dhcp.sh"

lan_create 2
: >"$tmp/dhcpd.leases"

# dhcpd_start SERVER_ID: grants one address for 6 seconds. It is told to be
# another server by its identifier alone.
dhcpd_start() {
	cat >"$tmp/dhcpd.conf" <<-EOF
		authoritative;
		ping-check false;
		default-lease-time 6;
		max-lease-time 6;
		min-lease-time 6;
		server-identifier $1;
		option domain-name "isc.example";
		option domain-name-servers $kernel;
		option rfc3442 code 121 = array of integer 8;
		subnet 10.77.0.0 netmask 255.255.255.0 {
			range $leased $leased;
			option routers 10.77.0.9;
			option rfc3442 0, 10, 77, 0, 1,
				24, 192, 0, 2, 10, 77, 0, 1;
		}
	EOF
	chmod 644 "$tmp/dhcpd.conf"
	rm -f "$tmp/dhcpd.pid"
	start dhcpd native dhcpd -4 -d -cf "$tmp/dhcpd.conf" -user root \
		-group root -lf "$tmp/dhcpd.leases" -pf "$tmp/dhcpd.pid" lan0
	until_true 20 grep -q 'Sending on' "$tmp/dhcpd.log"
}

dhcp_holder() {
	PYT_LOG=info dhcp_run nc -l -k 5000
}
# Its server has no address left for it.
lonely() {
	$take_place ip netns exec "$ns-3" env LD_PRELOAD="$preload" \
		PYT_LINK=tap:pyt0 PYT_MAC=02:00:00:00:00:33 \
		PYT_LEASES=none PYT_IP=dhcp,linklocal \
		PYT_SYSCTL=net.pyt.linklocal_delay_ms=0 PYT_LOG=info \
		nc -l -k 5000
}

start holder dhcp_holder
dhcpd_start $kernel
wait_tcp $leased 5000
claim 'a stack behind ISC dhcpd is reached' native nc -z $leased 5000
start lonely lonely

# A renewal goes to the server alone: no broadcast is asked for.
renewed() { [ "$(grep -c "DHCPREQUEST for $leased.* via lan0" \
	"$tmp/dhcpd.log")" -ge 2 ]; }
claim 'the lease is renewed in its time' until_true 20 renewed
claim 'and it is reached all the while' native nc -z $leased 5000

# The server is another one now: it is not obeyed before the time to rebind.
stop dhcpd
dhcpd_start 10.77.0.250
acked() { [ "$(grep -c "DHCPACK on $leased" "$tmp/dhcpd.log")" -ge 2 ]; }
claim 'another server binds it again' until_true 20 acked
claim 'it is reached as ever' native nc -z $leased 5000
claim_equal 'the address never went' \
	"$(grep -c 'is ours no more' "$tmp/holder.log")" 0

# ----------------------------------------------------- the server is dead

stop dhcpd
lost() { grep -q "$leased is ours no more" "$tmp/holder.log"; }
claim 'without any server the lease ends' until_true 20 lost
claim 'which is said' grep -q 'the lease is over, no server has renewed it' \
	"$tmp/holder.log"

# ------------------------------------------------------------- link-local

configured() { grep -q 'IPv4 is configured' "$tmp/lonely.log"; }
claim 'a stack that no server wants configures itself' \
	until_true 12 configured
own=$(sed -n 's/.* no DHCP server answers; trying //p' "$tmp/lonely.log")
claim_match 'with a link-local address' "$own" '^169\.254\.[0-9]+\.[0-9]+$'
native ip addr add 169.254.3.1/16 dev lan0
wait_tcp "$own" 5000
claim 'where its neighbours reach it' native nc -z "$own" 5000
stop holder
stop lonely
finished=yes
