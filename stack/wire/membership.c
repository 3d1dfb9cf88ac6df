/* Queries and reports of IGMP (RFC 3376, 4) and MLD (RFC 3810, 5). */
#include "wire/membership.h"

#define IGMP3_QUERY_LEN 12
#define MLD2_QUERY_LEN 28
#define TENTH_US 100000
#define SECOND_US 1000000
#define IGMP1_RESPONSE_US (10ll * SECOND_US) /* RFC 3376, 7.2.1 */

static struct pyt_ip address_from(struct reader *r, bool v4)
{
	struct pyt_ip ip = { { 0 } };

	if (v4)
		return pyt_ip_from_v4(reader_u32(r));
	reader_copy(r, ip.bytes, sizeof(ip.bytes));
	return ip;
}

/* RFC 3376, 4.1.1 and 4.1.7: from 128 on a floating-point number. */
static int64_t decode8(uint8_t code)
{
	return code < 128
		       ? code
		       : (int64_t)((code & 15) | 16) << ((code >> 4 & 7) + 3);
}

/* RFC 3810, 5.1.3. */
static int64_t decode16(uint16_t code)
{
	return code < 32768 ? code
			    : (int64_t)((code & 0xfff) | 0x1000)
				      << ((code >> 12 & 7) + 3);
}

/* Behind the group's address, in version 3. */
static bool parse_tail(struct reader *r, uint32_t address_len,
		       struct membership_query *q)
{
	uint8_t flags = reader_u8(r);

	q->robustness = flags & 7;
	q->interval_us = decode8(reader_u8(r)) * SECOND_US;
	q->source_count = reader_u16(r);
	q->sources = reader_split(r, (size_t)q->source_count * address_len);
	return !q->sources.failed;
}

bool membership_parse_igmp(struct reader message,
			   struct membership_query *query)
{
	struct membership_query q = { .version = MEMBERSHIP_V3 };
	size_t len = message.left;
	uint8_t code;

	reader_u8(&message);
	code = reader_u8(&message);
	reader_u16(&message); /* checksum */
	q.group = address_from(&message, true);
	if (message.failed || (len > IGMP_LEN_MIN && len < IGMP3_QUERY_LEN))
		return false;
	q.response_us = decode8(code) * TENTH_US;
	if (len == IGMP_LEN_MIN) {
		q.version = code ? MEMBERSHIP_V2 : MEMBERSHIP_V1;
		q.response_us =
			code ? (int64_t)code * TENTH_US : IGMP1_RESPONSE_US;
	} else if (!parse_tail(&message, 4, &q)) {
		return false;
	}
	*query = q;
	return true;
}

bool membership_parse_mld(struct reader message, struct membership_query *query)
{
	struct membership_query q = { .version = MEMBERSHIP_V3 };
	size_t len = message.left;
	uint16_t code;

	reader_u32(&message); /* type, code, checksum */
	code = reader_u16(&message);
	reader_u16(&message);
	q.group = address_from(&message, false);
	if (message.failed || (len > MLD_LEN_MIN && len < MLD2_QUERY_LEN))
		return false;
	q.response_us = decode16(code) * 1000;
	if (len == MLD_LEN_MIN) {
		q.version = MEMBERSHIP_V2;
		q.response_us = (int64_t)code * 1000;
	} else if (!parse_tail(&message, 16, &q)) {
		return false;
	}
	*query = q;
	return true;
}

struct pyt_ip membership_next_source(struct membership_query *query)
{
	return address_from(&query->sources, pyt_ip_is_v4(&query->group));
}

void membership_build_report(struct writer *w, bool v4)
{
	writer_u8(w, v4 ? IGMP_REPORT_V3 : MLD_REPORT_V2);
	writer_u8(w, 0);
	writer_u16(w, 0);
	writer_u32(w, 0);
}

void membership_set_record_count(uint8_t *report, uint16_t count)
{
	report[6] = (uint8_t)(count >> 8);
	report[7] = (uint8_t)count;
}

void membership_build_address(struct writer *w, const struct pyt_ip *address)
{
	uint32_t len = membership_address_len(pyt_ip_is_v4(address));

	writer_copy(w, address->bytes + sizeof(address->bytes) - len, len);
}

void membership_build_record(struct writer *w, enum membership_record type,
			     const struct pyt_ip *group, uint16_t source_count)
{
	writer_u8(w, (uint8_t)type);
	writer_u8(w, 0); /* no auxiliary data */
	writer_u16(w, source_count);
	membership_build_address(w, group);
}

void membership_build_old(struct writer *w, uint8_t type,
			  const struct pyt_ip *group)
{
	writer_u8(w, type);
	writer_u8(w, 0);
	writer_u16(w, 0);
	if (!pyt_ip_is_v4(group))
		writer_u32(w, 0); /* response delay, reserved */
	membership_build_address(w, group);
}
