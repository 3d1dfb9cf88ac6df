#!/bin/bash
# Program: memcached on the stack, over TCP with threads and over UDP.
. "$(dirname "$0")/lib.sh"

ask() {				# COMMAND_LINES: what the server answers
	printf '%b' "$1" | native timeout 10 nc -N $stack 11211 | tr -d '\r'
}

lan_create
start memcached pyt_run memcached -u root -l $stack -p 11211 -U 11211 -t 4 -m 64
wait_tcp $stack 11211
claim_equal 'set' "$(ask 'set k 0 0 5\r\nhello\r\nquit\r\n')" STORED
claim_equal 'get' "$(ask 'get k\r\nquit\r\n')" 'VALUE k 0 5
hello
END'
data "$tmp/file" 900000
claim_equal 'a value of 900 KB' "$( {
	printf 'set big 0 0 900000\r\n'
	cat "$tmp/file"
	printf '\r\nquit\r\n'
} | native timeout 10 nc -N $stack 11211 | tr -d '\r')" STORED
printf 'get big\r\nquit\r\n' | native timeout 10 nc -N $stack 11211 |
	tail -c +21 | head -c 900000 >"$tmp/got"
claim_same 'comes back' "$tmp/got" "$tmp/file"
# The header of a datagram: request id, number, count, reserved.
claim_match 'over UDP' "$(printf '\0\1\0\0\0\1\0\0get k\r\n' |
	native timeout 10 nc -u -w 3 $stack 11211 | tr -d '\0')" hello

finished=yes
