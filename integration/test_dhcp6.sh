#!/bin/bash
# DHCPv6 as routers ask for it: a cold start with dnsmasq, names alone with
# the O flag, and ISC's server with leases of seconds, renewed and rebound.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }
# shellcheck source=lib_slaac.sh
. "$(dirname "$0")/lib_slaac.sh"

mine=fd66:6::1
lan_create
ip -n "$ns" addr add $mine/64 dev lan0 nodad
native sysctl -qw net.ipv6.conf.all.forwarding=1
data "$tmp/data" 100000
start web native "$python" -m http.server -d "$tmp" -b $mine 80
says here here native
wait_tcp $mine 80
wait_tcp $mine 7
router_ready native

said() { grep -Eq "$1" "$tmp/$2.log"; }
dnsmasq_start() {
	start dnsmasq native dnsmasq -d -C /dev/null --log-dhcp --no-resolv \
		--no-hosts --address=/web.lan.example/$mine --enable-ra \
		--domain=lan.example --ra-param=lan0,3,30 --interface=lan0 \
		--dhcp-leasefile="$tmp/dnsmasq.leases" --bind-interfaces \
		"--dhcp-option=option6:dns-server,[$mine]" \
		"--dhcp-option=option6:domain-search,lan.example" "$@"
	until_true 20 said 'enabled on lan0|router advertisement on' dnsmasq
}

# ----------------------------------------------- the M flag: addresses too

dnsmasq_start --dhcp-range=fd66:6::50,fd66:6::50,64,120
claim 'curl by a short name, from a cold start' \
	auto_run curl -sS -o "$tmp/got" http://web/data
claim_same 'the file is whole' "$tmp/got" "$tmp/data"
claim 'the server has seen a solicit' said DHCPSOLICIT dnsmasq
claim 'and answered at once' said 'DHCPREPLY' dnsmasq
settle
claim_equal 'the address is the one that it gave' "$(py reach $mine 7)" \
	'fd66:6::50 here'
settle
claim_equal 'the lease is kept for its user alone' \
	"$(stat -c '%a %n' "$tmp/leases"/*6 | sed "s|$tmp/||")" \
	'600 leases/tap-pyt0.dhcp6'
claim_equal 'so that only the first stack has asked for one' \
	"$(grep -c DHCPSOLICIT "$tmp/dnsmasq.log")" 1
claim 'the next one has it confirmed' said DHCPCONFIRM dnsmasq
leases=none py reach $mine 7 >/dev/null
claim 'without a file it is given back' until_true 20 said DHCPRELEASE dnsmasq
settle
stop dnsmasq

# Another network: another address, and the first one is given up.
ip -n "$ns" addr add fd66:7::1/64 dev lan0 nodad
dnsmasq_start --dhcp-range=fd66:7::50,fd66:7::50,64,120
answered_from() { [ "$(py reach fd66:6::1 7)" = "$1 here" ]; }
claim 'on another link the address is given up' \
	until_true 20 answered_from fd66:7::50
claim 'since a server says so' said DHCPCONFIRM dnsmasq
settle
stop dnsmasq
ip -n "$ns" addr del fd66:7::1/64 dev lan0

# ------------------------------------------- the O flag: name servers alone

dnsmasq_start --dhcp-range=fd66:6::,ra-stateless,ra-names
claim 'an address of the prefix, names by DHCPv6' \
	auto_run curl -sS -o "$tmp/got" http://web.lan.example/data
claim 'only information was asked for' \
	said DHCPINFORMATION-REQUEST dnsmasq
claim 'and nothing else' eval '! said DHCPSOLICIT dnsmasq'
settle
stop dnsmasq

# A router that sends to a server that is not there.
advertise managed native < <(echo 'AdvManagedFlag on;')
PYT_SYSCTL=net.pyt.configure_timeout_ms=300 leases=none \
	py reach $mine 7 >"$tmp/unserved" 2>&1
claim_match 'without a server it is not waited for longer than the sysctl says' \
	"$(cat "$tmp/unserved")" 'no IPv6 address on tap:pyt0: no DHCPv6 server'
claim_match 'and as on Linux the link-local address must do' \
	"$(tail -n 1 "$tmp/unserved")" '^fe80::.* here'
settle
stop managed

# Names from nobody but DHCPv6: the first getaddrinfo() waits for them.
advertise names native < <(echo 'AdvOtherConfigFlag on;'; prefix fd66:6)
dnsmasq_quiet() {
	start dnsmasq native dnsmasq -d -C /dev/null --log-dhcp --no-resolv \
		--no-hosts --address=/web.lan.example/$mine --interface=lan0 \
		--dhcp-range=fd66:6::,static,64 --bind-interfaces \
		"--dhcp-option=option6:dns-server,[$mine]" \
		--dhcp-leasefile="$tmp/dnsmasq.leases"
	until_true 20 said 'sockets bound' dnsmasq
}
dnsmasq_quiet
PYT_IMPAIR=delay=30ms \
	claim 'a name server that only DHCPv6 tells is waited for' \
	auto_run curl -sS -o "$tmp/got" http://web.lan.example/data
claim_same 'and the file is whole' "$tmp/got" "$tmp/data"
settle
stop dnsmasq
claim_equal 'one that tells nothing is given up' \
	"$(py names web.lan.example 2>&1 | tail -1)" \
	'web.lan.example Temporary failure in name resolution'
settle
stop names

# --------------------------------------------------------- leases of seconds

advertise radvd native < <(
	echo 'AdvManagedFlag on;'
	echo 'prefix fd66:6::/64 { AdvOnLink on; AdvAutonomous off; };'
)
cat >"$tmp/dhcpd.conf" <<END
default-lease-time 8;
preferred-lifetime 7;
option dhcp-renewal-time 1;
option dhcp-rebinding-time 4;
option dhcp6.name-servers $mine;
subnet6 fd66:6::/64 { range6 fd66:6::60 fd66:6::60; }
END
: >"$tmp/dhcpd6.leases"
start dhcpd native dhcpd -6 -f -d --no-pid -cf "$tmp/dhcpd.conf" \
	-lf "$tmp/dhcpd6.leases" lan0
until_true 20 said 'Listening|Server starting' dhcpd
start keeper auto_run nc -6 -l -k 5000
claim 'a lease' until_true 15 native nc -6 -z fd66:6::60 5000
claim 'is renewed' until_true 20 said 'Renew message' dhcpd
kill -9 "${pid_of[dhcpd]}"
claim 'without its server' native nc -6 -z fd66:6::60 5000
start dhcpd2 native dhcpd -6 -f -d --no-pid -cf "$tmp/dhcpd.conf" \
	-lf "$tmp/dhcpd6.leases" lan0
claim 'any is asked' until_true 15 said 'Re(bind|new) message' dhcpd2
kill -9 "${pid_of[dhcpd2]}"
gone() { ! native nc -6 -z -w 1 fd66:6::60 5000; }
claim 'and when none answers, the address goes with its time' \
	until_true 20 gone
stop keeper

finished=yes
