#!/bin/bash
# TCP_INQ: what recvmsg(2) says is left to read, on the stack and natively.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

probe=$top/integration/inq_probe.py
seen="some 10 [(6, 36, 90)] 0
peeked 10 [(6, 36, 90)] 0
discarded 10 [(6, 36, 80)] 0
without room 10 [] 8
none asked for 0 [(6, 36, 70)] 0
all 70 [(6, 36, 0)] 0
switched off 1 [] 0
long 400000 0 True
before the end 2 [(6, 36, 3)] 0
last 2 [(6, 36, 1)] 0
end 0 [(6, 36, 1)] 0
again 0 [(6, 36, 1)] 0"

lan_create
talk 'a client on the stack is told' native send $kernel pyt_run see 7001
talk 'a server on the stack is told' pyt_run see $stack native send 7002

finished=yes
