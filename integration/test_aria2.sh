#!/bin/bash
# Program: aria2c: a file in four pieces at once, and BitTorrent, in which the
# stack and the kernel's side find each other by a multicast (LPD) and both
# connect and accept.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

# torrent FILE: what describes it, without a tracker.
torrent() {
	"$python" - "$1" >"$tmp/torrent" <<-'PYTHON'
		import hashlib, sys

		def code(value):
		    if isinstance(value, int):
		        return b'i%de' % value
		    if isinstance(value, bytes):
		        return b'%d:%s' % (len(value), value)
		    return b'd' + b''.join(code(key) + code(value[key])
		                           for key in sorted(value)) + b'e'

		data, piece = open(sys.argv[1], 'rb').read(), 1 << 18
		sums = b''.join(hashlib.sha1(data[at:at + piece]).digest()
		                for at in range(0, len(data), piece))
		sys.stdout.buffer.write(code({b'info': {
		    b'name': b'big', b'length': len(data),
		    b'piece length': piece, b'pieces': sums}}))
	PYTHON
}

# peer NAME SIDE HOST DIRECTORY OPTION...
peer() {
	local name=$1 side=$2 host=$3 directory=$4
	shift 4

	start "$name" "$side" timeout 60 aria2c --enable-dht=false \
		--bt-enable-lpd=true --bt-lpd-interface="$host" \
		--listen-port=6881 --dir="$directory" "$@" "$tmp/torrent"
}

lan_create 2
native_web
native ip route add 224.0.0.0/4 dev lan0
claim 'a file by http in four pieces' pyt_run timeout 40 aria2c -q -x 4 -s 4 \
	-k 1M -d "$tmp" -o one http://$kernel_url/big
claim_same 'the same' "$tmp/one" "$tmp/www/big"
claim 'by https' pyt_run timeout 40 aria2c -q -x 4 -s 4 -k 1M -d "$tmp" \
	-o two --ca-certificate="$tmp/ca.pem" https://$kernel_url/big
claim_same 'the same' "$tmp/two" "$tmp/www/big"

torrent "$tmp/www/big"
mkdir "$tmp/first" "$tmp/second"
peer seed native $kernel "$tmp/www" --check-integrity=true --seed-ratio=0
peer first pyt_run $stack "$tmp/first" --seed-ratio=0
peer second pyt3_run $stack3 "$tmp/second" --seed-time=0
claim 'BitTorrent: the peers find each other' wait_end second 60
claim_same 'the same' "$tmp/second/big" "$tmp/www/big"
claim 'and the first of two on stacks has it, too' until_true 30 \
	cmp "$tmp/first/big" "$tmp/www/big"

finished=yes
