#!/bin/bash
# The process in which the stack lives is killed: what waits comes back with
# an error, at once, in every call and however it waits.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

lan_create
probe=$top/integration/wait_probe.py

start peer native "$python" -c '
import socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.bind(("10.77.0.1", 7000))
s.listen(50)
kept = []
while True:
    kept.append(s.accept())'
wait_tcp $kernel 7000

# waits TEXT PID: each call's end is one line.
waits() {
	local line

	pyt_run timeout 30 "$python" "$probe" $kernel "$2" >"$tmp/ends" \
		2>"$tmp/ends.log"
	claim "$1: all calls were waiting" \
		test "$(grep -c . "$tmp/ends")" -ge 14
	while IFS= read -r line; do
		claim_match "$1: ${line%%:*} comes back" "$line" \
			': (ENETDOWN|closed) in time$'
	done <"$tmp/ends"
}

# The stack's owner is another program.
start owner pyt_run "$python" -c '
import socket, time
s = socket.socket()
print("up", flush=True)
time.sleep(100)'
until_true 20 grep -q up "$tmp/owner.log"
waits 'killed owner' "${pid_of[owner]}"

# The stack has a process of its own, for its first program has forked.
start parent pyt_run "$python" -c '
import os, socket, time
s = socket.socket()
if os.fork() == 0:
    print("up", flush=True)
time.sleep(100)'
until_true 20 grep -q up "$tmp/parent.log"
stack_pid() {
	local pid

	for pid in $(ip netns pids "$ns-2"); do
		grep -q "^pyt-stack" "/proc/$pid/comm" && echo "$pid"
	done
}
until_true 10 stack_pid
waits 'killed stack' "$(stack_pid)"
stop parent

# Nobody stays behind: not the stack, nor who guards it.
nobody() {
	[ ! "$(ip netns pids "$ns-2")" ]
}
for pid in $(ip netns pids "$ns-2"); do
	grep -q "^pyt-" "/proc/$pid/comm" || kill "$pid"
done
claim 'and no process is left' until_true 10 nobody

finished=yes
