#!/bin/bash
# A host on two LANs: one stack with two links. The second LAN is 10.78.0.0/24
# and fd78::/64, with the kernel's side at .1 and the stack at .2.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
probe=$top/integration/interfaces_probe.py
host=$ns-2
far=192.0.2.1		# behind both gateways

if [ "$native_mode" ]; then
	first=eth0 second=eth1
else
	first=pyt0 second=pyt1
fi

second_lan() {
	ip -n "$ns" link add lan1 type bridge
	ip -n "$ns" addr add 10.78.0.1/24 dev lan1
	ip -n "$ns" addr add fd78::1/64 dev lan1 nodad
	ip -n "$ns" addr add $far/32 dev lo
	ip -n "$ns" link set lan1 up
	ip -n "$ns" link add port1 type veth peer name eth1 netns "$host"
	ip -n "$ns" link set port1 master lan1 up
	ip -n "$host" link set eth1 up
	if [ "$native_mode" ]; then
		ip -n "$host" addr add 10.78.0.2/24 dev eth1
		ip -n "$host" addr add fd78::2/64 dev eth1 nodad
		ip -n "$host" route add default via 10.78.0.1 metric 16
		return
	fi
	ip -n "$host" tuntap add dev pyt1 mode tap
	ip -n "$host" link add br1 type bridge
	ip -n "$host" link set eth1 master br1
	ip -n "$host" link set pyt1 master br1 up
	ip -n "$host" link set br1 up
}

# two_run COMMAND...: on the stack with both links, each with a gateway.
two_run() {
	if [ "$native_mode" ]; then
		$take_place ip netns exec "$host" "$@"
	else
		$take_place ip netns exec "$host" env LD_PRELOAD="$preload" \
			PYT_LINK=tap:pyt0 PYT_IP=$stack4/24,$stack6/64 \
			PYT_GW=$kernel4 PYT_LINK2=tap:pyt1 \
			PYT_IP2="${ip2-10.78.0.2/24,fd78::2/64}" \
			PYT_GW2="${gw2-10.78.0.1}" PYT_LEASES=none "$@"
	fi
}
ask() { two_run timeout 60 "$python" "$probe" "$@"; }
lines() { tr '\n' ';'; }
# What could not be asked says nothing.
no_stack() {
	local names

	names=$(ip netns exec "$host" cat /proc/net/unix) &&
		[[ $names != *pyt/t* ]]
}
settle() { until_true 20 no_stack || claim 'the stack ends in time' no_stack; }
link_local_of() {
	ip -n "$ns" -o -6 addr show dev "$1" scope link | grep -o 'fe80[^/]*'
}

lan_create
second_lan
start web native "$python" -m http.server -d "$tmp" -b :: 80
start echo native "$python" -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 9))
while True:
    _, peer = s.recvfrom(200)
    s.sendto(peer[0].encode(), peer)'
wait_tcp $kernel 80
wait_idle echo

# ----------------------------------------------------------- the system's view

claim_equal 'the interfaces have names and numbers' "$(ask names | lines)" \
	"1 lo True;2 $first True;3 $second True;"
claim_equal 'and addresses of their own' \
	"$(ask addresses $first $second | lines)" \
	"$first 10.77.0.2;$second 10.78.0.2;"
claim_match 'ip(8) shows both' "$(two_run ip -br -4 addr show | lines)" \
	"$first[^;]*10.77.0.2/24[^;]*;$second[^;]*10.78.0.2/24"
claim_match 'and which gateway comes first' \
	"$(two_run ip route show default | sed 's/ *$//' | lines)" \
	"^default via 10.77.0.1 dev $first.*;default via 10.78.0.1 dev $second.*metric 16;"
claim_match '/proc/net/dev counts them apart' \
	"$(two_run cat /proc/net/dev | cut -d: -f1 | tr -d ' \n')" \
	".*lo.*$first.*$second"

# -------------------------------------------------------------- where things go

for ip in 10.77.0.1 10.78.0.1 '[fd77::1]' '[fd78::1]'; do
	own=${ip%1]}; own=${own#[}; own=${own%1}2
	claim_equal "curl reaches $ip from $own" "$(two_run curl -sS \
		-o /dev/null -w '%{local_ip} %{http_code}' "http://$ip/")" \
		"$own 200"
done
claim_equal 'a device that a socket is bound to decides' \
	"$(ask connect 10.78.0.1 $first; ask connect 10.78.0.1 $second
	   ask connect $far $second)" '10.77.0.2
10.78.0.2
10.78.0.2'
claim_equal 'a device that is not there' "$(ask connect 10.78.0.1 pyt9)" \
	'No such device'
claim_equal 'IP_PKTINFO says by which link, both ways' \
	"$(ask packet_info 9 $first@10.77.0.1 $second@10.78.0.1 \
		@10.78.0.1 $second@$far | lines)" \
	"10.77.0.2 $first;10.78.0.2 $second;10.78.0.2 $second;10.78.0.2 $second;"
claim_equal 'IP_UNICAST_IF, too' "$(ask unicast_if $far $first $second |
	lines)" "$first 10.77.0.2;$second 10.78.0.2;"

ll0=$(link_local_of lan0) ll1=$(link_local_of lan1)
claim_equal 'link-local addresses are reached on their link' \
	"$(ask link_local "$ll0" $first; ask link_local "$ll1" $second)" \
	"fe80... $first
fe80... $second"
claim_equal 'and nowhere without one' "$(ask link_local "$ll1" -)" \
	'Invalid argument'
claim_equal 'own ones are bound on their link' \
	"$(ask bind_link_local $second $second
	   ask bind_link_local $second $first)" "$second
Cannot assign requested address"
claim_match 'curl knows the link by its name' "$(two_run curl -gsS \
	-o /dev/null -w '%{http_code}' "http://[$ll1%25$second]/")" '^200$'

# ----------------------------------------------------------------- servers

start server two_run "$python" -m http.server -d "$tmp" -b :: 8080
wait_tcp 10.77.0.2 8080
for ip in 10.77.0.2 10.78.0.2 '[fd77::2]' '[fd78::2]'; do
	claim "a server is reached at $ip" \
		native curl -sS -m 20 -o /dev/null "http://$ip:8080/"
done
# The weak model of hosts (RFC 1122, 3.3.4.2), Linux's for IPv4.
native ip route add 10.78.0.2/32 dev lan0
claim 'also at the address of the one link by the other' \
	native curl -sS -m 20 -o /dev/null http://10.78.0.2:8080/
native ip route del 10.78.0.2/32 dev lan0
stop server

start member two_run timeout 60 "$python" "$probe" groups 239.1.2.3 7000 \
	$second
until_true 20 grep -q joined "$tmp/member.log"
for lan in lan0 lan1; do
	native "$python" -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(0, socket.IP_MULTICAST_IF, socket.inet_aton('10.7${lan#lan}.0.1'
    .replace('10.70', '10.77').replace('10.71', '10.78')))
s.sendto(b'$lan', ('239.1.2.3', 7000))"
done
wait_end member
claim_equal 'a group is joined on one link' "$(tail -n 1 "$tmp/member.log")" \
	"lan1 $second"

# ----------------------------------------------------------------- failover

claim_equal 'the first gateway is used' "$(ask connect $far)" 10.77.0.2
# Linux goes on with a gateway that is silent while its link is up.
[ "$native_mode" ] && { finished=yes; exit 0; }
ip -n "$ns" link set port2 down
claim_equal 'a cable is pulled: the second takes over' \
	"$(ask until_connected $far 20)" 10.78.0.2
ip -n "$ns" link set port2 up

start holder two_run nc -l 9999
wait_tcp 10.78.0.2 9999
# In a shell of its own, or the stack would stay for this one's sake.
(two_run ip link set pyt0 down; true)
claim_equal 'so it does when the first link is taken down' \
	"$(ask connect $far)" 10.78.0.2
(two_run ip link set pyt0 up; true)
claim_equal 'until it is up again' "$(ask connect $far)" 10.77.0.2

# ---------------------------------------------------------- the stack's name

view() { ip netns exec "$host" env PYT_LINK=tap:pyt1 "$top/scripts/pyt" "$@"; }
claim_match 'pyt ls: a line for each link, with its addresses' \
	"$(view ls | grep -c 10.77.0.2; view ls | grep 10.78.0.2)" \
	'^1.tap:pyt1 [^;]*10.78.0.2/24'
claim_match 'pyt why' "$(view why 10.78.0.9 | lines)" 'link:   pyt1;'
claim_match 'pyt why, by a link that is named' \
	"$(view why fe80::1%pyt1 | lines)" \
	'^to:     fe80::1 by pyt1;.*link:   pyt1;'
claim_equal 'or is not there' "$(view why 10.77.0.1%pyt7 2>&1 >/dev/null)" \
	'pyt: the stack has no link pyt7'
claim_match 'the second link leads to the same stack, too' \
	"$(ip netns exec "$host" env LD_PRELOAD="$preload" PYT_LINK=tap:pyt1 \
		ip -br addr show dev pyt0)" 10.77.0.2
stop holder
settle

# ---------------------------------------------------------- frames of one link

start holder two_run nc -l 9999
wait_tcp 10.78.0.2 9999
start sniffer two_run timeout 40 tcpdump -nli $second -c 2 icmp
until_true 20 grep -q 'listening on' "$tmp/sniffer.log"
claim 'both gateways are pinged' two_run ping -qc 1 10.77.0.1
claim 'the second one, too' two_run ping -qc 1 10.78.0.1
wait_end sniffer
claim_equal 'tcpdump on the second link sees its frames alone' \
	"$(grep -o 'IP .*: ICMP echo re[a-z]*' "$tmp/sniffer.log" | lines)" \
	'IP 10.78.0.2 > 10.78.0.1: ICMP echo request;IP 10.78.0.1 > 10.78.0.2: ICMP echo reply;'
stop holder
settle

# ------------------------------------------------ a link while the stack runs

one_run() {
	$take_place ip netns exec "$host" env LD_PRELOAD="$preload" \
		PYT_LINK=tap:pyt0 PYT_IP=$stack4/24 PYT_GW=none "$@"
}
link_add() { ip netns exec "$host" "$top/scripts/pyt" "$@" link add; }
claim_match 'without a stack there is none to add a link to' \
	"$(link_add --link2 tap:pyt1 2>&1)" '^pyt: no stack runs on tap:pyt0; pyt ls'
start server one_run "$python" -m http.server -d "$tmp" 8080
wait_tcp 10.77.0.2 8080
claim_equal 'a link is added' \
	"$(link_add --link2 tap:pyt1 --ip2 10.78.0.2/24 2>&1)" \
	'tap:pyt1: added, interface pyt1, index 3'
claim 'the server is reached by it' \
	native curl -sS -m 20 -o /dev/null http://10.78.0.2:8080/
claim 'and as before' native curl -sS -m 20 -o /dev/null http://10.77.0.2:8080/
claim_equal 'another program uses it' \
	"$(one_run timeout 60 "$python" "$probe" connect 10.78.0.1)" 10.78.0.2
claim_equal 'once is enough' "$(link_add --link2 tap:pyt1 2>&1)" \
	'tap:pyt1: is there already'
tool_add() { ip netns exec "$host" env "$@" "$top/build/pyt-link" add 2>&1; }
claim_equal 'another one of its number is refused' \
	"$(tool_add PYT_LINK2=tap:pyt7)" \
	'pyt: link: tap:pyt7: the stack has another link of this number; see: pyt ls'
claim_match 'and one that is not there' \
	"$(tool_add PYT_LINK2=tap:pyt1 PYT_LINK3=unix:/none)" \
	'pyt: link: unix:/none: nobody listens there; '
start passt_like native "$python" -c "
import socket
s = socket.socket(socket.AF_UNIX)
s.bind('$tmp/socket')
s.listen()
c, _ = s.accept()
print(len(c.recv(9)) > 0, flush=True)
c.recv(1)"
until_true 20 test -S "$tmp/socket"
claim_equal 'a socket is a link, too' \
	"$(tool_add PYT_LINK2=tap:pyt1 PYT_IP3=10.79.0.2/24 \
		PYT_LINK3=unix:"$tmp/socket" | tail -n 1)" \
	"unix:$tmp/socket: added, interface pyt2, index 4"
until_true 20 grep -q True "$tmp/passt_like.log"
claim_equal 'frames go there' "$(cat "$tmp/passt_like.log")" True
stop passt_like
stop server
settle

# ---------------------------------------------------------- apart by settings

PYT_PCAP=$tmp/a PYT_PCAP2=$tmp/b PYT_MTU2=1300 \
	claim 'captures' two_run curl -sS -o "$tmp/page" http://10.78.0.1/
settle
claim_equal 'each link has its own' "$(for file in a b; do
	tshark -r "$tmp/$file" -Y 'tcp.flags.syn == 1' -T fields \
		-e tcp.options.mss_val 2>/dev/null | wc -l; done | lines)" '0;2;'
claim_equal 'and its own MTU' "$(tshark -r "$tmp/b" \
	-Y 'tcp.flags.syn == 1 && ip.src == 10.78.0.2' -T fields \
	-e tcp.options.mss_val 2>/dev/null)" 1260
export PYT_IMPAIR2=loss=100%
claim_equal 'and its own bad wire' "$(
	two_run curl -s -m 20 -o /dev/null -w '%{http_code} ' http://10.77.0.1/
	two_run curl -s -m 3 -o /dev/null -w '%{http_code}' http://10.78.0.1/
)" '200 000'
unset PYT_IMPAIR2
settle

export PYT_SYSCTL='net.ipv4.conf.pyt1.arp_ignore=1;net.ipv4.conf.all.arp_announce=2'
claim_equal 'and its own settings' "$(two_run sysctl -n \
	net.ipv4.conf.pyt0.arp_ignore net.ipv4.conf.pyt1.arp_ignore \
	net.ipv4.conf.pyt0.arp_announce net.ipv4.conf.pyt1.arp_announce \
	2>&1 | lines)" '0;1;2;2;'
settle
export PYT_SYSCTL=net.ipv4.conf.pyt2.arp_ignore=1
claim_match 'but a link that is not there has none' \
	"$(two_run sysctl -n net.ipv4.ip_forward 2>&1)" \
	'PYT_SYSCTL: net.ipv4.conf.pyt2.arp_ignore: no such setting'
unset PYT_SYSCTL

# --------------------------------------------- the second one's from a server

start dnsmasq native dnsmasq -d -C /dev/null --no-ping --no-resolv --no-hosts \
	--dhcp-authoritative --dhcp-range=10.78.0.50,10.78.0.50,255.255.255.0,120 \
	--dhcp-leasefile="$tmp/dnsmasq.leases" --interface=lan1 --bind-interfaces
wait_idle dnsmasq
ip2=dhcp gw2=none
claim_equal 'a static address and a lease side by side' \
	"$(ask connect 10.78.0.1; ask connect 10.77.0.1)" '10.78.0.50
10.77.0.2'
start holder two_run nc -l 9999
wait_tcp 10.78.0.50 9999
claim_match 'the second link has its gateway behind that of the first' \
	"$(two_run ip route show default | sed 's/ *$//' | lines)" \
	"^default via 10.77.0.1 dev $first;default via 10.78.0.1 dev $second proto dhcp src 10.78.0.50 metric 1040;"
stop holder
settle

# --------------------------------------------------------------- bad input

# bad SETTING... : what is said; the errno is the probe's.
bad() {
	ip netns exec "$host" env LD_PRELOAD="$preload" "$@" "$python" \
		"$top/integration/errno_probe.py" socket 2>"$tmp/bad"
	cat "$tmp/bad"
}
claim_equal 'the same TAP twice' "$(bad PYT_LINK2=tap:pyt0)" \
	'EINVAL
pyt: PYT_LINK2=tap:pyt0: the same link stands here twice'
claim_match 'a ninth link' "$(bad PYT_LINK9=tap:pyt9)" \
	'^EINVAL.pyt: PYT_LINK9: a stack has up to 8 links[^'$'\n'']*$'
claim_match 'a second TAP that is not there and may not be made' \
	"$(bad PYT_LINK2=tap:pyt7 capsh --drop=cap_net_admin -- -c \
		'exec "$0" "$@"')" \
	'^EPERM.pyt: link: pyt7 is not there and may not be made[^'$'\n'']*$'
start holder ip netns exec "$host" env LD_PRELOAD="$preload" \
	PYT_LINK=tap:pyt1 PYT_IP=10.78.0.2/24 nc -l 9999
wait_tcp 10.78.0.2 9999
claim_equal 'a second link that another stack has' \
	"$(bad PYT_LINK2=tap:pyt1)" \
	'EBUSY
pyt: link: tap:pyt1 is in use by another stack; see: pyt ls'
stop holder

# ------------------------------------------- two that start at the same time

# One has them all, the other one joins it, whichever each calls its first.
starts() {
	$take_place ip netns exec "$host" env LD_PRELOAD="$preload" \
		PYT_LINK=tap:pyt$1 PYT_IP=10.7$((7 + $1)).0.2/24 \
		PYT_LINK2=tap:pyt$2 PYT_IP2=10.7$((7 + $2)).0.2/24 \
		"$python" -c 'import socket, time
socket.socket()
print("has a socket", flush=True)
time.sleep(60)'
}
started=0
for i in $(seq 10); do
	settle
	start one starts 0 1
	start other starts 1 0
	for name in one other; do
		until_true 20 grep -E 'has a socket|Error' "$tmp/$name.log"
		started=$((started + $(grep -c 'has a socket' "$tmp/$name.log")))
	done
	stop one
	stop other
done
claim_equal 'two that call the same links first and second both start' \
	$started 20

finished=yes
