#!/bin/bash
# MSG_MORE, SPLICE_F_MORE: what a peer sees of it, from the stack and natively.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

probe=$top/integration/more_probe.py
seen="header_and_body b'headbody'
three_calls b'abcd'
header_and_file b'headfile'
spliced b'headbody'
spliced_alone b'alone' True
alone b'alone' True
plain_first b'plain' b'heldgone'
full_frames most at once True
too_much all True True
nothing_behind b'held'"

lan_create
talk 'a client on the stack holds back' native see $kernel pyt_run send 7001
talk 'a server on the stack holds back' pyt_run send $stack native see 7002

finished=yes
