#!/bin/bash
# Program: nghttpx and h2load (HTTP/2), wrk, ab, siege: load on servers on the
# stack, and from clients on the stack; no request fails.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

# NAME SIDE HOST: each tool against nginx.
loads() {
	local name=$1 side=$2 host=$3

	claim_match "$name: ab" "$("$side" timeout 60 ab -q -n 2000 -c 20 \
		http://$host/many/1 2>&1)" \
		'Complete requests: +2000'$'\n''Failed requests: +0'
	claim_match "$name: ab with keep-alive" "$("$side" timeout 60 ab -q -k \
		-n 5000 -c 20 http://$host/many/1 2>&1)" \
		'Complete requests: +5000'$'\n''Failed requests: +0'
	out=$("$side" timeout 60 wrk -t 2 -c 40 -d 1 http://$host/many/2 2>&1)
	claim_match "$name: wrk gets answers" "$out" 'Requests/sec: +[1-9]'
	claim_equal "$name: and no errors" \
		"$(grep -E 'Socket errors|Non-2xx' <<<"$out")" ''
	claim_match "$name: siege" "$("$side" timeout 60 siege -q -b -c 10 \
		-r 30 -j http://$host/many/3 2>&1)" \
		'"successful_transactions":[^0-9]*300,'
}

siege.config >"$tmp/siege.log" 2>&1	# it wants a file of its own
lan_create
native_web
loads 'clients on the stack' pyt_run $kernel

nginx_conf "$tmp/stack.conf" 2
start stack pyt_run nginx -e "$tmp/error.log" -c "$tmp/stack.conf" \
	-g 'daemon off;'
wait_tcp $stack 443
loads 'a server on the stack' native $stack

# HTTP/2 on the one side, HTTP/1.1 to the kernel's server on the other.
start nghttpx pyt_run nghttpx -f "$stack,8443" -b "$kernel,80" \
	--errorlog-file="$tmp/nghttpx.error.log" "$tmp/server.key" "$tmp/server.pem"
wait_tcp $stack 8443
claim_match 'h2load through nghttpx' "$(native timeout 60 h2load -n 2000 \
	-c 10 -m 20 https://$stack:8443/many/4 2>&1)" \
	'2000 succeeded, 0 failed, 0 errored'
native timeout 30 nghttp https://$stack:8443/big >"$tmp/got" 2>"$tmp/nghttp.log"
claim_same 'nghttp gets 16 MB through it' "$tmp/got" "$tmp/www/big"
claim_match 'h2load on the stack' "$(pyt_run timeout 60 h2load -n 2000 -c 10 \
	-m 20 https://$stack:8443/many/4 2>&1)" \
	'2000 succeeded, 0 failed, 0 errored'

finished=yes
