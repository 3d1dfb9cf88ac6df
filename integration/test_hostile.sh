#!/bin/bash
# A neighbour sends junk while programs on the stack work: nothing breaks.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

lan_create
mac=02:77:00:00:00:02
export PYT_MAC=$mac
data "$tmp/big" 33554432
start server native "$python" -m http.server -d "$tmp" -b $kernel 80
wait_tcp $kernel 80
start echo pyt_run socat "TCP-LISTEN:7001,fork,reuseaddr" "EXEC:cat"
wait_tcp $stack 7001
memory() { awk '/^VmRSS/ { print $2 }' "/proc/${pid_of[echo]}/status"; }
before=$(memory)

seeds=($RANDOM $RANDOM $RANDOM)
echo "seeds ${seeds[*]}: integration/hostile.py lan0 $mac SEED 20000"
for seed in "${seeds[@]}"; do
	start "junk$seed" native "$python" "$top/integration/hostile.py" \
		lan0 $mac "$seed" 20000
done
for i in 1 2 3 4; do
	claim "download $i amid junk" pyt_run curl -sS -m 60 -o "$tmp/got" \
		"http://$kernel/big"
	claim_same "is whole" "$tmp/got" "$tmp/big"
done
for seed in "${seeds[@]}"; do
	claim "junk of seed $seed was sent" wait_end "junk$seed" 60
	claim_match "much of it" "$(cat "$tmp/junk$seed.log")" '^[0-9]{4,}$'
done
claim_equal "the listener still answers" \
	"$(echo hello | native timeout 10 nc -N $stack 7001)" hello
claim "its memory is bounded ($before kB before)" \
	[ "$(memory)" -lt $((before + 32768)) ]

finished=yes
