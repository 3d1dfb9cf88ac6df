#!/bin/bash
# The fast lane: sockets that are used plainly and in every other way by turns
# behave as the kernel's do.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

program=$(dirname "$lib")/tests/shim/lane
server=$top/integration/lane_server.py

lan_create
start lines native "$python" "$server" $kernel 7001
wait_tcp $kernel 7001
wanted=$(native timeout 60 "$program" $kernel 7001 2>&1)
claim_match 'the kernel goes through all of it' "$wanted" 'child'
claim_equal 'a client does as over the kernel' \
	"$(pyt_run timeout 60 "$program" $kernel 7001 2>&1)" "$wanted"

claim_equal 'numbers that are taken from us get nothing of ours' \
	"$(pyt_run timeout 60 "${program%lane}numbers" $kernel 7001 2>&1)" \
	'into its file: 0'

start threads pyt_run timeout 60 "${program}_accept" $stack 7002
wait_tcp $stack 7002
claim_equal 'threads accept and answer' \
	"$(native timeout 60 "$python" "$server" clients $stack 7002 2>&1)" \
	'second
300'
stop threads
claim_equal 'accept(2) needs a number, and ends with a signal' \
	"$(cat "$tmp/threads.log")" 'accept had no number
accept was interrupted'

finished=yes
