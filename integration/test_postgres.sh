#!/bin/bash
# Program: postgresql: a process a connection; COPY both ways, pgbench, LISTEN
# and NOTIFY, a query that times out, replication by streaming.
. "$(dirname "$0")/lib.sh"

bin=$(echo /usr/lib/postgresql/*/bin)
user=postgres
# It refuses to be root; what opens the TAP is left to it.
caps=+net_admin,+dac_override

cluster() {			# NAME: empty, trusting the LAN
	install -d -o $user "$tmp/$1"
	runuser -u $user -- "$bin/initdb" -D "$tmp/$1" -A trust -N -E UTF8 \
		--no-locale >"$tmp/initdb.log" 2>&1
	printf 'host all,replication all 10.77.0.0/24 trust\n' >>"$tmp/$1/pg_hba.conf"
}

postgres() {			# NAME SIDE HOST
	start "$1" "$2" setpriv --reuid $user --regid $user --clear-groups \
		--inh-caps $caps --ambient-caps $caps "$bin/postgres" -D "$tmp/$1" -h "$3" -k '' -c fsync=off \
		-c max_connections=40 -c wal_level=replica
	wait_tcp "$3" 5432
}

psql_at() {			# SIDE HOST PSQL_ARGUMENT...
	"$1" timeout 60 psql -X -q -A -t -h "$2" -U $user -d postgres "${@:3}"
}

roles() {			# NAME SERVER HOST CLIENT
	local name=$1 host=$3 client=$4

	postgres "$name" "$2" "$host"
	claim_equal "$name: SELECT" "$(psql_at "$client" "$host" -c 'select 6*7')" 42
	psql_at "$client" "$host" -c 'create table t (n int, s text)'
	claim "$name: COPY in" psql_at "$client" "$host" \
		-c "\\copy t from '$tmp/rows'"
	psql_at "$client" "$host" -c "\\copy t to '$tmp/got'"
	claim_same "$name: COPY out gives it back" "$tmp/got" "$tmp/rows"
	claim "$name: pgbench makes its tables" "$client" timeout 60 \
		"$bin/pgbench" -q -i -h "$host" -U $user postgres
	claim_match "$name: pgbench with 8 clients" "$("$client" timeout 60 \
		"$bin/pgbench" -n -c 8 -j 2 -t 100 -h "$host" -U $user \
		postgres 2>&1)" 'processed: 800/800'
	claim_match "$name: a query that is cancelled" "$(psql_at "$client" \
		"$host" -c "set statement_timeout = 300; select pg_sleep(20)" \
		2>&1)" 'canceling statement'
}

lan_create
for i in $(seq 20000); do
	printf '%d\trow number %d\n' "$i" "$i"
done >"$tmp/rows"
chmod 644 "$tmp/rows"
cluster client
roles client native $kernel pyt_run
stop client
cluster server
roles server pyt_run $stack native

# One waits for what another says.
mkfifo "$tmp/commands"
exec 9<>"$tmp/commands"
input=$tmp/commands start listener native psql -X -q -h $stack -U $user postgres
printf 'listen news;\n\\echo listens\n' >&9
until_true 20 grep -q listens "$tmp/listener.log"
psql_at native $stack -c "notify news, 'it works'"
heard() {
	echo 'select;' >&9
	grep -q 'notification "news" with payload "it works"' \
		"$tmp/listener.log"
}
claim 'NOTIFY reaches who listens' until_true 20 heard
echo '\q' >&9

install -d -o $user -m 700 "$tmp/replica"
claim 'pg_basebackup over the stack' native timeout 60 setpriv --reuid $user \
	--regid $user --clear-groups "$bin/pg_basebackup" -D "$tmp/replica" \
	-h $stack -U $user -R -c fast -X stream
postgres replica native $kernel
psql_at native $stack -c "insert into t values (0, 'new')"
replicated() {
	[ "$(psql_at native $kernel -c 'select s from t where n = 0')" = new ]
}
claim 'a replica follows it' until_true 15 replicated

finished=yes
