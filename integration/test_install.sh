#!/bin/bash
# What 'meson install' puts into a system, used by a user without privilege
# to whom a TAP was granted; MTUs; devices without the virtio-net header.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

namespace_add "$ns"
data "$tmp/data" 300000
url=http://$kernel/data

# The files are where they were installed for, in a mount namespace of our own
# that has a device which anybody may open.
claim 'it can be installed' env DESTDIR="$tmp/root" \
	meson install -C "$top/build" --no-rebuild
as_installed='mount --bind "$0/root/usr/local" /usr/local &&
	mount -t tmpfs -o mode=755 none /dev/net &&
	mknod -m 666 /dev/net/tun c 10 200 &&
	exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"'
as_nobody() {
	$take_place ip netns exec "$ns" unshare -m \
		sh -c "$as_installed" "$tmp" "$@"
}

# ---------------------------------------------------- an ordinary user's TAP

claim_match 'the installed pyt knows every key' "$(as_nobody pyt --help)" \
	'PYT_IMPAIR'
claim_match 'its doctor names what is missing' "$(as_nobody pyt doctor)" \
	'sudo ip tuntap add dev pyt0 mode tap user nobody'
ip -n "$ns" tuntap add dev pyt0 mode tap user nobody
ip -n "$ns" addr add $kernel/24 dev pyt0
ip -n "$ns" link set pyt0 txqueuelen 5000 up
claim_match 'and is content when a TAP was granted' \
	"$(as_nobody pyt doctor)" 'All is there'
start web native "$python" -m http.server -d "$tmp" -b $kernel 80
until_true 20 native curl -sS -o /dev/null http://$kernel/
mkdir -m 777 "$tmp/public"
claim 'a user without privilege downloads' \
	as_nobody pyt curl -sS -o "$tmp/public/got" $url
claim_same 'the file is whole' "$tmp/public/got" "$tmp/data"
claim_match 'what runs in one shell shares one stack' \
	"$(as_nobody pyt --grace 10 bash -c \
		"curl -sS -o /dev/null $url && pyt stats sizes" 2>&1)" \
	'clients +[1-9]'
claim_match 'the man page is found' \
	"$(as_nobody man -P cat pyt 2>&1 | head -n 3)" 'PYT\(1\)'

# --------------------------------------------------------------------- MTUs

# shark FILTER: the longest IP packets that the filter lets pass.
longest() {
	tshark -r "$tmp/public/trace" -Y "$1" -T fields -e ip.len 2>/dev/null |
		sort -n | tail -n 1
}

for mtu in 576 1280 9000; do
	ip -n "$ns" link set pyt0 mtu $mtu
	rm -f "$tmp/public/"*
	claim "a download with an MTU of $mtu" as_nobody pyt --pcap \
		"$tmp/public/trace" curl -sS -o "$tmp/public/got" $url
	claim_same 'the file is whole' "$tmp/public/got" "$tmp/data"
	claim "no packet is longer, and some are as long ($(longest tcp))" \
		test "$(longest tcp)" = $mtu
	claim "a datagram of 5000 bytes with an MTU of $mtu" \
		as_nobody pyt "$python" -c "
import socket
a = socket.socket(type=socket.SOCK_DGRAM)
b = socket.socket(type=socket.SOCK_DGRAM)
b.bind(('10.77.0.2', 9))
a.sendto(bytes(5000), ('10.77.0.2', 9))
assert len(b.recv(9999)) == 5000
a.sendto(bytes(5000), ('$kernel', 9))"
done
ip -n "$ns" link set pyt0 mtu 1500

# ------------------------------------------------- without virtio-net header

# A kernel without IFF_VNET_HDR says EINVAL to both ways of asking for it.
bare() {
	native strace -f -o "$tmp/strace" -P /dev/net/tun \
		-e trace=ioctl -e inject=ioctl:error=EINVAL:when=1..2 \
		env LD_PRELOAD="$lib" "$@"
}

claim 'a TAP without the header' bare PYT_PCAP="$tmp/bare" \
	timeout 60 curl -sS -o "$tmp/got" $url
claim_same 'the file is whole' "$tmp/got" "$tmp/data"
claim_equal 'the header was asked for and refused' \
	"$(grep -c 'TUNSETIFF.*INJECTED' "$tmp/strace")" 2
claim 'all checksums are right without offload' test -z "$(tshark \
	-r "$tmp/bare" -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE \
	-Y 'tcp.checksum.status == 0 || ip.checksum.status == 0' 2>/dev/null)"
ip -n "$ns" tuntap add dev tun0 mode tun
ip -n "$ns" addr add 10.78.0.1/24 dev tun0
ip -n "$ns" link set tun0 up
start web2 native "$python" -m http.server -d "$tmp" -b 10.78.0.1 80
until_true 20 native curl -sS -o /dev/null http://10.78.0.1/
rm -f "$tmp/got"
claim 'a TUN without the header' bare PYT_LINK=tun:tun0 \
	PYT_IP=10.78.0.2/24 timeout 60 curl -sS -o "$tmp/got" \
	http://10.78.0.1/data
claim_same 'the file is whole' "$tmp/got" "$tmp/data"

finished=yes
