#!/bin/bash
# Programs that clean the environment: for what they run, or before they open
# their first socket. What makes them ours is put back; who takes LD_PRELOAD
# away means it.
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

# Says in which way it was run, and whether it is ours.
cat >"$tmp/say" <<'SH'
#!/bin/sh
case $(grep -c libpyt /proc/self/maps) in
0) echo "$1: native" ;;
*) echo "$1: ours by $PYT_LINK" ;;
esac
SH
chmod 755 "$tmp/say"

cat >"$tmp/run.py" <<'PYTHON'
import os, sys

say = sys.argv[1]
clean = {'PATH': '/usr/bin:/bin'}


def ends(pid):
    os.waitpid(pid, 0)


ends(os.posix_spawn(say, [say, 'posix_spawn'], clean))
ends(os.posix_spawnp(say, [say, 'posix_spawnp'], clean))
child = os.fork()
if child == 0:
    os.execve(say, [say, 'execve'], clean)
ends(child)
child = os.fork()
if child == 0:
    os.execve(os.open('/usr/bin/python3', os.O_RDONLY),
              ['python3', '-c', f'import os; os.execv("{say}", ["say", "fexecve"])'],
              clean)
ends(child)
os.environ.clear()
os.system(f'{say} system')
os.execv(say, [say, 'execv'])
PYTHON

cat >"$tmp/connect.py" <<'PYTHON'
import os, socket, sys

os.environ.clear()
s = socket.create_connection((sys.argv[1], 7000))
print(s.getsockname()[0], s.recv(100).decode(), end='')
PYTHON

# A root directory without our library, and a program that needs none.
cat >"$tmp/jail.py" <<'PYTHON'
import os, sys

os.chroot(sys.argv[1])
os.execve('/busybox', ['env'], {'HOME': '/'})
PYTHON

ours="ours by tap:pyt0"
lan_create 2
claim_equal 'each call that runs a program in a clean environment' \
	"$(pyt_run timeout 30 "$python" "$tmp/run.py" "$tmp/say" 2>&1)" \
	"posix_spawn: $ours
posix_spawnp: $ours
execve: $ours
fexecve: $ours
system: native
execv: $ours"
claim_equal 'env -i' "$(pyt_run env -i "$tmp/say" env)" "env: $ours"
claim_equal 'a key alone is kept, and none is added' "$(pyt_run env -i \
	PYT_LINK=tap:other LD_PRELOAD="$preload" "$tmp/say" env)" \
	'env: ours by tap:other'
claim_equal 'a library without keys gets them' \
	"$(pyt_run env -i LD_PRELOAD="$preload" "$tmp/say" env)" "env: $ours"
claim_equal 'env -u LD_PRELOAD' \
	"$(pyt_run env -u LD_PRELOAD "$tmp/say" env)" 'env: native'
claim_equal 'LD_PRELOAD=' \
	"$(pyt_run env LD_PRELOAD= "$tmp/say" env)" 'env: native'

mkdir "$tmp/jail"
cp /bin/busybox "$tmp/jail/"
claim_equal 'where the library cannot be read nothing is added' \
	"$(pyt_run "$python" "$tmp/jail.py" "$tmp/jail" 2>&1)" HOME=/

start hello native socat TCP-LISTEN:7000,reuseaddr,fork,bind=$kernel \
	SYSTEM:'echo good'
wait_tcp $kernel 7000
claim_equal 'who cleans its own has its own address all the same' \
	"$(pyt3_run timeout 20 "$python" "$tmp/connect.py" $kernel 2>&1)" \
	"$stack3 good"

finished=yes
