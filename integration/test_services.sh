#!/bin/bash
# The example services, echo, discard and daytime (RFC 862, 863, 867), over
# TCP and UDP: ordinary programs, run over the stack.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

lan_create
if [ "$native_mode" ]; then
	ip -n "$ns-2" addr add 10.77.0.22/24 dev eth0
	ip -n "$ns-2" addr add fd77::22/64 dev eth0 nodad
fi
for name in echo discard daytime; do
	start $name pyt_run env \
		PYT_IP="$stack/24,10.77.0.22/24,$stack6/64,fd77::22/64" \
		"$top/build/examples/$name"
done
wait_tcp $stack 7
wait_tcp $stack 9
wait_tcp $stack6 13

probe() {
	native "$python" "$top/integration/services_probe.py" "$@" 2>&1
}

for at in $stack 10.77.0.22 $stack6 fd77::22; do
	claim_equal "echo over TCP, $at" "$(probe echo $at)" \
		$'as sent\nas sent\nas sent\nthen 0 bytes and the end'
	claim_equal "discard over TCP, $at" "$(probe discard $at)" \
		'0 bytes and the end'
	claim_equal "daytime over TCP, $at" "$(probe daytime $at)" 'a time'
	claim_equal "echo over UDP, $at" "$(probe echo_udp $at)" "$(
		printf '%d as sent\n' 0 1 1400 9000 60000)"
	claim_equal "discard over UDP, $at" "$(probe discard_udp $at)" \
		$'last\nnot answered'
	claim_equal "daytime over UDP, $at" "$(probe daytime_udp $at)" 'a time'
done
for at in $stack $stack6; do
	claim_equal "echo does not answer echo, $at" "$(probe loop $at)" \
		$'last\nnot answered'
	claim_equal "200 clients at once, $at" "$(probe clients $at)" \
		'200 clients'
done

# Both ways at once: more on the way than all buffers hold.
data "$tmp/big" 8000000
for at in $stack $stack6; do
	native timeout 60 nc -N $at 7 <"$tmp/big" >"$tmp/got"
	claim_same "8 MB come back, $at" "$tmp/got" "$tmp/big"
done

claim_match 'a port that is taken is told' \
	"$(pyt_run "$top/build/examples/echo" -4 2>&1)" \
	'echo: port 7 over IPv4: Address already in use$'
claim_match 'as is how to use it' \
	"$("$top/build/examples/daytime" -h)" '^usage: daytime '

finished=yes
