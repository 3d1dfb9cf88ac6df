#!/bin/bash
# Program: ssh, scp, sftp and sshd: each side on the stack, forwarding, an
# ordinary user as client and as whom sshd becomes.
FAMILY=${FAMILY:-4}
. "$(dirname "$0")/lib.sh"

sshd_config() {
	cat <<-CONF
		HostKey $tmp/host_key
		AuthorizedKeysFile $tmp/user_key.pub
		PidFile $tmp/sshd.pid
		StrictModes no
		PermitRootLogin prohibit-password
		PasswordAuthentication no
		UsePAM no
		UseDNS no
		GatewayPorts clientspecified
		Subsystem sftp internal-sftp
	CONF
}

ssh_config() {
	cat <<-CONF
		IdentityFile $tmp/user_key
		UserKnownHostsFile $tmp/known_hosts
		StrictHostKeyChecking yes
		User root
		BatchMode yes
		LogLevel ERROR
	CONF
}

# known_host HOST...: so that the host's key is checked as well.
known_hosts() {
	local host

	for host; do
		echo "$host $(cut -d' ' -f1,2 "$tmp/host_key.pub")"
		echo "[$host]:2222 $(cut -d' ' -f1,2 "$tmp/host_key.pub")"
	done
}

# roles NAME SERVER_SIDE HOST CLIENT_SIDE
roles() {
	local name=$1 server=$2 host=$3 client=$4 url is

	url=$(url_of "$host")
	[ "$host" = "$kernel" ] && is=$kernel_is || is=$stack_is
	rm -rf "$tmp/copy" && mkdir "$tmp/copy"
	start sshd "$server" /usr/sbin/sshd -D -e -f "$tmp/sshd_config" \
		-p 2222 -o "ListenAddress=$host"
	wait_tcp "$host" 2222

	claim_equal "$name runs a command" "$("$client" timeout 30 ssh \
		-F "$tmp/ssh_config" -p 2222 "$host" 'echo $((6 * 7))' 2>&1)" 42
	"$client" timeout 30 ssh -F "$tmp/ssh_config" -p 2222 "$host" 'exit 7'
	claim_equal "$name gets its exit status" $? 7
	claim_equal "$name pipes a file through" "$("$client" timeout 60 ssh \
		-F "$tmp/ssh_config" -p 2222 "$host" sha256sum <"$tmp/file")" \
		"$(sha256sum <"$tmp/file")"
	claim_match "$name: the server sees the client's address" \
		"$("$client" timeout 30 ssh -F "$tmp/ssh_config" -p 2222 \
		"$host" 'echo $SSH_CONNECTION')" " $is 2222\$"

	claim "$name: scp there" "$client" timeout 60 scp -q \
		-F "$tmp/ssh_config" -P 2222 "$tmp/file" "$url:$tmp/copy/scp"
	claim_same "$name: the same file" "$tmp/copy/scp" "$tmp/file"
	claim "$name: scp back" "$client" timeout 60 scp -q \
		-F "$tmp/ssh_config" -P 2222 "$url:$tmp/file" "$tmp/copy/back"
	claim_same "$name: the same file" "$tmp/copy/back" "$tmp/file"
	claim "$name: scp -r" "$client" timeout 60 scp -q -r \
		-F "$tmp/ssh_config" -P 2222 "$tmp/tree" "$url:$tmp/copy/tree"
	claim_same_tree "$name: the same tree" "$tmp/copy/tree" "$tmp/tree"

	printf 'put %s %s\nget %s %s\n' "$tmp/file" "$tmp/copy/put" \
		"$tmp/file" "$tmp/copy/get" >"$tmp/batch"
	claim "$name: sftp" "$client" timeout 60 sftp -q -b "$tmp/batch" \
		-F "$tmp/ssh_config" -P 2222 "$url"
	claim_same "$name: put" "$tmp/copy/put" "$tmp/file"
	claim_same "$name: get" "$tmp/copy/get" "$tmp/file"
	stop sshd
}

lan_create
mkdir -p /run/sshd "$tmp/tree/inner"
ssh-keygen -q -t ed25519 -N '' -f "$tmp/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$tmp/user_key"
sshd_config >"$tmp/sshd_config"
ssh_config >"$tmp/ssh_config"
known_hosts $kernel $stack >"$tmp/known_hosts"
data "$tmp/file" $((16 << 20))
for i in 1 2 3 4 5; do
	data "$tmp/tree/$i" $((i * 10007)) "$i"
	data "$tmp/tree/inner/$i" $((i * 1003)) "1$i"
done

roles 'ssh on the stack' native $kernel pyt_run
roles 'sshd on the stack' pyt_run $stack native

listen=TCP-LISTEN
[ "$FAMILY" = 4 ] || listen=TCP6-LISTEN

# Forwarding: ssh on the stack listens there, and connects from there.
start sshd native /usr/sbin/sshd -D -e -f "$tmp/sshd_config" -p 2222 \
	-o ListenAddress=$kernel
start web native socat $listen:8080,fork,reuseaddr \
	"OPEN:$tmp/file"
wait_tcp $kernel 2222
wait_tcp $kernel 8080
start forward pyt_run ssh -F "$tmp/ssh_config" -p 2222 -N \
	-L $stack_url:9001:$kernel_url:8080 \
	-R $kernel_url:9002:$kernel_url:8080 $kernel
wait_tcp $stack 9001
wait_tcp $kernel 9002
native timeout 30 socat -u "TCP:$stack_url":9001 "CREATE:$tmp/left"
claim_same 'ssh -L listens on the stack' "$tmp/left" "$tmp/file"
native timeout 30 socat -u "TCP:$kernel_url":9002 "CREATE:$tmp/right"
claim_same 'ssh -R connects from the stack' "$tmp/right" "$tmp/file"

stop forward
stop web

once || { finished=yes; exit 0; }

# An ordinary user's: ssh, and what sshd does once it has become that user.
mkdir -p "$tmp/home"
cp "$tmp/user_key" "$tmp/home/key"
chown -R 65534:65534 "$tmp/home"
for name in "${namespaces[@]}"; do
	sed "s#^\(nobody:.*\):[^:]*:[^:]*\$#\1:$tmp/home:/bin/bash#" \
		/etc/passwd >"/etc/netns/$name/passwd"
done
as_user=(unshare -m sh -c 'mount -t tmpfs -o mode=755 none /dev/net &&
	mknod -m 666 /dev/net/tun c 10 200 &&
	exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"' - timeout 30)
user=(-F "$tmp/ssh_config" -o "IdentityFile=$tmp/home/key" -o User=nobody -p 2222)
chmod 644 "$tmp/ssh_config" "$tmp/known_hosts"

stop sshd
start sshd native /usr/sbin/sshd -D -e -f "$tmp/sshd_config" -p 2222 \
	-o ListenAddress=$kernel
wait_tcp $kernel 2222
claim_equal 'ssh by an ordinary user on the stack' "$(pyt_run "${as_user[@]}" \
	ssh "${user[@]}" $kernel 'id -un; cat' <<<'what is piped' 2>&1)" \
	$'nobody\nwhat is piped'
stop sshd
start sshd pyt_run /usr/sbin/sshd -D -e -f "$tmp/sshd_config" -p 2222 \
	-o ListenAddress=$stack
start web native socat $listen:8080,fork,reuseaddr \
	"OPEN:$tmp/file"
wait_tcp $stack 2222
wait_tcp $kernel 8080
claim_equal 'sshd on the stack becomes the user' "$(native "${as_user[@]}" \
	ssh "${user[@]}" $stack 'id -un; cat' <<<'what is piped' 2>&1)" \
	$'nobody\nwhat is piped'
start forward native ssh "${user[@]}" -o "IdentityFile=$tmp/user_key" -N \
	-L $kernel_url:9003:$kernel_url:8080 \
	-R $stack_url:9004:$kernel_url:8080 $stack
wait_tcp $kernel 9003
wait_tcp $stack 9004
native timeout 30 socat -u "TCP:$kernel_url":9003 "CREATE:$tmp/left"
claim_same 'and connects as the user, ssh -L' "$tmp/left" "$tmp/file"
native timeout 30 socat -u "TCP:$stack_url":9004 "CREATE:$tmp/right"
claim_same 'and listens as the user, ssh -R' "$tmp/right" "$tmp/file"
claim_match 'by a process of the user' "$(ip netns pids "$ns-2" |
	xargs -n 1 ps -o user=,args= -p)" 'nobody +sshd: nobody'

finished=yes
