#!/bin/bash
# Connections that are over before the stack has looked at them: what was
# written arrives all the same.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

lan_create
claim_equal 'no byte is lost, blocking or not' "$(pyt_run timeout 100 \
	"$python" "$top/integration/brief_probe.py" 2>&1)" 'lost 0
lost 0'

finished=yes
