#!/bin/bash
# Program: iperf3: client and server, -R, -P 4, --bidir, -u.
FAMILY=${FAMILY:-4}
. "$(dirname "$0")/lib.sh"

seconds=${IPERF_SECONDS:-1}

# After each test the server opens its listener anew, and says so.
listens_again() {
	[ "$(grep -c 'Server listening' "$tmp/server.log")" -gt "$runs" ]
}

# run NAME CLIENT_SIDE HOST JSON_EXPRESSION OPTION...: both ends agree.
run() {
	local name=$1 client=$2 host=$3 expression=$4 time=(-t "$seconds")
	shift 4

	[[ " $* " == *' -n '* ]] && time=()
	until_true 20 listens_again
	runs=$((runs + 1))
	if ! "$client" timeout 40 iperf3 -c "$host" "${time[@]}" -J "$@" \
		>"$tmp/report" 2>"$tmp/error"; then
		failed "$name: $("$python" -c 'import json, sys
print(json.load(sys.stdin).get("error"))' <"$tmp/report")"
		return
	fi
	"$python" - "$tmp/report" "$expression" >"$tmp/verdict" 2>&1 <<-'END'
		import json, sys
		end = json.load(open(sys.argv[1]))['end']
		assert eval(sys.argv[2]), json.dumps(end, indent=1)
	END
	claim "$name" cat "$tmp/verdict"
	[ -s "$tmp/verdict" ] && failed "$name: $(cat "$tmp/verdict")"
}

roles() {
	local name=$1 server=$2 host=$3 client=$4 at=()
	local both="end['sum_sent']['bytes'] > 1e6 and \
end['sum_received']['bytes'] > 1e6"

	# Without an address it serves both families at one socket.
	[ "$FAMILY" = both ] || at=(-B "$host")
	start server "$server" iperf3 -s --forceflush "${at[@]}"
	runs=0
	wait_tcp "$host" 5201
	run "$name sends" "$client" "$host" "$both"
	run "$name receives (-R)" "$client" "$host" "$both" -R
	run "$name sends four streams" "$client" "$host" \
		"len(end['streams']) == 4 and $both" -P 4
	run "$name does both at once" "$client" "$host" \
		"$both and end['sum_received_bidir_reverse']['bytes'] > 1e6" \
		--bidir
	# 1 s of it fits two receive buffers: who receives may have to wait.
	run "$name sends UDP, none lost" "$client" "$host" \
		"end['sum']['packets'] > 100 and end['sum']['lost_percent'] < 1" \
		-u -b 4M
	run "$name receives UDP, none lost" "$client" "$host" \
		"end['sum']['packets'] > 100 and end['sum']['lost_percent'] < 1" \
		-u -b 4M -R
	once && more
	stop server
}

# What has nothing to do with addresses; with the variables of roles().
more() {
	run "$name receives four streams" "$client" "$host" \
		"len(end['streams']) == 4 and $both" -P 4 -R
	# Its option -F for files mangles them by itself, so bytes are counted.
	run "$name sends 64 MB" "$client" "$host" \
		"end['sum_sent']['bytes'] >= 64 << 20 and \
end['sum_received']['bytes'] > 16 << 20" -n 64M
}

lan_create
roles 'a client on the stack' native $kernel pyt_run
roles 'a client of the stack' pyt_run $stack native

finished=yes
