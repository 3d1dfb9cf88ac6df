#!/bin/bash
# Program: dig, and names by the C library: over UDP, over TCP, large
# answers, absent names.
FAMILY=${FAMILY:-4}
. "$(dirname "$0")/lib.sh"

lan_create
mkdir -p "$tmp/zone"
{
	echo "$kernel4 web.test www.test"
	echo "10.77.0.40 many.test"
	echo "$kernel6 six.test"
} >"$tmp/hosts"
texts=()
for i in $(seq 12); do
	texts+=(--txt-record="long.test,$(printf "text $i %0180d" "$i")")
done
start dns native dnsmasq -k -C /dev/null $(printf -- '-a %s ' $kernel_ips) -R -h -z -u root \
	--pid-file= -H "$tmp/hosts" --no-daemon "${texts[@]}" \
	--mx-host=test,web.test,10 --cname=alias.test,web.test \
	--local=/test/
wait_tcp $kernel 53
name_server $kernel_ips
dig_pyt() { pyt_run timeout 20 dig @$kernel +tries=2 +time=3 "$@"; }

claim_equal 'A over UDP' "$(dig_pyt +short web.test)" $kernel4
claim_equal 'A over TCP' "$(dig_pyt +short +tcp web.test)" $kernel4
claim_equal 'AAAA' "$(dig_pyt +short six.test AAAA)" $kernel6
claim_equal 'MX' "$(dig_pyt +short test MX)" '10 web.test.'
claim_equal 'a name behind an alias' \
	"$(dig_pyt +short alias.test | tail -n 1)" $kernel4
claim_equal 'PTR' "$(dig_pyt +short -x $kernel4)" web.test.
claim_match 'an absent name is NXDOMAIN' "$(dig_pyt absent.test)" NXDOMAIN
claim_equal 'an answer too large for UDP comes by TCP' \
	"$(dig_pyt +noedns +short long.test TXT | wc -l)" 12
claim_match 'nobody at the port: dig says so' \
	"$(pyt_run timeout 20 dig @$kernel -p 54 +tries=1 +time=1 web.test 2>&1)" \
	'refused|timed out|no servers could be reached'

# The C library's names, as most programs ask for them.
claim_match 'getaddrinfo' "$(pyt_run timeout 10 "$python" -c '
import socket
for a in socket.getaddrinfo("web.test", 80, type=socket.SOCK_STREAM):
    print(a[4][0])' 2>&1)" "$kernel4"
claim_equal 'getaddrinfo of an alias' "$(pyt_run timeout 10 "$python" -c '
import socket; print(socket.gethostbyname("alias.test"))' 2>&1)" $kernel4
claim_equal 'getnameinfo' "$(pyt_run timeout 10 "$python" -c "
import socket; print(socket.gethostbyaddr('10.77.0.40')[0])" 2>&1)" many.test
claim_match 'an absent name' "$(pyt_run timeout 10 "$python" -c '
import socket
try:
    socket.getaddrinfo("absent.test", 80)
except socket.gaierror as error:
    print(error.errno == socket.EAI_NONAME, error)' 2>&1)" '^True'

finished=yes
