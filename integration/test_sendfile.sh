#!/bin/bash
# sendfile(2) tells TCP that more follows, as Linux does: full segments leave.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

probe=$top/integration/sendfile_probe.py
seen="whole ok
more_than_there_is ok
from_an_odd_place ok
behind_a_header ok"

lan_create
talk 'a client on the stack sends a file' native see $kernel pyt_run send 7001
talk 'a server on the stack sends a file' pyt_run send $stack native see 7002

finished=yes
