#!/bin/bash
# Program: mosh-server and mosh-client: a terminal by UDP, each on the stack,
# over a link that loses a tenth of all frames as well.
. "$(dirname "$0")/lib.sh"

# terminal NAME SERVER HOST CLIENT: what is typed is said by a shell.
terminal() {
	local name=$1 key i

	start server "$2" timeout 60 mosh-server new -v -i "$3" -p 60001 -- \
		sh -c 'while read -r line; do echo "$line" | tr a-z A-Z; done'
	until_true 20 grep -q CONNECT "$tmp/server.log"
	key=$(sed -n 's/MOSH CONNECT 60001 //p' "$tmp/server.log" | tr -d '\r')
	mkfifo "$tmp/typed"
	input=$tmp/typed start client "$4" env MOSH_KEY="$key" TERM=xterm \
		timeout 60 script -qec "stty rows 24 cols 80;
			mosh-client $3 60001" /dev/null
	exec 7>"$tmp/typed"
	for i in 1 2 3; do
		echo "line number $i" >&7
		claim "$name: line $i" until_true 20 \
			grep -aq "LINE NUMBER $i" "$tmp/client.log"
	done
	exec 7>&-
	stop client
	rm "$tmp/typed"
	for i in $(pgrep -f "mosh-server new -v -i $3 -p 60001"); do
		[[ $(ip netns identify "$i") != "$ns"* ]] || kill "$i"
	done
}

lan_create
terminal 'client on the stack' native $kernel pyt_run
terminal 'server on the stack' pyt_run $stack native
PYT_IMPAIR='loss=10%,seed=7' terminal 'with loss' pyt_run $stack native

finished=yes
