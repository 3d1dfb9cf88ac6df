#!/bin/bash
# Program: Go by gccgo, whose programs call the C library: net/http as client
# and server, names, UDP, on either side.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

go=$tmp/go
gccgo-12 -O1 -o "$go" "$top/integration/seccomp_roles.go" >"$tmp/go.log" 2>&1 &
builder=$!

# roles NAME SERVER_SIDE CLIENT_SIDE HOST HOST6
roles() {
	local name=$1 server=$2 client=$3 host

	start serve "$server" "$go" serve :8080 "$tmp/www"
	wait_tcp "$4" 8080
	start echo "$server" "$go" echo :5353
	until_true 20 grep -q listens "$tmp/echo.log"
	for host in "$4" "[$5]"; do
		claim_equal "$name: a file of $host" "$("$client" timeout 20 \
			"$go" get "http://$host:8080/big" "$tmp/big")" \
			'200 16777216'
		claim_same "$name: the same bytes" "$tmp/big" "$tmp/www/big"
		claim_match "$name: UDP of $host" "$("$client" timeout 20 \
			"$go" ask "$host:5353" question)" '^question from '
	done
	claim_equal "$name: 100 requests at once" "$("$client" timeout 30 \
		"$go" many "http://$4:8080/small" 'a small file')" '100 of 100'
	claim_match "$name: a port that nobody listens on" "$("$client" \
		timeout 20 "$go" refused "$4:99" 2>&1)" 'connection refused$'
	claim_match "$name: UDP to nobody" "$("$client" timeout 20 \
		"$go" ask "$4:5354" question)" 'connection refused$'
	stop serve
	stop echo
}

lan_create
web_root
echo "$kernel web.test" >"$tmp/zone"
start dns native dnsmasq -k -C /dev/null -a $kernel -R -h -z -u root \
	--pid-file= -H "$tmp/zone" --no-daemon --local=/test/
wait_tcp $kernel 53
name_server $kernel
wait $builder
claim 'gccgo builds it' test -x "$go"
claim_equal 'pyt does not refuse it' "$("$top/scripts/pyt" -n "$go" |
	tail -n 1)" "$go "
claim_match 'names and interfaces' "$(pyt_run timeout 20 "$go" names web.test)" \
	"\[$kernel\].*lo \[127.0.0.1/8.*$stack/24"
roles 'clients on the stack' native pyt_run $kernel $kernel6
roles 'servers on the stack' pyt_run native $stack $stack6

finished=yes
