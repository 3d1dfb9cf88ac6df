#!/bin/bash
# SO_SNDBUF and SO_RCVBUF bound what a socket holds as on Linux: half to twice
# as much, and the few KiB that an endpoint takes at least. A window that was
# advertised before SO_RCVBUF is no longer taken back.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

probe=$top/integration/buffers_probe.py
window=65535
lan_create
native_mode=yes host_add 9 # Linux in the stack's place
linux() { $take_place ip netns exec "$ns-9" "$@"; }

# measure NAME ON IP ROLE HOW: what ON's side of the connections holds.
measure() {
	local first=(tested "$2" timeout 60 "$python" "$probe" "$4")
	local second=(peer native timeout 60 "$python" "$probe" sink)
	local ip=$3

	[ "$4" = send ] || second[-1]=source
	if [ "$5" = connect ]; then
		ip=$kernel4
		start "${second[@]}" listen "$ip" 7000
		wait_idle peer
		start "${first[@]}" connect "$ip" 7000
	else
		start "${first[@]}" listen "$ip" 7000
		wait_idle tested
		start "${second[@]}" connect "$ip" 7000
	fi
	claim "$1: both ends finish" wait_end peer 60
	claim "$1: the tested one, too" wait_end tested 10
	cat "$tmp/tested.log" "$tmp/peer.log"
}

# compare NAME MORE: what is on its way counts, too. Each line is 'size when
# bytes', Linux's and the stack's.
compare() {
	local size when native ours most

	while read -r size when native ours; do
		most=$((2 * native + $2))
		[[ $1 != receive* || $when = before || $most -gt $window ]] ||
			most=$((window + $2))
		claim "$1 $size, set $when: $ours, Linux $native" \
			test "$ours" -ge $((native / 2)) -a "$ours" -le $most
	done
}

for role in send receive; do
	for how in connect listen; do
		measure "$role, $how on Linux" linux 10.77.0.9 $role $how \
			>"$tmp/out"
		grep ' after\| before' "$tmp/out" >"$tmp/linux"
		grep 'NOT OK\|^ok' "$tmp/out"
		measure "$role, $how on the stack" pyt_run $stack4 $role $how \
			>"$tmp/out"
		grep ' after\| before' "$tmp/out" | cut -d' ' -f3 >"$tmp/stack"
		grep 'NOT OK\|^ok' "$tmp/out"
		claim_equal "$role, $how: all cases" "$(wc -l <"$tmp/stack")" 8
		compare "$role $how" 16384 < <(paste -d' ' "$tmp/linux" "$tmp/stack")
	done
done

# keep NAME ON IP: how many of 400 datagrams wait on the side ON.
keep() {
	start keeper "$2" timeout 60 "$python" "$probe" keep - "$3" 7100
	wait_idle keeper
	native "$python" "$probe" spray - "$3" 7100
	claim "$1: all have come" wait_end keeper 30
}

keep 'datagrams on Linux' linux 10.77.0.9
cp "$tmp/keeper.log" "$tmp/linux"
keep 'datagrams on the stack' pyt_run $stack4
cut -d' ' -f3 "$tmp/keeper.log" >"$tmp/stack"
compare datagrams 4 < <(paste -d' ' "$tmp/linux" "$tmp/stack")

finished=yes
