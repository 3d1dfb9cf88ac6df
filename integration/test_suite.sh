#!/bin/bash
# Program: python3's own test-suite: what concerns sockets, natively and over
# the stack at the same time, compared test by test. FULL=1 runs all of it,
# which takes minutes.
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

# Those that wait most come first, for six processes deal them out.
modules='socket:1/3 socket:2/3 socket:3/3 selectors:1/2 selectors:2/2
	asyncio.test_sock_lowlevel asyncio.test_server telnetlib epoll asynchat
	poplib asyncio.test_streams poll select socketserver asyncore
	urllib2_localnet smtplib'
more='ssl ftplib httplib xmlrpc imaplib httpservers smtpd
	asyncio.test_base_events asyncio.test_events asyncio.test_buffered_proto
	asyncio.test_sendfile asyncio.test_ssl asyncio.test_sslproto
	asyncio.test_selector_events asyncio.test_unix_events'
# A VM's own sockets (hangs on some kernels); long ones without any socket.
without=VSOCK,PollTests.test_poll2,SelectTestCase.test_select
[ "${FULL:-}" ] && modules+=" $more" without=VSOCK

# run RESULTS NAME...: $tmp/native.RESULTS and $tmp/stack.RESULTS
run() {
	local results=$1 native_pid
	shift

	ip netns exec "$like" "$python" "$top/integration/suite_run.py" \
		"$tmp/native.$results" $without "$@" &
	native_pid=$!
	pyt_run "$python" "$top/integration/suite_run.py" \
		"$tmp/stack.$results" $without "$@"
	wait $native_pid
}

# compare RESULTS: what differs, a line a test
compare() {
	"$python" "$top/integration/suite_compare.py" "$tmp/native.$1" \
		"$tmp/stack.$1" "$top/integration/suite_differences.txt"
}

lan_create
like=$ns-8
namespace_add "$like"
for module in $modules; do
	names+=("test.test_$module")
done
run all "${names[@]}"
claim_equal 'all modules run to their end' \
	"$(cat "$tmp"/{native,stack}.all | grep -c 'ENDED$')" \
	$((2 * ${#names[@]}))
claim 'many pass natively' test "$(grep -c ' ok$' "$tmp/native.all")" -gt 900

# Some look at the clock, and fail on a busy machine: these have another try.
mapfile -t again < <(compare all | sed -n 's/: Linux .*//p')
touch "$tmp"/{native,stack}.again
[ ${#again[@]} -eq 0 ] || run again "${again[@]}"
for side in native stack; do	# of two lines about one test the first counts
	sort -s -k 1,1 -u "$tmp/$side.again" "$tmp/$side.all" >"$tmp/$side.last"
done
claim 'the stack passes the same, but for the listed ones' compare last

finished=yes
