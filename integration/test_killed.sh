#!/bin/bash
# The first program of a stack is killed: the others do not notice. The stack
# itself is killed: what waits comes back with an error, at once, in every call
# and however it waits.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

lan_create
# A host that is there, so that no neighbour is given up, and says nothing.
native ip link add dead type veth peer name nobody
native ip link set nobody up
native ip link set dead up
native ip route add 10.77.0.99 dev dead
native ip neigh add 10.77.0.99 dev dead lladdr 02:00:00:00:00:99
native sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.lan0.proxy_arp=1
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
		test "$(grep -c . "$tmp/ends")" -ge 19
	while IFS= read -r line; do
		claim_match "$1: ${line%%:*} comes back" "$line" \
			': (ENETDOWN|closed) in time$'
	done <"$tmp/ends"
}

# One waits in recv(2) on the fast lane, and is the stack's first program.
start first pyt_run "$python" -c '
import socket
s = socket.create_connection(("10.77.0.1", 7000))
print("up", flush=True)
s.recv(1)'
until_true 20 grep -q up "$tmp/first.log"
start server native "$python" -c '
import os, signal, socket, sys
s = socket.create_server(("10.77.0.1", 7001))
print("up", flush=True)
c = s.accept()[0]
f = c.makefile()
print(f.readline().strip(), flush=True)
os.kill(int(sys.argv[1]), signal.SIGKILL)
c.sendall(b"killed\n")
print(f.readline().strip())' "${pid_of[first]}"
until_true 20 grep -q up "$tmp/server.log"
start other pyt_run "$python" -c '
import socket, sys
c = socket.create_connection(("10.77.0.1", 7001))
c.sendall(b"before\n")
print(c.makefile().readline().strip(), flush=True)
c.sendall(b"end\n")'
wait_end other 30
wait_end server 30
claim_equal "the first program was killed: the other's connection goes on" \
	"$(cat "$tmp/server.log" "$tmp/other.log")" $'up\nbefore\nend\nkilled'

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
until_true 20 stack_pid
waits 'killed stack' "$(stack_pid)"
stop parent

# Nobody stays behind: not the stack, nor who guards it.
nobody() {
	[ ! "$(ip netns pids "$ns-2")" ]
}
for pid in $(ip netns pids "$ns-2"); do
	grep -q "^pyt-" "/proc/$pid/comm" || kill "$pid"
done
claim 'and no process is left' until_true 20 nobody

finished=yes
