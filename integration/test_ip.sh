#!/bin/bash
# ip(8), ifconfig, route and arp: what they show of the stack, what they
# change, and what ip monitor hears of it.
. "$(dirname "$0")/lib.sh"
lan_create

dev=pyt0
[ "$native_mode" ] && dev=eth0

# on_stack COMMAND...: one after another on the stack that the holder keeps.
on_stack() { pyt_run "$@" 2>&1 | sed 's/ *$//'; }

start holder pyt_run nc -l -p 4000
wait_tcp $stack 4000

# ------------------------------------------------------------------- show

claim_match 'ip addr shows the address with its broadcast address' \
	"$(on_stack ip -o -4 addr show dev $dev | tr -s ' ')" \
	"$dev inet $stack/24 (brd 10.77.0.255 )?scope global $dev"
claim_match 'ip link shows flags and MTU' "$(on_stack ip -o link show $dev)" \
	"$dev(@[a-z0-9]+)?: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 .* state UP"
claim_equal 'ip -br link names both links' \
	"$(on_stack ip -br link | sed 's/[@ ].*//' | sort | tr '\n' ' ')" \
	"$(printf '%s\n' lo $dev | sort | tr '\n' ' ')"
claim_equal 'ip route shows the default and the connected route' \
	"$(on_stack ip route)" \
	"default via $kernel dev $dev
10.77.0.0/24 dev $dev proto kernel scope link src $stack"
claim_match 'the table local has our address' \
	"$(on_stack ip route show table local)" \
	"local $stack dev $dev proto kernel scope host src $stack"
claim_match 'ip route get: by the gateway' \
	"$(on_stack ip route get 192.0.2.1 | tr -d '\n')" \
	"192.0.2.1 via $kernel dev $dev src $stack"
claim_match 'ip route get: an address of our own' \
	"$(on_stack ip route get $stack | tr -d '\n')" \
	"local $stack dev lo .*src $stack"
claim_equal 'ip rule shows the rules that Linux begins with' \
	"$(on_stack ip rule)" \
	"0:	from all lookup local
32766:	from all lookup main
32767:	from all lookup default"
on_stack ping -c 1 -W 5 $kernel >/dev/null
claim_match 'ip neigh shows who was spoken to' "$(on_stack ip neigh)" \
	"$kernel dev $dev lladdr ([0-9a-f]{2}:){5}[0-9a-f]{2} (REACHABLE|DELAY|STALE)"
claim_match 'ip -s link counts' "$(on_stack ip -s -o link show $dev)" \
	'RX: .* [1-9][0-9]* +[1-9][0-9]* .*TX: '

# ----------------------------------------------------------------- change

start monitor pyt_run timeout 120 ip monitor link address route
listens() {
	pyt_run ip addr add 10.77.0.39/24 dev $dev
	pyt_run ip addr del 10.77.0.39/24 dev $dev
	grep -q 10.77.0.39 "$tmp/monitor.log"
}
until_true 20 listens
claim_equal 'an address is added' \
	"$(on_stack ip addr add 10.77.0.40/24 dev $dev)" ''
claim 'and answers' native ping -c 1 -W 5 10.77.0.40
claim_equal 'the same once more is EEXIST' \
	"$(on_stack ip addr add 10.77.0.40/24 dev $dev)" \
	"Error: ipv4: Address already assigned."
on_stack ip addr del 10.77.0.40/24 dev $dev
claim 'and no more when it is deleted' \
	bash -c "! ip netns exec $ns ping -c 1 -W 1 10.77.0.40"
claim_match 'deleting what is not there' \
	"$(on_stack ip addr del 10.77.0.41/24 dev $dev)" \
	'ipv4: Address not found'

on_stack ip route add 10.99.0.0/16 via $kernel metric 7
claim_equal 'a route is added' "$(on_stack ip route show 10.99.0.0/16)" \
	"10.99.0.0/16 via $kernel dev $dev metric 7"
claim_equal 'twice: EEXIST' \
	"$(on_stack ip route add 10.99.0.0/16 via $kernel metric 7)" \
	'RTNETLINK answers: File exists'
on_stack ip route replace 10.99.0.0/16 via 10.77.0.9 metric 7
claim_equal 'replace takes its place' \
	"$(on_stack ip route show 10.99.0.0/16)" \
	"10.99.0.0/16 via 10.77.0.9 dev $dev metric 7"
on_stack ip route del 10.99.0.0/16
claim_equal 'deleted' "$(on_stack ip route show 10.99.0.0/16)" ''
claim_equal 'deleted twice: ESRCH' "$(on_stack ip route del 10.99.0.0/16)" \
	'RTNETLINK answers: No such process'
claim_match 'a gateway that cannot be reached' \
	"$(on_stack ip route add 10.98.0.0/16 via 172.31.0.1)" \
	'Nexthop has invalid gateway|Network is unreachable'
on_stack ip route del default
claim_match 'no default: no way' "$(on_stack ip route get 192.0.2.1)" \
	'Network is unreachable'
on_stack ip route add default via $kernel

on_stack ip neigh add 10.77.0.66 lladdr 02:00:00:00:00:66 dev $dev
claim_equal 'a neighbour is added' "$(on_stack ip neigh show 10.77.0.66)" \
	"10.77.0.66 dev $dev lladdr 02:00:00:00:00:66 PERMANENT"
on_stack ip neigh del 10.77.0.66 dev $dev
claim_equal 'and deleted' "$(on_stack ip neigh show 10.77.0.66 |
	grep -v FAILED)" ''

on_stack ip link set dev $dev mtu 1400
claim_match 'the MTU changes' "$(on_stack ip -o link show $dev)" 'mtu 1400'
claim_match 'an MTU that is none' "$(on_stack ip link set dev $dev mtu 20)" \
	'Invalid argument|mtu less than device minimum|Error'
on_stack ip link set dev $dev mtu 1500
on_stack ip link set dev $dev down
claim_match 'a link goes down' "$(on_stack ip -o link show $dev)" \
	'<BROADCAST,MULTICAST> .*state DOWN'
claim_match 'its routes are not used' "$(on_stack ip route get 192.0.2.1)" \
	'Network is unreachable'
on_stack ip link set dev $dev up
[ "$native_mode" ] && on_stack ip route add default via $kernel
claim 'up again, it answers' until_true 20 native ping -c 1 -W 1 $stack

stop monitor
heard=$(tr -s ' ' <"$tmp/monitor.log")
claim_match 'monitor: the address came and went' "$heard" \
	"$dev inet 10.77.0.40/24 .*Deleted [0-9]+: $dev inet 10.77.0.40/24"
claim_match 'monitor: the route came and went' "$heard" \
	"10.99.0.0/16 via $kernel dev $dev .*Deleted 10.99.0.0/16 via"
claim_match 'monitor: the link went down' "$heard" \
	"$dev(@[a-z0-9]+)?: <BROADCAST,MULTICAST> "

# -------------------------------------------------------------- net-tools

claim_match 'ifconfig' "$(on_stack ifconfig $dev | tr -s ' \n' '  ')" \
	"$dev: flags=4163<UP,BROADCAST,RUNNING,MULTICAST> mtu 1500 inet $stack netmask 255.255.255.0 broadcast (10.77.0.255|0.0.0.0)"
claim_match 'route -n' "$(on_stack route -n | tr -s ' ')" \
	"0.0.0.0 $kernel 0.0.0.0 UG 0 0 0 $dev
10.77.0.0 0.0.0.0 255.255.255.0 U 0 0 0 $dev"
claim_match 'netstat -rn' "$(on_stack netstat -rn | tr -s ' ')" \
	"0.0.0.0 $kernel 0.0.0.0 UG 0 0 0 $dev"
claim_match 'netstat -i' "$(on_stack netstat -i | tr -s ' ')" "
$dev 1500 [0-9]+ 0 "
claim_match 'arp -n' "$(on_stack arp -n | tr -s ' ')" \
	"$kernel ether ([0-9a-f]{2}:){5}[0-9a-f]{2} C $dev"
on_stack route add -net 10.97.0.0 netmask 255.255.0.0 gw $kernel
claim_match 'route add' "$(on_stack ip route)" "10.97.0.0/16 via $kernel dev $dev"
on_stack route del -net 10.97.0.0 netmask 255.255.0.0
on_stack arp -s 10.77.0.67 02:00:00:00:00:67
claim_match 'arp -s' "$(on_stack arp -n | tr -s ' ')" \
	"10.77.0.67 ether 02:00:00:00:00:67 CM $dev"
on_stack arp -d 10.77.0.67
on_stack ifconfig $dev 10.77.0.50 netmask 255.255.255.0
claim_match 'ifconfig sets the address' "$(on_stack ip -o -4 addr show $dev)" \
	'inet 10.77.0.50/24'
claim 'which answers' until_true 20 native ping -c 1 -W 1 10.77.0.50

# ------------------------------------------------------------------- IPv6

on_stack ip -6 addr add fd78::2/64 dev $dev
on_stack ip -6 addr add fd79::2/64 dev $dev
settled() { ! pyt_run ip -6 addr show dev $dev tentative | grep -q inet6; }
claim 'duplicate address detection comes to its end' until_true 20 settled
claim_match 'ip -6 addr' "$(on_stack ip -6 -o addr show dev $dev)" \
	'inet6 fd78::2/64 scope global'
claim_match 'ip -6 addr: the link-local one' \
	"$(on_stack ip -6 -o addr show dev $dev)" 'inet6 fe80::.*/64 scope link'
claim_match 'ip -6 route' "$(on_stack ip -6 route)" \
	"fd78::/64 dev $dev proto kernel metric 256"
on_stack ip -6 route add fd99::/64 via fd78::1
claim_match 'a route is added' "$(on_stack ip -6 route show fd99::/64)" \
	"fd99::/64 via fd78::1 dev $dev metric 1024"
claim_match 'ip -6 route get' "$(on_stack ip route get fd99::1)" \
	"fd99::1 .*via fd78::1 dev $dev .*metric 1024"
on_stack ip -6 route del fd99::/64 via fd78::1 metric 1024
claim_equal 'and deleted by the number that is shown' \
	"$(on_stack ip -6 route show fd99::/64)" ''
on_stack ifconfig $dev add fd77:9::9/64
claim_match 'ifconfig add' "$(on_stack ip -6 -o addr show dev $dev)" \
	'inet6 fd77:9::9/64'
on_stack ifconfig $dev del fd77:9::9/64
claim_equal 'ifconfig del' \
	"$(on_stack ip -6 -o addr show dev $dev | grep -c fd77:9::9)" 0
on_stack route -A inet6 add fd98::/64 gw fd78::1
claim_match 'route -A inet6' "$(on_stack ip -6 route)" "fd98::/64 via fd78::1"
claim_match '/proc/net/if_inet6' "$(pyt_run grep fd78 /proc/net/if_inet6)" \
	"^fd780000000000000000000000000002 [0-9a-f]{2} 40 00 [8c]0 +$dev"
claim_match 'ip maddr: the solicited-node group' "$(on_stack ip maddr)" \
	'ff02::1:ff00:2'

# ------------------------------------------------- what was changed stays

if ! [ "$native_mode" ]; then
	stop holder
	claim_equal 'changes last as long as the shell' \
		"$(pyt_run bash -c 'ip addr add 10.77.0.60/24 dev pyt0
			ip -o -4 addr show dev pyt0 | grep -c 10.77.0.60')" 1
fi

finished=yes
