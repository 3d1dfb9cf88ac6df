#!/bin/bash
# Program: mariadb: a thread a connection, packets of many megabytes, TLS,
# a dump from one side to the other.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

server() {			# NAME SIDE HOST
	mariadb-install-db --no-defaults --user=root --datadir="$tmp/$1" \
		--auth-root-authentication-method=normal --skip-test-db \
		>"$tmp/$1.install.log" 2>&1
	start "$1" "$2" mariadbd --no-defaults --user=root \
		--datadir="$tmp/$1" --socket="$tmp/$1.sock" \
		--pid-file="$tmp/$1.pid" --bind-address="$3" --port=3306 \
		--skip-name-resolve --max-allowed-packet=64M \
		--innodb-buffer-pool-size=32M --innodb-log-file-size=8M \
		--innodb-flush-log-at-trx-commit=0 \
		--ssl-cert="$tmp/server.pem" --ssl-key="$tmp/server.key" \
		--ssl-ca="$tmp/ca.pem"
	wait_tcp "$3" 3306 60
	mariadb --no-defaults -S "$tmp/$1.sock" -e \
		"create user u@'%'; grant all on *.* to u@'%'; create database d"
}

sql() {				# SIDE HOST ARGUMENT...
	"$1" timeout 60 mariadb --no-defaults --max-allowed-packet=64M \
		-h "$2" -u u -N -r "${@:3}" d
}

roles() {			# NAME SERVER HOST CLIENT
	local name=$1 host=$3 client=$4

	server "$name" "$2" "$host"
	claim_equal "$name: SELECT" "$(sql "$client" "$host" -e 'select 6*7')" 42
	sql "$client" "$host" -e 'create table t (n int, b longblob)'
	{
		echo -n "insert into t values (1, x'"
		xxd -p "$tmp/file" | tr -d '\n'
		echo "')"
	} >"$tmp/insert"
	claim "$name: INSERT of 6 MB" sql "$client" "$host" <"$tmp/insert"
	sql "$client" "$host" -e 'select hex(b) from t where n = 1' |
		xxd -r -p >"$tmp/got"
	claim_same "$name: SELECT gives it back" "$tmp/got" "$tmp/file"
	claim_match "$name: over TLS" "$(sql "$client" "$host" --ssl \
		--ssl-ca="$tmp/ca.pem" -e "show status like 'Ssl_cipher'")" \
		'Ssl_cipher.*(AES|CHACHA)'
	claim "$name: mariadb-slap with 10 threads" "$client" timeout 60 \
		mariadb-slap --no-defaults -h "$host" -u u -a -c 10 \
		--number-of-queries 400 --auto-generate-sql-load-type=mixed
}

lan_create
test_ca
data "$tmp/file" 6000000
roles client native $kernel pyt_run
roles server pyt_run $stack native

native mariadb-dump --no-defaults -h $stack -u u --hex-blob \
	--max-allowed-packet=64M d t >"$tmp/dump" 2>"$tmp/dump.log"
sql native $kernel -e 'drop table t'
sql native $kernel <"$tmp/dump"
claim_equal 'a dump of one is the other' \
	"$(sql native $kernel -e 'select sha2(b, 256) from t')" \
	"$(sum_of "$tmp/file")"

finished=yes
