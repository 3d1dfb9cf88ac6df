# Sourced after lib.sh by tests that need a web server or certificates.
# shellcheck shell=bash

# test_ca: $tmp/ca.pem signs $tmp/server.pem and $tmp/server.key, for both
# hosts by address and by name.
test_ca() {
	local names="IP:$kernel4,IP:$stack4,IP:$stack3,IP:$kernel6,IP:$stack6"

	names+=,DNS:web.test,DNS:kernel.test,DNS:stack.test

	{
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
			-nodes -subj '/CN=test CA' -days 2 \
			-keyout "$tmp/ca.key" -out "$tmp/ca.pem" &&
		openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
			-nodes -subj '/CN=web.test' \
			-keyout "$tmp/server.key" -out "$tmp/server.csr" &&
		openssl x509 -req -in "$tmp/server.csr" -CA "$tmp/ca.pem" \
			-CAkey "$tmp/ca.key" -CAcreateserial -days 2 \
			-extfile <(echo "subjectAltName=$names") \
			-out "$tmp/server.pem"
	} 2>"$tmp/ca.log" || exit 1
	rm "$tmp/ca.log"
}

# web_root: files to serve in $tmp/www: small, big (16 MB), many/1 ... 50.
web_root() {
	local i

	mkdir -p "$tmp/www/many"
	echo 'a small file' >"$tmp/www/small"
	data "$tmp/www/big" $((16 << 20)) 1
	for ((i = 1; i <= 50; i++)); do
		data "$tmp/www/many/$i" $((i * 7001)) "$i"
	done
}

# nginx_conf FILE [WORKERS]: http on 80, https on 443, of $tmp/www.
nginx_conf() {
	local six=

	[ "${FAMILY:-4}" = 4 ] ||
		six='listen [::]:80 ipv6only=on; listen [::]:443 ssl ipv6only=on;'
	mkdir -p "$tmp/nginx"
	cat >"$1" <<-CONF
		user root;
		worker_processes ${2:-1};
		worker_shutdown_timeout 20s;
		pid $1.pid;
		error_log $1.error.log;
		events { worker_connections 256; }
		http {
		    access_log off;
		    sendfile on;
		    default_type application/octet-stream;
		    keepalive_requests 1000;
		    client_body_temp_path $tmp/nginx/body;
		    proxy_temp_path $tmp/nginx/proxy;
		    fastcgi_temp_path $tmp/nginx/fastcgi;
		    uwsgi_temp_path $tmp/nginx/uwsgi;
		    scgi_temp_path $tmp/nginx/scgi;
		    ssl_certificate $tmp/server.pem;
		    ssl_certificate_key $tmp/server.key;
		    server {
		        $([ "${FAMILY:-}" = 6 ] || echo 'listen 80; listen 443 ssl;')
		        $six
		        root $tmp/www;
		        autoindex on;
		    }
		}
	CONF
}

# native_web: nginx on the kernel's side.
native_web() {
	web_root
	[ -f "$tmp/server.pem" ] || test_ca
	nginx_conf "$tmp/native.conf"
	start web native nginx -e "$tmp/web.error.log" \
		-c "$tmp/native.conf" -g 'daemon off;'
	wait_tcp $kernel 443
}
