#!/bin/bash
# Kea behind ISC's relay, IPv4 and IPv6 at once, with leases of four seconds:
# renewed, rebound with another server, refused, lost, declined.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }
# shellcheck source=lib_slaac.sh
. "$(dirname "$0")/lib_slaac.sh"

#   stack --- lan0 [relay, router] up0 --- up0 [kea]
lan_create
namespace_add "$ns-kea"
ip -n "$ns" link add up0 type veth peer name up0 netns "$ns-kea"
ip -n "$ns" addr add 10.88.0.1/24 dev up0
ip -n "$ns" addr add fd88::1/64 dev up0 nodad
ip -n "$ns" link set up0 up
ip -n "$ns-kea" addr add 10.88.0.2/24 dev up0
ip -n "$ns-kea" addr add fd88::2/64 dev up0 nodad
ip -n "$ns-kea" link set up0 up
ip -n "$ns-kea" route add default via 10.88.0.1
ip -n "$ns-kea" route add default via fd88::1
native sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
router_ready native
until_true 20 link_is_proved ip netns exec "$ns-kea" env true

# kea_start 4|6 SERVER FIRST LAST [SECONDS]: grants FIRST to LAST of the
# segment's network for so long. SERVER tells servers apart.
kea_conf() {
	local family=$1 server=$2 pool="10.77.0.$3 - 10.77.0.$4"
	local subnet=10.77.0.0/24 more='"authoritative": true,'
	local option='"routers", "data": "10.77.0.1"'

	if [ "$family" = 6 ]; then
		pool="fd77::$3 - fd77::$4" subnet=fd77::/64
		more='"preferred-lifetime": '${5:-4}', "server-id": { "type": "EN",
			"persist": false, "enterprise-id": 1, "identifier": "'$server$server'" },'
		option='"dns-servers", "data": "fd77::1"'
	fi
	cat <<-END
	{ "Dhcp$family": {
		"interfaces-config": { "interfaces": [
			"up0$([ "$family" = 4 ] || echo /fd88::2)" ]
			$([ "$family" = 6 ] || echo ', "dhcp-socket-type": "udp"') },
		"lease-database": { "type": "memfile", "persist": false },
		"valid-lifetime": ${5:-4}, "renew-timer": 1, "rebind-timer": 3, $more
		"subnet$family": [ { "subnet": "$subnet",
			"pools": [ { "pool": "$pool" } ],
			"option-data": [ { "name": $option } ] } ],
		"loggers": [ { "name": "kea-dhcp$family", "severity": "DEBUG",
			"debuglevel": 55,
			"output_options": [ { "output": "stdout" } ] } ]
	} }
	END
}
kea_start() {
	kea_conf "$@" >"$tmp/kea$1.conf"
	start "kea$1" ip netns exec "$ns-kea" env KEA_LOCKFILE_DIR=none \
		KEA_PIDFILE_DIR="$tmp" "kea-dhcp$1" -c "$tmp/kea$1.conf"
	until_true 20 said "DHCP$1_STARTED" "kea$1"
}
kea_stop() {
	kill -9 "${pid_of[kea$1]}"
	wait "${pid_of[kea$1]}" 2>/dev/null
	rm -f "$tmp"/kea*.pid
}
said() { grep -Eq "$1" "$tmp/$2.log"; }
reached() { native nc -z -w 1 "$1" 5000; }
# count PATTERN NAME: how often it was said.
count() { grep -Ec "$1" "$tmp/$2.log"; }
again() { [ "$(count "$1" "$2")" -gt "$3" ]; }

holder() {
	PYT_LOG=info:$tmp/stack.log methods=dhcp,auto auto_run socat \
		TCP6-LISTEN:5000,fork,reuseaddr SYSTEM:'echo here'
}
kea_start 4 1 50 50
kea_start 6 1 50 50
start relay4 native dhcrelay -4 -d -iu up0 -id lan0 10.88.0.2
start relay6 native dhcrelay -6 -d -l lan0 -u fd88::2%up0
advertise radvd native < <(
	echo 'AdvManagedFlag on;'
	echo 'prefix fd77::/64 { AdvOnLink on; AdvAutonomous off; };'
)
start holder holder

# ------------------------------------------------- by way of a relay agent

claim 'kea gives an IPv4 address' until_true 20 reached 10.77.0.50
claim 'and an IPv6 address' until_true 20 reached fd77::50
claim 'by the relay' said 'Forwarded BOOTREPLY' relay4
claim 'by both' said 'Relaying Reply to fe80' relay6
claim 'DHCPv4 renews with its server' \
	until_true 20 again DHCP4_LEASE_ALLOC kea4 2
claim 'so does DHCPv6' until_true 20 said 'DHCP6_PACKET_RECEIVED.*RENEW' kea6

# ------------------------------ another server: no renewal, but a rebinding

kea_stop 4
kea_stop 6
native sysctl -qw net.ipv4.ip_forward=0 # its own server is out of reach
kea_start 4 2 50 50 60
kea_start 6 2 50 50 60
claim 'another server binds the IPv4 address again' \
	until_true 20 said DHCP4_LEASE_ALLOC kea4
claim 'and the IPv6 address' until_true 20 said 'DHCP6_(LEASE_ALLOC|RENEW_LEASE|LEASE_RENEW)|DHCP6_PACKET_SEND.*REPLY' kea6
claim 'after a Rebind' said 'DHCP6_PACKET_RECEIVED.*REBIND' kea6
claim_equal 'nothing was lost meanwhile' \
	"$(count 'is ours no more' stack)" 0
native sysctl -qw net.ipv4.ip_forward=1

# --------------------------------------------------------------- refused

stop holder
settle
kea_stop 4
kea_stop 6
kea_start 4 2 60 61
kea_start 6 2 60 61
start holder holder
claim 'a server that refuses the kept IPv4 address gives another one' \
	until_true 20 reached 10.77.0.60
claim 'after a NAK' said 'DHCP4_PACKET_SEND.*DHCPNAK' kea4
claim 'one that confirms the IPv6 address' \
	until_true 20 said 'DHCP6_PACKET_RECEIVED.*CONFIRM' kea6
claim 'gives another one when it is to be renewed' \
	until_true 20 reached fd77::60
lost() { said "$1 is ours no more" stack; }
claim 'and the first one is gone' until_true 20 lost fd77::50

# ----------------------------------------------------- the servers are dead

kea_stop 4
kea_stop 6
claim 'without any server the IPv4 address goes' \
	until_true 20 lost 10.77.0.60
claim 'and the IPv6 address' until_true 20 lost fd77::60

# -------------------------------------------------------------- declined

native ip addr add 10.77.0.60/32 dev lan0
native ip addr add fd77::60/128 dev lan0 nodad
kea_start 4 2 60 61
kea_start 6 2 60 61
claim 'an IPv4 address that somebody has is declined' \
	until_true 20 said DHCP4_DECLINE_LEASE kea4
claim 'an IPv6 address, too' until_true 20 said DHCP6_DECLINE_LEASE kea6
claim 'and the next one is used' until_true 20 reached fd77::61
stop holder

finished=yes
