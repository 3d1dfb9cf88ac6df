# Sourced behind lib.sh: a download that goes on while neighbours misbehave,
# and what must hold afterwards.
# shellcheck shell=bash

stack_mac=02:77:00:00:00:02
export PYT_MAC=$stack_mac

# How the victim's programs are run, and the web server.
victim=pyt_run
web=native

# victims_start ADDRESS: a web server, echo on the stack.
victims_start() {
	mkdir "$tmp/www"
	data "$tmp/www/big" 8000000
	start web "$web" "$python" -m http.server -d "$tmp/www" -b "$1" 80
	until_true 20 "$web" curl -s -o /dev/null "http://$(url_of "$1")/"
	start echo $victim "$top/build/examples/echo"
	memory_before=$(memory)
}

memory() { awk '/^VmRSS/ { print $2 }' "/proc/${pid_of[echo]}/status"; }

counters() {
	ip netns exec "$ns-2" env PYT_LINK=tap:pyt0 \
		"$top/build/pyt-stats" counters
}
counter() { counters | awk -v name="$1" '$1 == name { print $2 }'; }

# What is in small letters is the reason of a drop.
drops() { counters | awk '/^[a-z]/ { sum += $2 } END { print sum }'; }

# amid NAME URL COMMAND...: the neighbour's doings, a download beside them.
amid() {
	local name=$1 url=$2 rounds=0 file=$tmp/got
	shift 2

	start neighbour native timeout -k 2 "${limit:-20}" "$@"
	while :; do
		rm -f "$file"
		$victim timeout 60 curl -sS -o "$file" "$url" 2>"$tmp/curl.log"
		rounds=$((rounds + 1))
		cmp -s "$file" "$tmp/www/big" || break
		kill -0 "${pid_of[neighbour]}" 2>/dev/null || break
	done
	wait_end neighbour 30 2>/dev/null
	claim_same "downloads amid $name are whole ($rounds)" "$file" \
		"$tmp/www/big" || cat "$tmp/curl.log"
}

# survived ADDRESS: nothing is broken, and nothing has grown without end.
survived() {
	claim_equal 'echo still answers' \
		"$(echo hello | native timeout 10 nc -N "$1" 7)" hello
	claim "its memory is bounded ($memory_before kB before)" \
		[ "$(memory)" -lt $((memory_before + 65536)) ]
	claim_equal 'nothing was an error of ours' \
		"$(counter tcp_illegal_transition)" 0
}
