#!/bin/bash
# Program: many, over IPv6: the stack has no IPv4 address at all.
families=6
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

web6() {			# FILE: nginx on 80, by IPv6 alone
	nginx_conf "$1"
	sed -i 's/listen 80;/listen [::]:80 ipv6only=on;/; /listen 443/d
		/ssl_certificate/d' "$1"
}

lan_create
web_root
data "$tmp/file" 3000000 7
seen_file=$(sum_of "$tmp/file")

# ------------------------------------------------------ programs as clients
web6 "$tmp/native.conf"
start web native nginx -e "$tmp/web.error.log" -c "$tmp/native.conf" \
	-g 'daemon off;'
wait_tcp $kernel6 80

claim 'curl' pyt_run timeout 30 curl -sS -o "$tmp/got" "http://[$kernel6]/big"
claim_same 'got 16 MB' "$tmp/got" "$tmp/www/big"
claim 'wget' pyt_run timeout 30 wget -q -O "$tmp/got" "http://[$kernel6]/big"
claim_same 'got 16 MB' "$tmp/got" "$tmp/www/big"
link_local=$(native ip -6 -o addr show dev lan0 scope link |
	sed 's/.*inet6 \([^/]*\).*/\1/')
zone=pyt0
[ "$native_mode" ] && zone=eth0
claim_equal 'curl by a link-local address' "$(pyt_run timeout 30 curl -sS \
	"http://[$link_local%25$zone]/small")" 'a small file'

start discard native socat -u TCP6-LISTEN:4001,fork,reuseaddr \
	"SYSTEM:cat >>$tmp/discard"
wait_tcp $kernel6 4001
for client in 'nc -6 -N' 'ncat -6 --send-only' 'socat -u - TCP6:'; do
	: >"$tmp/discard"
	case $client in
	socat*) target=${client#socat -u - }"[$kernel6]:4001" ;;
	*) target="$kernel6 4001" ;;
	esac
	# shellcheck disable=SC2086
	case $client in
	socat*) pyt_run timeout 30 socat -u - "$target" <"$tmp/file" ;;
	*) pyt_run timeout 30 $client $target <"$tmp/file" ;;
	esac
	until_true 10 cmp "$tmp/file" "$tmp/discard"
	claim_same "${client%% *} sends 3 MB" "$tmp/discard" "$tmp/file"
done

start iperf native iperf3 -s -1 -p 5201
wait_idle iperf
claim 'iperf3' pyt_run timeout 30 iperf3 -6 -c $kernel6 -t 1
wait_end iperf

start iperf native iperf3 -s -1 -p 5201
wait_idle iperf
claim 'iperf3 with UDP' pyt_run timeout 30 iperf3 -6 -u -b 20M -c $kernel6 -t 1
wait_end iperf

start dns native dnsmasq -k -C /dev/null -a $kernel6 -R -h -z -u root \
	--pid-file= --no-daemon --address=/six.test/$kernel6
wait_tcp $kernel6 53
name_server $kernel6
claim_equal 'dig' "$(pyt_run timeout 20 dig @$kernel6 +short six.test AAAA)" \
	$kernel6
claim_equal 'dig over TCP' "$(pyt_run timeout 20 dig @$kernel6 +tcp +short \
	six.test AAAA)" $kernel6
claim_equal 'a name' "$(pyt_run timeout 20 curl -sS http://six.test/small)" \
	'a small file'

git init -q --bare -b main "$tmp/repo.git"
start gitd native git daemon --base-path="$tmp" --export-all --reuseaddr \
	--listen=$kernel6 --enable=receive-pack
wait_tcp $kernel6 9418
git init -q -b main "$tmp/work"
cp "$tmp/file" "$tmp/work"
git -C "$tmp/work" add . && git -C "$tmp/work" commit -q -m one
claim 'git push' pyt_run timeout 30 git -C "$tmp/work" push -q \
	"git://[$kernel6]/repo.git" main
claim 'git clone' pyt_run timeout 30 git clone -q \
	"git://[$kernel6]/repo.git" "$tmp/clone"
claim_same 'the same' "$tmp/clone/file" "$tmp/file"

claim 'ping -6 from the stack' pyt_run ping -6 -c 2 -i 0.2 -W 5 $kernel6
claim_match 'traceroute -6 from the stack' "$(pyt_run traceroute -6 -n -q 1 \
	-w 5 -m 3 $kernel6 2>&1 | tail -n 1)" "^ 1  $kernel6 "

# ------------------------------------------------------ programs as servers
web6 "$tmp/stack.conf"
start stackweb pyt_run nginx -e "$tmp/stackweb.error.log" \
	-c "$tmp/stack.conf" -g 'daemon off;'
wait_tcp $stack6 80
claim 'nginx' native timeout 30 curl -sS -o "$tmp/got" "http://[$stack6]/big"
claim_same 'gave 16 MB' "$tmp/got" "$tmp/www/big"

claim 'ping -6' native ping -6 -c 2 -i 0.2 -W 5 $stack6
claim 'ping -6 with 5000 bytes' native ping -6 -c 2 -i 0.2 -W 5 -s 5000 $stack6
claim_match 'ndisc6' "$(native ndisc6 -1 -r 3 -w 2000 $stack6 lan0 2>&1)" \
	'Target link-layer address: [0-9A-F]'
claim_match 'traceroute -6' "$(native traceroute -6 -n -q 1 -w 5 \
	-m 3 $stack6 2>&1 | tail -n 1)" "^ 1  $stack6 "

start redis pyt_run redis-server --bind $stack6 --port 6379 --save '' \
	--dir "$tmp" --protected-mode no
wait_tcp $stack6 6379
native timeout 20 redis-cli -h $stack6 set key value >"$tmp/redis.out"
claim_equal 'redis' "$(native timeout 20 redis-cli -h $stack6 get key)" value

mkdir -p /run/sshd
ssh-keygen -q -t ed25519 -N '' -f "$tmp/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$tmp/user_key"
start sshd pyt_run /usr/sbin/sshd -D -e -f /dev/null -p 2222 \
	-o "ListenAddress=[$stack6]:2222" -h "$tmp/host_key" \
	-o "AuthorizedKeysFile=$tmp/user_key.pub" -o StrictModes=no \
	-o UsePAM=no -o PidFile=none
wait_tcp $stack6 2222
claim_equal 'ssh' "$(native timeout 30 ssh -F /dev/null -i "$tmp/user_key" \
	-o UserKnownHostsFile="$tmp/known" -o StrictHostKeyChecking=no \
	-o LogLevel=ERROR -p 2222 "root@$stack6" sha256sum <"$tmp/file" |
	cut -d' ' -f1)" "$seen_file"

start openssl pyt_run openssl s_server -6 -accept 4433 -quiet -nocert \
	-cipher 'aNULL:@SECLEVEL=0' -tls1_2 -rev
wait_tcp $stack6 4433
claim_equal 'openssl' "$(echo abc | native timeout 20 openssl s_client -quiet \
	-connect "[$stack6]:4433" -cipher 'aNULL:@SECLEVEL=0' -tls1_2 \
	2>/dev/null | head -n 1)" cba

cat >"$tmp/echo.py" <<'END'
import asyncio
async def serve(reader, writer):
    writer.write(repr(writer.get_extra_info('peername')[:2]).encode() + b'\n')
    await writer.drain()
    writer.close()
async def main():
    server = await asyncio.start_server(serve, '::', 4005)
    await server.serve_forever()
asyncio.run(main())
END
start asyncio pyt_run "$python" "$tmp/echo.py"
wait_tcp $stack6 4005
claim_match 'asyncio' "$(native timeout 20 nc -6 -d $stack6 4005)" \
	"^\('$kernel6', [0-9]+\)"

finished=yes
