#!/bin/bash
# Connections whose accept(2) the stack has not been told of yet: they are
# listed as everybody's, and nothing is left of them, whoever ends how.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

probe=$top/integration/untold_probe.py
declare -A way

size_of() {			# size_of WHAT: now, of the stack
	ip netns exec "$ns-2" env PYT_LINK=tap:pyt0 \
		"$(dirname "$lib")/pyt-stats" sizes |
		sed -n "s/^$1 *//p"
}

holds() {			# holds WHAT COUNT
	[ "$(size_of "$1")" = "$2" ]
}

said() {			# said NAME WORD: its line
	grep "^$2" "$tmp/$1.log"
}

# begin NAME native|pyt_run WORD...: with an input of its own.
begin() {
	local name=$1 fd

	mkfifo "$tmp/to-$name"
	exec {fd}<>"$tmp/to-$name"
	way[$name]=$fd
	input=$tmp/to-$name start "$name" "$2" timeout 120 "$python" "$probe" \
		"${@:3}"
}

go() {				# go NAME: its next step
	echo >&"${way[$1]}"
}

# serve CASE PORT: a worker process that sets up what it accepts, and so tells
# of it late. It has accepted one more, and sleeps.
serve() {
	begin "$1" pyt_run server "$1" $stack "$2"
	until_true 20 said "$1" worker
	begin "ask-$1" native client "$1" $stack "$2"
	until_true 20 said "$1" sleeps
}

worker() {			# worker CASE: its pid
	said "$1" worker | cut -d ' ' -f 2
}

over() {			# over CASE: one more connection, and its end
	go "ask-$1"
	wait_end "$1"
	claim_equal "$1: the listener goes on" "$(tail -n 1 "$tmp/$1.log")" \
		'echo True'
	wait_end "ask-$1"
}

lan_create

serve listed 7001
inode=$(said listed inode | cut -d ' ' -f 2)
claim_match 'one that was told to nobody is listed with its inode' \
	"$(pyt_run cat /proc/net/tcp)" " $inode( |\$)"
kill -USR1 "$(worker listed)"
over listed

serve owner 7002
claim_match 'and ss -p knows its process' \
	"$(pyt_run ss -tnpH "sport = :7002")" "pid=$(worker owner),"
kill -USR1 "$(worker owner)"
over owner

# The peer resets it while nobody knows whose it is.
serve killed 7003
until_true 20 holds slots 2 # the listener and this one
go ask-killed
claim 'the reset has come' until_true 20 holds endpoints 0
claim 'who has it keeps it' holds slots 2
kill -9 "$(worker killed)"
claim 'who had it was killed: nothing is left of it' \
	until_true 20 holds slots 1
over killed

# Some were accepted, some lie in the queue.
serve queue 7004
until_true 20 holds slots 6
go ask-queue
claim 'five resets have come' until_true 20 holds endpoints 0
claim 'all are kept, for they may be accepted' holds slots 6
kill -9 "$(worker queue)"
claim 'the one that was accepted is gone' until_true 20 holds slots 5
go queue
until_true 20 said queue taken
claim_equal 'the others have their resets' "$(said queue taken)" \
	'taken ECONNRESET ECONNRESET ECONNRESET ECONNRESET'
claim 'and when they are closed nothing is left' \
	until_true 20 holds slots 1
over queue

# One is held as long as it takes to miss another listener's.
serve held 7005
serve killed2 7006
go ask-held
go ask-killed2
until_true 20 holds endpoints 0
until_true 20 holds slots 5 # two listeners too, and a spare socket
kill -9 "$(worker killed2)"
claim 'one is missed' until_true 20 holds slots 4
kill -USR1 "$(worker held)"
until_true 20 said held woke
claim_equal 'the other still has its reset' "$(said held woke)" \
	'woke ECONNRESET'
over held
over killed2

# Whatever the process does first with it.
begin ways pyt_run server ways $stack 7007
until_true 20 said ways worker
claim_equal 'who gets it, and how, does not matter' \
	"$(native timeout 60 "$python" "$probe" client ways $stack 7007)" \
	"fork True
clone True
spawn True
rights True
user True
overwrite True
close True
limit True
threads True"
claim 'and nothing is left of them' until_true 20 holds slots 1
go ways
wait_end ways

# A process is stopped and goes on while it waits to tell.
stack_pids() {
	local pid

	for pid in $(ip netns pids "$ns-2"); do
		grep -q '^pyt-stack' "/proc/$pid/comm" && echo "$pid"
	done
}
in_call() {			# in_call PID NUMBER
	[[ $(cat "/proc/$1/syscall") = "$2 "* ]]
}
is_state() {			# is_state PID LETTER
	grep -q "^State:.$2" "/proc/$1/status"
}
serve stopped 7008
pid=$(worker stopped)
mapfile -t stopped < <(stack_pids) # and who guards it
kill -STOP "${stopped[@]}"
kill -USR1 "$pid"
claim 'the worker waits for the stack' until_true 20 in_call "$pid" 46
kill -STOP "$pid"
until_true 20 is_state "$pid" T
kill -CONT "$pid"
until_true 20 in_call "$pid" 46
kill -CONT "${stopped[@]}"
wait_end stopped
claim_equal 'who was stopped while it told goes on' \
	"$(said stopped told)" 'told 1'
wait_end ask-stopped

finished=yes
