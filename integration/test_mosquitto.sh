#!/bin/bash
# Program: mosquitto and its clients: messages across a broker on either side.
. "$(dirname "$0")/lib.sh"

roles() {			# NAME SERVER HOST CLIENT
	local name=$1 i

	printf 'listener 1883 %s\nallow_anonymous true\nuser root\nlog_type all\n' "$3" \
		>"$tmp/$name.conf"
	start "$name" "$2" mosquitto -c "$tmp/$name.conf"
	wait_tcp "$3" 1883
	start sub "$4" timeout 30 mosquitto_sub -h "$3" -q 1 -t news -C 20
	claim "$name: subscribed" until_true 20 grep -q SUBACK "$tmp/$name.log"
	for i in $(seq 20); do
		echo "message $i"
	done | "$4" timeout 20 mosquitto_pub -h "$3" -q 1 -t news -l
	claim "$name: 20 messages arrive" wait_end sub 20
	claim_equal "$name: in order" "$(cat "$tmp/sub.log")" \
		"$(printf 'message %s\n' $(seq 20))"
	stop "$name"
}

lan_create
roles client native $kernel pyt_run
roles server pyt_run $stack native

finished=yes
