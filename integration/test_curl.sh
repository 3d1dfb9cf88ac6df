#!/bin/bash
# Program: curl: HTTP, HTTPS, uploads, 50 files at once, failures.
FAMILY=${FAMILY:-4}
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

curl_pyt() {
	pyt_run timeout 60 curl -sS --cacert "$tmp/ca.pem" "$@"
}

lan_create
native_web
mkdir "$tmp/got" "$tmp/put"
www=$tmp/www

claim 'GET' curl_pyt -o "$tmp/small" http://$kernel_url/small
claim_same 'of a small file' "$tmp/small" "$www/small"
claim 'GET' curl_pyt -o "$tmp/big" http://$kernel_url/big
claim_same 'of 16 MB' "$tmp/big" "$www/big"
claim 'HTTPS' curl_pyt -o "$tmp/tls" https://$kernel_url/big
claim_same 'with 16 MB' "$tmp/tls" "$www/big"

claim '50 files at once' curl_pyt --parallel --parallel-max 50 \
	"http://$kernel_url/many/[1-50]" -o "$tmp/got/#1"
claim_same_tree 'are all as they were' "$tmp/got" "$www/many"
rm -f "$tmp"/got/*
claim '50 files at once by HTTPS' curl_pyt --parallel --parallel-max 50 \
	"https://$kernel_url/many/[1-50]" -o "$tmp/got/#1"
claim_same_tree 'are all as they were' "$tmp/got" "$www/many"

head -c 1000000 "$www/big" >"$tmp/part"
claim 'a broken download' curl_pyt -C - -o "$tmp/part" http://$kernel_url/big
claim_same 'is resumed' "$tmp/part" "$www/big"

start put native "$python" "$top/integration/put_server.py" $kernel 8080 \
	"$tmp/put"
wait_tcp $kernel 8080
claim 'PUT' curl_pyt -T "$www/big" http://$kernel_url:8080/put
claim_same 'of 16 MB' "$tmp/put/put" "$www/big"
claim 'POST' curl_pyt --data-binary "@$www/many/50" http://$kernel_url:8080/post
claim_same 'of a file' "$tmp/put/post" "$www/many/50"

claim_equal 'two requests use one connection' "$(curl_pyt -o /dev/null \
	-o /dev/null -w '%{num_connects} ' http://$kernel_url/{small,big})" '1 0 '
claim_match 'it knows both addresses' "$(curl_pyt -o /dev/null \
	-w '%{local_ip} %{remote_ip}:%{remote_port}' http://$kernel_url/small)" \
	"^$stack_is $kernel_is:80\$"
if [ "$FAMILY" = both ]; then
	claim_equal 'the same name by either family' "$(curl_pyt -o /dev/null \
		-w '%{remote_ip} ' -4 http://$kernel/small
		curl_pyt -o /dev/null -w '%{remote_ip}' -6 http://$kernel/small)" \
		"$kernel_ips"
fi
if [ "$FAMILY" = 6 ]; then
	link_local=$(native ip -6 -o addr show dev lan0 scope link |
		sed 's/.*inet6 \([^/]*\).*/\1/')
	[ "$native_mode" ] && zone=eth0 || zone=pyt0
	claim_equal 'by a link-local address' "$(curl_pyt \
		"http://[$link_local%25$zone]/small")" 'a small file'
fi

curl_pyt http://$kernel_url:81/ 2>"$tmp/error"
claim_equal 'a closed port: exit 7' $? 7
claim_match 'and says why' "$(cat "$tmp/error")" 'refused|connect to'
absent=10.77.0.99
[ "$FAMILY" != 6 ] || absent='[fd77::99]'
curl_pyt --connect-timeout 0.5 http://$absent/ 2>"$tmp/error"
claim_match 'an absent host: exit 28 or 7' $? '^(28|7)$'

# The same host by a name that a name server knows.
printf '%s web.test\n' $kernel_ips >"$tmp/hosts"
start dns native dnsmasq -k -C /dev/null -p 53 $(printf -- '-a %s ' $kernel_ips) -R -h -z \
	-H "$tmp/hosts" -u root --pid-file=
wait_tcp $kernel 53
name_server $kernel_ips
claim 'HTTPS by name' curl_pyt -o "$tmp/named" https://web.test/many/9
claim_same 'the same file' "$tmp/named" "$www/many/9"
curl_pyt http://absent.test/ 2>"$tmp/error"
claim_equal 'an unknown name: exit 6' $? 6

finished=yes
