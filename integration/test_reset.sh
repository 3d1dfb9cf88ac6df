#!/bin/bash
# Reset by the peer before accept(2): the program still gets the connection,
# and with it the reset, as from the kernel.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

probe=$top/integration/reset_probe.py

# The stack, or in its place the kernel, has seen the reset.
was_reset() {
	[ ! "$native_mode" ] || return 0 # within the client's call
	ip netns exec "$ns-2" env PYT_LINK=tap:pyt0 "$top/build/pyt-stats" \
		counters | grep -q '^tcp_reset '
}

lan_create
mkfifo "$tmp/go"
exec 9<>"$tmp/go"
input=$tmp/go start server pyt_run timeout 30 "$python" "$probe" \
	server $stack 7001
until_true 20 grep -q ready "$tmp/server.log"
native "$python" "$probe" client $stack 7001
until_true 20 was_reset
echo go >&9
wait_end server
claim_equal 'the reset comes with the accepted connection' \
	"$(tail -n +2 "$tmp/server.log")" "ECONNRESET
ENOTCONN
b''"

finished=yes
