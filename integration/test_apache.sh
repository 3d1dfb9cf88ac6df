#!/bin/bash
# Program: apache2, prefork and event: a daemon whose children share the
# listeners, sendfile, HTTPS, graceful restarts under load.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

conf() {			# MPM
	cat >"$tmp/$1.conf" <<-CONF
		ServerRoot $tmp
		ServerName web.test
		PidFile $tmp/$1.pid
		ErrorLog $tmp/$1.error.log
		LoadModule mpm_$1_module /usr/lib/apache2/modules/mod_mpm_$1.so
		LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
		LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
		User www-data
		StartServers 2
		EnableSendfile on
		Listen $stack:80
		Listen $stack:443
		DocumentRoot $tmp/www
		<VirtualHost *:443>
		    SSLEngine on
		    SSLCertificateFile $tmp/server.pem
		    SSLCertificateKeyFile $tmp/server.key
		</VirtualHost>
	CONF
}

serves() {			# MPM
	local mpm=$1

	conf "$mpm"
	claim "$mpm: apache goes to the background" pyt_run timeout 20 \
		apache2 -f "$tmp/$mpm.conf" -k start
	wait_tcp $stack 443
	claim "$mpm: GET of 16 MB" native timeout 30 curl -sS \
		-o "$tmp/big" http://$stack/big
	claim_same "$mpm: the same file" "$tmp/big" "$tmp/www/big"
	claim "$mpm: HTTPS" native timeout 30 curl -sS --cacert "$tmp/ca.pem" \
		-o "$tmp/tls" https://$stack/big
	claim_same "$mpm: the same file" "$tmp/tls" "$tmp/www/big"
	rm -rf "$tmp/got" && mkdir "$tmp/got"
	claim "$mpm: 50 files at once" native timeout 60 curl -sS --parallel \
		--parallel-max 50 "http://$stack/many/[1-50]" \
		-o "$tmp/got/#1"
	claim_same_tree "$mpm: all as they were" "$tmp/got" "$tmp/www/many"

	start load native ab -q -n 3000 -c 8 http://$stack/small
	claim "$mpm: a graceful restart under load" pyt_run timeout 20 \
		apache2 -f "$tmp/$mpm.conf" -k graceful
	claim "$mpm: the load ends" wait_end load 60
	claim_match "$mpm: no request failed" "$(cat "$tmp/load.log")" \
		'Complete requests: +3000'$'\n''Failed requests: +0'
	claim "$mpm: apache stops" pyt_run timeout 20 \
		apache2 -f "$tmp/$mpm.conf" -k stop
	claim "$mpm: and has ended" until_true 20 test ! -e "$tmp/$mpm.pid"
}

lan_create
web_root
chmod -R a+rX "$tmp/www"
test_ca
serves prefork
serves event

finished=yes
