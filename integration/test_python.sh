#!/bin/bash
# Program: python3: http.server, asyncio, socketserver with threads and with
# forks, urllib; each on either side.
FAMILY=${FAMILY:-4}
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

servers=$top/integration/py_servers.py

roles() {
	local name=$1 server=$2 host=$3 client=$4 kind port=7000

	for kind in threads forks asyncio; do
		port=$((port + 1))
		start "$kind" "$server" "$python" "$servers" $kind "$host" $port
		wait_tcp "$host" $port
		claim_equal "$name: 40 clients, server with $kind" \
			"$("$client" timeout 60 "$python" "$servers" clients \
			"$host" $port 40 2>&1)" '40 clients'
		stop "$kind"
	done

	start http "$server" "$python" -m http.server -b "$host" \
		-d "$tmp/www" 8000
	wait_tcp "$host" 8000
	"$client" timeout 30 "$python" -c "
import shutil, sys, urllib.request
with urllib.request.urlopen('http://$(url_of "$host"):8000/big') as response:
    shutil.copyfileobj(response, sys.stdout.buffer)" >"$tmp/big"
	claim_same "$name: a file by http.server and urllib" \
		"$tmp/big" "$tmp/www/big"
	claim_equal "$name: EPOLLET from before connect tells its success" \
		"$("$client" timeout 20 "$python" "$top/integration/edge_probe.py" \
		"$host" 8000 2>&1)" writable
	stop http
}

lan_create
web_root
roles 'clients on the stack' native $kernel pyt_run
roles 'servers on the stack' pyt_run $stack native

finished=yes
