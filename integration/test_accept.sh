#!/bin/bash
# Connections are accepted whether they speak at once, late or never.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

probe=$top/integration/accept_probe.py
mkfifo "$tmp/go"
exec 9<>"$tmp/go"

serve() {			# serve KIND PORT
	input=$tmp/go start "$1" pyt_run timeout 60 "$python" "$probe" \
		server "$1" $stack "$2"
	until_true 20 grep -q ready "$tmp/$1.log"
}

ask() {				# ask KIND PORT
	native timeout 60 "$python" "$probe" client "$1" $stack "$2"
}

said() {			# said KIND: what the server has printed
	wait_end "$1"
	tail -n +2 "$tmp/$1.log"
}

lan_create
serve first 7001
claim_equal 'a server that speaks first' "$(ask first 7001)" 'served 60'
said first >/dev/null

serve mixed 7002
claim_equal 'some speak at once, some later: each has its answer' \
	"$(ask mixed 7002)" 'answers True'
claim_equal 'and a server that polls has met them all' \
	"$(said mixed)" 'all of them True'

serve full 7003
start more ask full 7003
until_true 20 grep -q queued "$tmp/more.log"
echo go >&9
claim_equal 'more than the queues hold are served in the end' \
	"$(said full)" 'all of them True'
wait_end more

serve limit 7006
claim_equal 'a full queue takes no more, also of those who speak at once' \
	"$(ask limit 7006)" 'limited True'
echo go >&9
claim_equal 'and gives what it holds' "$(said limit)" "b'hello'"

serve closed 7004
start silent ask closed 7004
until_true 20 grep -q connected "$tmp/silent.log"
echo go >&9
until_true 20 grep -q reset "$tmp/silent.log"
claim_match 'the listener closes: who was not accepted is reset' \
	"$(cat "$tmp/silent.log")" reset
echo go >&9
wait_end closed

serve again 7006
claim_equal 'a listener that closes and opens again in a crowd' \
	"$(ask again 7006)" "b'over'"
said again >/dev/null

serve told 7005
claim_equal 'what was corked leaves' "$(ask told 7005)" "b'held'"
claim_equal 'the socket is known by its inode, switches are true at once' \
	"$(said told)" "listed True
switches True
taken b'over'"

input=$tmp/go start worker pyt_run strace -f -e trace=sendmsg -o "$tmp/trace" \
	"$python" "$probe" server worker $stack 7007
until_true 20 grep -q ready "$tmp/worker.log"
claim_equal 'a worker process serves' "$(ask worker 7007)" 'served 60'
wait_end worker
claim_match 'the stack knows what it has accepted, set up or not' \
	"$(cat "$tmp/worker.log")" 'known True'
worker=$(sed -n 's/worker //p' "$tmp/worker.log")
sent=$(grep -c "^$worker .*sendmsg(" "$tmp/trace")
claim "who sets up what it accepts sends one message for each, not $sent" \
	test "$sent" -le 80

finished=yes
