#!/bin/bash
# Program: chronyd on either side: NTP by IPv4 and IPv6, times of packets by
# control messages, a signed exchange; with its seccomp filter.
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
	until_true 20 grep -q 'Loaded seccomp' "$tmp/$1.log"
}

once=(timeout 30 chronyd -Q -u root -F 1 -t 15 "cmdport 0" "bindcmdaddress /"
	"pidfile $tmp/once.pid" "keyfile $tmp/keys")

# ask SIDE HOST [OPTION...]: what the clock is said to be wrong by, in whole
# seconds, and the exit status. Both sides have the same clock, so 0.
ask() {
	local side=$1 host=$2
	shift 2

	"$side" "${once[@]}" "server $host iburst maxsamples 1 $*" >"$tmp/asked" 2>&1
	echo "exit $?, $(grep -o 'wrong by -\?[0-9]*' "$tmp/asked")"
}

lan_create
is_right='^exit 0, wrong by -?0$'
echo '7 SHA256 HEX:000102030405060708090a0b0c0d0e0f' >"$tmp/keys"
serve kernel native
start alone pyt_run "${once[@]}" "server $kernel iburst"
until_true 20 grep -q 'Loaded seccomp' "$tmp/alone.log"
claim 'another program joins the stack of a client' \
	pyt_run timeout 20 ip addr
claim 'which ends as it should' wait_end alone 30
serve stack pyt_run
claim_match 'a client on the stack' "$(ask pyt_run $kernel)" "$is_right"
claim_match 'by IPv6' "$(ask pyt_run $kernel6)" "$is_right"
claim_match 'with a key' "$(ask pyt_run $kernel key 7)" "$is_right"
claim_match 'a server on the stack' "$(ask native $stack)" "$is_right"
claim_match 'by IPv6' "$(ask native $stack6)" "$is_right"
claim_match 'with a key' "$(ask native $stack key 7)" "$is_right"

finished=yes
