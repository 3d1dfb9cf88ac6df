#!/bin/bash
# Bad input: each kind has one clear line on stderr and an errno that the
# program gets; the program goes on, and nothing is written to its stdout.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

lan_create
host=$ns-2				# where the stack's TAP is
mkdir "$tmp/bin"
cp "$top/integration/errno_probe.py" "$tmp/bin/"
cp "$lib" "$tmp/bin/libpyt.so"		# where nobody may read it
chmod -R a+rX "$tmp/bin"

# probe [KEY=VALUE...] -- CALL ARGUMENT...: what the program prints and what
# we say, in $out and $err; $before runs it as another user or elsewhere.
before=()
probe() {
	local settings=()

	while [ "$1" != -- ]; do
		settings+=("$1")
		shift
	done
	shift
	ip netns exec "$host" "${before[@]}" env LD_PRELOAD="$tmp/bin/libpyt.so" \
		PYT_LINK=tap:pyt0 PYT_IP=$stack/24 "${settings[@]}" \
		timeout 60 "$python" "$tmp/bin/errno_probe.py" "$@" \
		>"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	out=$(cat "$tmp/out")
	err=$(cat "$tmp/err")
}

# claim_bad TEXT ERRNO LINE: the probe printed the errno and nothing else, it
# ended by itself, and stderr is this one line (a regular expression).
claim_bad() {
	claim_equal "$1: the program goes on" "$status" 0
	claim_equal "$1: $2, and nothing more on stdout" "$out" "$2"
	claim_match "$1: one line on stderr" "$err" "^pyt: $3\$"
	claim_equal "$1: not more than one" "$(wc -l <"$tmp/err")" 1
}

# -------------------------------------------------------------------- keys

probe PYT_NONSENSE=1 -- socket
claim_bad 'an unknown key' EINVAL 'PYT_NONSENSE: there is no such key; .*'

while read -r setting expected; do
	probe "$setting" -- socket
	claim_bad "$setting" EINVAL "${setting%%=*}=.*: .*$expected.*"
done <<'TABLE'
PYT_LINK=eth0 tap:NAME, tun:NAME, packet:NAME or unix:PATH
PYT_LINK=tap: 1 to 15 characters
PYT_LINK=unix:socket PATH begins with /
PYT_IP=10.77.0.2 prefix length
PYT_IP=10.77.0.2/64 prefix length
PYT_IP=somewhere/24 prefix length
PYT_IP=224.0.0.1/24 not an address that a host can have
PYT_GW=192.0.2.1 no network of PYT_IP
PYT_GW=router an IP address
PYT_DNS=dns.example IP addresses
PYT_SEARCH=a/b domain names
PYT_MAC=02:00:00 six bytes
PYT_MAC=01:00:00:00:00:01 unicast
PYT_MTU=9 68 to 65535
PYT_MTU=1.5k 68 to 65535
PYT_BYPASS=localhost networks
PYT_LOG=verbose error, warning, info or debug
PYT_IMPAIR=loss=200% percentage
PYT_IMPAIR=drop=1% the names are loss
PYT_IMPAIR=delay=5 a time up to 60s
PYT_SYSCTL=net.ipv4.tcp_sack name=value
PYT_GRACE=long seconds
PYT_ACD=maybe 0, 1 or wait
PYT_MEMORY=1K 8M to 64G
TABLE

probe PYT_SYSCTL=net.ipv4.no_such_thing=1 -- socket
claim_bad 'an unknown sysctl' EINVAL 'PYT_SYSCTL: net.ipv4.no_such_thing: .*'

# ------------------------------------------------------------------- files

probe PYT_CONFIG="$tmp/none.conf" -- socket
claim_bad 'a file that is missing' EINVAL \
	'PYT_CONFIG=.*/none.conf: No such file or directory'
printf '# comment\nPYT_MTU=many\n' >"$tmp/bin/bad.conf"
probe PYT_CONFIG="$tmp/bin/bad.conf" -- socket
claim_bad 'a bad line of a file' EINVAL '.*/bad.conf:2: PYT_MTU=many: .*'
printf 'PYT_MTU 1500\n' >"$tmp/bin/bad.conf"
probe PYT_CONFIG="$tmp/bin/bad.conf" -- socket
claim_bad 'a line that is no setting' EINVAL '.*/bad.conf:1: .*KEY=value.*'
probe PYT_PCAP=/proc/no/such/file -- socket
claim_bad 'a capture that cannot be written' ENOENT \
	'pcap: PYT_PCAP=/proc/no/such/file: .*'

# ------------------------------------------------------------------ device

# Another /dev/net, with the device (and open to all) or without.
with_dev() {
	before=(unshare -m sh -c 'mount -t tmpfs -o mode=755 none /dev/net &&
		{ [ -z "$0" ] || mknod -m "$0" /dev/net/tun c 10 200; } &&
		exec "$@"' "$@")
}
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

with_dev ''
probe -- socket
claim_bad 'no /dev/net/tun' ENOENT \
	'link: /dev/net/tun is missing; run: modprobe tun .*'
with_dev 600 "${nobody[@]}"
probe -- socket
claim_bad 'a device that may not be opened' EACCES \
	'link: /dev/net/tun may not be opened; run: chmod 666 /dev/net/tun'
with_dev 666 "${nobody[@]}"
probe PYT_LINK=tap:none0 -- socket
claim_bad 'no capability to make a TAP' EPERM \
	'link: none0 .*run: sudo ip tuntap add dev none0 mode tap user \$USER'
ip -n "$host" tuntap add dev other0 mode tap user 12345
probe PYT_LINK=tap:other0 -- socket
claim_bad 'a TAP that belongs to somebody else' EPERM \
	'link: other0 belongs to another user; .* mode tap user \$USER'
before=()

probe PYT_LINK=tap:lo -- socket
claim_bad 'a device that is no TAP' EINVAL 'link: lo is there, but .*'
probe PYT_LINK=tun:pyt0 -- socket
claim_bad 'a TAP taken for a TUN' EINVAL 'link: pyt0 is there, but .*'

start holder ip netns exec "$host" "$python" -uc '
import fcntl, struct, time
tun = open("/dev/net/tun", "r+b", buffering=0)
fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH22x", b"other0", 0x1002))
print("held")
time.sleep(60)'
until_true 20 grep -q held "$tmp/holder.log"
probe PYT_LINK=tap:other0 -- socket
claim_bad 'a TAP that another program holds' EBUSY \
	"link: other0 is in use by process ${pid_of[holder]} \\(python3.*\\); .*"
stop holder

start server pyt_run nc -l -k 5000
wait_tcp $stack 5000
with_dev 666 "${nobody[@]}"
probe -- socket
claim_bad 'a link with the stack of somebody else' EACCES \
	'link: tap:pyt0 is in use by a stack of user 0; .*'
before=()
stop server
no_stack() { ! ip netns exec "$host" grep -q pyt/tap /proc/net/unix; }
until_true 20 no_stack

ip -n "$host" link set pyt0 down
probe -- socket
claim_bad 'a kernel side that is down' ok \
	'link: pyt0 is down .*; run: ip link set pyt0 up'
ip -n "$host" link set pyt0 up

# ----------------------------------------------------------------- network

probe -- connect $kernel 9
claim_equal 'all is well again' "$out $err" 'ECONNREFUSED '

ip -n "$ns" addr add $stack/24 dev lan0
probe -- connect_later $kernel 9
claim_bad 'an address that is in use on the segment' EADDRNOTAVAIL \
	"$stack is already used on this link by .*"
ip -n "$ns" addr del $stack/24 dev lan0

probe PYT_GW=none -- connect 192.0.2.1 9
claim_bad 'no route, TCP' ENETUNREACH 'ip: no route to 192.0.2.1: .*'
probe PYT_GW=none -- udp 192.0.2.1 9
claim_bad 'no route, UDP' ENETUNREACH 'ip: no route to 192.0.2.1: .*'

: >"/etc/netns/$host/resolv.conf"
probe -- name www.example
claim_bad 'no name server' EAI_AGAIN \
	"names: no name server for 'www.example': set PYT_DNS=address.*"
probe PYT_DNS=10.77.0.99 -- name www.example
claim_bad 'a name server that is silent' EAI_AGAIN \
	"names: no answer for 'www.example' from name server 10.77.0.99"

# ----------------------------------------- stderr that is a connection, or not

cat >"$tmp/bin/over.py" <<'PYTHON'
"""over.py connection|both|alone|journal COMMAND...: runs it with such a stderr
and prints what it writes there; stdout is the same, but where it is alone."""
import os, socket, subprocess, sys, tempfile

def over(kind):
    if kind in ('both', 'alone'):
        return socket.socketpair()
    if kind == 'connection':
        listener = socket.create_server(('127.0.0.1', 0))
        there = socket.create_connection(listener.getsockname())
    else:
        with tempfile.TemporaryDirectory() as folder:
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(folder + '/stdout')
            listener.listen()
            there = socket.socket(socket.AF_UNIX)
            there.connect(folder + '/stdout')
    return there, listener.accept()[0]

there, here = over(sys.argv[1])
subprocess.run(sys.argv[2:], stderr=there, timeout=60,
               stdout=subprocess.DEVNULL if sys.argv[1] == 'alone' else there)
there.close()
print(here.makefile().read(), end='')
PYTHON
ip -n "$host" link set lo up

# over KIND [KEY=VALUE...] -- CALL ARGUMENT...: as probe; all that arrived.
over() {
	before=("$python" "$tmp/bin/over.py" "$1")
	shift
	probe "$@"
	before=()
}
ip -n "$host" link set pyt0 down
for setting in PYT_MTU=9 PYT_PCAP=/proc/no/such/file PYT_LINK=tap:lo \
	PYT_CC=/none PYT_LOG=info; do
	for kind in connection both; do
		over $kind $setting -- socket
		claim_match "$setting: no line goes into a connection, $kind" \
			"$out" '^(ok|E[A-Z]*)$'
	done
	for kind in journal alone; do
		over $kind $setting -- socket
		claim_match "$setting: one goes into what is none, $kind" \
			"$out" '(^|'$'\n'')pyt: '
	done
done
ip -n "$host" link set pyt0 up
over connection -- name www.example
claim_equal 'nor one about names' "$out" EAI_AGAIN
over connection PYT_LOG=info:"$tmp/bin/log" -- connect $kernel 9
claim_equal 'a log of its own goes on' \
	"$out $(grep -c '^pyt: ' "$tmp/bin/log" | sed 's/[1-9].*/lines/')" \
	'ECONNREFUSED lines'

finished=yes
