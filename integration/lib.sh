# Sourced by every test_*.sh: a network of its own, programs on it natively
# or over libpyt, claims that are counted.
#
#   kernel's side 10.77.0.1        10.77.0.2 a stack   10.77.0.3 a second one
#                 fd77::1          fd77::2             fd77::3
#         native ...                  pyt_run ...            pyt3_run ...
#
# The kernel's side is a uniquely named network namespace with a bridge; each
# stack has a namespace of its own, where its persistent TAP pyt0 is bridged
# with a veth to the kernel's side, and where the kernel has no address: what
# does not go through the stack goes nowhere. With NATIVE=1 that namespace has
# the stack's address instead of the TAP: the kernel plays the stack's part,
# so that the tests themselves can be tested.
# shellcheck shell=bash
set -u -o pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
lib=${PYT_LIBRARY:-$top/build/libpyt.so}
# A sanitizer's runtime wants to be preloaded before everything else.
preload=${SANITIZER_RUNTIME:+$SANITIZER_RUNTIME:}$lib
test_name=$(basename "$0" .sh)
native_mode=${NATIVE:+yes}
python=/usr/bin/python3
kernel4=10.77.0.1
stack4=10.77.0.2
kernel6=fd77::1
stack6=fd77::2
stack3=10.77.0.3

# A test that sets FAMILY before it reads this is run with 4, 6 and both:
# stacks have IPv4 alone, IPv6 alone, or are known by names that have both.
# It uses, so that one text proves all three:
#   $kernel, $stack	a host as a program is told it, on its command line
#   $kernel_url ...	the same where a port may follow: [fd77::1]
#   $kernel_ips ...	its addresses; kernel_is ... a pattern of each of them
# families: what addresses a stack is given.
case ${FAMILY:-} in
4)
	kernel=$kernel4 stack=$stack4 families=4
	kernel_ips=$kernel4 stack_ips=$stack4
	;;
6)
	kernel=$kernel6 stack=$stack6 families=6
	kernel_ips=$kernel6 stack_ips=$stack6
	;;
both)
	kernel=kernel.test stack=stack.test families=46
	kernel_ips="$kernel4 $kernel6" stack_ips="$stack4 $stack6"
	;;
'')
	kernel=$kernel4 stack=$stack4 families=${families:-46}
	kernel_ips=$kernel4 stack_ips=$stack4
	;;
*) echo "FAMILY is 4, 6 or both, not $FAMILY" >&2; exit 2 ;;
esac
test_name+=${FAMILY:+-$FAMILY}
kernel_is="(${kernel_ips// /|})"
stack_is="(${stack_ips// /|})"

# url_of HOST: with brackets, where it needs them.
url_of() {
	case $1 in
	*:*) echo "[$1]" ;;
	*) echo "$1" ;;
	esac
}
kernel_url=$(url_of "$kernel")
stack_url=$(url_of "$stack")

# once: for what takes long and where a family cannot matter.
once() { [ "${FAMILY:-4}" = 4 ]; }

tmp=$(mktemp -d "/tmp/pyt-$test_name.XXXXXX")
chmod 755 "$tmp"
counts=$tmp/.counts
: >"$counts"
ns=pyt-${test_name#test_}-$$
namespaces=()
declare -A pid_of
unset LD_PRELOAD
export LC_ALL=C.UTF-8

# ---------------------------------------------------------------- network

# resolver_set NAMESPACE ADDRESS...
resolver_set() {
	mkdir -p "/etc/netns/$1"
	printf 'nameserver %s\n' "${@:2}" >"/etc/netns/$1/resolv.conf"
}

namespace_add() {
	ip netns add "$1" || exit 1
	namespaces+=("$1")
	ip -n "$1" link set lo up
	# Names fail at once unless a test says whom to ask.
	resolver_set "$1" 127.0.0.1
	[ "${FAMILY:-}" != both ] || hosts_set "$1"
}

# hosts_set NAMESPACE: both hosts by name, with both addresses. RFC 6724 puts
# unique local ones last, glibc first: here both do, whatever their defaults.
hosts_set() {
	printf '%s\n' '127.0.0.1 localhost' '::1 localhost' \
		"$kernel4 kernel.test" "$kernel6 kernel.test" \
		"$stack4 stack.test" "$stack6 stack.test" >"/etc/netns/$1/hosts"
	printf 'precedence %s\n' '::/0 40' '::ffff:0:0/96 10' \
		>"/etc/netns/$1/gai.conf"
}

# host_add N: the namespace of 10.77.0.N.
host_add() {
	local n=$1 host=$ns-$1

	namespace_add "$host"
	ip -n "$ns" link add "port$n" type veth peer name eth0 netns "$host"
	ip -n "$ns" link set "port$n" master lan0 up
	ip -n "$host" link set eth0 up
	if [ "$native_mode" ]; then
		[[ $families != *4* ]] ||
			ip -n "$host" addr add "10.77.0.$n/24" dev eth0
		[[ $families != *6* ]] ||
			ip -n "$host" addr add "fd77::$n/64" dev eth0 nodad
		[[ $families != *4* ]] ||
			ip -n "$host" route add default via $kernel4
		[[ $families != *6* ]] ||
			ip -n "$host" route add default via $kernel6
		return
	fi
	ip netns exec "$host" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1
	ip -n "$host" tuntap add dev pyt0 mode tap
	ip -n "$host" link add br0 type bridge
	ip -n "$host" link set eth0 master br0
	ip -n "$host" link set pyt0 master br0 up
	ip -n "$host" link set br0 up
}

# lan_create [2]: the network, with one stack or with two.
lan_create() {
	namespace_add "$ns"
	ip -n "$ns" link add lan0 type bridge
	ip -n "$ns" addr add $kernel4/24 dev lan0
	ip -n "$ns" addr add $kernel6/64 dev lan0 nodad
	ip -n "$ns" link set lan0 up
	host_add 2
	[ "${1:-1}" -lt 2 ] || host_add 3
	# A host that is not up yet is asked for often, so nobody waits long;
	# and for three seconds, as one that is up may not get the processor.
	native sysctl -qw net.ipv4.neigh.lan0.retrans_time_ms=100 \
		net.ipv6.neigh.lan0.retrans_time_ms=100 \
		net.ipv4.neigh.lan0.mcast_solicit=30 \
		net.ipv6.neigh.lan0.mcast_solicit=30
}

# Set inside 'start': the command takes the subshell's place, so that its pid
# is the one that bash reports.
take_place=

native() {
	$take_place ip netns exec "$ns" "$@"
}

run_on() {
	local n=$1 ip gateway
	shift

	case $families in
	4) ip=10.77.0.$n/24 gateway=$kernel4 ;;
	6) ip=fd77::$n/64 gateway=$kernel6 ;;
	*) ip=10.77.0.$n/24,fd77::$n/64 gateway=$kernel4,$kernel6 ;;
	esac
	if [ "$native_mode" ]; then
		$take_place ip netns exec "$ns-$n" "$@"
	else
		$take_place ip netns exec "$ns-$n" env LD_PRELOAD="$preload" \
			PYT_LINK=tap:pyt0 PYT_IP="$ip" PYT_GW="$gateway" "$@"
	fi
}

# Settings in front of them reach the stack: PYT_IMPAIR="loss=5%" pyt_run nc
pyt_run() { run_on 2 "$@"; }
pyt3_run() { run_on 3 "$@"; }

# name_server ADDRESS...: whom programs on the stack ask. Before they start.
name_server() {
	local name

	export PYT_DNS=$1
	for name in "${namespaces[@]}"; do
		resolver_set "$name" "$@"
	done
}

# -------------------------------------------------------------- processes

# start NAME native|pyt_run COMMAND...: in the background, output in
# $tmp/NAME.log, input from $input or nowhere.
start() {
	local name=$1
	shift

	: >"$tmp/$name.log" # now: an earlier one's words may be waited for
	( take_place=exec; "$@" ) >"$tmp/$name.log" 2>&1 <"${input:-/dev/null}" &
	pid_of[$name]=$!
}

# wait_end NAME [SECONDS]: its exit status; 124 if it did not end in time.
wait_end() {
	local pid=${pid_of[$1]} tenths=$((${2:-30} * 20))

	while kill -0 "$pid" 2>/dev/null; do
		[ $((tenths--)) -gt 0 ] || return 124
		sleep 0.05
	done
	wait "$pid"
}

stop() {
	local pid=${pid_of[$1]:-}

	[ "$pid" ] || return 0
	kill "$pid" 2>/dev/null
	wait_end "$1" 5 || kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	unset "pid_of[$1]"
}

# until_true SECONDS COMMAND...: polls; fails when the time is over.
until_true() {
	local end=$((SECONDS + $1))
	shift

	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# wait_tcp HOST PORT [SECONDS]: somebody listens there. Nobody is connected,
# so that a server of one connection still waits for it.
wait_tcp() {
	native "$python" "$top/integration/probe.py" "$@" 2>"$tmp/.probe" ||
		claim "$1:$2 is open in time ($(cat "$tmp/.probe"))" false
}

# wait_idle NAME: it has settled, blocked in some system call (for UDP
# servers, which no probe may disturb); or what it runs has, if it is timeout.
wait_idle() {
	local pid=${pid_of[$1]} child= before= now same=0 i

	for ((i = 0; i < 200; i++)); do
		now=
		case $(cat "/proc/$pid/comm" 2>/dev/null) in
		bash | ip | env) ;;	# not yet itself
		timeout)
			child=$(pgrep -P "$pid" | head -n 1)
			pid=${child:-$pid}
			;;
		*) now=$(grep -E '^(State|voluntary)' "/proc/$pid/status") ;;
		esac
		if [[ $now == *sleeping* && $now == "$before" ]]; then
			same=$((same + 1))
		else
			same=0
		fi
		# Longer than an answer of the stack's may take on a busy machine.
		[ $same -lt 3 ] || return 0
		before=$now
		sleep 0.1
	done 2>/dev/null
	return 1
}

# talk NAME SERVER ROLE HOST CLIENT ROLE PORT: both ends of one connection run
# $probe, and what they say together must be $seen.
talk() {
	start server "$2" timeout 40 "$python" "$probe" "$3" listen "$4" "$7"
	wait_tcp "$4" "$7"
	start client "$5" timeout 40 "$python" "$probe" "$6" connect "$4" "$7"
	wait_end client 50
	wait_end server 50
	claim_equal "$1" "$(cat "$tmp/server.log" "$tmp/client.log")" "$seen"
}

# ----------------------------------------------------------------- claims

passed() { echo "ok - $1"; echo P >>"$counts"; }
failed() { echo "NOT OK - $1"; echo F >>"$counts"; }

# claim TEXT COMMAND...: true if the command succeeds; shows why if not.
claim() {
	local text=$1 status
	shift

	"$@" >"$tmp/.claim" 2>&1
	status=$?
	if [ $status -eq 0 ]; then
		passed "$text"
	else
		failed "$text (exit $status: $*)"
		tail -n 15 "$tmp/.claim" | cat -v | cut -c 1-300 |
			sed 's/^/    /'
	fi
	return $status
}

# claim_equal TEXT GOT WANTED
claim_equal() {
	if [ "$2" = "$3" ]; then
		passed "$1"
		return 0
	fi
	failed "$1"
	printf '    got:    %s\n    wanted: %s\n' "${2:0:2000}" "${3:0:2000}"
	return 1
}

# claim_match TEXT GOT REGEX
claim_match() {
	if [[ $2 =~ $3 ]]; then
		passed "$1"
		return 0
	fi
	failed "$1"
	printf '    got:    %s\n    wanted: /%s/\n' "${2:0:2000}" "$3"
	return 1
}

sum_of() { sha256sum <"$1" 2>/dev/null | cut -d' ' -f1; }

# claim_same TEXT GOT_FILE WANTED_FILE: the same bytes, by SHA-256.
claim_same() {
	if [ -f "$2" ] && [ "$(sum_of "$2")" = "$(sum_of "$3")" ]; then
		passed "$1"
		return 0
	fi
	failed "$1"
	echo "    got $(stat -c %s "$2" 2>&1) bytes," \
		"wanted $(stat -c %s "$3") bytes; $(cmp "$2" "$3" 2>&1 | head -1)"
	return 1
}

# claim_same_tree TEXT GOT_DIR WANTED_DIR
claim_same_tree() {
	claim "$1" diff -r "$2" "$3"
}

# data FILE BYTES: reproducible bytes that no compression shortens.
data() {
	openssl enc -aes-128-ctr -K 00 -iv "$(printf '%032d' "${3:-0}")" \
		-in /dev/zero 2>/dev/null | head -c "$2" >"$1"
}

# ------------------------------------------------------------------- end

show_logs() {
	local log

	for log in "$tmp"/*.log; do
		[ -s "$log" ] || continue
		echo "--- ${log##*/}"
		tail -c 3000 "$log" | tail -n 25 | cat -v | cut -c 1-200
	done
}

kill_all() {
	local name pid

	for name in "${!pid_of[@]}"; do
		kill "${pid_of[$name]}" 2>/dev/null
	done
	# What the programs left behind: all in namespaces that are only ours.
	for name in "${namespaces[@]}"; do
		for pid in $(ip netns pids "$name" 2>/dev/null); do
			kill -9 "$pid" 2>/dev/null
		done
	done
}

cleanup() {
	local name passed failed

	trap - EXIT INT TERM
	passed=$(grep -c P "$counts")
	failed=$(grep -c F "$counts")
	[ "$finished" ] || failed=$((failed + 1))
	[ "$failed" -eq 0 ] || show_logs
	kill_all 2>/dev/null
	wait 2>/dev/null
	for name in "${namespaces[@]}"; do
		ip netns del "$name"
		rm -rf "/etc/netns/$name"
	done
	[ "${KEEP:-}" ] && echo "kept: $tmp" || rm -rf "$tmp"
	[ "$finished" ] || echo "NOT OK - $test_name broke off"
	echo "$test_name: $passed passed, $failed failed"
	[ "$failed" -eq 0 ]
	exit
}

finished=
trap cleanup EXIT
trap 'exit 1' INT TERM

[ "$(id -u)" -eq 0 ] || { echo "$test_name: must run as root" >&2; exit 1; }
[ "$native_mode" ] || [ -f "$lib" ] ||
	{ echo "$test_name: no $lib; build it first" >&2; exit 1; }
