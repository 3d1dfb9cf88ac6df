#!/bin/bash
# Program: git: clone, fetch and push over http, ssh and git's own protocol.
FAMILY=${FAMILY:-4}
. "$(dirname "$0")/lib.sh"

git_pyt() {
	pyt_run timeout 60 git "$@"
}

repository() {
	local i

	git init -q -b main "$tmp/source"
	for ((i = 1; i <= 20; i++)); do
		data "$tmp/source/file$i" $((i * 20011)) "$i"
		git -C "$tmp/source" add .
		git -C "$tmp/source" commit -q -m "commit $i"
	done
	git clone -q --bare "$tmp/source" "$tmp/srv/repo.git"
	git -C "$tmp/srv/repo.git" config http.receivepack true
	git -C "$tmp/srv/repo.git" update-server-info
}

# The smart protocol as a CGI program behind Python's http.server.
git_cgi() {
	mkdir -p "$tmp/srv/cgi-bin"
	cat >"$tmp/srv/cgi-bin/git" <<-CGI
		#!/bin/sh
		export GIT_PROJECT_ROOT=$tmp/srv GIT_HTTP_EXPORT_ALL=1
		export HOME=$tmp
		exec git http-backend
	CGI
	chmod +x "$tmp/srv/cgi-bin/git"
	chmod -R a+rwX "$tmp/srv"
	cat >"$tmp/cgi.py" <<-'END'
		import http.server, socket, sys
		address = sys.argv[1], 8000
		class Server(http.server.ThreadingHTTPServer):
		    address_family = socket.getaddrinfo(*address)[0][0]
		Server(address, http.server.CGIHTTPRequestHandler).serve_forever()
	END
}

# cloned NAME: the clone in $tmp/clone is what the source is.
cloned() {
	claim_equal "$1: the same history" \
		"$(git -C "$tmp/clone" rev-parse HEAD)" \
		"$(git -C "$tmp/source" rev-parse HEAD)"
	claim "$1: the same files" diff -r -x .git "$tmp/source" "$tmp/clone"
	claim "$1: sound objects" git -C "$tmp/clone" fsck --full
	rm -rf "$tmp/clone"
}

lan_create
export HOME=$tmp GIT_TERMINAL_PROMPT=0
git config --global user.name tester
git config --global user.email tester@test.test
git config --global safe.directory '*'
mkdir -p /run/sshd "$tmp/srv"
repository
git_cgi

start web native sh -c "cd $tmp/srv && exec $python $tmp/cgi.py $kernel"
wait_tcp $kernel 8000
claim 'clone over http, dumb' git_pyt clone -q \
	http://$kernel_url:8000/repo.git "$tmp/clone"
cloned 'http, dumb'
claim 'clone over http, smart' git_pyt clone -q \
	http://$kernel_url:8000/cgi-bin/git/repo.git "$tmp/clone"
git -C "$tmp/clone" commit -q --allow-empty -m 'one more'
claim 'push over http' git_pyt -C "$tmp/clone" push -q origin HEAD:pushed
claim_equal 'what was pushed' \
	"$(git -C "$tmp/srv/repo.git" rev-parse pushed)" \
	"$(git -C "$tmp/clone" rev-parse HEAD)"
git -C "$tmp/clone" reset -q --hard HEAD~1
cloned 'http, smart'

ssh-keygen -q -t ed25519 -N '' -f "$tmp/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$tmp/user_key"
cat >"$tmp/sshd_config" <<-CONF
	HostKey $tmp/host_key
	AuthorizedKeysFile $tmp/user_key.pub
	StrictModes no
	UsePAM no
	PidFile none
CONF
start sshd native /usr/sbin/sshd -D -e -f "$tmp/sshd_config" -p 2222 \
	-o ListenAddress=$kernel
wait_tcp $kernel 2222
export GIT_SSH_COMMAND="ssh -F none -i $tmp/user_key -p 2222 -o BatchMode=yes \
-o StrictHostKeyChecking=no -o UserKnownHostsFile=$tmp/known_hosts"
claim 'clone over ssh' git_pyt clone -q "root@$kernel_url:$tmp/srv/repo.git" \
	"$tmp/clone"
cloned ssh

# git's daemon on the stack: it forks a child for each client.
start daemon pyt_run git daemon --export-all --base-path="$tmp/srv" \
	--listen=$stack --reuseaddr "$tmp/srv"
wait_tcp $stack 9418
claim 'clone from a daemon on the stack' native timeout 60 git clone -q \
	git://$stack_url/repo.git "$tmp/clone"
cloned 'git daemon'

finished=yes
