#!/bin/bash
# Program: static programs, Go: busybox wget, net/http as client and server,
# Go's own resolver, by pyt --seccomp

. "$(dirname "$0")/lib.sh"
. "$top/integration/lib_web.sh"
. "$top/integration/lib_dhcp.sh"

# over COMMAND...: by the launcher; as run_on, natively with NATIVE=1.
over() {
	if [ "$native_mode" ]; then
		$take_place ip netns exec "$ns-2" "$@"
	else
		$take_place ip netns exec "$ns-2" env PYT_LINK=tap:pyt0 \
			PYT_IP="${ip-$stack/24,$stack6/64}" \
			PYT_GW="${gateway-$kernel,$kernel6}" \
			PYT_LIBRARY="$lib" "$top/scripts/pyt" --seccomp "$@"
	fi
}

go_build() {			# CGO_ENABLED OUTPUT
	CGO_ENABLED=$1 GO111MODULE=off GOFLAGS='' HOME=$tmp \
		GOCACHE=$tmp/go-cache go build -o "$2" \
		"$top/integration/seccomp_roles.go"
}

processes_of() {		# WORDS: ids of those in the stack's namespace
	local pid

	for pid in $(ip netns pids "$ns-2"); do
		tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null |
			grep -q -- "$1" && echo "$pid"
	done
}

# In the background: the compiler needs a few seconds.
(go_build 0 "$tmp/go" && go_build 1 "$tmp/go-dynamic") >"$tmp/go.log" 2>&1 &
builder=$!
claim 'a static C program' gcc -O1 -static -pthread -w -o "$tmp/probe" \
	"$top"/integration/seccomp_*.c

lan_create
native_web
{
	echo "$kernel web.test"
	echo "$kernel6 six.test"
} >"$tmp/zone"
start dns native dnsmasq -k -C /dev/null -a $kernel -R -h -z -u root \
	--pid-file= -H "$tmp/zone" --no-daemon --local=/test/
wait_tcp $kernel 53
name_server $kernel

# ------------------------------------------------------- static: C, busybox

"$tmp/probe" >"$tmp/wanted"
over timeout 30 "$tmp/probe" >"$tmp/got" 2>&1
claim 'a static program sees what it sees on Linux' \
	diff "$tmp/wanted" "$tmp/got"
claim_equal '200 threads connect at once' \
	"$(over timeout 30 "$tmp/probe" many $kernel 80)" '200 of 200'
[ "$native_mode" ] || claim_equal 'nothing slips by in an io_uring' \
	"$(over "$tmp/probe" uring)" 'io_uring_setup: ENOSYS'

over timeout 20 busybox wget -q -O "$tmp/big" http://$kernel/big
claim_same 'busybox wget, by address' "$tmp/big" "$tmp/www/big"
over timeout 20 busybox wget -q -O "$tmp/small" http://web.test/small
claim_same 'by name' "$tmp/small" "$tmp/www/small"
claim_equal 'a shell and what it starts share the stack' "$(over timeout 20 \
	busybox sh -c "busybox wget -q -O - http://$kernel/small |
		busybox cat; exit 7"; echo $?)" $'a small file\n7'
if [ ! "$native_mode" ]; then
	claim_equal 'files below /proc and /sys show the stack' "$(over timeout \
		20 busybox sh -c 'cat /proc/net/route /sys/class/net/pyt0/address')" \
		"$(pyt_run cat /proc/net/route /sys/class/net/pyt0/address)"
	claim_equal 'and set it' "$(over timeout 20 busybox sh -c '
		echo reno >/proc/sys/net/ipv4/tcp_congestion_control
		cat /proc/sys/net/ipv4/tcp_congestion_control')" reno
	claim_match 'what listens is seen' "$(over timeout 20 busybox sh -c '
		nc -l -p 99 & until netstat -tln | grep :99; do :; done; kill $!')" \
		':99 .*LISTEN'
fi
claim_equal 'a program that could be preloaded' "$(over timeout 20 \
	curl -s "http://web.test/small")" 'a small file'

# ---------------------------------------------------------------------- Go

wait "$builder"
claim 'Go programs, static and not' test -x "$tmp/go-dynamic"
claim_match 'without --seccomp the latter is refused, too' \
	"$("$top/scripts/pyt" "$tmp/go-dynamic" 2>&1; echo $?)" \
	'go-dynamic: is a Go program.*pyt --seccomp can run it.*126$'
for go in go go-dynamic; do
	claim_equal "$go: HTTP client" "$(over timeout 20 "$tmp/$go" get \
		http://$kernel/big "$tmp/big")" '200 16777216'
	claim_same "$go: the same bytes" "$tmp/big" "$tmp/www/big"
	claim_equal "$go: its own resolver" "$(over timeout 20 "$tmp/$go" \
		get http://web.test/small "$tmp/small")" '200 13'
	claim_match "$go: both families" "$(over timeout 20 "$tmp/$go" \
		names six.test)" "\[$kernel6\].*lo \[127.0.0.1/8.*$stack/24"
	claim_equal "$go: 100 requests at once" "$(over timeout 30 "$tmp/$go" \
		many http://$kernel/small 'a small file')" '100 of 100'
	claim_match "$go: a port that nobody listens on" "$(over timeout 20 \
		"$tmp/$go" refused $kernel:99)" 'connection refused$'

	start "$go-server" over "$tmp/$go" serve :8080 "$tmp/www"
	wait_tcp $stack 8080
	claim_equal "$go: HTTP server" "$(native curl -s \
		"http://$stack:8080/whoami")" "$kernel to $stack:8080"
	claim_equal "$go: over IPv6" "$(native curl -s \
		"http://[$stack6]:8080/whoami")" "$kernel6 to [$stack6]:8080"
	native curl -s -o "$tmp/big" http://$stack:8080/big
	claim_same "$go: a file" "$tmp/big" "$tmp/www/big"
	claim_match "$go: 1000 requests, 50 at once" "$(native timeout 30 \
		ab -q -n 1000 -c 50 http://$stack:8080/small)" \
		'Failed requests: +0'

	start "$go-udp" over "$tmp/$go" echo :5353
	until_true 20 grep -q listens "$tmp/$go-udp.log"
	claim_equal "$go: UDP" "$(over timeout 20 "$tmp/$go" ask $stack:5353 \
		question)" "question from $stack"
	claim_match "$go: nobody there" "$(over timeout 20 "$tmp/$go" ask \
		$stack:5354 question)" 'connection refused$'
	stop "$go-server"
	stop "$go-udp"
done

# --------------------------------------------------------- ends, and refusals

[ "$native_mode" ] && { finished=yes; exit; }

start first over "$tmp/probe" accept
until_true 20 grep -q waits "$tmp/first.log"
kill -9 "${pid_of[first]}"
wait_end first 2>/dev/null
start second over "$tmp/probe" accept
wait_tcp $stack 7000
claim 'a killed program leaves its port' true
stop second

start orphan over "$tmp/probe" accept
until_true 20 grep -q waits "$tmp/orphan.log"
kill -9 $(processes_of --supervise)
claim 'without its supervisor a program does not hang' wait_end orphan 20
claim_equal 'its calls fail' "$(cat "$tmp/orphan.log")" 'waits
accept: ENOSYS
socket: ENOSYS'

start hearer native nc -l $kernel 9000
until_true 20 eval 'native ss -ltnH | grep -q :9000'
mkfifo "$tmp/words"
input=$tmp/words start talker over busybox nc $kernel 9000
exec 7>"$tmp/words"
echo one >&7
until_true 20 grep -q one "$tmp/hearer.log"
kill -9 $(processes_of --supervise)
echo two >&7
claim 'connections go on' until_true 20 grep -q two "$tmp/hearer.log"
exec 7>&-
stop talker
stop hearer

# All supervisors end with their programs.
claim 'and nobody is left' until_true 20 \
	eval '[ -z "$(processes_of --supervise)" ]'

said=$(over "$top/scripts/pyt" --seccomp busybox true 2>&1)
claim_match 'one in another is refused' "$? $said" \
	'^126 pyt: .*already watched by seccomp'
said=$(over "$top/scripts/pyt" busybox wget -q -O - \
	http://$kernel/small 2>&1)
claim_match 'pyt inside is content with what there is' "$? $said" \
	'^0 pyt: busybox is on the stack of pyt --seccomp already.a small file'
said=$(over no-such-command 2>&1)
claim_match 'a missing command' "$? $said" '^127 .*command not found'

# ------------------------------------------------------------------- by users

ip -n "$ns-2" tuntap add dev nob0 mode tap user 65534
ip -n "$ns-2" link set nob0 up
ip -n "$ns-2" addr add 10.79.0.1/24 dev nob0
mknod "$tmp/tun" c 10 200
chmod 666 "$tmp/tun"
chmod 755 "$tmp/probe"
start nobody_web ip netns exec "$ns-2" busybox httpd -f -p 10.79.0.1:80 \
	-h "$tmp/www"
until_true 20 ip netns exec "$ns-2" nc -z 10.79.0.1 80
claim_equal 'without any privilege' "$(ip netns exec "$ns-2" unshare -m bash -c \
	"mount --bind '$tmp/tun' /dev/net/tun &&
	exec setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/ \
	PYT_LIBRARY='$lib' timeout 20 '$top/scripts/pyt' --seccomp \
	--link tap:nob0 --ip 10.79.0.2/24 busybox sh -c \
	'busybox wget -q -O - http://10.79.0.1/small'" 2>&1)" 'a small file'

# --------------------------------------------- whom to ask, without PYT_DNS

unset PYT_DNS
resolver_set "$ns-2" 127.0.0.1
start local ip netns exec "$ns-2" dnsmasq -k -C /dev/null -a 127.0.0.1 -R -h \
	-z -u root --pid-file= -H "$tmp/zone" --no-daemon
until_true 20 ip netns exec "$ns-2" nc -z 127.0.0.1 53
over timeout 20 busybox wget -q -O "$tmp/small" http://web.test/small
claim_same 'a name server on loopback is asked over the kernel' \
	"$tmp/small" "$tmp/www/small"
claim_equal 'by Go, too' "$(over timeout 20 "$tmp/go" get \
	http://web.test/small "$tmp/small")" '200 13'
stop local
stop dns
settle
dnsmasq_start
said=$(ip=dhcp gateway='' over timeout 20 "$tmp/go" get \
	http://web/small "$tmp/small")
claim_equal 'what DHCP has told is read from resolv.conf' "$said" '200 13'

finished=yes
