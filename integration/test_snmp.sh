#!/bin/bash
# Program: snmpd and snmpget, snmpwalk (net-snmp): by UDP and TCP, with keys
# of version 3; the agent on the stack shows the stack, by netlink and /proc.
. "$(dirname "$0")/lib.sh"

snmp_set_up() {
	mkdir "$tmp/persistent"
	export SNMP_PERSISTENT_DIR=$tmp/persistent MIBS=
	cat >"$tmp/snmpd.conf" <<-CONF
		rocommunity public
		rocommunity6 public
		sysLocation a cellar
		createUser joe SHA "password1" AES "password2"
		rouser joe
	CONF
}

# get SIDE HOST OPTION...
get() {
	local side=$1 host=$2
	shift 2

	"$side" timeout 20 snmpget -OqvU "$@" "$host" 1.3.6.1.2.1.1.6.0 2>&1
}

roles() {			# NAME SERVER HOST HOST6 CLIENT
	local name=$1 host=$3 client=$5

	start snmpd "$2" snmpd -f -Lo -C -c "$tmp/snmpd.conf" \
		-p "$tmp/pid" "udp:$host:161" "tcp:$host:161" "udp6:[$4]:161"
	wait_tcp "$host" 161
	claim_equal "$name: by UDP" "$(get "$client" "$host" -v2c -c public)" \
		'"a cellar"'
	claim_equal "$name: by TCP" \
		"$(get "$client" "tcp:$host" -v2c -c public)" '"a cellar"'
	claim_equal "$name: by UDP over IPv6" \
		"$(get "$client" "udp6:[$4]" -v2c -c public)" '"a cellar"'
	claim_equal "$name: version 3" "$(get "$client" "$host" -v3 \
		-l authPriv -u joe -a SHA -A password1 -x AES -X password2)" \
		'"a cellar"'
}

# walk OID: what the agent on the stack says.
walk() {
	native timeout 30 snmpwalk -v2c -c public -OqnU $stack "$1" 2>&1
}

lan_create
snmp_set_up
roles 'client on the stack' native $kernel $kernel6 pyt_run
stop snmpd
roles 'server on the stack' pyt_run $stack $stack6 native

claim_match 'its addresses' "$(walk 1.3.6.1.2.1.4.20.1.1)" \
	"\.10\.77\.0\.2 $stack"
claim_match 'its sockets' "$(walk 1.3.6.1.2.1.6.20)" \
	'\.1\.4\.10\.77\.0\.2\.161 '
# A dump that is asked for with one of its two flags.
claim_match 'its neighbours' "$(walk 1.3.6.1.2.1.4.35)" \
	'\.1\.4\.10\.77\.0\.1 '
claim_match 'a whole table at once' "$(native timeout 30 snmpbulkwalk -v2c \
	-c public -OqnU $stack 1.3.6.1.2.1.2.2.1.2 2>&1)" '(pyt0|eth0)'

finished=yes
