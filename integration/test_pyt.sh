#!/bin/bash
# The launcher: what it refuses, what it prepares, what it says.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

pyt=$top/scripts/pyt
namespace_add "$ns"

# run COMMAND...: its stdout, stderr and exit status, in the namespace.
run() {
	native "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	out=$(cat "$tmp/out")
	err=$(cat "$tmp/err")
}

# As nobody, who may neither make devices nor read root's files.
run_as_nobody() {
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

# ---------------------------------------------------------------- refusals

run "$pyt" busybox true
claim_equal "a static program is refused" "$status" 126
claim_match "by name, with the reason" "$err" "busybox: is statically linked"
claim_match "and with the way out" "$err" "pyt --seccomp can run it"
claim_equal "and nothing goes to stdout" "$out" ""

# One that never listens, as where it hangs in something.
mkdir "$tmp/deaf"
printf '#!/bin/sh\necho $$ >"%s"\nexec sleep 300\n' "$tmp/deaf.pid" \
	>"$tmp/deaf/passt"
chmod +x "$tmp/deaf/passt"
run env PATH="$tmp/deaf:$PATH" XDG_RUNTIME_DIR="$tmp" timeout 60 "$pyt" \
	--passt true
claim_match 'a passt that does not listen is not waited for without end' \
	"$status $err" '^125 pyt: passt does not listen after 10 seconds, see /'
claim 'and is ended' until_true 20 test ! -d "/proc/$(cat "$tmp/deaf.pid")"

cp /bin/true "$tmp/setuid"; chmod 4755 "$tmp/setuid"
run_as_nobody "$pyt" "$tmp/setuid"
claim_equal "a set-uid program of somebody else is refused" "$status" 126
claim_match "set-uid is named" "$err" "setuid: is set-uid"

cp /bin/true "$tmp/setgid"; chmod 2755 "$tmp/setgid"
run_as_nobody "$pyt" "$tmp/setgid"
claim_match "set-gid is named" "$status $err" "^126 .*setgid: is set-gid"

cp /bin/true "$tmp/capable"; setcap cap_sys_nice+ep "$tmp/capable"
run_as_nobody "$pyt" "$tmp/capable"
claim_match "file capabilities are named" "$status $err" \
	"^126 .*capable: has file capabilities .cap_sys_nice"

echo 'int main(void) { return 0; }' >"$tmp/musl.c"
musl-gcc -o "$tmp/musl" "$tmp/musl.c"
run "$pyt" "$tmp/musl"
claim_match "a program of another C library is refused" "$status $err" \
	"^126 .*/musl: is linked with musl.* not start.*pyt --seccomp"
printf '#!%s\n' "$tmp/musl" >"$tmp/script"; chmod 755 "$tmp/script"
run "$pyt" "$tmp/script"
claim_match "also as an interpreter" "$status $err" '^126 .*/musl: is linked'
printf '\177ELF\1' >"$tmp/elf32"; chmod 755 "$tmp/elf32"
run "$pyt" --seccomp "$tmp/elf32"
claim_match "a 32-bit program is refused" "$status $err" '^126 .*32-bit program'
printf '#!/bin/busybox sh\ntrue\n' >"$tmp/script"; chmod 755 "$tmp/script"
run "$pyt" "$tmp/script"
claim_match "a script is judged by its interpreter" "$status $err" \
	"^126 .*busybox: is statically linked"
printf '#!/usr/bin/env busybox\n' >"$tmp/script"
run "$pyt" "$tmp/script"
claim_match "through env too" "$status $err" "^126 .*busybox: is static"

run "$pyt" no-such-command
claim_match "a missing command" "$status $err" \
	"^127 pyt: no-such-command: command not found"
run "$pyt" --nonsense true
claim_match "an unknown option is named" "$status $err" "^125 .*--nonsense"
run "$pyt"
claim_match "no command: the usage, on stderr" "$status $out$err" "^125 usage:"

# ------------------------------------------------------------- preparation

run env LD_PRELOAD=mine.so "$pyt" --dry-run --mtu 1400 curl -s 'a b'
claim_match "the user's own LD_PRELOAD is kept" "$out" \
	"LD_PRELOAD=.*libpyt.so:mine.so"
claim_match "options become keys" "$out" "PYT_MTU=1400"
claim_match "the command's words stay whole" "$out" 'curl -s a\\ b'

run "$pyt" --help
claim_equal "help succeeds" "$status" 0
for key in PYT_LINK PYT_IP PYT_GW PYT_DNS PYT_SEARCH PYT_MAC PYT_MTU \
	   PYT_BYPASS PYT_LOG PYT_PCAP PYT_IMPAIR PYT_SYSCTL PYT_GRACE \
	   PYT_CONFIG PYT_ACD PYT_CC PYT_MEMORY; do
	claim "help documents $key" grep -q "$key" <<<"$out"
done

run_as_nobody "$pyt" true
claim_equal "without the right to make a TAP it says so" "$status" 125
claim_match "with the exact command" "$err" \
	"sudo ip tuntap add dev pyt0 mode tap user nobody"

run "$pyt" true
claim_match "root gets the TAP made" "$status $err" "^0 .*made the tap device pyt0"
claim_match "with an address on the kernel's side" \
	"$(ip -n "$ns" -4 -o addr show dev pyt0)" "10.77.0.1/24"
run "$pyt" true
claim_equal "the next run finds it" "$status $err" "0 "
ip -n "$ns" link del pyt0
echo page >"$tmp/page"
run "$pyt" --ip 10.77.0.2/24,fd77::2/64 true
claim_match "an IPv6 address gives the kernel's side one, too" \
	"$status $err" "^0 .*kernel's side: 10.77.0.1/24, fd77::1/64"
start web native "$python" -m http.server -d "$tmp" -b fd77::1 80
wait_tcp fd77::1 80
run "$pyt" --ip 10.77.0.2/24,fd77::2/64 curl -sS -m 20 'http://[fd77::1]/page'
claim_equal "which answers" "$status $out$err" "0 page"
stop web
ip -n "$ns" link del pyt0
run "$pyt" --ip fd77:1::1/64,10.78.0.1/24 --gw 10.78.0.9 true
claim_match "the gateway, and never our own" "$status $err" \
	"^0 .*kernel's side: 10.78.0.9/24, fd77:1::2/64"
ip -n "$ns" link del pyt0
run "$pyt" --ip dhcp,auto true
claim_match "and none where others give addresses" "$err" \
	"kernel's side: no address"
ip -n "$ns" link del pyt0
run_as_nobody "$pyt" --ip 10.77.0.2/24,fd77::2/64 true
claim_match "who may not is told both" "$err" \
	"addr add 10.77.0.1/24 dev pyt0.*addr add fd77::1/64 dev pyt0 nodad"
run "$pyt" true
run "$pyt" sh -c 'exit 7'
claim_equal "the command's exit status is passed on" "$status" 7

# ------------------------------------- a stack that has other settings

own_address='import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("10.77.0.1", 9)); print(s.getsockname()[0])'
run "$pyt" --grace 30 "$python" -c "$own_address"
claim_equal "a stack that waits for the next program" "$out" 10.77.0.2
run "$pyt" "$python" -c "$own_address"
claim_equal "is joined by one that asks for nothing" "$out$err" 10.77.0.2
run "$pyt" --ip 10.77.0.9/24 "$python" -c "$own_address"
claim_equal "and makes way for one with other settings" "$out$err" 10.77.0.9

start holder native "$pyt" "$python" -c "$own_address
import time; t = socket.create_server(('', 5353))
print(flush=True); time.sleep(60)"
until_true 20 grep -q 10.77.0.2 "$tmp/holder.log"
run "$pyt" --ip 10.77.0.9/24 --mtu 1400 "$python" -c "$own_address"
claim_equal "one that is in use is joined as it is" "$out" 10.77.0.2
claim_match "and it is said which settings are not heeded" "$err" \
	"joined the stack of process [0-9]+ on tap:pyt0.*another PYT_IP, PYT_MTU"

# ------------------------------------------------------------------- stats

run "$pyt" stats
claim_match "stats has Linux's counters" "$status $out" "^0 .*IpOutRequests +[0-9]"
claim_match "and what the stack holds" "$out" "datagram_sockets +1"
run "$pyt" stats sizes
claim_equal "or one of them alone" "$(grep -c IpOutRequests <<<"$out")" 0
claim_match "memory included" "$out" "memory_used_bytes +[1-9]"
run "$pyt" stats nonsense
claim_match "a word that it does not know" "$status $err" "^2 usage: pyt stats"

# ----------------------------------------------------------------- ls, why

run "$pyt" ls
claim_match "ls lists the stack with its addresses and processes" \
	"$status $out" "^0 .*tap:pyt0 +root +[^ ]*10.77.0.2/24[^ ]*  [0-9]+\(python3"
run "$pyt" "$python" -c "$own_address
import os, subprocess, time
silent = os.fork() or time.sleep(60)
print(subprocess.run(['$pyt', 'ls'], text=True, capture_output=True).stdout)
os.kill(silent, 9)"
claim_equal "each process once, also with a child that is silent" \
	"$(grep -o '[0-9]*(python3)' <<<"$out" | sort | uniq -d)" ""
run "$pyt" --attach tap:pyt0 stats sizes
claim_match "attach takes a link as ls shows it" "$status $out" \
	"^0 .*memory_used_bytes"
run "$pyt" why 10.77.0.1:80
claim_match "why: a neighbour" "$status $out" \
	"^0 to:     10.77.0.1 port 80.*stack on tap:pyt0.*link:   pyt0.*rule:   route 10.77.0.0/24"
run "$pyt" why 192.0.2.1
claim_match "why: by the gateway" "$out" \
	"next:   10.77.0.1.*rule:   route default, metric 0.*source: 10.77.0.2"
run "$pyt" why 10.77.0.2
claim_match "why: itself" "$out" "link:   lo.*rule:   an address of the stack"
run "$pyt" why "[fe80::1%pyt0]:22"
claim_match "why: by a link, whose neighbour nobody has asked for" "$status $out" \
	"^0 to:     fe80::1 by pyt0 port 22.*there:  nobody has asked yet.*fe80::/64"
run "$pyt" why 10.77.0.1%nosuch0
claim_match "why: a link that is none" "$status $err" "^1 pyt: .*no link nosuch0"
run "$pyt" why 127.0.0.1:5353
claim_match "why: who hears on that port" "$out" \
	"tcp:    a socket of any address, [0-9]+\(python3.*udp:    nobody hears"
run "$pyt" why fd99::1
claim_match "why: no way" "$status $out" "^1 .*way:    none: Network is unreach"
run_as_nobody "$pyt" why 10.77.0.1
claim_match "why: of another user's stack" "$status $err" \
	"^1 pyt: the stack on tap:pyt0 is of user root \(0\)"
run_as_nobody "$pyt" ls
claim_match "ls: that there is one" "$status $out" "^0 .*tap:pyt0 +root .*another"
run "$pyt" --bypass 192.0.2.0/24 why 192.0.2.1
claim_match "why: the kernel's" "$out" "by:     the kernel.*PYT_BYPASS"
run "$pyt" why nowhere
claim_match "why: what is no address" "$status $err" "^2 pyt: nowhere: no"
stop holder
run "$pyt" --attach nobody0 stats
claim_match "without a stack it says so" "$status $err" \
	"^1 pyt: no stack runs on tap:nobody0"

run "$pyt" --attach nobody0 why 10.77.0.1
claim_match "nor does why" "$status $err" "^1 pyt: no stack runs on tap:nobody0; pyt ls"

run env PYT_LOG=info "$pyt" "$python" -c 'import socket
s = socket.socket()
for option in 4242, 4242, 4243:
    try:
        s.setsockopt(socket.IPPROTO_TCP, option, 1)
    except OSError:
        pass'
claim_equal "each option that is not known is said, in one line" \
	"$(grep -c option <<<"$err")" 2

# ------------------------------------------------- programs with privileges

ip -n "$ns" tuntap add dev nob0 mode tap user 65534
ip -n "$ns" link set nob0 up
cp "$(type -P ping)" "$tmp/ping"; setcap cap_net_raw+ep "$tmp/ping"
mknod "$tmp/tun" c 10 200; chmod 666 "$tmp/tun"
install -d -o 65534 -g 65534 -m 700 "$tmp/copies"
run unshare -m bash -c "mount --bind '$tmp/tun' /dev/net/tun &&
	exec setpriv --reuid 65534 --regid 65534 --clear-groups \
	env XDG_RUNTIME_DIR='$tmp/copies' HOME=/ '$pyt' --link tap:nob0 \
	--ip 10.79.0.2/24 '$tmp/ping' -c 1 -W 5 10.79.0.2"
claim_match "one with network capabilities runs as a copy without" \
	"$status $out" "^0 .*64 bytes from 10.79.0.2: .*1 received"
claim_match "and it is said" "$err" \
	"pyt: runs a copy of $tmp/ping without its file capabilities .cap_net_raw"
rm -rf "$tmp/copies"/*
run unshare -m bash -c "mount --bind '$tmp/tun' /dev/net/tun &&
	exec setpriv --reuid 65534 --regid 65534 --clear-groups \
	env XDG_RUNTIME_DIR='$tmp/copies' HOME=/ '$pyt' --link tap:nob0 \
	--ip 10.79.0.2/24 bash -c '$tmp/ping -c 1 -W 5 10.79.0.2; true'"
claim_match "so does one that a shell runs" "$out $err" \
	"64 bytes from 10.79.0.2: .*runs a copy of $tmp/ping without"
rm -rf "$tmp/copies"/*

# ------------------------------------------------------------------ doctor

run "$pyt" doctor
claim_match "doctor is content" "$status $out" "^0 .*All is there"
run_as_nobody "$pyt" doctor
claim_match "a TAP of somebody else is named" "$status $out" \
	"^1 .*pyt0 belongs to user"
ip -n "$ns" link set pyt0 down
run "$pyt" doctor
claim_match "a link that is down, with the cure" "$status $out" \
	"^1 .*pyt0 is down.*ip link set pyt0 up"
run "$pyt" doctor --link tap:other
claim_match "doctor takes options" "$status $out" "no tap device other"
run env PYT_NONSENSE=1 "$pyt" doctor
claim_match "a key that nobody knows is named" "$status $out" \
	"^1 .*PYT_NONSENSE"

# There /sys still shows the devices of the namespace before.
claim "a device that /sys does not show is found, not made again" \
	unshare --net bash -c '"$0" ping -c 1 10.77.0.1 &&
		"$0" ping -c 1 10.77.0.1' "$pyt"

finished=yes
