#!/bin/bash
# Unfriendly neighbours over IPv6: nmap -6 and the tools of thc-ipv6, while
# downloads go on.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib_neighbours.sh
. "$top/integration/lib_neighbours.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

lan_create
victims_start $kernel6
wait_tcp $stack6 7
url=http://[$kernel6]/big
before=$(drops)

# ------------------------------------------------------------------- scans

scan() { native timeout 60 nmap -6 -n -Pn --max-retries 2 "$@" $stack6 2>&1; }
claim_match 'nmap -6 finds the open port among 500' "$(scan -sS -p 1-500)" \
	'499 closed.*7/tcp open'
claim_match 'by connect(), too' "$(scan -sT -p 1-20)" '7/tcp +open +echo'
# What is not answered is waited for: side by side.
start sX scan -sX -p 6-8
start sU scan -sU -p 7,8
start sO scan -sO -p 6,17,58,99
scanned() { wait_end "$1" 60; cat "$tmp/$1.log"; }
claim_match 'nmap -6 -sX sees the closed ones' "$(scanned sX)" \
	'6/tcp +closed .*8/tcp +closed '
claim_match 'nmap -6 -sU: echo answers, its neighbour is closed' \
	"$(scanned sU)" '7/udp +open +echo.*8/udp +closed'
claim_match 'nmap -6 -sO: protocols' "$(scanned sO)" \
	'6 +open.*17 +open.*58 +open.*99 +closed'
claim_match 'nmap -6 finds it by neighbour discovery' \
	"$(native nmap -6 -n -sn $stack6 2>&1)" 'Host is up'
# --------------------------------------------------- floods, and downloads

limit=0.4
amid 'nmap -6 -A' $url nmap -6 -n -Pn -A -T5 -p 1-200 $stack6
attack() { amid "$1" $url "atk6-$1" "${@:2}"; }
attack fuzz_ip6 -x -1 -I -F -S -D -H -R -J lan0 $stack6
attack fuzz_ip6 -x -2 -I -F -S -D -H -R lan0 $stack6
attack fragmentation6 -p -n 1 lan0 $stack6
attack exploit6 lan0 $stack6
attack implementation6 -p lan0 $stack6
attack randicmp6 -p lan0 $stack6
for case in 1 2 3 4 5 6 7; do
	attack denial6 lan0 $stack6 $case
done
attack toobig6 -u lan0 $stack6 $kernel6 1280
attack thcsyn6 -r -i 100 lan0 $stack6 7
attack flood_router26 lan0
attack flood_advertise6 lan0
attack flood_solicitate6 lan0 $stack6
attack flood_mld6 lan0
attack flood_unreach6 -h lan0 $stack6
attack flood_redir6 lan0 $stack6
attack smurf6 -i 200 lan0 $stack6
attack sendpees6 lan0 2048 fd77:: $stack6
attack node_query6 lan0 $stack6
attack firewall6 -H lan0 $stack6 7
attack ndpexhaust26 -r lan0 fd77::/64
claim_match 'what was dropped is counted by name' "$(($(drops) - before))" \
	'^[0-9]{4,}$'
counters | awk '/^(ip6|icmp6|nd|frag|tcp|udp)/ && $2' >"$tmp/counters.log"
survived $stack6
claim_match 'ping -6 is answered as ever' \
	"$(native ping -6 -q -c 3 -i 0.2 -W 5 $stack6 2>&1)" '3 received'

finished=yes
