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
# Somebody keeps it, so that what the killed ones held can be counted; what
# lasts by itself is told to be short.
quick='net.ipv4.tcp_max_tw_buckets=0;net.ipv4.tcp_fin_timeout=1'
quick+=';net.ipv4.tcp_orphan_retries=1;net.ipv4.tcp_syn_retries=1'
claim_equal 'and what is counted in a stack that stays' "$(pyt_run \
	env -u LD_PRELOAD PYT_SYSCTL="$quick" KILLS_PRELOAD="$preload" \
	timeout -k 5 300 "$python" "$top/integration/kills.py" "$seed" \
	"${COUNT:-60}" "$(dirname "$lib")/pyt-stats")" \
	'nothing hangs, nothing is left'
claim_equal 'no file is left' "$(find "$tmp/runtime" -mindepth 1)" ''
claim 'the link is free for the next one' pyt_run timeout 20 curl -sS \
	-o "$tmp/got" http://$kernel/index.html

finished=yes
