#!/bin/bash
# Program: haproxy on the stack before servers on the kernel's side; reloads
# that hand the listening sockets over by SCM_RIGHTS.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

conf() {			# ANSWER_HEADER
	cat >"$tmp/haproxy.cfg" <<-CONF
		global
		    stats socket $tmp/haproxy.sock mode 600 level admin expose-fd listeners
		defaults
		    mode http
		    timeout connect 5s
		    timeout client 30s
		    timeout server 30s
		frontend web
		    bind $stack:80
		    http-response set-header X-Generation $1
		    default_backend servers
		backend servers
		    server one $kernel:80 check
	CONF
}

answers() {			# GENERATION
	[ "$1" = "$(generation)" ]
}

generation() {
	native timeout 10 curl -sS -o /dev/null -D - http://$stack/small |
		grep -i x-generation | tr -dc 0-9
}

workers_ended() {		# COUNT
	[ "$(grep -c 'Former worker.*exited' "$tmp/haproxy.log")" -eq "$1" ]
}

lan_create
native_web
conf 1
start haproxy pyt_run haproxy -W -f "$tmp/haproxy.cfg" -p "$tmp/haproxy.pid"
wait_tcp $stack 80
claim_equal 'the first configuration answers' "$(generation)" 1
claim 'GET of 16 MB through it' native timeout 30 curl -sS -o "$tmp/big" \
	http://$stack/big
claim_same 'the same file' "$tmp/big" "$tmp/www/big"

start load native ab -q -n 2000 -c 8 http://$stack/small
for i in 2 3; do
	conf $i
	kill -USR2 "${pid_of[haproxy]}"
	claim "reload $i" until_true 20 answers $i
	# Until the master serves again it is deaf to the next signal.
	claim "the worker before it has ended" until_true 20 workers_ended \
		$((i - 1))
done
claim 'the load ends' wait_end load 60
claim_match 'no request failed' "$(cat "$tmp/load.log")" \
	'Complete requests: +2000'$'\n''Failed requests: +0'
claim_match 'its socket shows the server up' \
	"$(echo 'show stat' | socat - "unix:$tmp/haproxy.sock")" \
	'servers,one.*,UP,'

finished=yes
