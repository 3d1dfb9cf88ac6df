#!/bin/bash
# Programs in other surroundings than their parent's, musl's and those of other
# namespaces, roots and users: each comes to the stack, or it is clear why not.
# The table is docs/surroundings.md.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

lan_create
chmod 755 "$tmp"
cat >"$tmp/ask.py" <<'PYTHON'
import socket
s = socket.create_connection(('10.77.0.1', 80), 10)
print('as', s.getsockname()[0])
PYTHON
start web native "$python" -m http.server -d "$tmp" -b $kernel 80
wait_tcp $kernel 80
# A program that keeps a stack there, to be joined.
start keeper pyt_run "$python" -c 'import socket, time
s = socket.create_server(("", 7000))
print("up", flush=True)
time.sleep(1000)'
until_true 20 grep -q up "$tmp/keeper.log"

ask="$python $tmp/ask.py"
on_stack() { pyt_run timeout 20 "$@" 2>&1; }
for way in 'env -i' 'chroot /' 'unshare -r' 'unshare -m' \
	'unshare -Ur --pid --fork' 'sudo' 'sudo -u nobody' \
	'bwrap --bind / / --dev /dev --proc /proc' \
	'bwrap --bind / / --unshare-user --unshare-pid --proc /proc' \
	'setpriv --reuid 65534 --clear-groups'; do
	# shellcheck disable=SC2086
	claim_equal "$way" "$(on_stack $way $ask)" "as $stack"
done
claim_match 'su' "$(on_stack su nobody -s /bin/sh -c "$ask")" "as $stack"
claim_match 'su -' "$(on_stack su - nobody -s /bin/sh -c "$ask")" "as $stack"
# sudo takes LD_PRELOAD away, and -E leaves PYT_*: as if it were meant so.
claim_match 'sudo -E leads out' "$(on_stack sudo -E $ask)" unreachable
claim_equal 'unless it is told again' \
	"$(on_stack sudo -E LD_PRELOAD="$preload" $ask)" "as $stack"
cat >"$tmp/leave.py" <<'PYTHON'
import ctypes, os, runpy, socket, sys
socket.socket()
assert ctypes.CDLL(None).unshare(0x40000000) == 0	# CLONE_NEWNET
runpy.run_path(sys.argv[1])
PYTHON
claim_match 'who leaves a network reaches nobody from the new one' \
	"$(on_stack "$python" "$tmp/leave.py" "$tmp/ask.py")" 'is unreachable'
claim_match 'ip netns exec: another link' \
	"$(on_stack ip netns exec "$ns" $ask)" 'pyt0'
claim_match 'another network has another link' "$(on_stack unshare -n $ask)" \
	'pyt0 is down'
claim_match 'a sandbox without a network, too' "$(on_stack bwrap --bind / / \
	--unshare-net --dev /dev $ask)" 'pyt: .*pyt0|No such device'

# ---------------------------------------------------------------- musl

cat >"$tmp/musl.c" <<'C'
int main(void) { return 0; }
C
musl-gcc -o "$tmp/musl" "$tmp/musl.c"
claim_match 'a musl program that a program runs is named' \
	"$(on_stack sh -c "$tmp/musl; true")" \
	'musl is linked with musl, and libpyt with glibc: it does not start'
claim 'without LD_PRELOAD it starts' on_stack env LD_PRELOAD= "$tmp/musl"

finished=yes
