#!/bin/bash
# Limits of open files: the program's own, which also bind what is in it.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

lan_create
probe=$top/integration/limits_probe.py
data "$tmp/data" 20000
start web native "$python" -m http.server -d "$tmp" -b $kernel 80
wait_tcp $kernel 80

hard=$(ulimit -Hn)
claim_equal 'a program gets as many sockets as its soft limit allows' \
	"$(pyt_run timeout 60 "$python" "$probe" many 40 "$hard" 2>&1)" \
	'at least 28 all whole EMFILE True'
claim_match 'where the hard limit binds, the error is EMFILE' \
	"$(pyt_run timeout 60 "$python" "$probe" many 40 40 2>&1)" \
	'all whole EMFILE True$'

# Who asks must not stand before the ends that hung up, and make room for it.
claim_equal 'what was closed makes room for the next one at once' \
	"$(pyt_run timeout 60 "$python" "$probe" again 2>&1 | tail -n 1)" \
	'EMFILE True'

# To come in takes more than the one number of the socket.
claim_match 'the first socket with the last number: made, or EMFILE' \
	"$(pyt_run timeout 60 "$python" "$probe" last 2>&1)" \
	'^(made|EMFILE).(made|EMFILE)$'

# Each of these has a limit of its own, and all share one stack.
cat >"$tmp/curls.sh" <<'EOF'
ulimit -Sn 16
good=0
for i in $(seq 50); do
	curl -sS -o /dev/null http://10.77.0.1/data &
	pids="$pids $!"
done
for pid in $pids; do wait "$pid" && good=$((good + 1)); done
echo $good
EOF
claim_equal '50 curls at once, 16 files each' \
	"$(pyt_run timeout 60 bash "$tmp/curls.sh" 2>&1)" 50

# The stack has as many descriptors as the program in which it lives. Who wants
# to come in when there is none left waits.
cat >"$tmp/host.py" <<'EOF'
import resource, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
s = socket.socket()
print('up', flush=True)
sys.stdin.readline()
EOF
cat >"$tmp/guests.py" <<'EOF'
import socket, sys
held = []
for _ in range(60):
    held.append(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
    held[-1].connect('\0pyt/tap:pyt0')
print('up', flush=True)
sys.stdin.readline()
EOF
mkfifo "$tmp/host_input" "$tmp/guests_input"
exec 7<>"$tmp/host_input" 8<>"$tmp/guests_input"
input=$tmp/host_input start host pyt_run "$python" "$tmp/host.py"
until_true 20 grep -q up "$tmp/host.log"
input=$tmp/guests_input start guests ip netns exec "$ns-2" "$python" \
	"$tmp/guests.py"
until_true 20 grep -q up "$tmp/guests.log"
# How often the stack's thread has gone to sleep.
naps() {
	grep -sh -A60 '^Name:.pyt$' /proc/"${pid_of[host]}"/task/*/status |
		awk '/^voluntary/ { print $2 }'
}
before=$(naps)
slept() { [ "$(naps)" -ge $((before + 10)) ]; }
claim 'the stack sleeps while somebody waits' until_true 20 slept
echo >&8
claim 'those have gone' wait_end guests 20
claim 'who comes now is let in' pyt_run curl -sS -m 20 -o "$tmp/got" \
	http://$kernel/data
claim_same 'and gets its data' "$tmp/got" "$tmp/data"
echo >&7

# Whoever reads the program's errors may have stopped to.
mkfifo "$tmp/errors"
exec 9<>"$tmp/errors"
"$python" -c 'import os; os.set_blocking(9, False)
os.write(9, bytes(1 << 20)); os.set_blocking(9, True)'
unread() {
	PYT_LOG=debug pyt_run timeout 20 curl -sS -o "$tmp/got" \
		http://$kernel/data 2>&9
}
claim 'lines that nobody reads hold nothing up' unread
claim_same 'the data is whole' "$tmp/got" "$tmp/data"
exec 9>&-
[ "$native_mode" ] ||
	claim_match 'a log that cannot be opened is said' \
		"$(PYT_LOG=info:/no/such pyt_run curl -sS -o "$tmp/got" \
			http://$kernel/data 2>&1)" \
		'PYT_LOG: /no/such: No such file'

claim_equal 'a listener may have the number 0' "$(pyt_run "$python" -c '
import os, socket
os.close(0)
s = socket.socket()
s.bind(("127.0.0.1", 7010))
s.listen()
c = socket.create_connection(("127.0.0.1", 7010))
p, _ = s.accept()
p.send(b"x")
print(s.fileno(), c.recv(1))' 2>&1)" "0 b'x'"

finished=yes
