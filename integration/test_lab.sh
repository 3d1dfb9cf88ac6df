#!/bin/bash
# scripts/lab: TCP by hand, segment by segment, and files over a bad wire.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$native_mode" ] && { finished=yes; exit 0; }

for family in 4 6; do
	out=$("$top/scripts/lab" hand --family $family \
		--output "$tmp/lab")
	claim_equal "IPv$family by hand ends well" $? 0
	for part in discard echo daytime closed udp; do
		claim_match "$part, every number" "$(grep "^$part: [0-9W]" \
			<<<"$out")" "^$part: [1-9][0-9]* checks, all right\$"
	done
	[[ $out != *WRONG* ]] || tail -n 20 <<<"$out"
	claim_equal 'the table is kept' \
		"$(sed '/^===\|^written/d' <<<"$out")" \
		"$(cat "$tmp/lab/hand-ip$family.txt")"
done

out=$("$top/scripts/lab" files --sizes 1,100 --losses 0,10 \
	--repeat 1 --output "$tmp/lab")
claim_equal 'files over a bad wire come whole' $? 0
claim_match 'with a table of times' "$out" \
	'nghttp +100 KB +[0-9.]+ \([0-9.]+\) +[0-9.]+ \([0-9.]+\)'
for family in 4 6; do
	claim "and a plot, IPv$family" grep -q '10 % loss' \
		"$tmp/lab/files-ip$family.svg"
done
"$top/scripts/lab" no-such-part 2>"$tmp/err"
claim_equal 'a part that is not there is an error' $? 2

finished=yes
