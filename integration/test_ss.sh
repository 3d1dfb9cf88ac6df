#!/bin/bash
# ss(8), netstat(8) and nstat(8): the sockets of the stack, whose they are, in
# which state, and the counters.
. "$(dirname "$0")/lib.sh"
lan_create

on_stack() { pyt_run "$@" 2>&1 | tr -s ' \t' | sed 's/ *$//'; }

# Two ends that stay: a server on the stack, a client of the kernel's.
start listener pyt_run socat -u TCP-LISTEN:4001,fork,reuseaddr OPEN:/dev/null
wait_tcp $stack 4001
start datagrams pyt_run socat -u UDP-RECV:4002 STDOUT
input=$tmp/silent
mkfifo "$input"
exec 9<>"$input" # nobody writes to it
start client native nc -p 4444 $stack 4001
established() { native ss -Htn state established sport = :4444 | grep -q 4001; }
until_true 20 established

pid_listener=${pid_of[listener]}
pid_datagrams=${pid_of[datagrams]}
until_true 20 grep -q socat "/proc/$pid_datagrams/comm"

claim_match 'ss -ltn: the listener with its backlog' "$(on_stack ss -Hltn)" \
	'LISTEN 0 5 0.0.0.0:4001 0.0.0.0:\*'
claim_match 'ss -p: its process' "$(on_stack ss -Hltnp)" \
	"users:\(\(\"socat\",pid=$pid_listener,fd=[0-9]+\)\)"
claim_match 'ss -tn: the connection' "$(on_stack ss -Htn)" \
	"ESTAB 0 0 $stack:4001 $kernel:4444"
info=$(on_stack ss -Htinmeo state established)
claim_match 'ss -i: TCP_INFO' "$info" \
	'(cubic|bbr) .*wscale:[0-9]+,[0-9]+ rto:[0-9.]+ .*mss:1448 pmtu:1500 .*cwnd:[0-9]+'
claim_match 'ss -m: memory' "$info" 'skmem:\(r0,rb[0-9]+,t0,tb[0-9]+,'
claim_match 'ss -e: the inode, a cookie' "$info" 'ino:[1-9][0-9]* sk:[0-9a-f]+'
claim_match 'ss -un: the datagram socket' "$(on_stack ss -Huanp)" \
	"UNCONN 0 0 0.0.0.0:4002 0.0.0.0:\* users:\(\(\"socat\",pid=$pid_datagrams,fd="
claim_match 'a filter by port' \
	"$(on_stack ss -Htan '( sport = :4001 and dport = :4444 )')" \
	"^ESTAB 0 0 $stack:4001 $kernel:4444 *\$"
claim_equal 'a filter that nothing passes' \
	"$(on_stack ss -Htan dst 192.0.2.0/24)" ''
claim_match 'a filter by prefix' "$(on_stack ss -Htan dst 10.77.0.0/24)" \
	"$kernel:4444"

claim_match 'netstat -tunap' "$(on_stack netstat -tunap)" \
	"tcp 0 0 0.0.0.0:4001 0.0.0.0:\* LISTEN $pid_listener/socat
tcp 0 0 $stack:4001 $kernel:4444 ESTABLISHED [0-9]+/socat"
claim_match 'netstat: UDP' "$(on_stack netstat -unap)" \
	"udp 0 0 0.0.0.0:4002 0.0.0.0:\* $pid_datagrams/socat"
claim_match 'ss -s counts them' "$(on_stack ss -s)" 'TCP: [0-9]+ \(estab 1,'
claim_match '/proc/net/sockstat' "$(on_stack cat /proc/net/sockstat)" \
	'TCP: inuse 2 orphan'
claim_equal 'self, thread-self and the number name the same file' \
	"$(pyt_run bash -c 'for i in self thread-self $$; do
		cat /proc/$i/net/tcp | wc -l; done' | sort -u)" 3
claim_match 'the wildcard stands there as Linux prints it' \
	"$(on_stack cat /proc/net/tcp)" '0: 00000000:0FA1 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 [1-9]'

# lsof(8) takes for AF_UNIX what stands in /proc/net/unix.
claim_match 'lsof -i' "$(on_stack lsof -nP -iTCP:4001 -sTCP:LISTEN 2>&1)" \
	"socat $pid_listener root [0-9]+u IPv4 [0-9]+ 0t0 TCP \*:4001 \(LISTEN\)"
claim_match 'lsof -i: the connection' "$(on_stack lsof -nP -i@$kernel 2>&1)" \
	"TCP $stack:4001->$kernel:4444 \(ESTABLISHED\)"
claim_match 'lsof -i: datagrams' "$(on_stack lsof -nP -iUDP 2>&1)" \
	"socat $pid_datagrams root [0-9]+u IPv4 [0-9]+ 0t0 UDP \*:4002"
claim_match 'fuser -n tcp' \
	"$(pyt_run fuser -n tcp 4001 2>/dev/null)" "$pid_listener"
claim_match 'fuser -n udp' \
	"$(pyt_run fuser -n udp 4002 2>/dev/null)" "$pid_datagrams"

start bound pyt_run socat -u UDP6-RECV:4003,bind=[$stack6] STDOUT
wait_idle bound
claim_equal 'bound to an address of IPv6: the peer is none of IPv4' \
	"$(on_stack ss -Huan sport = :4003 | cut -d' ' -f4,5)" "[$stack6]:4003 [::]:*"
stop bound

# ----------------------------------------------------------------- queues

# peers WORD...: sends each on a connection of its own, which stays open.
peers() {
	native "$python" -c 'import signal, socket, sys
kept = [socket.create_connection((sys.argv[1], 5001)) for _ in sys.argv[2:]]
for s, word in zip(kept, sys.argv[2:]):
    s.sendall(word.encode())
print("sent", flush=True)
signal.pause()' $stack "$@"
}

queues=$top/integration/queues_probe.py
start receiver pyt_run "$python" "$queues" receive $stack
wait_tcp $stack 5001
start peers peers first second ''
until_true 20 grep -q sent "$tmp/peers.log"
all_have_come() {
	[ "$(on_stack ss -Htn sport = :5001 | cut -d' ' -f2 | sort)" = '0
5
6' ]
}
claim 'Recv-Q: what nobody has read, accepted or not' until_true 20 all_have_come
claim_match 'Recv-Q of the listener: who waits to be accepted' \
	"$(on_stack ss -Hltn sport = :5001)" 'LISTEN 2 '
claim_match '/proc/net/tcp says the same' \
	"$(on_stack grep -o ':1389 .*' /proc/net/tcp | cut -d' ' -f3,4 | sort)" \
	'01 00000000:00000000
01 00000000:00000005
01 00000000:00000006
0A 00000000:00000002'
claim_match 'SIOCINQ, -m: memory' "$(on_stack ss -Htnm sport = :5001)" \
	'skmem:\(r[56],'
stop receiver
stop peers

start deaf native socat -u -b 1 TCP-LISTEN:5002 EXEC:"sleep 60"
until_true 20 eval "native ss -Hltn sport = :5002 | grep -q LISTEN"
start sender pyt_run "$python" "$queues" send $kernel
until_true 30 grep -q . "$tmp/sender.log"
read -r sent unacknowledged <"$tmp/sender.log"
claim_equal 'Send-Q is what SIOCOUTQ says' \
	"$(on_stack ss -Htn dport = :5002 | cut -d' ' -f3)" "$unacknowledged"
got=$(native ss -Htn sport = :5002 | awk '{ print $2 }')
claim 'and what the peer does not have, nor has read' \
	test $((sent - unacknowledged - got)) -ge 0 -a \
	$((sent - unacknowledged - got)) -lt 200000 -a "$unacknowledged" -gt 100000
stop deaf
stop sender

start count pyt_run "$python" "$queues" count $stack
wait_tcp $stack 5003
start fill native "$python" "$queues" fill $stack
until_true 30 grep -q . "$tmp/count.log"
claim_equal 'FIONREAD: what the endpoint has no room for, too' \
	"$(cat "$tmp/count.log")" "$(cat "$tmp/fill.log")"
claim_equal 'as ss says' \
	"$(on_stack ss -Htn sport = :5003 | awk '$2 { print $2 }' | sort -n | tail -1)" \
	"$(cat "$tmp/fill.log")"
stop count
stop fill

# --------------------------------------------------------------- counters

claim_match 'nstat: received packets' \
	"$(on_stack env NSTAT_HISTORY="$tmp/nstat" nstat -asz IpInReceives)" \
	'IpInReceives [1-9]'
claim_match 'netstat -s' "$(on_stack netstat -s)" 'Tcp:.* segments received'
claim_equal 'the fields of /proc/net/snmp are those of Linux' \
	"$(pyt_run grep -o '^Tcp: [A-Z].*' /proc/net/snmp)" \
	"$(grep -o '^Tcp: [A-Z].*' /proc/net/snmp)"

# ---------------------------------------------------------------- destroy

on_stack ss -K dst $kernel dport = :4444 >/dev/null
claim 'ss -K ends the connection, the peer sees it' wait_end client 20
claim_equal 'it is gone' "$(on_stack ss -Htn)" ''

# Not in the kernel's own namespace: others would be counted, too.
claim_equal 'the same traffic moves the counters as on Linux' \
	"$(pyt_run "$python" "$top/integration/counters_probe.py" 2>&1)" \
	"$(ip netns exec "$ns" "$python" "$top/integration/counters_probe.py")"

# Two exact questions in one datagram, about a listener.
cat >"$tmp/exact.py" <<'PYTHON'
import socket, struct
s = socket.create_server(('127.0.0.1', 5010))
netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)  # SOCK_DIAG
def question(seq):
    who = (struct.pack('>HH', 5010, 0) + bytes([127, 0, 0, 1]) + bytes(28) +
           struct.pack('I', 0) + b'\xff' * 8)
    body = struct.pack('BBBBI', socket.AF_INET, 6, 0, 0, 0xffffffff) + who
    return struct.pack('IHHII', 16 + len(body), 20, 1, seq, 0) + body
netlink.send(question(77) + question(78))
for _ in range(2):
    print(struct.unpack_from('IHHI', netlink.recv(4096))[1::2])
PYTHON
claim_equal 'exact questions are answered one by one' \
	"$(pyt_run "$python" "$tmp/exact.py" 2>&1)" "(20, 77)
(20, 78)"

finished=yes
