#!/bin/bash
# accept(2) of a static program by pyt --seccomp, where no connection comes of
# it, answers as Linux's does.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

claim 'a static program' gcc -O1 -static -o "$tmp/probe" \
	"$top/integration/accept_limits_probe.c"
claim 'and a dynamic one' gcc -O1 -o "$tmp/dynamic" \
	"$top/integration/accept_limits_probe.c"
lan_create
native timeout 20 "$tmp/probe" >"$tmp/wanted"
pyt_run timeout 30 "$tmp/dynamic" >"$tmp/got" 2>&1
claim 'a preloaded program accepts as on Linux' diff "$tmp/wanted" "$tmp/got"
[ "$native_mode" ] && { finished=yes; exit 0; }
ip netns exec "$ns-2" env PYT_LINK=tap:pyt0 PYT_IP=$stack4/24 \
	PYT_LIBRARY="$lib" "$top/scripts/pyt" --seccomp \
	timeout 30 "$tmp/probe" >"$tmp/got" 2>&1
claim 'a static one, too' diff "$tmp/wanted" "$tmp/got"
claim_equal 'which is all there is' "$(wc -l <"$tmp/wanted")" 12

finished=yes
