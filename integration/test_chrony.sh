#!/bin/bash
# Program: chronyd on either side: NTP by IPv4 and IPv6, times of packets by
# control messages, a signed exchange; the server with its seccomp filter.
. "$(dirname "$0")/lib.sh"

serve() {			# NAME SIDE
	cat >"$tmp/$1.conf" <<-CONF
		local stratum 5
		allow all
		keyfile $tmp/keys
		cmdport 0
		bindcmdaddress /
		pidfile $tmp/$1.pid
	CONF
	start "$1" "$2" chronyd -d -x -u root -F 1 -f "$tmp/$1.conf"
	wait_idle "$1"
}

# Its filter forbids a client on the stack socketpair(2).
# ask SIDE HOST [OPTION...]: what the clock is said to be wrong by, in all
# seconds: both have the same, so 0.
ask() {
	local side=$1 host=$2
	shift 2

	"$side" timeout 30 chronyd -Q -u root -F 0 -t 15 "cmdport 0" \
		"bindcmdaddress /" "pidfile $tmp/once.pid" \
		"keyfile $tmp/keys" "server $host iburst maxsamples 1 $*" 2>&1 |
		grep -o 'System clock wrong by -\?[0-9]*'
}

lan_create
echo '7 SHA256 HEX:000102030405060708090a0b0c0d0e0f' >"$tmp/keys"
serve kernel native
serve stack pyt_run
is_right='System clock wrong by -?0'
claim_match 'a client on the stack' "$(ask pyt_run $kernel)" "$is_right"
claim_match 'by IPv6' "$(ask pyt_run $kernel6)" "$is_right"
claim_match 'with a key' "$(ask pyt_run $kernel key 7)" "$is_right"
claim_match 'a server on the stack' "$(ask native $stack)" "$is_right"
claim_match 'by IPv6' "$(ask native $stack6)" "$is_right"
claim_match 'with a key' "$(ask native $stack key 7)" "$is_right"

finished=yes
