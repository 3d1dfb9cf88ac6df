#!/bin/bash
# Program: chromium, headless: a page with images, style, script, fetches and a
# POST, by IPv4, IPv6 and by name; as an ordinary user with its sandbox.
. "$(dirname "$0")/lib.sh"

# browse URL [OPTION...]: the page as it is once its script has ended.
browse() {
	local home=$tmp/home url=$1
	shift

	rm -rf "$home"
	mkdir -m 777 "$home"
	HOME=$home "$as" timeout 60 chromium --headless --disable-gpu \
		--user-data-dir="$home/data" --virtual-time-budget=30000 \
		"$@" --dump-dom "$url" 2>"$tmp/browser.log" |
		sed -n 's/.*<p id="said">\(.*\)<\/p>.*/\1/p'
}

# A user's own home, and a device that anybody may open.
as_user() {
	pyt_run unshare -m sh -c 'mount -t tmpfs -o mode=755 none /dev/net &&
		mknod -m 666 /dev/net/tun c 10 200 &&
		exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"' \
		- "$@"
}

lan_create
cp -r "$top/integration/page" "$tmp/www"
data "$tmp/www/big" 1000000 3
start web native "$python" "$top/integration/page_server.py" "$tmp/www" 8000
wait_tcp $kernel 8000
echo "$kernel web.test" >"$tmp/zone"
start dns native dnsmasq -k -C /dev/null -a $kernel -R -h -z -u root \
	--pid-file= -H "$tmp/zone" --no-daemon --local=/test/
wait_tcp $kernel 53
name_server $kernel
images='10x5 20x10 30x15 40x20 50x25 60x30 70x35 80x40'
wanted="$images 700 $(head -n 1 "$tmp/web.log") answer to a question"

claim_equal 'a page by IPv6' "$(as=pyt_run browse \
	"http://[$kernel6]:8000/page.html" --no-sandbox)" "$wanted"
for host in $kernel web.test; do
	claim_equal "by an ordinary user, in its sandbox, of $host" \
		"$(as=as_user browse "http://$host:8000/page.html")" "$wanted"
done
as=as_user browse http://$kernel:8001/page.html
claim_match 'where nobody listens it says so' \
	"$(grep -o 'net::ERR_.*' "$tmp/browser.log")" ERR_CONNECTION_REFUSED

finished=yes
