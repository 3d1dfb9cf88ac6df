#!/bin/bash
# DHCPv4 with dnsmasq.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lan_create
mkdir "$tmp/leases"; chmod 777 "$tmp/leases"
data "$tmp/data" 300000
start web native "$python" -m http.server -d "$tmp" -b $kernel 80
wait_tcp $kernel 80
start dnsmasq native dnsmasq -d -C /dev/null --no-ping --dhcp-authoritative --port=53 --no-resolv --no-hosts --address=/web.lan.example/$kernel --dhcp-range=10.77.0.50,10.77.0.99,255.255.255.0,120 --dhcp-option=option:router,$kernel --domain=lan.example --dhcp-leasefile="$tmp/dnsmasq.leases" --log-dhcp --interface=lan0 --bind-interfaces
wait_idle dnsmasq
dhcp_run() { $take_place ip netns exec "$ns-2" env LD_PRELOAD="$preload" PYT_LINK=tap:pyt0 PYT_LEASES="$tmp/leases" PYT_IP="${PYT_IP:-dhcp}" "$@"; }
time PYT_LOG=debug dhcp_run curl -sS -o "$tmp/got" http://web/data
claim_same whole "$tmp/got" "$tmp/data"
cat "$tmp/leases"/*
time PYT_LOG=debug dhcp_run curl -sS -o "$tmp/got" http://web/data
tail -30 "$tmp/dnsmasq.log"
finished=yes
