#!/bin/bash
# SO_LINGER with a time: close(2) waits for a peer that does not read.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

probe=$top/integration/linger_probe.py

lan_create
start server native timeout 30 "$python" "$probe" server $kernel 7001
until_true 20 grep -q ready "$tmp/server.log"
claim_equal 'close waits for what was written' "$(pyt_run timeout 30 \
	"$python" "$probe" client $kernel 7001 2>&1)" "waits its time True
not without True
not for nothing True"

finished=yes
