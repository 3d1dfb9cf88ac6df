#!/bin/bash
# Settings of the stack as files: sysctl(8), cat and echo on /proc/sys/net.
. "$(dirname "$0")/lib.sh"
lan_create

start holder pyt_run nc -l -p 4000
wait_tcp $stack 4000
sys=/proc/sys/net/ipv4

claim_equal 'read' "$(pyt_run sysctl -n net.ipv4.tcp_keepalive_intvl)" 75
claim_equal 'written' "$(pyt_run sysctl -w net.ipv4.tcp_keepalive_intvl=33)" \
	'net.ipv4.tcp_keepalive_intvl = 33'
claim_equal 'another program sees it' \
	"$(pyt_run cat $sys/tcp_keepalive_intvl)" 33
claim_equal 'several numbers, between them tabs' "$(pyt_run bash -c \
	"echo '4096 100000 200000' >$sys/tcp_rmem; cat $sys/tcp_rmem")" \
	$'4096\t100000\t200000'
claim_match 'sysctl: what is no value is EINVAL' \
	"$(pyt_run sysctl -w net.ipv4.tcp_keepalive_intvl=many 2>&1)" \
	'Invalid argument'
claim_match 'echo in bash: the same' "$(pyt_run bash -c \
	"echo many >$sys/tcp_keepalive_intvl; echo rc=\$?" 2>&1)" \
	'write error: Invalid argument.*rc=1'
claim_match 'a file that is none' \
	"$(pyt_run cat $sys/tcp_no_such_thing 2>&1)" 'No such file'
claim_equal 'python reads and writes it' "$(pyt_run $python -c "
name = '$sys/tcp_fin_timeout'
open(name, 'w').write('44\n')
print(open(name).read().strip())
try:
    with open(name, 'w') as f:
        f.write('x')
except OSError as e:
    print(e.errno)
" 2>&1)" $'44\n22'
claim_equal 'perl: close tells' "$(pyt_run perl -e "
open(my \$f, '>', '$sys/tcp_fin_timeout') or die; print \$f 'x';
print close(\$f) ? 'taken' : \$!+0" 2>&1)" 22
claim_match 'sysctl -a lists what the stack has' \
	"$(pyt_run sysctl -a 2>/dev/null | grep '^net.ipv4.tcp_')" \
	'net.ipv4.tcp_congestion_control = [a-z]+.*net.ipv4.tcp_keepalive_intvl = 33'

# The name alone, without interface, prefix and "tcp_", as a word in the docs.
undocumented() {
	local name
	pyt_run sysctl -aN 2>/dev/null | grep '^net\.' |
		sed 's/.*\.//; s/^tcp_//' | sort -u | while read -r name; do
		grep -qE "\`[a-z0-9_.]*\b(tcp_)?$name\b" \
			"$top"/docs/{configuration,addresses,tcp}.md \
			"$top/docs/congestion-control.md" || echo "$name"
	done
}
claim_match 'what is only ours is listed as well' \
	"$(pyt_run sysctl -aN 2>/dev/null |
		grep -E 'max_extension|^net.pyt' | tr '\n' ' ')" \
	'max_extension_headers.*net.pyt.dhcp6_prefix_len.*net.pyt.router_wait'
claim_equal 'each is described' "$(undocumented | tr '\n' ' ')" ''
claim_equal 'ls' "$(pyt_run ls -d $sys/tcp_wmem)" $sys/tcp_wmem
claim_equal 'ls, stat: what is only ours' "$(pyt_run bash -c '
	ls /proc/sys/net/pyt | grep router; stat -c %F /proc/sys/net//pyt
	stat /proc/sys/net/pyt/none' 2>&1)" "router_wait_ms
directory
stat: cannot statx '/proc/sys/net/pyt/none': No such file or directory"
claim 'test -f, test -w' \
	pyt_run bash -c "[ -f $sys/tcp_wmem ] && [ -w $sys/tcp_wmem ]"
claim_equal 'per interface' \
	"$(pyt_run sysctl -n net.ipv4.conf.all.arp_ignore)" 0
claim_equal 'what is changed counts for new connections' "$(pyt_run bash -c "
	sysctl -qw net.ipv4.tcp_congestion_control=reno
	$python -c 'import socket
s = socket.socket()
print(s.getsockopt(6, 13, 16).rstrip(b\"\0\").decode())'")" reno

finished=yes
