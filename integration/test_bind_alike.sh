#!/bin/bash
# Sockets that share a port, as they come: each answer and receiver is Linux's.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

lan_create
like=$ns-8
namespace_add "$like"
probe=$top/integration/bind_alike_probe.py

claim 'all steps run on Linux' ip netns exec "$like" timeout 200 "$python" \
	"$probe" 300 25
cp "$tmp/.claim" "$tmp/native"
claim 'and on the stack' pyt_run timeout 400 "$python" "$probe" 300 25
cp "$tmp/.claim" "$tmp/stack"
claim 'they are the same' diff "$tmp/native" "$tmp/stack"
claim 'there is much to receive' test \
	"$(grep -c ' to .* ok .*[0-9]' "$tmp/native")" -gt 4000

finished=yes
