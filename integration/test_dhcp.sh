#!/bin/bash
# A stack without an address of its own: DHCPv4 with dnsmasq, link-local IPv4
# where there is none, and what programs see meanwhile.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }
# shellcheck source=lib_dhcp.sh
. "$(dirname "$0")/lib_dhcp.sh"
probe=$top/integration/dhcp_probe.py
py() { dhcp_run "$python" "$probe" "$@"; }

# static_run ADDRESS COMMAND...: another stack, which waits for its probes.
static_run() {
	local ip=$1
	shift

	$take_place ip netns exec "$ns-3" env LD_PRELOAD="$preload" \
		PYT_LINK=tap:pyt0 PYT_ACD=wait PYT_IP="$ip/24" PYT_GW=none "$python" "$probe" "$@"
}

lan_create 2
data "$tmp/data" 300000
start web native "$python" -m http.server -d "$tmp" -b $kernel 80
wait_tcp $kernel 80

start neighbours native ip monitor neigh
start patient static_run 10.77.0.40 nonblocking $kernel 80

# ------------------------------------------------ no server on the segment

quick=net.pyt.configure_timeout_ms=300
PYT_SYSCTL=$quick start nobody dhcp_run curl -sS http://$kernel/data
wait_end nobody
claim_equal 'without a server curl fails to connect' $? 7
claim_equal 'and one line says why' "$(grep -c '^pyt: no IPv4 address on '"\
tap:pyt0: no DHCP server has answered within 300 ms" "$tmp/nobody.log")" 1
settle
claim_equal 'connect() gives the errno of Linux' \
	"$(PYT_SYSCTL=$quick py blocking $kernel 80 2>/dev/null)" 'ENETUNREACH '
settle
claim_equal 'so does one that does not block' "$(PYT_SYSCTL=$quick py \
	nonblocking $kernel 80 2>/dev/null | tr '\n' ';')" \
	'EINPROGRESS at once;not yet writable;ENETUNREACH ;'
settle
claim_equal 'and sendto()' \
	"$(PYT_SYSCTL=$quick py udp $kernel 9 2>/dev/null)" ENETUNREACH
settle
claim_equal 'a sendto() that does not block waits no longer than a second' \
	"$(py udp-nonblocking $kernel 9 2>/dev/null)" ENETUNREACH
settle
claim_equal 'names are not found, but localhost is' \
	"$(PYT_SYSCTL=$quick py names localhost web 2>/dev/null | head -1)" \
	'localhost 127.0.0.1'
settle

claim \
	'with one family ready names wait for no other' \
	timeout 8 ip netns exec "$ns-2" env LD_PRELOAD="$preload" \
	PYT_LINK=tap:pyt0 PYT_IP=10.77.0.2/24,auto \
	"$python" "$probe" names web
settle

# ----------------------------- programs that start before there is a server

start early py nonblocking $kernel 80
start listener dhcp_run nc -l -k 5000
until_true 20 grep -q writable "$tmp/early.log"
dnsmasq_start
wait_end early
claim_equal 'a connect() of before the server comes through' \
	"$(tr '\n' ';' <"$tmp/early.log")" \
	"EINPROGRESS at once;not yet writable;0 $leased;"
wait_tcp $leased 5000
claim 'and a listener of before it is reached' native nc -z $leased 5000
stop listener
settle

# ---------------------------------------------- what ip(8) says about it

start keeper dhcp_run nc -l -k 5000
until_true 10 dhcp_run sh -c 'ip route | grep -q default'
claim_equal 'the route says whose it is' \
	"$(dhcp_run ip route show default | sed 's/ *$//')" \
	"default via $kernel dev pyt0 proto dhcp src $leased metric 1024"
claim_equal 'one by hand goes before it' \
	"$(dhcp_run sh -c "ip route add default via 10.77.0.9 &&
		ip route get 192.0.2.1" | head -1 | sed 's/ uid.*//')" \
	"192.0.2.1 via 10.77.0.9 dev pyt0 src $leased"
stop keeper
settle

# ------------------------------------------------------------ a cold start

rm -f "$tmp/leases"/*
dnsmasq_stop
dnsmasq_start
claim 'curl by a short name, from a cold start' \
	dhcp_run curl -sS -o "$tmp/got" http://web/data
claim_same 'the file is whole' "$tmp/got" "$tmp/data"
for said in DISCOVER OFFER REQUEST ACK; do
	claim "the server has seen $said" said "DHCP$said"
done
claim_equal 'the lease is kept for its user alone' \
	"$(stat -c '%a %n' "$tmp/leases"/* | sed "s|$tmp/||")" \
	'600 leases/tap-pyt0.dhcp4'
settle
dnsmasq_stop
dnsmasq_start
claim 'the next stack' dhcp_run curl -sS -o "$tmp/got" http://web/data
claim 'asks for the same address at once' said "DHCPREQUEST.*$leased"
claim_equal 'and for no other' "$(grep -c DHCPDISCOVER "$tmp/dnsmasq.log")" 0
settle

# --------------------------------- a lease of before that is not valid now

dnsmasq_stop
dnsmasq_start --dhcp-range=10.77.0.60,10.77.0.60,255.255.255.0,120
claim_equal 'one that the server refuses is replaced' \
	"$(py blocking $kernel 80)" '0 10.77.0.60'
claim 'after a NAK' said DHCPNAK
settle

# ------------------------------------------------- the server has gone

dnsmasq_stop
rm -f "$tmp/leases"/*
dnsmasq_start
py blocking $kernel 80 >/dev/null
settle
dnsmasq_stop
claim_equal 'without a server the router vouches for the kept lease' \
	"$(PYT_SYSCTL=$quick py blocking $kernel 80)" "0 $leased"
settle

# -------------------------------------------- somebody else has the address

rm -f "$tmp/leases"/*
native ip addr add $leased/32 dev lan0
dnsmasq_start
start victim dhcp_run nc -l -k 5000
until_true 20 said DHCPDECLINE
claim 'a conflicting address is declined' said DHCPDECLINE
claim 'and told' grep -q "$leased is already used on this link" \
	"$tmp/victim.log"
stop victim
dnsmasq_stop
native ip addr del $leased/32 dev lan0
settle

# ------------------------------------------------------------ given back

dnsmasq_start
leases=none claim 'a program that keeps no lease' dhcp_run nc -z $kernel 80
claim 'gives it back at its end' until_true 20 said "DHCPRELEASE.*$leased"

# ------------------------------ an address of one's own, the rest from DHCP

methods=10.77.0.44/24,dhcpinform claim 'curl by a short name that DHCP tells' \
	dhcp_run curl -sS -o "$tmp/got" http://web/data
claim_same 'the file is whole' "$tmp/got" "$tmp/data"
claim 'no address was asked for' said 'DHCPINFORM.* 10.77.0.44'
settle

# ---------------------- links of one name in two namespaces on the segment

mac_of() {
	sed -n "s/^$1 dev lan0 lladdr \([^ ]*\).*/\1/p" "$tmp/neighbours.log" |
		tail -n 1
}
wait_end patient
leases=none py blocking $kernel 80 >/dev/null
first=$(mac_of $leased)
claim_match 'the MAC of a stack is of its own making' "$first" '^.[26ae]:'
other=$(mac_of 10.77.0.40)
claim 'in another namespace it is another' \
	[ "$other" -a "$other" != "$first" ]
settle
leases=none py blocking $kernel 80 >/dev/null
claim_equal 'and at the next start it is the same' "$(mac_of $leased)" "$first"
settle
dnsmasq_stop

# ------------------------------------------------------- one more server

cat >"$tmp/udhcpd.conf" <<-EOF
	start 10.77.0.70
	end 10.77.0.70
	interface lan0
	lease_file $tmp/udhcpd.leases
	option subnet 255.255.255.0
	option router $kernel
	option lease 60
EOF
: >"$tmp/udhcpd.leases"
start udhcpd native busybox udhcpd -f "$tmp/udhcpd.conf"
wait_idle udhcpd
claim_equal "busybox's server is understood as well" \
	"$(leases=none py blocking $kernel 80)" '0 10.77.0.70'

# ------------------------------------- static addresses that wait, meanwhile

claim_equal 'with PYT_ACD=wait a static address is used in the end' \
	"$(tr '\n' ';' <"$tmp/patient.log")" \
	'EINPROGRESS at once;not yet writable;0 10.77.0.40;'
claim_equal 'one that somebody has is not' \
	"$(static_run $kernel blocking 10.77.0.9 80 2>"$tmp/taken.log")" \
	'EADDRNOTAVAIL '
claim 'and that is told' grep -q "$kernel is already used" "$tmp/taken.log"

finished=yes
