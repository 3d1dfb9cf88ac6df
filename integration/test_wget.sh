#!/bin/bash
# Program: wget: single files, mirrors, continuing.
FAMILY=${FAMILY:-4}
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

wget_pyt() {
	pyt_run timeout 60 wget -nv --tries=1 \
		--ca-certificate="$tmp/ca.pem" "$@"
}

lan_create
native_web
www=$tmp/www

claim 'HTTP' wget_pyt -O "$tmp/big" http://$kernel_url/big
claim_same 'of 16 MB' "$tmp/big" "$www/big"
claim 'HTTPS' wget_pyt -O "$tmp/tls" https://$kernel_url/big
claim_same 'of 16 MB' "$tmp/tls" "$www/big"

head -c 1234567 "$www/big" >"$tmp/part"
claim 'a broken download' wget_pyt -c -O "$tmp/part" http://$kernel_url/big
claim_same 'is continued' "$tmp/part" "$www/big"

claim 'a mirror' wget_pyt -r -np -nH -P "$tmp/mirror" -R 'index.html*' \
	http://$kernel_url/many/
claim_same_tree 'of 50 files' "$tmp/mirror/many" "$www/many"

claim_match 'an absent file is 404' \
	"$(wget_pyt -O /dev/null http://$kernel_url/absent 2>&1)" '404'
claim_match 'a closed port is refused' \
	"$(wget_pyt -O /dev/null http://$kernel_url:81/ 2>&1)" 'refused'

finished=yes
