#!/bin/bash
# Program: atftp, atftpd and curl: TFTP, whose server answers each client from
# a port of its own; blocks of 512 bytes, and as long as datagrams are.
. "$(dirname "$0")/lib.sh"

roles() {			# NAME SERVER HOST CLIENT
	local name=$1 host=$3 client=$4

	start atftpd "$2" atftpd --daemon --no-fork --user nobody --group nogroup \
		--bind-address "$host" "$tmp/served"
	wait_idle atftpd
	claim "$name: get" "$client" timeout 60 atftp -g -r file \
		-l "$tmp/got" "$host"
	claim_same "$name: the same" "$tmp/got" "$tmp/served/file"
	claim "$name: put, in blocks of 8000" "$client" timeout 60 atftp \
		--option 'blksize 8000' -p -r "put-$client" -l "$tmp/got" "$host"
	claim_same "$name: the same" "$tmp/served/put-$client" \
		"$tmp/served/file"
	claim "$name: curl, in blocks of 60000" "$client" timeout 60 curl -sS \
		--tftp-blksize 60000 -o "$tmp/curl" "tftp://$host/file"
	claim_same "$name: the same" "$tmp/curl" "$tmp/served/file"
	stop atftpd
}

lan_create
chmod a+rx "$tmp"
mkdir -m 777 "$tmp/served"
data "$tmp/served/file" 500000
chmod a+r "$tmp/served/file"
roles 'client on the stack' native $kernel pyt_run
roles 'server on the stack' pyt_run $stack native

finished=yes
