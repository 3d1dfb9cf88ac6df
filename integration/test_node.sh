#!/bin/bash
# Program: node: http, net, cluster (workers that get connections from their
# primary), fetch of many at once; as servers and as clients.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

js=$top/integration/node_servers.js

lan_create
native_web
pyt_run timeout 60 node "$js" get $kernel big >"$tmp/got" 2>"$tmp/get.log"
claim_same 'http.get of 16 MB' "$tmp/got" "$tmp/www/big"
mkdir "$tmp/many"
claim '50 fetches at once' pyt_run timeout 60 node "$js" fetch $kernel "$tmp/many"
claim_same_tree 'all as they were' "$tmp/many" "$tmp/www/many"

start net pyt_run node "$js" net $stack
wait_tcp $stack 7007
native timeout 60 node "$js" echo $stack <"$tmp/www/big" >"$tmp/echo" \
	2>"$tmp/echo.log"
claim_same 'a net server sends 16 MB back' "$tmp/echo" "$tmp/www/big"
stop net
start net native node "$js" net $kernel
wait_tcp $kernel 7007
pyt_run timeout 60 node "$js" echo $kernel <"$tmp/www/big" >"$tmp/echo2" \
	2>"$tmp/echo2.log"
claim_same 'a net client gets 16 MB back' "$tmp/echo2" "$tmp/www/big"

for kind in http cluster; do
	start $kind pyt_run node "$js" $kind $stack "$tmp/www/big"
	wait_tcp $stack 8080
	claim "$kind: GET of 16 MB" native timeout 30 curl -sS -o "$tmp/$kind" \
		http://$stack:8080/
	claim_same "$kind: the same file" "$tmp/$kind" "$tmp/www/big"
	claim "$kind: PUT of 16 MB" native timeout 30 curl -sS \
		-T "$tmp/www/big" -o "$tmp/put" http://$stack:8080/
	claim_same "$kind: comes back" "$tmp/put" "$tmp/www/big"
	pids=$(for i in $(seq 12); do
		native curl -sS -o /dev/null -D - http://$stack:8080/ |
			grep -i x-pid
	done | sort -u | wc -l)
	[ $kind = http ] && claim_equal 'http: one process' "$pids" 1
	[ $kind = cluster ] && claim 'cluster: workers take turns' \
		test "$pids" -ge 2
	stop $kind
	until_true 20 native sh -c "! nc -z -w 1 $stack 8080"
done

finished=yes
