#!/bin/bash
# What programs do with processes and descriptors while they hold sockets, and
# how calls that wait are interrupted. The same programs run natively first.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

lan_create 2
programs=$(dirname "$lib")/tests/shim
if [ "$native_mode" ]; then
	programs=$top/build/tests/shim
fi

for program in "$programs/processes" "$programs/descriptors" \
	"$programs/clones"; do
	for name in $("$program"); do
		claim "$name, natively" native timeout 30 "$program" "$name"
		claim "$name" pyt_run timeout 30 "$program" "$name"
	done
done

# ------------------------------------------------------------ interruptions

wanted=
for call in accept connect recv 'recv all' read readv recvmsg 'recvfrom udp' \
	'read udp' 'recvmmsg udp' send write sendmsg accept4 'recvmsg udp' sendto \
	writev sendmmsg poll select ppoll pselect epoll_wait epoll_pwait; do
	wanted+="$call, without: EINTR after 1"$'\n'
	wanted+="$call, SA_RESTART: EINTR after $([[ $call =~ poll|select ]] &&
		echo 1 || echo 2)"$'\n'
	wanted+="$call: jumped out"$'\n'"$call: cancelled"$'\n'
done
pyt_run timeout -k 5 220 "$programs/interrupts" 10.77.0.99 \
	>"$tmp/interrupts" 2>&1
claim_equal "calls that wait are interrupted as signal(7) and pthreads say" \
	"$(cat "$tmp/interrupts")" "${wanted%$'\n'}"

claim_equal "a reader below SO_RCVLOWAT that has ended shows nothing after" \
	"$(pyt_run timeout -k 5 60 "$programs/low_water" 2>&1)" \
	"$(printf '%s: half untold, all told\n' recv read readv recvmsg splice killed)"

# ------------------------------------------------------- several programs

cat >"$tmp/serve.py" <<'PYTHON'
import socket
s = socket.create_server(('', 7000), backlog=300)
print('up', flush=True)
while True:
    c, peer = s.accept()
    c.sendall(c.recv(100))
    c.close()
PYTHON
cat >"$tmp/ask.py" <<'PYTHON'
import socket, sys
c = socket.create_connection(('127.0.0.1', 7000))
c.sendall(sys.argv[1].encode())
c.shutdown(socket.SHUT_WR)
print(c.makefile().read())
PYTHON
start server pyt_run "$python" "$tmp/serve.py"
until_true 20 grep -q up "$tmp/server.log"
claim_equal "two commands that know nothing of each other share one host" \
	"$(pyt_run "$python" "$tmp/ask.py" hello)" hello

sizes() {
	ip netns exec "$ns-2" env PYT_LINK=tap:pyt0 \
		"$(dirname "$lib")/pyt-stats" sizes
}

if [ ! "$native_mode" ]; then
	is_still() {
		[ "$(sizes | awk '/^tcp_/ && !/listen|time_wait/ { n += $2 }
			END { print n }')" = 0 ]
	}
	until_true 20 is_still
	before=$(sizes | grep -E '^(sockets|tcp_|udp|raw|ping)' |
		grep -v time_wait)
fi

# 200 of them at once, in one namespace's worth of one stack.
cat >"$tmp/crowd.sh" <<'SHELL'
for i in $(seq 200); do
	/usr/bin/python3 -S "$1/ask.py" "number $i" >"$1/many.$i" &
done
wait
cat "$1"/many.* | sort | uniq | wc -l
SHELL
claim_equal "200 processes on one stack, each gets its own bytes" \
	"$(pyt_run timeout 120 bash "$tmp/crowd.sh" "$tmp")" 200

# ------------------------------------------- what LD_PRELOAD does not reach

cp /bin/true "$tmp/setuid"
chown nobody "$tmp/setuid"
chmod 4755 "$tmp/setuid"
printf '#! /bin/busybox sh\necho script\n' >"$tmp/script"
chmod 755 "$tmp/script"
claim_equal "static, Go's and set-uid programs run when a program starts them" \
	"$(pyt_run bash -c 'busybox echo a; busybox echo b; $0/setuid; go version
		$0/script' "$tmp" 2>"$tmp/said" | sed 's/go version.*/go/')" \
	$'a\nb\ngo\nscript'
if [ ! "$native_mode" ]; then
	claim_equal "and that the stack does not reach them is said, once for each" \
		"$(grep -o '[^/]*: its sockets are' "$tmp/said")" \
		'busybox is statically linked: its sockets are
setuid is set-uid: its sockets are
go is a Go program: its sockets are'
	claim_equal "and where the real user is not the effective one" \
		"$(pyt_run "$python" -c '
import os
os.setresuid(65534, 0, 0)
os.execv("/bin/true", ["true"])
' 2>&1 | grep -c '^pyt: /bin/true is run by .* its sockets are')" 1
	claim_equal "of a script's interpreter, however it is started, too" \
		"$(pyt_run "$python" -c '
import subprocess, sys
for i in range(2):
    subprocess.run([sys.argv[1] + "/script"], stdout=subprocess.DEVNULL)
' "$tmp" 2>&1 | grep -c 'busybox is statically')" 1
	claim_equal "but not into a connection that is its stderr" \
		"$(pyt_run "$python" -c '
import os, socket, subprocess
a, b = socket.socketpair()
subprocess.run(["busybox", "echo", "hello"], stdout=a, stderr=a)
print(b.recv(100).decode(), end="")')" hello
fi

# ------------------------------------------------------------------ SIGKILL

cat >"$tmp/hold.py" <<'PYTHON'
import socket, sys, time
listener = socket.create_server(('', 0))
udp = socket.socket(type=socket.SOCK_DGRAM)
udp.bind(('', 0))
fresh = socket.socket()
late = socket.socket()
late.setblocking(False)
late.connect_ex(('10.77.0.99', 9))
client = socket.create_connection(listener.getsockname())
server = listener.accept()
waiting = socket.create_connection(listener.getsockname())
print('up', flush=True)
time.sleep(100)
PYTHON
if [ ! "$native_mode" ]; then
	for i in 1 2 3 4 5; do
		start "hold$i" pyt_run "$python" "$tmp/hold.py"
	done
	for i in 1 2 3 4 5; do
		until_true 20 grep -q up "$tmp/hold$i.log"
		kill -9 "${pid_of[hold$i]}"
	done
	same() {
		[ "$(sizes | grep -E '^(sockets|tcp_|udp|raw|ping)' |
			grep -v time_wait)" = "$before" ]
	}
	claim "nothing is left in the stack of processes that were killed" \
		until_true 20 same
	claim_equal "and it goes on" \
		"$(pyt_run "$python" "$tmp/ask.py" hello)" hello
fi

# ------------------------------------------------------------------ SIGSTOP

start stopped pyt_run "$python" "$tmp/hold.py"
until_true 20 grep -q up "$tmp/stopped.log"
kill -STOP "${pid_of[stopped]}"
claim_equal "a program that is stopped stops nobody else" \
	"$(pyt_run timeout 20 "$python" "$tmp/ask.py" hello)" hello
kill -CONT "${pid_of[stopped]}"
stop stopped

# strace is preloaded, too, and looks into /proc/net while the program's threads,
# the stack's among them, wait for it.
claim_equal "strace does not wait for the stack of what it traces" \
	"$(pyt3_run timeout -k 5 20 strace -f -o "$tmp/strace" "$python" -c '
import socket
s = socket.create_server(("", 0))
c = socket.create_connection(("127.0.0.1", s.getsockname()[1]))
print("connected")' 2>"$tmp/strace.log")" connected
claim "and has seen what it did" grep -q connect "$tmp/strace"
# Before a fork the stack becomes a process, which is traced as well.
claim_equal "nor for one that has stepped out" \
	"$(pyt3_run timeout -k 5 20 strace -f -o "$tmp/strace" "$python" -c '
import os, socket, time
s = socket.create_server(("", 0))
if os.fork() == 0:
    time.sleep(1)
    os._exit(0)
os.wait()
c = socket.create_connection(("127.0.0.1", s.getsockname()[1]))
print("connected")' 2>"$tmp/strace.log")" connected
# It looks there for each message with control data, and none may take long.
claim_equal "nor long, however often it looks" \
	"$(pyt3_run timeout -k 5 20 strace -f -o "$tmp/strace" "$python" -c '
import os, socket
s = socket.create_server(("", 0))
a, b = socket.socketpair()
for i in range(150):
    socket.send_fds(a, [b"x"], [0])
    os.close(socket.recv_fds(b, 1, 1)[1][0])
print("passed")' 2>"$tmp/strace.log")" passed
if [ ! "$native_mode" ]; then
	tracer() {
		pyt3_run env "$@" timeout -k 5 30 "$programs/tracer" 10.77.0.99 \
			2>"$tmp/tracer.log"
	}
	wanted='free: done
stepping out: EDEADLK
free again: done
connect: EDEADLK
sendto: EDEADLK
let go: done'
	claim_equal "nor does any tracer wait, also where the stack steps out" \
		"$(tracer)" "$wanted"
	claim_equal "nor for the stack's address" \
		"$(tracer PYT_IP=dhcp PYT_GW=)" "$wanted"
fi

# The other stack: its first program is stopped, goes on, and is killed.
cat >"$tmp/first.py" <<'PYTHON'
import socket, sys
listener = socket.create_server(('', 7100))
print('up', flush=True)
c, peer = listener.accept()
print('accepted', flush=True)
print(c.makefile().readline().strip(), flush=True)
c.sendall(b'heard\n')
c.recv(1)
listener.accept()
PYTHON
start first pyt3_run "$python" "$tmp/first.py"
until_true 20 grep -q up "$tmp/first.log"
# Nobody has joined it yet, so it cannot answer.
kill -STOP "${pid_of[first]}"
start second pyt3_run "$python" "$tmp/serve.py"
if [ ! "$native_mode" ]; then
	claim "who joins a stack that is stopped says whom it waits for" \
		until_true 20 grep -q "^pyt: link: process ${pid_of[first]},.*stopped" \
		"$tmp/second.log"
	claim_match "and pyt stats ends" "$(ip netns exec "$ns-3" timeout 20 \
		env PYT_LINK=tap:pyt0 "$(dirname "$lib")/pyt-stats" 2>&1)" \
		"process ${pid_of[first]}, .* is stopped"
fi
kill -CONT "${pid_of[first]}"
claim "and goes on when it does" until_true 20 grep -q up "$tmp/second.log"
for signal in STOP TSTP; do
	kill -$signal "${pid_of[first]}"
	until_true 20 grep -q '^State:.T' "/proc/${pid_of[first]}/status"
	claim_equal "its first program has SIG$signal: others go on" \
		"$(pyt3_run timeout 20 "$python" "$tmp/ask.py" hello)" hello
	kill -CONT "${pid_of[first]}"
done
# What a program tells the stack waits for room there. To be stopped meanwhile,
# and to go on, interrupts that.
cat >"$tmp/tell.py" <<'PYTHON'
import os, signal, socket, sys
sockets = [socket.socket() for i in range(600)]
last = sockets.pop()
for pid in sys.argv[1:]:
    os.kill(int(pid), signal.SIGSTOP)
print('told', flush=True)
for s in sockets:
    s.close()
last.bind(('', 0))
print('bound', flush=True)
PYTHON
stacks=
for pid in $(ip netns pids "$ns-3"); do
	[ "$(cat "/proc/$pid/comm")" != pyt-stack ] || stacks+=" $pid"
done
# shellcheck disable=SC2086
start teller pyt3_run "$python" "$tmp/tell.py" $stacks
until_true 20 grep -q told "$tmp/teller.log"
if [ ! "$native_mode" ]; then
	wait_idle teller
	kill -STOP "${pid_of[teller]}"
	until_true 20 grep -q '^State:.T' "/proc/${pid_of[teller]}/status"
	kill -CONT "${pid_of[teller]}"
	# shellcheck disable=SC2086
	kill -CONT $stacks
fi
wait_end teller
claim_match "who was stopped while it waited for the stack goes on as well" \
	"$(cat "$tmp/teller.log")" bound
kill -STOP "${pid_of[first]}"
cat >"$tmp/speak.py" <<'PYTHON'
import os, signal, socket, sys
c = socket.create_connection(('10.77.0.3', 7100))
c.sendall(b'said\n')
os.kill(int(sys.argv[1]), signal.SIGCONT)
print(c.makefile().readline().strip())
PYTHON
claim_equal "what came while it was stopped it finds when it goes on" \
	"$(native timeout 20 "$python" "$tmp/speak.py" "${pid_of[first]}"
	until_true 20 grep -q said "$tmp/first.log"
	cat "$tmp/first.log")" $'heard\nup\naccepted\nsaid'
kill -9 "${pid_of[first]}"
wait "${pid_of[first]}" 2>/dev/null
claim_equal "and when it was killed the others go on" \
	"$(pyt3_run timeout 20 "$python" "$tmp/ask.py" hello)" hello

# ------------------------------------------------------- the end of programs

data "$tmp/big" 3000000
start sink native "$python" -c '
import socket, sys
s = socket.create_server(("10.77.0.1", 7001))
print("up", flush=True)
c = s.accept()[0]
sys.stdout.flush()
with open(sys.argv[1], "wb") as f:
    while data := c.recv(65536):
        f.write(data)
' "$tmp/got"
until_true 20 grep -q up "$tmp/sink.log"
claim "a program ends with bytes unsent" pyt_run "$python" -c '
import os, socket, sys
c = socket.create_connection(("10.77.0.1", 7001))
c.sendall(open(sys.argv[1], "rb").read())
os._exit(0)
' "$tmp/big"
wait_end sink 30
claim_same "and they all arrive" "$tmp/got" "$tmp/big"

# Its last words find no room: exit(3) writes them behind all destructors.
claim 'a program that is long in ending' gcc -O1 -o "$tmp/slow" -xc - <<'C'
#include <stdio.h>
#include <sys/socket.h>

int main(void)
{
	return fputs("end", stdout) < 0 || socket(AF_INET, SOCK_DGRAM, 0) < 0;
}
C
cat >"$tmp/slow.py" <<'PYTHON'
import os, subprocess, sys, time
OPENS = 'import socket; socket.socket(); print("has a socket")'
out, full = os.pipe()
os.set_blocking(full, False)
try:
    while True:
        os.write(full, bytes(4096))
except BlockingIOError:
    os.set_blocking(full, True)
slow = subprocess.Popen([sys.argv[1]], stdout=full)
while not open(f'/proc/{slow.pid}/syscall').read().startswith('1 0x1 '):
    time.sleep(.01)
for _ in range(2):
    begin = time.monotonic()
    other = subprocess.run([sys.executable, '-c', OPENS], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(other.stdout.strip(), 'soon' if time.monotonic() < begin + 2.5
          else 'late')
os.close(full)
print(open(out, 'rb').read().decode().strip('\0'), slow.wait())
PYTHON
claim_equal "keeps nobody from the link" \
	"$(pyt_run timeout 30 "$python" "$tmp/slow.py" "$tmp/slow" 2>&1)" \
	'has a socket soon
has a socket soon
end 0'

# ^C goes to the terminal's process group: programs, and no stack.
cat >"$tmp/terminal.py" <<'PYTHON'
import os, pty, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = b''
while b'up' not in seen:
    seen += os.read(terminal, 100)
os.write(terminal, b'\x03')
print(os.WTERMSIG(os.waitpid(pid, 0)[1]))
PYTHON
claim_equal "Ctrl-C ends a program that waits" "$(pyt_run "$python" \
	"$tmp/terminal.py" "$python" -c '
import signal, socket
signal.signal(signal.SIGINT, signal.SIG_DFL)
s = socket.create_server(("", 0))
print("up", flush=True)
s.accept()')" 2
claim_equal "and nobody else" \
	"$(pyt_run "$python" "$tmp/ask.py" hello)" hello

finished=yes
