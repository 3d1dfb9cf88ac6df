#!/bin/bash
# Program: rsync: its daemon on either side, and a second run that sends what
# has changed only.
. "$(dirname "$0")/lib.sh"

daemon() {			# NAME SIDE HOST
	cat >"$tmp/$1.conf" <<-CONF
		use chroot = no
		munge symlinks = no
		address = $3
		port = 8730
		log file = $tmp/$1.rsync.log
		[files]
		    path = $tmp/$1
		    read only = no
		    uid = root
		    gid = root
	CONF
	mkdir -p "$tmp/$1"
	start "$1" "$2" rsync --daemon --no-detach --config "$tmp/$1.conf"
	wait_tcp "$3" 8730
}

roles() {			# NAME SERVER HOST CLIENT
	local name=$1 url=rsync://$3:8730/files/

	daemon "$name" "$2" "$3"
	claim "$name: push" "$4" timeout 60 rsync -a "$tmp/tree/" "$url"
	claim_same_tree "$name: the same tree" "$tmp/$name" "$tmp/tree"
	data "$tmp/tree/2/changed" 50000 9
	claim_match "$name: push of a change" "$("$4" timeout 60 rsync -a \
		--stats "$tmp/tree/" "$url" 2>&1)" \
		'files transferred: 1'
	claim "$name: pull" "$4" timeout 60 rsync -az "$url" "$tmp/$name.got"
	claim_same_tree "$name: the same tree" "$tmp/$name.got" "$tmp/tree"
	rm "$tmp/tree/2/changed"
	stop "$name"
}

lan_create
mkdir -p "$tmp/tree/1/deep" "$tmp/tree/2"
data "$tmp/tree/big" 8000000 1
data "$tmp/tree/1/deep/file" 123456 2
ln -s ../big "$tmp/tree/2/link"
for i in $(seq 100); do
	data "$tmp/tree/2/$i" $((i * 100)) "$i"
done
roles client native $kernel pyt_run
roles server pyt_run $stack native

finished=yes
