/* A datagram of which fragments have come: between the two rooms. */
#ifndef IP_REASSEMBLY_INTERNAL_H
#define IP_REASSEMBLY_INTERNAL_H

#include "ip/reassembly.h"

struct piece {
	TAILQ_ENTRY(piece) link;
	uint32_t offset, len; /* of payload, bytes */
	uint8_t bytes[];
};
TAILQ_HEAD(piece_list, piece);

struct datagram {
	struct table_node node;
	struct heap_node timer;
	TAILQ_ENTRY(datagram) link;
	struct reassembly_key key;
	struct piece_list pieces; /* by offset; no overlap */
	int piece_count;
	uint32_t len; /* of payload; 0: end not known yet */
	uint32_t received; /* bytes in pieces */
	uint16_t longest; /* fragment so far, with its headers */
	uint8_t ecn_seen; /* bit per codepoint: RFC 3168, 5.3 */
	uint32_t source_count; /* at the last fragment */
	uint32_t memory; /* accounted for */
	int ifindex;
	uint8_t *header; /* of the first fragment, or NULL */
	uint32_t header_len;
	uint8_t *whole; /* header and payload, joined */
	uint32_t whole_len;
};

void datagram_account(struct reassembly *reassembly, struct datagram *datagram,
		      uint32_t bytes);
void datagram_unlink(struct reassembly *reassembly, struct datagram *datagram);
void datagram_destroy(struct reassembly *reassembly, struct datagram *datagram);
/* Memory of one that is unlinked; NULL is nothing. */
void datagram_free(struct reassembly *reassembly, struct datagram *datagram);

/* COUNTER_NONE: kept; _DUPLICATE: ignored; else the datagram is spoilt. */
enum counter datagram_insert(struct reassembly *reassembly,
			     struct datagram *datagram,
			     const struct fragment *fragment);
bool datagram_is_whole(const struct datagram *datagram);
enum counter datagram_join(struct reassembly *reassembly,
			   struct datagram *datagram,
			   struct reassembled *whole);
void datagram_describe(struct reassembly *reassembly, struct datagram *datagram,
		       struct reassembled *expired);

#endif
