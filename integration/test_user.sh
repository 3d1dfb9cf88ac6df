#!/bin/bash
# Programs that give up their user: what they exec then is on the same stack,
# and another user's programs are not. Natively first.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

lan_create
chmod 755 "$tmp"
cat >"$tmp/serve.py" <<'PYTHON'
import socket
s = socket.create_server(('', 7000))
print('up', flush=True)
while True:
    c, peer = s.accept()
    c.sendall(b'hello\n')
    c.close()
PYTHON
cat >"$tmp/ask.py" <<'PYTHON'
import os, socket
print(os.geteuid(), socket.create_connection(
    ('127.0.0.1', 7000)).makefile().read().strip())
PYTHON
start server pyt_run "$python" "$tmp/serve.py"
until_true 20 grep -q up "$tmp/server.log"
ask=("$python" "$tmp/ask.py")
wanted='65534 hello'

claim_equal 'setpriv' "$(pyt_run setpriv --reuid 65534 --clear-groups \
	"${ask[@]}" 2>&1)" "$wanted"
claim_equal 'su' "$(pyt_run su nobody -s /bin/sh -c "${ask[*]}" 2>&1)" \
	"$wanted"

# The server's own way: a socket, another user, then helpers of every kind.
cat >"$tmp/drop.py" <<'PYTHON'
import os, socket, subprocess, sys
s = socket.create_server(('', 0))
os.setgroups([])
os.setresuid(65534, 65534, 65534)
ask = sys.argv[1:]
sys.stdout.flush()
print(subprocess.check_output(ask, text=True).strip())
print(subprocess.check_output(ask, text=True, preexec_fn=os.setsid).strip())
os.system(' '.join(ask))
pid = os.posix_spawn(ask[0], ask, os.environ)
os.waitpid(pid, 0)
# an interpreter between, and a program that is not preloaded
subprocess.run(['/bin/sh', '-c', 'exec /bin/sh -c "' + ' '.join(ask) + '"'])
preload = os.environ.pop('LD_PRELOAD', '')
subprocess.run(['/usr/bin/env', 'LD_PRELOAD=' + preload] + ask)
os.environ['LD_PRELOAD'] = preload
if os.fork() == 0:
    os.closerange(3, 100)
    os.execv(ask[0], ask)
os.wait()
os.execv(ask[0], ask)
PYTHON
claim_equal 'what a server execs after setresuid' "$(pyt_run "$python" -u \
	"$tmp/drop.py" "${ask[@]}" 2>&1)" "$(yes "$wanted" | head -8)"

# To and fro, as sshd does: then nothing is to be inherited.
cat >"$tmp/back.py" <<'PYTHON'
import os, socket, subprocess
s = socket.create_server(('', 0))
os.seteuid(65534)
os.seteuid(0)
subprocess.run(['/bin/sh', '-c', 'ls -l /proc/self/fd | grep -c socket:'],
               close_fds=False)
PYTHON
claim_equal 'who is the old user again has nothing to hand on' \
	"$(pyt_run "$python" "$tmp/back.py")" 0

[ "$native_mode" ] && { finished=yes; exit 0; }

# --------------------------------------------------------------- who may not

stranger() {
	ip netns exec "$ns-2" setpriv --reuid 65534 --clear-groups \
		env LD_PRELOAD="$preload" PYT_LINK=tap:pyt0 PYT_IP=$stack/24 "$@"
}
claim_match "another user's program is refused" \
	"$(stranger "${ask[@]}" 2>&1)" 'pyt0 is in use by a stack of user 0'
claim_match 'and has no use for the name of the door' "$(stranger "$python" -c '
import re, socket
name = re.search("@(pyt-door/\S+)", open("/proc/net/unix").read())[1]
for kind in socket.SOCK_SEQPACKET, socket.SOCK_STREAM, socket.SOCK_DGRAM:
    try:
        socket.socket(socket.AF_UNIX, kind).connect("\0" + name)
        print("connected")
    except OSError as error:
        print(error.strerror)' 2>&1 | sort -u | tr '\n' ' ')" \
	'^(Connection refused|Protocol wrong type for socket| )+$'

as_nobody() {
	pyt_run setpriv --reuid 65534 --clear-groups "$@" 2>&1
}
cat >"$tmp/try.py" <<'PYTHON'
import errno, socket
def attempt(what, call):
    try:
        call()
        print(what, 'done')
    except OSError as error:
        print(what, errno.errorcode[error.errno])
attempt('bind', lambda: socket.create_server(('', 80)))
attempt('bind', lambda: socket.create_server(('', 8080)))
attempt('raw', lambda: socket.socket(type=socket.SOCK_RAW,
                                     proto=socket.IPPROTO_TCP))
attempt('packet', lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt('setting', lambda: open('/proc/sys/net/ipv4/tcp_sack', 'w'))
PYTHON
claim_equal 'they may do no more than an unprivileged user' \
	"$(as_nobody "$python" "$tmp/try.py" | tr '\n' ' ')" \
	'bind EACCES bind done raw EPERM packet EPERM setting EPERM '
claim_match 'they may look' "$(as_nobody ip -o addr)" "inet $stack/24"
claim_match 'and change nothing' "$(as_nobody ip addr add 10.77.0.9/24 \
	dev pyt0)" 'Operation not permitted'

finished=yes
