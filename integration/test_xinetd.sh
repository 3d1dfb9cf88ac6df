#!/bin/bash
# Program: xinetd on the stack: it hands each connection to a program as its
# standard input, and a datagram's socket itself; programs of other users.
. "$(dirname "$0")/lib.sh"

service() {			# NAME PORT TYPE WAIT USER SERVER ARGUMENTS
	cat <<-CONF
		service $1
		{
		    type = UNLISTED
		    port = $2
		    socket_type = $3
		    protocol = $([ "$3" = stream ] && echo tcp || echo udp)
		    wait = $4
		    user = $5
		    server = $6
		    ${7:+server_args = $7}
		    ${8:+env = $8}
		    bind = $stack
		}
	CONF
}

lan_create
chmod a+rx "$tmp"
data "$tmp/file" 3000000
cat >"$tmp/datagram.py" <<'PYTHON'
import socket

s = socket.socket(fileno=0)
data, peer = s.recvfrom(2000)
s.sendto(data.upper(), peer)
PYTHON
cat >"$tmp/bad.py" <<'PYTHON'
import socket

try:
    socket.socket()
except OSError as error:
    print(error)
PYTHON
{
	printf 'defaults\n{\n    log_type = FILE %s/xinetd.log\n}\n' "$tmp"
	service cat 7001 stream no nobody /bin/cat
	service tr 7002 stream no root /usr/bin/tr 'a-z A-Z'
	service static 7004 stream no root "$tmp/probe" "inetd $tmp/static"
	service byte 7005 stream no root "$tmp/probe" "inetd $tmp/byte"
	service bad 7006 stream no root "$python" "$tmp/bad.py" PYT_MTU=9
	service datagram 7003 dgram yes root "$python" "$tmp/datagram.py"
} >"$tmp/conf"
claim 'a static program' gcc -O1 -static -pthread -w -o "$tmp/probe" \
	"$top"/integration/seccomp_*.c
start xinetd pyt_run xinetd -dontfork -f "$tmp/conf" -pidfile "$tmp/pid"
wait_tcp $stack 7001
native timeout 20 nc -N $stack 7001 <"$tmp/file" >"$tmp/got"
claim_same "another user's cat gives 3 MB back" "$tmp/got" "$tmp/file"
claim_equal 'tr of a connection' \
	"$(echo hello | native timeout 10 nc -N $stack 7002)" HELLO
[ "$native_mode" ] ||
	claim_equal 'what we say about a bad value is not said to the peer' \
		"$(native timeout 10 nc -dN $stack 7006)" \
		'[Errno 22] Invalid argument'
# It gets the answer, and resets the connection.
native timeout 10 "$python" -c 'import socket, struct, sys
with socket.create_connection((sys.argv[1], 7004)) as s:
    s.sendall(b"question")
    assert s.recv(100) == b"question"
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
' $stack
until_true 20 test -s "$tmp/static"
claim_equal 'a static program reads a reset as one' \
	"$(cat "$tmp/static")" 'read: ECONNRESET'
# The one byte that it writes is the one that stays in its socket.
claim_equal 'a static program answers with one byte' \
	"$(printf q | native timeout 10 nc -N $stack 7005)" q
until_true 20 test -s "$tmp/byte"
claim_equal 'and reads the end' "$(cat "$tmp/byte")" 'read: 0'
for i in 1 2 3; do
	claim_equal "a program for datagram $i" "$(echo "number $i" |
		native timeout 10 socat -T 5 - "UDP:$stack:7003,shut-null" |
		head -n 1)" "NUMBER $i"
done

finished=yes
