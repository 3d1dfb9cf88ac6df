#!/bin/bash
# SIGKILL at random moments, to programs that start, fork, exec, serve and end
# on one stack: nothing hangs and nothing is left.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

[ "$native_mode" ] && { finished=yes; exit 0; }
lan_create
mkdir "$tmp/runtime"
export XDG_RUNTIME_DIR=$tmp/runtime PYT_LEASES=$tmp/runtime/leases
: >"$tmp/index.html"
start web native "$python" -m http.server -d "$tmp" -b $kernel 80
wait_tcp $kernel 80
seed=${SEED:-$RANDOM}
echo "seed $seed: SEED=$seed COUNT=${COUNT:-60} $0"
# The programs come to the stack, what starts and kills them does not.
claim_equal 'programs and stacks' "$(pyt_run env -u LD_PRELOAD \
	KILLS_PRELOAD="$preload" timeout -k 5 200 "$python" \
	"$top/integration/kills.py" "$seed" "${COUNT:-60}")" \
	'nothing hangs, nothing is left'
claim_equal 'no file is left' "$(find "$tmp/runtime" -mindepth 1)" ''
claim 'the link is free for the next one' pyt_run timeout 20 curl -sS \
	-o "$tmp/got" http://$kernel/index.html

finished=yes
