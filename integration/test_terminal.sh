#!/bin/bash
# Program: tmux over ssh used by hand, dropbear, gdbserver with gdb: long
# interactive connections of small packets, from and to the stack.
. "$(dirname "$0")/lib.sh"
terminals=0

screen_has() {
	tmux -S "$tmp/tmux$terminals" capture-pane -p -t 0 | grep -q "$1"
}

screen_ends() {
	tmux -S "$tmp/tmux$terminals" capture-pane -p -t 0 | grep . | tail -n 1 |
		grep -q "^$1 *$"
}

keys() {
	tmux -S "$tmp/tmux$terminals" send-keys -t 0 "$@"
}

# ssh_to HOST: the command, in words.
ssh_to() {
	echo ssh -i "$tmp/key" -p 2222 -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "root@$1"
}

quoted() { printf '%q ' "$@"; }

# type_by NAME SIDE HOST: a person at a terminal; what is typed comes back at
# its place.
type_by() {
	local name=$1 command

	terminals=$((terminals + 1))	# a server that ends takes a moment
	# shellcheck disable=SC2046	# words
	command=$(take_place=quoted; "$2" $(ssh_to "$3") -t "env -i HOME=/ \
		PS1='here: ' TERM=screen bash --norc --noprofile -i")
	claim "$name: tmux opens ssh" tmux -S "$tmp/tmux$terminals" -f /dev/null \
		new-session -d -x 80 -y 24 "$command"
	claim "$name: a prompt" until_true 15 screen_has 'here:'
	keys 'echo $((1234 * 2)) > /dev/null; tput cup 10 20; echo mid' Enter
	claim "$name: the cursor moves" until_true 20 screen_has '^ \{20\}mid'
	keys 'cat' Enter 'typed' Enter
	claim "$name: an echo of typed lines" until_true 20 screen_has '^typed'
	keys C-c
	claim "$name: Ctrl-C brings the prompt back" \
		until_true 20 screen_ends 'here:'
	keys 'echo status $?' Enter
	claim "$name: Ctrl-C reaches the program" \
		until_true 20 screen_has 'status 130'
	keys 'stty size' Enter
	claim "$name: the size of the window" \
		until_true 20 screen_has '^2[34] 80'
	tmux -S "$tmp/tmux$terminals" kill-server
}

# debug_by NAME SERVER_SIDE CLIENT_SIDE HOST
debug_by() {
	local name=$1 out

	start gdbserver "$2" gdbserver --once "$4:3333" "$tmp/program"
	until_true 20 grep -q 'Listening' "$tmp/gdbserver.log"
	out=$("$3" timeout 60 gdb -nx -batch -ex "target remote $4:3333" \
		-ex 'break square if x == 7' -ex continue -ex 'print x * 6' \
		-ex bt -ex delete -ex continue "$tmp/program" 2>&1)
	claim_match "$name: gdb stops in a program" "$out" '[$]1 = 42'
	claim_match "$name: sees its stack" "$out" '#1 .* in main'
	claim_match "$name: and lets it end" "$out" 'exited normally'
	claim "$name: which says its result" grep -qx 285 "$tmp/gdbserver.log"
}

lan_create
ssh-keygen -q -t ed25519 -N '' -f "$tmp/key"
dropbearkey -t ed25519 -f "$tmp/host" >"$tmp/hostkey.log" 2>&1
dropbearconvert openssh dropbear "$tmp/key" "$tmp/key.db" >"$tmp/convert.log" 2>&1
# dropbear looks for keys in the user's home: another one in the namespaces.
mkdir -p "$tmp/home/.ssh"
chmod 700 "$tmp/home" "$tmp/home/.ssh"
cp "$tmp/key.pub" "$tmp/home/.ssh/authorized_keys"
for name in "${namespaces[@]}"; do
	sed "s#:/root:#:$tmp/home:#" /etc/passwd >"/etc/netns/$name/passwd"
done
start dropbear pyt_run dropbear -F -E -s -r "$tmp/host" \
	-P "$tmp/dropbear.pid" -p $stack:2222
start native_dropbear native dropbear -F -E -s -r "$tmp/host" \
	-P "$tmp/native.pid" -p $kernel:2222
wait_tcp $stack 2222
wait_tcp $kernel 2222
data "$tmp/file" 3000000
native timeout 30 $(ssh_to $stack) cat <"$tmp/file" >"$tmp/got"
claim_same 'dropbear on the stack: 3 MB there and back' "$tmp/got" "$tmp/file"
pyt_run timeout 30 dbclient -y -y -i "$tmp/key.db" -p 2222 root@$kernel cat \
	<"$tmp/file" >"$tmp/got" 2>"$tmp/dbclient.log"
claim_same 'dbclient on the stack: 3 MB there and back' "$tmp/got" "$tmp/file"
claim_equal 'dbclient on the stack, to the stack itself' \
	"$(pyt_run timeout 30 dbclient -y -y -i "$tmp/key.db" -p 2222 \
		root@$stack 'echo $((6 * 7))' 2>"$tmp/dbclient.log")" 42
type_by 'ssh to the stack' native $stack
type_by 'ssh on the stack' pyt_run $kernel

cat >"$tmp/program.c" <<-'C'
	#include <stdio.h>
	int square(int x) { return x * x; }
	int main(void) { int sum = 0; for (int i = 0; i < 10; i++) sum += square(i);
		printf("%d\n", sum); return 0; }
C
gcc -g -O0 -o "$tmp/program" "$tmp/program.c"
debug_by 'gdbserver on the stack' pyt_run native $stack
debug_by 'gdb on the stack' native pyt_run $kernel

finished=yes
