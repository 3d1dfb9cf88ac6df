#!/bin/bash
# Congestion control: by name, by sysctl, and of a user's own (PYT_CC), also
# after the program that loaded it has gone.
. "$(dirname "$0")/lib.sh"

[ ! "$native_mode" ] || exit 0

# The one of docs/examples, and some that are wrong.
example=$tmp/aimd.so
sources=$top/docs/examples/aimd.c
build_control() { cc -shared -fPIC -O2 -I "$top/include" -o "$@"; }
build_control "$example" "$sources" || exit 1
build_control "$tmp/old.so" -x c - <<-'C'
	#include <pyt/cc.h>
	const struct pyt_cc_ops pyt_congestion_control = {
		.version = 1, .size = sizeof(struct pyt_cc_ops),
		.name = "old" };
C
build_control "$tmp/mute.so" -x c - <<<'int nothing;'
build_control "$tmp/twin.so" -x c - <<<"$(
	sed 's/"aimd"/"cubic"/' "$sources")"

lan_create
head -c 4000000 /dev/urandom >"$tmp/data"

# control_of [NAME]: what a new connection has, after asking for NAME.
control_of() {
	pyt_run "$python" - "$@" <<-'PY'
		import socket, sys
		s = socket.socket()
		try:
		    for name in sys.argv[1:]:
		        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION,
		                     name.encode())
		    print(s.getsockopt(socket.IPPROTO_TCP,
		                       socket.TCP_CONGESTION, 16)
		          .rstrip(b"\0").decode())
		except OSError as e:
		    print(e.errno)
	PY
}

# ----------------------------------------------------------------- by name

claim_equal 'cubic is the standard' "$(control_of)" cubic
for name in reno cubic dctcp bbr; do
	claim_equal "$name by name" "$(control_of $name)" $name
	claim_equal "$name by sysctl" "$(
		PYT_SYSCTL="net.ipv4.tcp_congestion_control=$name" control_of)" \
		$name
done
claim_equal 'an unknown name is ENOENT' "$(control_of vegas)" 2

# receive PORT: a server on the kernel's side, whose bytes go to a file.
receive() {
	start "server$1" native sh -c \
		"exec nc -d -l $kernel $1 >'$tmp/received$1'"
	wait_tcp $kernel "$1"
}

# arrived PORT: all of the data, when the server has seen the end.
arrived() {
	wait_end "server$1" 60 && cmp -s "$tmp/received$1" "$tmp/data"
}

port=5000
for name in reno dctcp bbr; do
	port=$((port + 1))
	receive $port
	export PYT_SYSCTL="net.ipv4.tcp_congestion_control=$name"
	export PYT_IMPAIR="loss=1%,delay=5ms,seed=3"
	claim "$name sends" pyt_run nc -N $kernel $port <"$tmp/data"
	claim "what it sends over a bad wire arrives" arrived $port
	unset PYT_SYSCTL PYT_IMPAIR
done

# ------------------------------------------------------------------- pacing

receive 5009
claim 'a paced program' pyt_run "$python" - $kernel 5009 "$tmp/data" \
	"$tmp/took" <<-'PY'
	import socket, sys, time
	s = socket.socket()
	s.setsockopt(socket.SOL_SOCKET, 47, 2000000) # SO_MAX_PACING_RATE
	s.connect((sys.argv[1], int(sys.argv[2])))
	begin = time.monotonic()
	s.sendall(open(sys.argv[3], "rb").read())
	s.shutdown(socket.SHUT_WR)
	s.recv(1)
	took = int(1000 * (time.monotonic() - begin))
	open(sys.argv[4], "w").write(str(took))
PY
claim 'sends all' arrived 5009
took=$(cat "$tmp/took")
claim "not before the rate lets it, 2 s ($took ms)" [ "$took" -ge 1900 ]

# -------------------------------------------------------------- of one's own

export PYT_CC=$example
claim_equal 'a loaded control is the standard' "$(control_of)" aimd
claim_equal 'the others are still there' "$(control_of cubic)" cubic
claim_equal 'a sysctl stands above it' "$(
	PYT_SYSCTL=net.ipv4.tcp_congestion_control=reno control_of)" reno

receive 5010
claim 'it sends' pyt_run nc -N $kernel 5010 <"$tmp/data"
claim 'what it sends arrives' arrived 5010

# A slow wire: when the program ends, most of its bytes are still to be sent.
export PYT_IMPAIR="out.rate=20mbit,out.delay=10ms,out.loss=1%,seed=5"
receive 5011
cat >"$tmp/leave.py" <<-'PY'
	import os, socket, sys
	s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
	assert s.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION,
	                    16).startswith(b"aimd")
	data = open(sys.argv[3], "rb").read()
	half = len(data) // 2
	if sys.argv[4] == "exit":
	    s.sendall(data)
	    os._exit(0)
	s.sendall(data[:half])
	s.set_inheritable(True)
	os.dup2(s.fileno(), 1)
	os.execvp("tail", ["tail", "-c", "+%d" % (half + 1), sys.argv[3]])
PY
claim 'a program that writes and ends at once' pyt_run "$python" \
	"$tmp/leave.py" $kernel 5011 "$tmp/data" exit
claim 'ends before its bytes have arrived' \
	kill -0 "${pid_of[server5011]}"
claim 'and they arrive after it, by its own control' arrived 5011

receive 5012
claim 'a connection that is left to another program' pyt_run "$python" \
	"$tmp/leave.py" $kernel 5012 "$tmp/data" exec
claim 'goes on with its control' arrived 5012
unset PYT_IMPAIR

# ------------------------------------------------------------------ mistakes

# mistake PATH PATTERN: one line that says so, and the standard is in use.
mistake() {
	local said

	claim_equal "$3: the program goes on" \
		"$(PYT_CC=$1 control_of 2>"$tmp/said")" cubic
	said=$(cat "$tmp/said")
	claim_equal "$3: one line" "$(wc -l <"$tmp/said")" 1
	claim_match "$3: it says what is wrong" "$said" "$2"
}

mistake "$tmp/none.so" '^pyt: cc: PYT_CC: .*none.so: .*No such file' \
	'a file that is not there'
mistake "$tmp/data" '^pyt: cc: PYT_CC: .*data: ' 'a file that is none'
mistake "$tmp/mute.so" 'mute.so: it does not export pyt_congestion_control' \
	'one without the table'
mistake "$tmp/old.so" 'version 1 of the table, this is version 2' \
	'one for another version'
mistake "$tmp/twin.so" 'there is a control named cubic already' \
	'one whose name is taken'
claim_equal 'a bad one does not keep a good one away' \
	"$(PYT_CC=$tmp/mute.so:$example control_of 2>/dev/null)" aimd

finished=yes
