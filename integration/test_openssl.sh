#!/bin/bash
# Program: openssl s_client and s_server, each on either side.
FAMILY=${FAMILY:-4}
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

lan_create
test_ca
mkdir "$tmp/www"
data "$tmp/www/file" 3000000

roles() {
	local name=$1 server=$2 host=$3 client=$4 url

	url=$(url_of "$host")
	start server "$server" openssl s_server -accept "$url:4433" -rev \
		-cert "$tmp/server.pem" -key "$tmp/server.key"
	wait_tcp "$host" 4433
	: >"$tmp/answer"	# the client ends with its input
	( echo 'backwards'; until_true 20 grep -q . "$tmp/answer" ) |
		"$client" timeout 20 openssl s_client -connect "$url:4433" \
		-CAfile "$tmp/ca.pem" -verify_return_error -quiet -no_ign_eof \
		>"$tmp/answer" 2>"$tmp/error"
	claim_equal "$name gets its line reversed" "$(cat "$tmp/answer")" \
		sdrawkcab
	claim_match "$name verifies the certificate" "$(cat "$tmp/error")" \
		'depth=0 CN = web.test.*verify return:1'
	stop server

	start server "$server" sh -c "cd $tmp/www && exec openssl s_server \
		-accept $url:4434 -WWW -cert $tmp/server.pem \
		-key $tmp/server.key"
	wait_tcp "$host" 4434
	printf 'GET /file HTTP/1.0\r\n\r\n' | "$client" timeout 20 \
		openssl s_client -connect "$url:4434" -CAfile "$tmp/ca.pem" \
		-ign_eof -quiet >"$tmp/answer" 2>/dev/null
	tail -c 3000000 "$tmp/answer" >"$tmp/body"
	claim_same "$name fetches a file" "$tmp/body" "$tmp/www/file"
	stop server
}

roles 'a client on the stack' native $kernel pyt_run
roles 'a client of the stack' pyt_run $stack native

finished=yes
