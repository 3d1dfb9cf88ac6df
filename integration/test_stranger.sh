#!/bin/bash
# A program of the same user that sends junk to the stack's control socket: it
# is thrown out at most, and the stack's other programs do not notice.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

lan_create
stranger() {
	ip netns exec "$ns-2" timeout 60 \
		"${STRANGER:-$top/build/tests/shim/stranger}" tap:pyt0 "$@"
}

start echo pyt_run socat "TCP-LISTEN:7001,fork,reuseaddr" "EXEC:cat"
wait_tcp $stack 7001
claim 'only the endpoint itself is connected to' stranger names
claim 'what is announced before the byte to keep has come is held back' \
	stranger more $stack 7001

# ---------------------------------------------------------- of another user

by_door() {
	pyt_run setpriv --reuid 65534 --clear-groups env -u LD_PRELOAD \
		timeout 60 "$top/build/tests/shim/stranger" door "$@"
}
claim_match "a program of its user may ask about others' sockets" \
	"$(stranger see)" '^[1-9]'
claim_equal "another user's is told of none" "$(by_door see)" 0
claim "another user's can do nothing with them" by_door meddle
claim_equal 'they are there as before' \
	"$(echo hello | native timeout 10 socat - TCP:$stack:7001)" hello

# A connection that is there shows how names look; the intruder sends its own.
cat >"$tmp/intrude.py" <<'PYTHON'
import re, socket
lines = open('/proc/net/unix').read().splitlines()
listeners = [l.split()[7][1:] for l in lines
             if re.search(r' 00010000 .*@[0-9a-f]{5}$', l)]
words = {m[1] for l in lines if (m := re.search(r'@pyt\.(\w+)\.', l))}
tried = 0
for word in words:
    for name in listeners:
        for slot in range(12):
            for generation in range(1, 4):
                s = socket.socket(socket.AF_UNIX)
                try:
                    s.bind(f'\0pyt.{word}.{slot}.{generation}')
                    s.connect('\0' + name)
                    s.send(b'intruder\n')
                    tried += 1
                except OSError:
                    pass
print(len(words), len(listeners), tried)
PYTHON
cat >"$tmp/hear.py" <<'PYTHON'
import socket
s = socket.create_server(('', 7002))
print('up', flush=True)
kept = []
while True:
    c, peer = s.accept()
    kept.append(c)
    print(peer, c.recv(100), flush=True)
PYTHON
start hear pyt_run "$python" "$tmp/hear.py"
wait_tcp $stack 7002
start held native nc -d $stack 7001
until_true 20 ip netns exec "$ns-2" grep -q @pyt\\. /proc/net/unix
claim_match 'an intruder finds names and listeners' "$(ip netns exec \
	"$ns-2" setpriv --reuid 65534 --clear-groups "$python" \
	"$tmp/intrude.py")" '^[1-9][0-9]* [1-9][0-9]* [1-9]'
echo hello | native timeout 10 nc -N $stack 7002
claim 'the listener hears the network' until_true 20 \
	grep -q hello "$tmp/hear.log"
claim_equal 'and nobody else' "$(grep -c intruder "$tmp/hear.log")" 0

seeds=($RANDOM $RANDOM $RANDOM)
echo "seeds ${seeds[*]}: tests/shim/stranger tap:pyt0 noise SEED 3000"
for seed in "${seeds[@]}"; do
	claim "the stack answers amid junk of seed $seed" \
		stranger noise "$seed" 3000
done
claim_equal 'the listener still answers' \
	"$(echo hello | native timeout 10 nc -N $stack 7001)" hello

finished=yes
