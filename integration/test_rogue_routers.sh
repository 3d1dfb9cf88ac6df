#!/bin/bash
# Neighbours who lie about routers, who they are, and where to go, amid
# downloads from behind a real one: the tools of thc-ipv6.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }
# shellcheck source=lib_slaac.sh
. "$top/integration/lib_slaac.sh"
# shellcheck source=lib_neighbours.sh
. "$top/integration/lib_neighbours.sh"

far=fd98::9
lan_create
router_add real
on real ip addr add fd66:1::10/64 dev lan0 nodad
on real ip addr add $far/128 dev lo nodad
router_ready on real
# Linux notes whom it hears of in a table of 1024 that all namespaces share: who
# floods this router would take the neighbours from tests beside this one.
on real nft -f - <<-END
	table ip6 shared {
		chain in {
			type filter hook input priority 0;
			ether saddr != $stack_mac icmpv6 type {
				nd-router-solicit, nd-router-advert,
				nd-neighbor-solicit
			} limit rate over 50/second burst 50 packets drop
		}
	}
END
router_ready native
advertise radvd on real < <(prefix fd66:1)
router=$(on real ip -6 -o addr show dev lan0 scope link |
	sed 's,.*inet6 \([^/]*\)/.*,\1,')
on_real() { on real "$@"; }
victim=auto_run
web=on_real
victims_start $far
address() {
	auto_run ip -6 -o addr show dev pyt0 scope global -tentative |
		sed 's,.*inet6 \([^/]*\)/.*,\1,'
}
has_address() { [ "$(address)" ]; }
until_true 20 has_address
stack=$(address)
url=http://[$far]/big
before=$(drops)
limit=0.4
attack() { amid "$1" "$url" "atk6-$1" "${@:2}"; }
routers() { auto_run ip -6 route | grep -c '^default'; }

# --------------------------------- what Linux's downloads survive, ours do too

attack fake_solicitate6 lan0 "$stack" ff02::1
attack parasite6 -l lan0 02:66:66:66:66:66
attack dos-new-ip6 lan0
attack smurf6 -i 200 lan0 "$stack"
attack rsmurf6 lan0 "$stack"
attack fake_mld26 -l lan0 query
attack flood_mld26 lan0
attack flood_mldrouter6 lan0
attack flood_rs6 -sS lan0
attack flood_dhcpc6 lan0
attack sendpeesmp6 lan0 512 fd66:1:: "$stack"
attack toobig6 -u lan0 "$stack" $far 48
native timeout 1 atk6-kill_router6 lan0 "$router" >"$tmp/kill.log" 2>&1
is_reached() { auto_run curl -s -m 1 -o /dev/null http://[$far]/; }
claim 'a router that was said to be none is one with its next word' \
	until_true 20 is_reached
attack flood_router26 lan0
claim "routers are bounded ($(routers))" [ "$(routers)" -le 16 ]
claim 'what was dropped is counted' [ $(($(drops) - before)) -gt 100 ]
survived "$stack"

finished=yes
