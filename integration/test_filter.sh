#!/bin/bash
# Groups joined for one source (RFC 3678), both families: what the kernel's
# bridge, which asks as an IGMPv3 and MLDv2 querier does, learns of them, and
# what comes through.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

filter=$top/integration/filter_probe.py
lan_create
ip -n "$ns" link set lan0 type bridge mcast_igmp_version 3 mcast_mld_version 2 \
	mcast_querier 1 mcast_query_response_interval 100
ip -n "$ns" addr add 10.77.0.8/24 dev lan0
ip -n "$ns" addr add fd77::8/64 dev lan0 nodad
known() { native bridge -d mdb show dev lan0 | grep -E "grp $1( src $2)?" >/dev/null; }
sends() { native "$python" "$filter" send "$1" "$2" "$3" lan0 "$4"; }

# filters FAMILY GROUP GOOD BAD
filters() {
	start "probe$1" pyt_run timeout 60 "$python" "$filter" listen \
		"$1" "$2" "$3"
	until_true 20 grep -q joined "$tmp/probe$1.log"
	claim "IPv$1: the bridge knows the group and its source" \
		until_true 20 known "$2" "$3"
	claim 'the source sends' sends "$1" "$2" "$3" good
	claim 'so does another' sends "$1" "$2" "$4" bad
	sends "$1" "$2" "$3" end
	wait_end "probe$1" 10
	claim_equal "IPv$1: the one is heard and the other is not" \
		"$(tr '\n' ';' <"$tmp/probe$1.log")" \
		"joined;good $3;end $3;left;"
}
filters 4 232.1.2.3 $kernel 10.77.0.8
filters 6 ff35::4321 $kernel6 fd77::8

claim_equal "the C library's own calls set and read filters" \
	"$(pyt_run "$python" "$filter" calls | tr '\n' ';')" \
	'0 0 1 1 True;0 0 1 64 True;-1 105;0 0 0 1 True;'

finished=yes
