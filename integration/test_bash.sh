#!/bin/bash
# Program: bash: /dev/tcp and /dev/udp, with the socket left to children.
FAMILY=${FAMILY:-4}
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

lan_create
native_web

# The children that read and write inherit the connection.
pyt_run timeout 30 bash -c "
	exec 3<>/dev/tcp/$kernel/80
	printf 'GET /big HTTP/1.0\r\n\r\n' >&3
	cat <&3" >"$tmp/response" 2>"$tmp/error"
claim_equal '/dev/tcp opens without a word' "$(cat "$tmp/error")" ''
tail -c $((16 << 20)) "$tmp/response" >"$tmp/body"
claim_same 'a file through /dev/tcp' "$tmp/body" "$tmp/www/big"
claim_match 'its header' "$(head -n 1 "$tmp/response" | tr -d '\r')" \
	'^HTTP/1.1 200 OK'

claim_match 'a closed port is refused' \
	"$(pyt_run bash -c "echo >/dev/tcp/$kernel/81" 2>&1)" 'refused'

# A lone builtin: bash itself writes, and exits at once.
start server native nc -d -l $kernel 5001
wait_tcp $kernel 5001
claim 'a redirected echo' pyt_run bash -c \
	"echo 'the last words' >/dev/tcp/$kernel/5001"
wait_end server
claim_equal 'arrives although bash is gone' "$(cat "$tmp/server.log")" \
	'the last words'

start server native nc -u -l $kernel 5002
wait_idle server
claim '/dev/udp' pyt_run bash -c "echo datagram >/dev/udp/$kernel/5002"
claim 'arrives' until_true 20 grep -qx datagram "$tmp/server.log"

finished=yes
