#!/bin/bash
# Program: stunnel4: TLS put around a plain service, and taken off again.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

lan_create
native_web
cat >"$tmp/server.conf" <<-CONF
	foreground = yes
	pid = $tmp/server.pid
	[web]
	accept = $stack:8443
	connect = $kernel:80
	cert = $tmp/server.pem
	key = $tmp/server.key
CONF
cat >"$tmp/client.conf" <<-CONF
	foreground = yes
	pid = $tmp/client.pid
	[web]
	client = yes
	accept = 127.0.0.1:8080
	connect = $stack:8443
	CAfile = $tmp/ca.pem
	verifyChain = yes
	checkHost = web.test
CONF
start server pyt_run stunnel4 "$tmp/server.conf"
wait_tcp $stack 8443
start client native stunnel4 "$tmp/client.conf"
until_true 20 native nc -z 127.0.0.1 8080
claim '16 MB through both' native timeout 60 curl -sS -o "$tmp/got" \
	http://127.0.0.1:8080/big
claim_same 'the same file' "$tmp/got" "$tmp/www/big"
claim 'GET straight from the one on the stack' native timeout 60 curl -sS \
	--cacert "$tmp/ca.pem" -o "$tmp/tls" https://$stack:8443/big
claim_same 'the same file' "$tmp/tls" "$tmp/www/big"

# The other way round: the client's end on the stack's own loopback.
stop client
start client pyt_run stunnel4 "$tmp/client.conf"
until_true 20 pyt_run nc -z 127.0.0.1 8080
claim 'its client side on the stack, over lo' pyt_run timeout 60 curl -sS \
	-o "$tmp/lo" http://127.0.0.1:8080/big
claim_same 'the same file' "$tmp/lo" "$tmp/www/big"

finished=yes
