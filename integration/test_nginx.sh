#!/bin/bash
# Program: nginx on the stack: a daemon with two workers that inherit the
# listening sockets, sendfile, HTTPS, reloads under load, a proxy.
FAMILY=${FAMILY:-4}
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

fetch() {			# URL FILE
	native timeout 30 curl -sS --cacert "$tmp/ca.pem" -o "$2" "$1"
}

workers() {
	pgrep -P "$(cat "$tmp/stack.conf.pid")" | sort | tr '\n' ' '
}

lan_create
web_root
test_ca
nginx_conf "$tmp/stack.conf" 2
mkdir "$tmp/got"

claim 'nginx goes to the background' pyt_run timeout 20 nginx \
	-e "$tmp/error.log" -c "$tmp/stack.conf"
wait_tcp $stack 443
# It listens before it has them.
are_two() { [ "$(workers | wc -w)" = 2 ]; }
claim 'two workers' until_true 20 are_two

claim 'GET of 16 MB, by sendfile' fetch http://$stack_url/big "$tmp/big"
claim_same 'the same file' "$tmp/big" "$tmp/www/big"
claim 'HTTPS' fetch https://$stack_url/big "$tmp/tls"
claim_same 'the same file' "$tmp/tls" "$tmp/www/big"

claim '50 files at once' native timeout 60 curl -sS --parallel \
	--parallel-max 50 "http://$stack_url/many/[1-50]" -o "$tmp/got/#1"
claim_same_tree 'all as they were' "$tmp/got" "$tmp/www/many"

# Reloads: new workers take the listeners over, old ones finish their work.
start load native bash -c "
	while [ ! -e $tmp/enough ]; do
		curl -sS http://$stack_url/many/[40-50] | sha256sum
	done"
before=$(workers)
for i in 1 2 3; do
	until_true 20 test "$(wc -l <"$tmp/load.log")" -ge 0
	kill -HUP "$(cat "$tmp/stack.conf.pid")"
	claim "reload $i brings other workers" until_true 20 sh -c \
		"! pgrep -P $(cat "$tmp/stack.conf.pid") | grep -qxF \
		'$(echo "$before" | tr ' ' '\n' | head -1)'"
	before=$(workers)
done
touch "$tmp/enough"
wait_end load 20
claim 'requests were answered meanwhile' grep -q . "$tmp/load.log"
claim_equal 'each one whole' "$(sort -u "$tmp/load.log")" \
	"$(for ((i = 40; i <= 50; i++)); do cat "$tmp/www/many/$i"; done |
	sha256sum)"

kill -QUIT "$(cat "$tmp/stack.conf.pid")"
claim 'nginx ends when told to' until_true 25 test ! -e "$tmp/stack.conf.pid"
claim_match 'and its port is closed' \
	"$(native nc -zvw 2 $stack 80 2>&1)" 'refused|timed out'

# A proxy has both roles in one process.
nginx_conf "$tmp/native.conf"
start web native nginx -e "$tmp/web.error.log" -g 'daemon off;' \
	-c "$tmp/native.conf"
wait_tcp $kernel 80
nginx_conf "$tmp/proxy.conf" 2
sed -i "s|root .*|location / { proxy_pass http://$kernel_url:80; }|" \
	"$tmp/proxy.conf"
start proxy pyt_run nginx -e "$tmp/proxy.error.log" -g 'daemon off;' \
	-c "$tmp/proxy.conf"
wait_tcp $stack 80
claim 'through a proxy' fetch http://$stack_url/big "$tmp/proxied"
claim_same 'the same file' "$tmp/proxied" "$tmp/www/big"

finished=yes
