#!/bin/bash
# A program of the same user that sends junk to the stack's control socket: it
# is thrown out at most, and the stack's other programs do not notice.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

lan_create
stranger() {
	ip netns exec "$ns-2" timeout 60 \
		"${STRANGER:-$top/build/tests/shim/stranger}" tap:pyt0 "$@"
}

start echo pyt_run socat "TCP-LISTEN:7001,fork,reuseaddr" "EXEC:cat"
wait_tcp $stack 7001
claim 'only names of the kernel are connected to' stranger names
seeds=($RANDOM $RANDOM $RANDOM)
echo "seeds ${seeds[*]}: tests/shim/stranger tap:pyt0 noise SEED 3000"
for seed in "${seeds[@]}"; do
	claim "the stack answers amid junk of seed $seed" \
		stranger noise "$seed" 3000
done
claim_equal 'the listener still answers' \
	"$(echo hello | native timeout 10 nc -N $stack 7001)" hello

finished=yes
