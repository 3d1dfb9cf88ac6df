/*
 * The fragments of one datagram. RFC 815's holes are here the gaps between
 * sorted pieces; a count of bytes says when the last gap closed.
 */
#include <string.h>

#include "ip/reassembly_internal.h"

static uint32_t end_of(const struct piece *piece)
{
	return piece->offset + piece->len;
}

/* Where it belongs: the piece to insert before (NULL: the end). */
static struct piece *successor_of(const struct datagram *datagram,
				  uint32_t offset)
{
	struct piece *piece = TAILQ_LAST(&datagram->pieces, piece_list);
	struct piece *after = NULL;

	/* from the end: fragments mostly come in order */
	while (piece && piece->offset >= offset) {
		after = piece;
		piece = TAILQ_PREV(piece, piece_list, link);
	}
	return after;
}

/*
 * An exact copy is a duplicate of the network's; any other overlap is an
 * attack and spoils the datagram, as RFC 5722 has it for IPv6 and Linux does
 * for both.
 */
static enum counter check_overlap(const struct datagram *datagram,
				  const struct piece *after, uint32_t offset,
				  uint32_t len)
{
	const struct piece *before;

	if (after && after->offset == offset && after->len == len)
		return COUNTER_FRAGMENT_DUPLICATE;
	before = after ? TAILQ_PREV(after, piece_list, link)
		       : TAILQ_LAST(&datagram->pieces, piece_list);
	if (before && end_of(before) > offset)
		return COUNTER_FRAGMENT_OVERLAP;
	if (after && offset + len > after->offset)
		return COUNTER_FRAGMENT_OVERLAP;
	return COUNTER_NONE;
}

/* The end must be where it was, and nothing may lie behind it. */
static enum counter check_end(const struct datagram *datagram,
			      const struct fragment *fragment, uint32_t end)
{
	const struct piece *last = TAILQ_LAST(&datagram->pieces, piece_list);

	if (datagram->len && end > datagram->len)
		return COUNTER_FRAGMENT_OVERLAP;
	if (!fragment->more && datagram->len && end != datagram->len)
		return COUNTER_FRAGMENT_OVERLAP;
	if (!fragment->more && last && end_of(last) > end)
		return COUNTER_FRAGMENT_OVERLAP;
	return COUNTER_NONE;
}

static bool keep_header(struct reassembly *reassembly,
			struct datagram *datagram,
			const struct fragment *fragment)
{
	datagram->header =
		engine_alloc(reassembly->engine, fragment->header_len);
	if (!datagram->header)
		return false;
	memcpy(datagram->header, fragment->header, fragment->header_len);
	datagram->header_len = fragment->header_len;
	datagram->ifindex = fragment->ifindex;
	datagram_account(reassembly, datagram, fragment->header_len);
	return true;
}

static enum counter keep_piece(struct reassembly *reassembly,
			       struct datagram *datagram,
			       const struct fragment *fragment,
			       struct piece *after)
{
	uint32_t len = (uint32_t)fragment->payload.left;
	struct piece *piece;

	if (fragment->offset == 0 &&
	    !keep_header(reassembly, datagram, fragment))
		return COUNTER_FRAGMENT_MEMORY;
	piece = engine_alloc(reassembly->engine, sizeof(*piece) + len);
	if (!piece)
		return COUNTER_FRAGMENT_MEMORY;
	piece->offset = fragment->offset;
	piece->len = len;
	memcpy(piece->bytes, fragment->payload.at, len);
	if (after)
		TAILQ_INSERT_BEFORE(after, piece, link);
	else
		TAILQ_INSERT_TAIL(&datagram->pieces, piece, link);
	datagram->piece_count++;
	datagram->received += len;
	datagram_account(reassembly, datagram, (uint32_t)sizeof(*piece) + len);
	return COUNTER_NONE;
}

enum counter datagram_insert(struct reassembly *reassembly,
			     struct datagram *datagram,
			     const struct fragment *fragment)
{
	uint32_t end = fragment->offset + (uint32_t)fragment->payload.left;
	struct piece *after = successor_of(datagram, fragment->offset);
	enum counter why;

	why = check_overlap(datagram, after, fragment->offset,
			    (uint32_t)fragment->payload.left);
	if (why == COUNTER_NONE)
		why = check_end(datagram, fragment, end);
	if (why != COUNTER_NONE)
		return why;
	if (datagram->piece_count == REASSEMBLY_FRAGMENTS_MAX)
		return COUNTER_FRAGMENT_COUNT;
	if (!fragment->more)
		datagram->len = end;
	datagram->ecn_seen |= (uint8_t)(1 << fragment->ecn);
	if (datagram->longest < fragment->header_len + fragment->payload.left)
		datagram->longest = (uint16_t)(fragment->header_len +
					       fragment->payload.left);
	return keep_piece(reassembly, datagram, fragment, after);
}

bool datagram_is_whole(const struct datagram *datagram)
{
	/* disjoint pieces within [0, len) that add up to len leave no gap */
	return datagram->len && datagram->received == datagram->len;
}

/*
 * RFC 3168, 5.3: CE on any fragment marks the whole; not-ECT mixed with an
 * ECN codepoint, or CE with not-ECT, cannot be honest: dropped.
 */
static bool join_ecn(uint8_t seen, uint8_t *ecn)
{
	bool not_ect = seen & 1 << 0;
	bool ect1 = seen & 1 << 1, ect0 = seen & 1 << 2, ce = seen & 1 << 3;

	if (not_ect && (ect0 || ect1 || ce))
		return false;
	*ecn = ce ? 3 : ect0 ? 2 : ect1 ? 1 : 0;
	return true;
}

/* IPv6 does not count its first 40 bytes: RFC 8200, 3. */
static uint32_t datagram_len_max(const struct datagram *datagram)
{
	return pyt_ip_is_v4(&datagram->key.src) ? 65535 : 65535 + 40;
}

enum counter datagram_join(struct reassembly *reassembly,
			   struct datagram *datagram, struct reassembled *whole)
{
	uint32_t header_len = datagram->header_len;
	const struct piece *piece;
	uint8_t ecn;

	if (!join_ecn(datagram->ecn_seen, &ecn))
		return COUNTER_FRAGMENT_ECN;
	if (header_len + datagram->len > datagram_len_max(datagram))
		return COUNTER_FRAGMENT_TOO_BIG;
	datagram->whole_len = header_len + datagram->len;
	datagram->whole = engine_alloc(reassembly->engine, datagram->whole_len);
	if (!datagram->whole)
		return COUNTER_NO_MEMORY;
	memcpy(datagram->whole, datagram->header, header_len);
	TAILQ_FOREACH (piece, &datagram->pieces, link)
		memcpy(datagram->whole + header_len + piece->offset,
		       piece->bytes, piece->len);
	*whole = (struct reassembled){
		.payload = reader_init(datagram->whole + header_len,
				       datagram->len),
		.header = datagram->whole,
		.header_len = header_len,
		.ecn = ecn,
		.longest = datagram->longest,
		.ifindex = datagram->ifindex,
	};
	return COUNTER_NONE;
}

/* The first fragment as it came, for the ICMP error to quote. */
void datagram_describe(struct reassembly *reassembly, struct datagram *datagram,
		       struct reassembled *expired)
{
	const struct piece *first = TAILQ_FIRST(&datagram->pieces);
	uint32_t header_len = datagram->header_len;

	*expired = (struct reassembled){
		.ifindex = datagram->ifindex,
		.v6 = !pyt_ip_is_v4(&datagram->key.src),
	};
	if (!datagram->header || !first)
		return;
	datagram->whole_len = header_len + first->len;
	datagram->whole = engine_alloc(reassembly->engine, datagram->whole_len);
	if (!datagram->whole)
		return;
	memcpy(datagram->whole, datagram->header, header_len);
	memcpy(datagram->whole + header_len, first->bytes, first->len);
	expired->header = datagram->whole;
	expired->header_len = header_len;
	expired->payload =
		reader_init(datagram->whole + header_len, first->len);
}

void datagram_free(struct reassembly *reassembly, struct datagram *datagram)
{
	struct piece *piece;

	if (!datagram)
		return;
	while ((piece = TAILQ_FIRST(&datagram->pieces))) {
		TAILQ_REMOVE(&datagram->pieces, piece, link);
		engine_free(reassembly->engine, piece,
			    sizeof(*piece) + piece->len);
	}
	engine_free(reassembly->engine, datagram->header, datagram->header_len);
	engine_free(reassembly->engine, datagram->whole, datagram->whole_len);
	engine_free(reassembly->engine, datagram, sizeof(*datagram));
}
