#!/bin/bash
# Our addresses are somebody else's already: it is noticed, told, and the
# addresses are not used. Who has them is not disturbed.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

lan_create
owner=$ns-9
namespace_add "$owner"
ip -n "$ns" link add port9 type veth peer name eth0 netns "$owner"
ip -n "$ns" link set port9 master lan0 up
ip -n "$owner" addr add $stack/24 dev eth0
ip -n "$owner" addr add $stack6/64 dev eth0 nodad
ip -n "$owner" link set eth0 up
mac=$(ip netns exec "$owner" cat /sys/class/net/eth0/address)
start web ip netns exec "$owner" "$top/build/examples/echo"
until_true 20 native nc -z $stack 7

cat >"$tmp/bind.py" <<'EOF'
import errno, socket, sys, time
# Until both are known to be taken: what bind() says of them.
addresses = sys.argv[1:]
end = time.monotonic() + 15
said = {}
keep = socket.socket(socket.AF_INET6)       # the stack lives that long
while time.monotonic() < end and len(said) < len(addresses):
    for address in addresses:
        family = socket.AF_INET6 if ':' in address else socket.AF_INET
        with socket.socket(family) as s:
            try:
                s.bind((address, 0))
            except OSError as error:
                said[address] = errno.errorcode[error.errno]
    time.sleep(0.05)
for address in addresses:
    print(address, said.get(address, 'can be bound'))
EOF
start binder env PYT_LOG=info bash -c "$(declare -f pyt_run run_on)
	ns=$ns preload=$preload kernel4=$kernel4 kernel6=$kernel6 families=46
	native_mode= take_place=exec
	pyt_run $python $tmp/bind.py $stack $stack6"
wait_end binder 30
claim_match 'an IPv4 address that is taken is not used' \
	"$(cat "$tmp/binder.log")" "$stack EADDRNOTAVAIL"
claim_match 'nor is an IPv6 address' "$(cat "$tmp/binder.log")" \
	"$stack6 EADDRNOTAVAIL"
claim_match 'who has it is told' "$(cat "$tmp/binder.log")" \
	"$stack is already used on this link by $mac"
claim_match 'for both' "$(cat "$tmp/binder.log")" \
	"$stack6 is already used on this link by $mac"

# Whoever has the addresses keeps them: nobody's cache was spoilt.
for at in $stack $stack6; do
	claim_equal "the owner of $at still answers" \
		"$(echo hello | native timeout 10 nc -N $at 7)" hello
	claim_match 'by its own MAC address' \
		"$(ip -n "$ns" neigh show $at)" "lladdr $mac"
done

# PYT_ACD=wait: not a packet before it is known.
out=$(pyt_run env PYT_ACD=wait "$python" -c "
import socket
socket.create_connection(('$kernel', 7), timeout=20)" 2>&1)
claim_match 'PYT_ACD=wait: no connection from an address of another' \
	"$out" 'Errno 99. Cannot assign requested address'

finished=yes
