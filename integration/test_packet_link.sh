#!/bin/bash
# PYT_LINK=packet:eth0: the stack is one more host at the wire of a device that
# the kernel uses, too.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# The host is 10.77.0.9 for the kernel, and 10.77.0.2 for the stack.
namespace_add "$ns"
namespace_add "$ns-2"
ip -n "$ns" link add lan0 type veth peer name eth0 netns "$ns-2"
for place in "$ns lan0 1" "$ns-2 eth0 9"; do
	read -r name device n <<<"$place"
	ip -n "$name" addr add "10.77.0.$n/24" dev "$device"
	ip -n "$name" addr add "fd77::$n/64" dev "$device" nodad
	ip -n "$name" link set "$device" up
done

host() { $take_place ip netns exec "$ns-2" "$@"; }
over_stack() {
	if [ "$native_mode" ]; then
		host "$@"
	else
		host env LD_PRELOAD="$preload" PYT_LINK=packet:eth0 \
			PYT_IP=$stack/24,$stack6/64 PYT_GW=$kernel,$kernel6 "$@"
	fi
}
[ ! "$native_mode" ] || stack=10.77.0.9 stack6=fd77::9

data "$tmp/data" 20000000
start web native "$python" -m http.server -d "$tmp" -b :: 80
wait_tcp $kernel 80

fetch() { over_stack timeout 30 curl -sS -o "$tmp/got" "$1"; }
claim 'a download' fetch http://$kernel/data
claim_same 'is whole' "$tmp/got" "$tmp/data"
claim 'over IPv6' fetch "http://[$kernel6]/data"
claim_same 'is whole, too' "$tmp/got" "$tmp/data"

start sink native socat -u TCP-LISTEN:7001 OPEN:"$tmp/sunk",creat
until_true 20 native sh -c 'ss -Htln sport = :7001 | grep -q .'
claim 'an upload' over_stack timeout 30 nc -N $kernel 7001 <"$tmp/data"
wait_end sink
claim_same 'arrives whole' "$tmp/sunk" "$tmp/data"

# Another host at the wire: both answer, each by its own Ethernet address.
start server over_stack "$python" -m http.server -d "$tmp" 8000
wait_tcp $stack 8000
claim 'a server on the stack' native timeout 30 curl -sS -o "$tmp/got" \
	http://$stack:8000/data
claim_same 'gives its file' "$tmp/got" "$tmp/data"
[ ! "$native_mode" ] || { finished=yes; exit 0; }
claim 'ping of the stack' native ping -qc 3 -i 0.2 $stack
claim 'and of the machine' native ping -qc 3 -i 0.2 10.77.0.9
claim 'they are two Ethernet addresses' test \
	"$(native ip neigh show $stack | grep -o 'lladdr [^ ]*')" != \
	"$(native ip neigh show 10.77.0.9 | grep -o 'lladdr [^ ]*')"
claim 'the machine has no connection of it' \
	test -z "$(host ss -Htn sport = :8000)"
claim 'but the wire has, and the device listens to all' \
	bash -c "ip -n '$ns-2' -d link show eth0 | grep -q 'promiscuity [1-9]'"

# What is on a VLAN is another network's: who asks there has no answer, before
# somebody who asks without a tag has.
cat >"$tmp/ask.py" <<'PYTHON'
import socket, struct
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x806))
s.bind(('lan0', 0x806))
def ask(sender, tag=b''):
    mac = bytes([2, 0, 0, 0, 0, sender])
    s.send(b'\xff' * 6 + mac + tag + struct.pack(
        '!HHHBBH6s4s6s4s', 0x806, 1, 0x800, 6, 4, 1, mac,
        bytes([10, 77, 0, sender]), bytes(6), bytes([10, 77, 0, 2])))
ask(50, struct.pack('!HH', 0x8100, 5))
ask(51)
while True:
    frame = s.recv(2000)
    if frame[21] == 2 and frame[0:5] == bytes([2, 0, 0, 0, 0]):
        print(frame[5])
        break
PYTHON
claim_equal 'frames of a VLAN are left out' \
	"$(native timeout 10 "$python" "$tmp/ask.py")" 51
stop server

# ----------------------------------------------------------------- bad input

said() {
	host env LD_PRELOAD="$preload" "$@" "$python" -c \
		'import socket; socket.socket()' 2>&1 | grep pyt:
}
claim_equal 'a device that is not there' "$(said PYT_LINK=packet:eth7)" \
	'pyt: link: packet:eth7: there is no such device; see: ip link'
claim_equal 'one that is no Ethernet' "$(said PYT_LINK=packet:lo)" \
	'pyt: link: packet:lo: is no Ethernet device; see: ip link'
claim_equal 'without the right to' "$(said PYT_LINK=packet:eth0 \
	setpriv --reuid 65534 --clear-groups --bounding-set -all)" \
	'pyt: link: packet:eth0: takes CAP_NET_RAW; run it as root'
ip -n "$ns-2" link set eth0 down
claim_match 'one that is down' "$(said PYT_LINK=packet:eth0 \
	PYT_IP=10.77.0.2/24)" 'eth0 is down; run: ip link set eth0 up'

finished=yes
