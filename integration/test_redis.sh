#!/bin/bash
# Program: redis-server and redis-cli: each on the stack, BGSAVE while
# serving, publish and subscribe, replication.
FAMILY=${FAMILY:-4}
. "$(dirname "$0")/lib.sh"

# It listens at addresses, and of a name takes one only.
ips_of() {
	case $1 in
	"$kernel") echo "$kernel_ips" ;;
	*) echo "$stack_ips" ;;
	esac
}

redis_start() {			# NAME SIDE HOST OPTION...
	local name=$1 side=$2 host=$3
	shift 3

	mkdir -p "$tmp/$name"
	# shellcheck disable=SC2046
	start "$name" "$side" redis-server --bind $(ips_of "$host") --port 6379 \
		--dir "$tmp/$name" --save '' --enable-debug-command yes \
		--protected-mode no "$@"
	wait_tcp "$host" 6379
}

cli() {				# SIDE HOST COMMAND...
	local side=$1 host=$2
	shift 2

	"$side" timeout 30 redis-cli -h "$host" "$@"
}

background_save_ended() {
	cli "$1" "$2" info persistence | grep -q 'rdb_bgsave_in_progress:0' &&
		cli "$1" "$2" info persistence |
		grep -q 'rdb_last_bgsave_status:ok' &&
		[ -f "$tmp/$3/dump.rdb" ]
}

roles() {
	local name=$1 server=$2 host=$3 client=$4

	redis_start redis "$server" "$host"
	claim_equal "$name: PING" "$(cli "$client" "$host" ping)" PONG
	claim "$name: SET of 4 MB" cli "$client" "$host" -x set big \
		<"$tmp/file"
	cli "$client" "$host" --raw get big | head -c -1 >"$tmp/got"
	claim_same "$name: GET gives it back" "$tmp/got" "$tmp/file"

	if once; then
		claim "$name: redis-benchmark" "$client" timeout 60 \
			redis-benchmark -h "$host" -q -n 20000 -r 5000 -c 20 \
			-t set,get,lpush,incr
		claim "$name: redis-benchmark in a pipeline" "$client" \
			timeout 60 redis-benchmark -h "$host" -q -n 50000 \
			-r 5000 -P 32 -t set,get
	fi

	# The child of BGSAVE has all sockets; the parent goes on serving.
	start load "$client" redis-benchmark -h "$host" -q -n 30000 -r 5000 \
		-c 10 -t set,get
	claim_match "$name: BGSAVE under load" \
		"$(cli "$client" "$host" bgsave)" 'saving started'
	claim "$name: it ends well" until_true 20 background_save_ended \
		"$client" "$host" redis
	claim "$name: the load goes on to its end" wait_end load 120
	claim_match "$name: the dump is sound" \
		"$(redis-check-rdb "$tmp/redis/dump.rdb" 2>&1)" 'RDB looks OK'

	start subscriber "$client" redis-cli -h "$host" subscribe news
	until_true 20 grep -q subscribe "$tmp/subscriber.log"
	claim_equal "$name: PUBLISH reaches one" \
		"$(cli "$client" "$host" publish news 'it works')" 1
	claim "$name: the subscriber reads it" until_true 20 \
		grep -q 'it works' "$tmp/subscriber.log"
	stop subscriber
}

lan_create
data "$tmp/file" 4000000
roles 'a client on the stack' native $kernel pyt_run
stop redis
rm -rf "$tmp/redis"
roles 'a server on the stack' pyt_run $stack native

redis_start replica native $kernel --replicaof $stack 6379
claim 'a replica of it synchronises' until_true 20 sh -c \
	"ip netns exec $ns redis-cli -h $kernel info replication |
		grep -q master_link_status:up"
claim_equal 'and holds the same' \
	"$(cli native $kernel debug digest)" "$(cli native $stack debug digest)"

finished=yes
