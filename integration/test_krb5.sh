#!/bin/bash
# Program: krb5kdc, kinit and kvno (MIT Kerberos): tickets by UDP, where an
# answer must come from where the question went, and by TCP.
. "$(dirname "$0")/lib.sh"

conf() {			# HOST [UDP_LIMIT]
	cat >"$tmp/krb5.conf" <<-CONF
		[libdefaults]
		default_realm = TEST
		dns_lookup_kdc = false
		dns_canonicalize_hostname = false
		udp_preference_limit = ${2:-1400}
		[realms]
		TEST = {
		    kdc = $1
		}
	CONF
}

roles() {			# NAME SERVER HOST HOST6 CLIENT
	local name=$1 host client=$5

	start kdc "$2" krb5kdc -n -P "$tmp/pid"
	wait_tcp "$3" 88
	for host in "$3" "[$4]"; do
		for limit in 1400 1; do
			conf "$host" "$limit"
			rm -f "$tmp/tickets"
			claim "$name: kinit, $host, limit of UDP $limit" \
				"$client" timeout 20 kinit joe <<<secret
			claim "$name: a ticket for a service" \
				"$client" timeout 20 kvno service/host
			claim_match "$name: both are there" "$(klist 2>&1)" \
				'krbtgt/TEST@TEST.*service/host@TEST'
		done
	done
	stop kdc
}

lan_create
export KRB5_CONFIG=$tmp/krb5.conf KRB5_KDC_PROFILE=$tmp/kdc.conf
export KRB5CCNAME=$tmp/tickets
cat >"$tmp/kdc.conf" <<CONF
[kdcdefaults]
kdc_ports = 88
kdc_tcp_ports = 88
[realms]
TEST = {
    database_name = $tmp/database
    key_stash_file = $tmp/stash
}
CONF
conf $kernel
{
	kdb5_util create -s -r TEST -P master
	kadmin.local addprinc -pw secret joe
	kadmin.local addprinc -randkey service/host
} >"$tmp/admin.log" 2>&1
roles 'client on the stack' native $kernel $kernel6 pyt_run
roles 'server on the stack' pyt_run $stack $stack6 native

finished=yes
