#!/bin/bash
# Program: curl: HTTP, HTTPS, uploads, 50 files at once, failures.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

curl_pyt() {
	pyt_run timeout 60 curl -sS --cacert "$tmp/ca.pem" "$@"
}

lan_create
native_web
mkdir "$tmp/got" "$tmp/put"
www=$tmp/www

claim 'GET' curl_pyt -o "$tmp/small" http://$kernel/small
claim_same 'of a small file' "$tmp/small" "$www/small"
claim 'GET' curl_pyt -o "$tmp/big" http://$kernel/big
claim_same 'of 16 MB' "$tmp/big" "$www/big"
claim 'HTTPS' curl_pyt -o "$tmp/tls" https://$kernel/big
claim_same 'with 16 MB' "$tmp/tls" "$www/big"

claim '50 files at once' curl_pyt --parallel --parallel-max 50 \
	"http://$kernel/many/[1-50]" -o "$tmp/got/#1"
claim_same_tree 'are all as they were' "$tmp/got" "$www/many"
rm -f "$tmp"/got/*
claim '50 files at once by HTTPS' curl_pyt --parallel --parallel-max 50 \
	"https://$kernel/many/[1-50]" -o "$tmp/got/#1"
claim_same_tree 'are all as they were' "$tmp/got" "$www/many"

head -c 1000000 "$www/big" >"$tmp/part"
claim 'a broken download' curl_pyt -C - -o "$tmp/part" http://$kernel/big
claim_same 'is resumed' "$tmp/part" "$www/big"

start put native "$python" "$top/integration/put_server.py" $kernel 8080 \
	"$tmp/put"
wait_tcp $kernel 8080
claim 'PUT' curl_pyt -T "$www/big" http://$kernel:8080/put
claim_same 'of 16 MB' "$tmp/put/put" "$www/big"
claim 'POST' curl_pyt --data-binary "@$www/many/50" http://$kernel:8080/post
claim_same 'of a file' "$tmp/put/post" "$www/many/50"

claim_equal 'two requests use one connection' "$(curl_pyt -o /dev/null \
	-o /dev/null -w '%{num_connects} ' http://$kernel/{small,big})" '1 0 '
claim_equal 'it knows both addresses' "$(curl_pyt -o /dev/null \
	-w '%{local_ip} %{remote_ip}:%{remote_port}' http://$kernel/small)" \
	"$stack $kernel:80"

curl_pyt http://$kernel:81/ 2>"$tmp/error"
claim_equal 'a closed port: exit 7' $? 7
claim_match 'and says why' "$(cat "$tmp/error")" 'refused|connect to'
curl_pyt --connect-timeout 0.5 http://10.77.0.99/ 2>"$tmp/error"
claim_match 'an absent host: exit 28 or 7' $? '^(28|7)$'

# The same address by name.
cat >"$tmp/hosts" <<-END
	$kernel web.test
END
start dns native dnsmasq -k -C /dev/null -p 53 -a $kernel -R -h -z \
	-H "$tmp/hosts" -u root --pid-file=
wait_tcp $kernel 53
name_server $kernel
claim 'HTTPS by name' curl_pyt -o "$tmp/named" https://web.test/many/9
claim_same 'the same file' "$tmp/named" "$www/many/9"
curl_pyt http://absent.test/ 2>"$tmp/error"
claim_equal 'an unknown name: exit 6' $? 6

finished=yes
