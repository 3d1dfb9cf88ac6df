/*
 * What routers ask and hosts tell about multicast groups: IGMP (RFC 1112,
 * 2236, 3376) and MLD (RFC 2710, 3810). One shape for both families.
 */
#ifndef WIRE_MEMBERSHIP_H
#define WIRE_MEMBERSHIP_H

#include <pyt/addr.h>

#include "base/reader.h"
#include "base/writer.h"

#define IGMP_LEN_MIN 8
#define MLD_LEN_MIN 24

enum igmp_type {
	IGMP_QUERY = 0x11,
	IGMP_REPORT_V1 = 0x12,
	IGMP_REPORT_V2 = 0x16,
	IGMP_LEAVE_V2 = 0x17,
	IGMP_REPORT_V3 = 0x22,
};

enum mld_type {
	MLD_QUERY = 130,
	MLD_REPORT_V1 = 131,
	MLD_DONE_V1 = 132,
	MLD_REPORT_V2 = 143,
};

/* MLDv1 is IGMPv2, and MLDv2 IGMPv3, in another envelope. */
enum membership_version {
	MEMBERSHIP_V1 = 1, /* IGMPv1 */
	MEMBERSHIP_V2 = 2, /* IGMPv2, MLDv1 */
	MEMBERSHIP_V3 = 3, /* IGMPv3, MLDv2 */
};

/* RFC 3376, 4.2.12; RFC 3810, 5.2.12. */
enum membership_record {
	MEMBERSHIP_IS_INCLUDE = 1,
	MEMBERSHIP_IS_EXCLUDE = 2,
	MEMBERSHIP_TO_INCLUDE = 3,
	MEMBERSHIP_TO_EXCLUDE = 4,
	MEMBERSHIP_ALLOW = 5,
	MEMBERSHIP_BLOCK = 6,
};

struct membership_query {
	enum membership_version version;
	struct pyt_ip group; /* unspecified: all of them */
	int64_t response_us; /* answers are spread over this time */
	int robustness; /* QRV; 0: not said */
	int64_t interval_us; /* QQIC; 0: not said */
	uint32_t source_count;
	struct reader sources; /* 4 or 16 bytes each, all there */
};

/* From the type on; false: too short, or of a length that RFC 3376, 7.1,
 * and RFC 3810, 8.1, have ignored. The sum is the caller's to verify. */
bool membership_parse_igmp(struct reader message,
			   struct membership_query *query);
bool membership_parse_mld(struct reader message,
			  struct membership_query *query);
struct pyt_ip membership_next_source(struct membership_query *query);

/* Bytes of a report, of a record and of a source; the header is the same. */
#define MEMBERSHIP_REPORT_LEN 8
static inline uint32_t membership_address_len(bool v4)
{
	return v4 ? 4 : 16;
}
static inline uint32_t membership_record_len(bool v4)
{
	return 4 + membership_address_len(v4);
}

/* Header of an IGMPv3 or MLDv2 report; the counts are put in later. */
void membership_build_report(struct writer *w, bool v4);
void membership_set_record_count(uint8_t *report, uint16_t count);
/* A record's header; its sources follow it. */
void membership_build_record(struct writer *w, enum membership_record type,
			     const struct pyt_ip *group, uint16_t source_count);
void membership_build_address(struct writer *w, const struct pyt_ip *address);
/* A whole IGMPv1/v2 or MLDv1 message; the sum is left zero. */
void membership_build_old(struct writer *w, uint8_t type,
			  const struct pyt_ip *group);

#endif
