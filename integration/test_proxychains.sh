#!/bin/bash
# Program: proxychains4 and microsocks: another preloaded library, in front of
# ours, whose SOCKS server is on either side.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

chain() {			# NAME PROXY
	printf 'strict_chain\nproxy_dns\n[ProxyList]\nsocks5 %s 1080\n' "$2" \
		>"$tmp/$1.conf"
}

lan_create 2
native_web
start kernel native microsocks -i $kernel -p 1080
start stack pyt_run microsocks -i $stack -p 1080
wait_tcp $kernel 1080
wait_tcp $stack 1080
chain kernel $kernel
chain stack $stack

for way in 'pyt3_run kernel' 'pyt3_run stack' 'native stack'; do
	read -r side proxy <<<"$way"
	rm -f "$tmp/got"
	claim "curl by $side, through the proxy of the $proxy" "$side" \
		timeout 30 proxychains4 -q -f "$tmp/$proxy.conf" curl -sS \
		-o "$tmp/got" http://$kernel/big
	claim_same 'the same file' "$tmp/got" "$tmp/www/big"
done
claim 'the proxies were asked' grep -q "connected to $kernel:80" \
	"$tmp/kernel.log"
claim_equal 'as often as they should' \
	"$(grep -c "connected to $kernel:80" "$tmp/stack.log")" 2

finished=yes
