#!/bin/bash
# Program: named (BIND) and nsupdate: zones over TCP (AXFR), NOTIFY and IXFR
# between the stack and the kernel's side, updates with a key; both families.
. "$(dirname "$0")/lib.sh"

# conf NAME OPTIONS ZONE: $tmp/NAME.conf, with a directory of its own.
conf() {
	mkdir "$tmp/$1"
	cat >"$tmp/$1.conf" <<-CONF
		include "$tmp/key";
		options {
		    directory "$tmp/$1";
		    listen-on { any; };
		    listen-on-v6 { any; };
		    pid-file none;
		    session-keyfile none;
		    recursion no;
		    notify-delay 0;
		    dnssec-validation no;
		};
		controls { };
		zone "test" { file "zone"; $2 };
	CONF
}

ask() {				# SIDE SERVER NAME TYPE OPTION...
	local side=$1 server=$2 name=$3 type=$4
	shift 4

	"$side" timeout 20 dig +short "@$server" "$name" "$type" "$@" 2>&1
}

has() {				# SIDE SERVER NAME: 192.0.2.1
	[ "$(ask "$1" "$2" "$3" A)" = 192.0.2.1 ]
}

# NAME PRIMARY HOST SECONDARY HOST HOST6
roles() {
	local name=$1 primary=$2 host=$3 secondary=$4 host2=$5 host6=$6

	conf "$primary" "type primary; allow-update { key update; };
		also-notify { $host2; }; notify explicit;"
	conf "$secondary" "type secondary; primaries { $host; };
		allow-notify { $host; };"
	cp "$tmp/zone" "$tmp/$primary/zone"
	start "$primary" "$primary" named -g -c "$tmp/$primary.conf"
	wait_tcp "$host" 53
	claim "$name: the primary has the zone" until_true 20 \
		has "$secondary" "$host" h1500.test
	start "$secondary" "$secondary" named -g -c "$tmp/$secondary.conf"
	wait_tcp "$host2" 53
	claim "$name: the secondary fetches it" until_true 20 \
		has "$primary" "$host2" h1500.test
	ask "$primary" "$host6" test AXFR | sort >"$tmp/second"
	ask "$secondary" "$host" test AXFR | sort >"$tmp/first"
	claim_same "$name: they have the same" "$tmp/second" "$tmp/first"
	claim_equal "$name: all of it" "$(wc -l <"$tmp/first")" 1504
	printf 'server %s\nzone test\nupdate add new.test 60 A %s\nsend\n' \
		"$host" 192.0.2.1 >"$tmp/update"
	claim "$name: an update" "$secondary" timeout 20 nsupdate \
		-k "$tmp/key" "$tmp/update"
	claim "$name: it comes to the secondary" until_true 20 \
		has "$primary" "$host2" new.test
	stop "$primary"
	stop "$secondary"
	rm -rf "${tmp:?}/$primary" "${tmp:?}/$secondary"
}

lan_create
tsig-keygen -a hmac-sha256 update >"$tmp/key"
{
	printf '$TTL 60\n@ SOA ns root 1 3600 600 86400 60\n@ NS ns\nns A %s\n' \
		$stack
	for i in $(seq 1500); do
		echo "h$i A 192.0.2.1"
	done
} >"$tmp/zone"
roles 'secondary on the stack' native $kernel pyt_run $stack $stack6
roles 'primary on the stack' pyt_run $stack native $kernel $kernel6

finished=yes
