#!/bin/bash
# Names: getaddrinfo and its older relatives over UDP and TCP, hosts file,
# search list, failures; and the interfaces that programs see.
. "$(dirname "$0")/lib.sh"

names() { pyt_run timeout 60 "$python" "$top/integration/names_probe.py" "$@"; }

# Where a program on the stack reads its files: they are the namespace's.
files=/etc/netns/$ns-2
beside_stack() { $take_place ip netns exec "$ns-2" "$@"; }
interface=$([ "$native_mode" ] && echo eth0 || echo pyt0)

lan_create
{
	echo "$kernel web.test www.test"
	echo "$kernel host.corp.test"
	echo "fd77::1 six.test"
	echo "10.9.0.1 both.test"
	echo "fd77::2 both.test"
	seq -f '10.8.0.%g many.test' 100
} >"$tmp/zone"
start dns native dnsmasq -k -C /dev/null -a $kernel -R -h -z -u root \
	--pid-file= -H "$tmp/zone" --no-daemon --cname=alias.test,web.test \
	--local=/test/ --local=// -b --txt-record=text.corp.test,a,b
wait_tcp $kernel 53
name_server $kernel

# ---------------------------------------------------------------- answers
claim_equal 'getaddrinfo' "$(names addresses web.test)" $kernel
claim_equal 'each socket type once' "$(names types web.test)" '1/6'
claim_match 'getent ahosts' "$(pyt_run getent ahosts web.test)" \
	"^$kernel +STREAM web.test.*DGRAM.*RAW"
claim_match 'getent hosts' "$(pyt_run getent hosts web.test)" \
	"^$kernel +web.test"
claim_equal 'gethostbyname' "$(names host www.test)" $kernel
claim_equal 'the canonical name of an alias' "$(names canonical alias.test)" \
	web.test
claim_equal 'an IPv6 address' "$(names addresses six.test)" fd77::1
claim_equal 'IPv4 first where IPv6 has no route' \
	"$(names addresses both.test)" '10.9.0.1 fd77::2'
claim_equal 'gethostbyaddr' "$(names name_of $kernel)" web.test
claim_equal 'getnameinfo' "$(names info $kernel)" 'web.test http'
claim_equal 'getnameinfo of a nameless address' "$(names info 10.9.9.9)" \
	'10.9.9.9 http'
claim_equal 'an answer too large for UDP' "$(names count many.test)" 100
claim_equal 'res_query' "$(names query text.corp.test)" '1 answers'
claim_equal 'of an absent name' "$(names query absent.test)" none
claim_equal '200 lookups on 16 threads' "$(names at_once web.test 200)" \
	$kernel

# --------------------------------------------------------------- programs
start web native "$python" -m http.server -d "$tmp" -b $kernel 80
wait_tcp $kernel 80
claim 'curl by name' pyt_run timeout 30 curl -sS -o "$tmp/got" \
	http://www.test/zone
claim_same 'the file' "$tmp/got" "$tmp/zone"
claim 'wget by name' pyt_run timeout 30 wget -q -O "$tmp/got" \
	http://alias.test/zone
claim_same 'the file' "$tmp/got" "$tmp/zone"
claim_match 'ssh by name' "$(pyt_run timeout 30 ssh -v -F none -p 80 \
	-o ConnectTimeout=5 web.test true 2>&1)" \
	"Connecting to web.test \[$kernel\] port 80.*Connection established"

# ---------------------------------------------------------------- failures
claim_equal 'an absent name' "$(names addresses absent.test)" EAI_NONAME
claim_equal 'a name without such an address' \
	"$(names addresses six.test 2)" EAI_NODATA
pyt_run getent hosts absent.test
claim_equal 'getent of an absent name: exit 2' $? 2
claim_match 'curl of an absent name' \
	"$(pyt_run timeout 30 curl -sS http://absent.test/ 2>&1)" \
	'\(6\) Could not resolve host'

# ------------------------------------------------------------- search list
printf 'nameserver %s\nsearch nowhere.test corp.test\n' $kernel \
	>"$files/resolv.conf"
claim_equal 'the search list of resolv.conf' "$(names host host)" $kernel
claim_equal 'by res_search' "$(names query text res_search)" '1 answers'
claim_equal 'its end' "$(names addresses absent.test)" EAI_NONAME
if [ ! "$native_mode" ]; then
	resolver_set "$ns-2" $kernel
	claim_equal 'PYT_SEARCH' "$(PYT_SEARCH=corp.test names host host)" \
		$kernel
	claim_equal 'without it' "$(names addresses host)" EAI_AGAIN
fi

# ------------------------------------------------------------- hosts file
printf '127.0.0.1 localhost\n10.77.0.66 local.test\n10.77.0.67 web.test\n' \
	>"$files/hosts"
claim_equal 'a name of the hosts file' "$(names host local.test)" 10.77.0.66
claim_equal 'comes before the server' "$(names host web.test)" 10.77.0.67
claim_equal 'and back' "$(names name_of 10.77.0.66)" local.test
claim_equal 'localhost' "$(names addresses localhost)" 127.0.0.1
rm "$files/hosts"

# ---------------------------------------------------- servers that are dead
stop dns
claim_equal 'nobody at the port: at once' \
	"$(names addresses web.test 2>/dev/null)" EAI_AGAIN
start silent native "$python" -c "
import socket, time
udp = socket.socket(type=socket.SOCK_DGRAM)
udp.bind(('$kernel', 53))
time.sleep(60)"
wait_idle silent
printf 'nameserver %s\noptions timeout:1 attempts:2\n' $kernel \
	>"$files/resolv.conf"
before=$EPOCHREALTIME
claim_equal 'a silent server' \
	"$(names addresses web.test 2>"$tmp/silent.err")" EAI_AGAIN
waited=$(((${EPOCHREALTIME/./} - ${before/./}) / 1000))
claim "is given up after 2 s ($waited ms)" \
	test $waited -ge 1800 -a $waited -le 8000
if [ ! "$native_mode" ]; then
	claim_equal 'stderr says who was silent' "$(cat "$tmp/silent.err")" \
		"pyt: names: no answer for 'web.test' from name server $kernel"
fi
stop silent

# ------------------------------------------- whom to ask: only for a stack
if [ ! "$native_mode" ]; then
	unset PYT_DNS
	: >"$files/resolv.conf"
	claim_equal 'no name server at all' \
		"$(names addresses web.test 2>"$tmp/none.err")" EAI_AGAIN
	claim_match 'stderr says what to do' "$(cat "$tmp/none.err")" \
		"^pyt: names: no name server for 'web.test': set PYT_DNS"
	claim_equal 'numbers need none' "$(names host 10.1.2.3)" 10.1.2.3

	start local beside_stack dnsmasq -k -C /dev/null -a 127.0.0.1 -R -h \
		-z -u root --pid-file= -H "$tmp/zone" --no-daemon
	until_true 20 beside_stack nc -z 127.0.0.1 53
	resolver_set "$ns-2" 127.0.0.1
	claim_equal 'a loopback server is asked over the kernel' \
		"$(names host web.test)" $kernel
	stop local

	# Not even a link: everything is left to the kernel.
	ip -n "$ns-2" addr add 10.77.0.4/24 dev br0
	resolver_set "$ns-2" $kernel
	start dns native dnsmasq -k -C /dev/null -a $kernel -R -h -z -u root \
		--pid-file= -H "$tmp/zone" --no-daemon
	wait_tcp $kernel 53
	claim_equal 'a bypassed server' \
		"$(PYT_BYPASS=0.0.0.0/0 names host web.test)" $kernel
fi

# -------------------------------------------------------------- interfaces
claim_match 'if_nameindex' "$(names interfaces)" "^1:lo [0-9]+:$interface"
claim_equal 'if_nametoindex and back' "$(names index_and_back $interface)" \
	$interface
claim_equal 'getifaddrs' "$(pyt_run hostname -I)" "$stack $stack6 "
claim_equal 'SIOCGIF*' "$(names ioctls $interface)" \
	"$stack 255.255.255.0 1500"
claim_equal 'of no interface' "$(names ioctls absent0)" 'error 19'
claim_equal 'a change to nonsense is refused' "$(names change $interface)" \
	'error 22'

finished=yes
