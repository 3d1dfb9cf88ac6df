#!/bin/bash
# Timeouts, SO_RCVLOWAT and SO_OOBINLINE of accepted sockets and of those that
# connect again: on the stack and natively.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

probe=$top/integration/own_options_probe.py

lan_create
start greet native timeout 30 "$python" "$probe" greet $stack 7001
claim_equal 'accepted sockets have what their listener has' \
	"$(pyt_run timeout 30 "$python" "$probe" listen $stack 7001 2>&1)" \
	"accepted [(20, 500000), (20, 500000)] [3, 1]
set later [(30, 500000), (30, 500000)] [1, 0]
only later [(0, 0), (0, 0)] [1, 1]"

start serve native timeout 30 "$python" "$probe" serve $kernel 7002
wait_tcp $kernel 7002
claim_equal 'a socket that connects again keeps its own' \
	"$(pyt_run timeout 30 "$python" "$probe" connect $kernel 7002 2>&1)" \
	"ECONNREFUSED
again [(20, 500000), (20, 500000)] [3, 1]"

finished=yes
