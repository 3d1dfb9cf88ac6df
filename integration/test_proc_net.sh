#!/bin/bash
# Each file of /proc/net that this kernel has: the stack's has the same form,
# or is not there; and what reads them reads sense.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

probe=$top/integration/proc_net_probe.py
[ "$native_mode" ] && { finished=yes; exit 0; }
lan_create
native_mode=yes host_add 9 # Linux in the stack's place
like=$ns-9
ip netns exec "$like" sysctl -qw net.ipv4.ping_group_range='0 2147483647'

# Packet filters, their helpers, IPsec; counters of IPv6 for each link.
absent=()
for name in $(cd /proc/net && find . -type f | cut -c 3-); do
	case $name in
	*_tables_* | nf_* | netfilter/* | xfrm_stat | dev_snmp6/* | \
		stat/*_cache | stat/synproxy | stat/nf_*)
		[ "$name" = stat/rt_cache ] || absent+=("$name") ;;
	esac
done
absent+=(dev_snmp6/eth0)

claim 'Linux shows its files' ip netns exec "$like" "$python" "$probe" \
	10.77.0.9 eth0 $kernel4 $kernel6
cp "$tmp/.claim" "$tmp/linux"
grep '^#####' "$tmp/linux" | cut -c 7- >"$tmp/names"
claim 'they are many' test "$(wc -l <"$tmp/names")" -gt 40
claim 'the stack shows the same' pyt_run "$python" "$probe" \
	$stack4 pyt0 $kernel4 $kernel6 $(cat "$tmp/names")
cp "$tmp/.claim" "$tmp/stack"
claim 'in the same form' "$python" "$top/integration/proc_net_compare.py" \
	"$tmp/linux" "$tmp/stack" "${absent[@]}"

# ---------------------------------------------------------------- readers

# One stack for all of them.
start keeper pyt_run socat -u UDP-RECV:4002 STDOUT
wait_idle keeper
claim 'ping' pyt_run ping -c 1 -W 9 $kernel4
export NSTAT_HISTORY=$tmp/nstat
claim_match 'nstat -az: types of messages, MPTCP' \
	"$(pyt_run nstat -az | awk '{ print $1, $2 }')" \
	'IcmpMsgInType0 1.*IcmpMsgOutType8 1.*MPTcpExtMPCapableSYNRX 0'
claim_match 'netstat -s' "$(pyt_run netstat -s)" \
	'InType0: 1.*OutType8: 1.*Tcp:'
claim_match 'ifconfig' "$(pyt_run ifconfig pyt0)" \
	"inet $stack4  netmask 255.255.255.0  broadcast 10.77.0.255.*RX packets"
claim_match 'netstat -g: IPv6' "$(pyt_run netstat -gn | tr -s ' ')" \
	'pyt0 1 ff02::1.*pyt0 1 ff01::1'
claim_match 'netstat -rn -6' "$(pyt_run netstat -rn -6 | tr -s ' ')" \
	'ff00::/8 :: U 256 .*pyt0.*::/0 :: !n -1'
claim_equal 'own addresses by fib_trie' "$(pyt_run awk '/32 host/ { print f }
	{ f = $2 }' /proc/net/fib_trie | sort -u)" "$stack4
127.0.0.1"
claim_equal 'routes by fib_trie' "$(pyt_run awk '/UNICAST/ { print f $1, $2 }
	{ f = $2 }' /proc/net/fib_trie | sort -u)" '0.0.0.0/0 universe
10.77.0.0/24 link'

# As Linux counts: one for each connect(2).
unreachable='import socket
def count(wanted):
    found = {}
    for name in "snmp", "snmp6":
        lines = open("/proc/net/" + name).read().splitlines()
        for line in lines if name == "snmp6" else []:
            found[line.split()[0]] = int(line.split()[1])
        for names, values in zip(*[iter(lines)] * 2) if name == "snmp" else []:
            kind, *names = names.split()
            found.update(zip([kind[:-1] + n for n in names],
                             map(int, values.split()[1:])))
    return [found[name] for name in wanted]
NAMES = "IpOutNoRoutes", "Ip6OutNoRoutes"
before = count(NAMES)
for family, to in (2, "192.0.2.1"), (10, "2001:db8::1"):
    for _ in range(2):
        try:
            socket.socket(family, socket.SOCK_DGRAM).connect((to, 9))
        except OSError as problem:
            print(problem.strerror)
print(*[b - a for a, b in zip(before, count(NAMES))])'
for family in -4 -6; do
	claim "no default route, $family" pyt_run ip $family route del default
	ip -n "$like" $family route del default
done
claim_equal 'addresses without a way are counted as on Linux' \
	"$(pyt_run "$python" -c "$unreachable")" \
	"$(ip netns exec "$like" "$python" -c "$unreachable")"
claim_equal 'what the stack does not have is not there' "$(pyt_run sh -c '
	for i in nf_conntrack ip_tables_names dev_snmp6/lo; do
		[ -e /proc/net/$i ] || echo none; done')" 'none
none
none'

claim_equal 'each field is counted, or said not to be' \
	"$("$python" "$top/integration/proc_net_fields.py" "$top")" ''

finished=yes
