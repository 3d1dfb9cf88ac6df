#!/bin/bash
# Program: vsftpd and lftp, each on the stack, passive and active: the server
# connects back to an address that it was told.
. "$(dirname "$0")/lib.sh"

# Its sandbox kills it natively, too, with this kernel.
server() {			# NAME SIDE HOST
	mkdir -p "$tmp/empty" "$tmp/pub/up"
	chmod 777 "$tmp/pub/up"
	cat >"$tmp/$1.conf" <<-CONF
		listen=YES
		listen_address=$3
		listen_port=2121
		background=NO
		anonymous_enable=YES
		anon_root=$tmp/pub
		anon_upload_enable=YES
		write_enable=YES
		no_anon_password=YES
		secure_chroot_dir=$tmp/empty
		connect_from_port_20=NO
		seccomp_sandbox=NO
		vsftpd_log_file=$tmp/$1.vsftpd.log
		xferlog_enable=YES
	CONF
	start "$1" "$2" vsftpd "$tmp/$1.conf"
	wait_tcp "$3" 2121
}

roles() {			# NAME SERVER HOST CLIENT
	local name=$1 mode passive

	server "$name" "$2" "$3"
	for mode in passive active; do
		[ $mode = passive ] && passive=on || passive=off
		rm -f "$tmp/got" "$tmp/pub/up/"*
		claim "$name: $mode" "$4" timeout 60 lftp -c "
			set net:max-retries 1; set net:timeout 10
			set ftp:passive-mode $passive
			open ftp://$3:2121
			get big -o $tmp/got
			put $tmp/pub/big -o up/$mode
			ls"
		claim_same "$name: $mode: the file" "$tmp/got" "$tmp/pub/big"
		claim_same "$name: $mode: what was put" "$tmp/pub/up/$mode" \
			"$tmp/pub/big"
	done
	stop "$name"
}

lan_create
mkdir "$tmp/pub"
data "$tmp/pub/big" 5000000
chmod 644 "$tmp/pub/big"
roles client native $kernel pyt_run
roles server pyt_run $stack native

finished=yes
