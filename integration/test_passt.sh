#!/bin/bash
# passt: programs of a user without any privilege, and without a device, are
# behind a socket of the file system and reach what the machine reaches.
#
#   stack --socket-- passt (user nobody) --192.0.2.2-- the world, 192.0.2.1
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

world=$ns-world
namespace_add "$ns"
namespace_add "$world"
ip -n "$ns" link add eth0 type veth peer name eth0 netns "$world"
for host in "$ns 2" "$world 1"; do
	read -r name n <<<"$host"
	ip -n "$name" addr add "192.0.2.$n/24" dev eth0
	ip -n "$name" addr add "2001:db8::$n/64" dev eth0 nodad
	ip -n "$name" link set eth0 up
done
ip -n "$ns" route add default via 192.0.2.1
ip -n "$ns" -6 route add default via 2001:db8::1
resolver_set "$ns" 192.0.2.1

in_world() { $take_place ip netns exec "$world" "$@"; }
as_nobody() {
	$take_place ip netns exec "$ns" setpriv --reuid 65534 --regid 65534 \
		--clear-groups env -i PATH="$PATH" HOME="$tmp/home" \
		XDG_RUNTIME_DIR="$tmp/home" PYT_LIBRARY="$lib" "$@"
}
mkdir -m 700 "$tmp/home"
chown 65534:65534 "$tmp/home"
socket=$tmp/home/socket
over_stack() {
	if [ "$native_mode" ]; then
		as_nobody "$@"
	else
		as_nobody env LD_PRELOAD="$lib" PYT_LINK="unix:$socket" "$@"
	fi
}
no_stack() { ! native grep -q "@pyt/unix" /proc/net/unix; }
settle() { until_true 20 no_stack; }

data "$tmp/data" 3000000
start web in_world "$python" -m http.server -d "$tmp" -b :: 80
start names in_world dnsmasq -k -C /dev/null --no-hosts --no-resolv \
	-a 192.0.2.1 -z --address=/world.example/192.0.2.1 \
	--address=/world.example/2001:db8::1 -u root
until_true 20 in_world "$top/integration/probe.py" 192.0.2.1 80
until_true 20 in_world dig +short +tries=1 +time=1 @192.0.2.1 world.example

# ------------------------------------------------------------ nobody listens

if [ ! "$native_mode" ]; then
	claim_match 'nobody listens: it is said, with what to run' \
		"$(over_stack curl -sS http://192.0.2.1/ 2>&1)" \
		'nobody listens there; run: passt'
	claim_match 'the launcher says so, too' \
		"$(as_nobody "$top/scripts/pyt" --link "unix:$socket" true 2>&1)" \
		"nobody listens at $socket"
	claim_match 'and the doctor' \
		"$(as_nobody "$top/scripts/pyt" --link "unix:$socket" doctor 2>&1)" \
		"nobody listens at $socket"
	# Without it the world's address would be this machine's own.
	start passt as_nobody passt -f --no-map-gw -s "$socket"
	until_true 20 test -S "$socket"
fi

# -------------------------------------------------------------- to the world

fetch() {
	rm -f "$tmp/home/got"
	over_stack timeout 30 curl -sS -o "$tmp/home/got" "$@"
}

claim 'IPv4, with an address by DHCP' fetch http://192.0.2.1/data
claim_same 'the file is whole' "$tmp/home/got" "$tmp/data"
settle
[ "$native_mode" ] || claim_match 'its lease has no end' \
	"$(over_stack env PYT_LOG=info curl -sS -o /dev/null \
		http://192.0.2.1/ 2>&1)" '192\.0\.2\.2/24 for ever'
settle
claim 'IPv6, with an address by router advertisements' \
	fetch "http://[2001:db8::1]/data"
claim_same 'that file, too' "$tmp/home/got" "$tmp/data"
settle
claim 'by a name, of the server that DHCP told of' \
	fetch http://world.example/data
claim_same 'and that one' "$tmp/home/got" "$tmp/data"
settle
if [ ! "$native_mode" ]; then
	claim 'with packets of 64 KB' over_stack env PYT_MTU=65520 \
		timeout 30 curl -sS -o "$tmp/home/got" http://192.0.2.1/data
	claim_same 'the same bytes' "$tmp/home/got" "$tmp/data"
	settle
fi
start sink in_world socat -u TCP6-LISTEN:7000 OPEN:"$tmp/sunk",creat
until_true 20 in_world sh -c 'ss -tln | grep -q :7000'
claim 'nc -N sends a file' over_stack timeout 30 nc -N 192.0.2.1 7000 \
	<"$tmp/data"
wait_end sink
claim_same 'which arrives whole' "$tmp/sunk" "$tmp/data"
settle

[ ! "$native_mode" ] || { finished=yes; exit 0; }

# ---------------------------------------------------- it goes and comes back

start shell over_stack bash -c "curl -sS -o $tmp/home/one http://192.0.2.1/data
	while [ ! -e $tmp/go ]; do sleep 0.1; done
	curl -sS --retry 5 --retry-connrefused -o $tmp/home/two \
		http://192.0.2.1/data"
# All of it: what is under way when passt goes is lost with it.
until_true 20 cmp "$tmp/home/one" "$tmp/data"
stop passt
rm -f "$socket"
start passt as_nobody passt -f --no-map-gw -s "$socket"
until_true 20 test -S "$socket"
touch "$tmp/go"
wait_end shell
claim_same 'passt was killed and is started anew: programs go on' \
	"$tmp/home/two" "$tmp/data"
stop passt
settle

# A passt that goes at any moment of the beginning, and is there again: before
# anything is asked, after the first question, the second ... Each is another
# one: it may stumble over what is left of connections of its last client.
# curl begins anew where passt was cut off from a connection that it had begun;
# or where it sends to another address, for it knows one IPv6 address, the last
# that it has heard of, and here there come two.
fetch_cut() {
	local frames=$1 status
	shift

	rm -f "$socket" "$tmp/home/passt"
	start passt as_nobody passt -f --no-map-gw -s "$tmp/home/passt"
	until_true 20 test -S "$tmp/home/passt"
	start cut as_nobody "$python" "$top/integration/cut_proxy.py" \
		"$socket" "$tmp/home/passt" "$frames"
	until_true 20 test -S "$socket"
	fetch --connect-timeout 5 --speed-limit 1 --speed-time 5 \
		--retry 2 --retry-delay 1 --retry-all-errors "$@"
	status=$?
	settle
	stop cut
	stop passt
	return $status
}
for url in http://192.0.2.1/data "http://[2001:db8::1]/data"; do
	for frames in 0 1 2 3 4 5 6; do
		claim "$url, though passt has gone after $frames frames" \
			fetch_cut $frames "$url"
	done
done

# --------------------------------------------------------------- the launcher

claim_equal 'pyt --passt starts one, for several commands' \
	"$(as_nobody "$top/scripts/pyt" --passt bash -c \
		'for address in world.example 192.0.2.1; do
			curl -sS -o /dev/null -w "%{http_code} " \
				http://$address/data
		done' 2>&1)" '200 200 '
settle
# The first of them ends while the others still need its stack.
claim_equal 'and for several at once, each of which ends well' \
	"$(as_nobody "$top/scripts/pyt" --passt bash -c \
		'for i in 1 2 3 4 5 6; do
			curl -sS -o /dev/null -w "%{http_code} " \
				http://192.0.2.1/data &
		done
		while wait -n; do :; done; wait' 2>&1)" \
	'200 200 200 200 200 200 '
settle
# passt becomes nobody, who may not write where root's socket is to be.
claim_equal 'so it does for root' "$(ip netns exec "$ns" env \
	XDG_RUNTIME_DIR="$tmp" PYT_LIBRARY="$lib" timeout 30 \
	"$top/scripts/pyt" --passt curl -sS -o /dev/null -w '%{http_code}' \
	http://192.0.2.1/data 2>&1)" 200
settle
no_passt() { ! pgrep -f "passt .*$tmp/home" >/dev/null; }
claim 'and it ends after the command' until_true 20 no_passt
claim_equal 'nothing is left behind' "$(ls "$tmp/home/pyt-65534")" ""

finished=yes
