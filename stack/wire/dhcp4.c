/* DHCPv4 messages. RFC 2131, 2132, 3396. */
#include "wire/dhcp4.h"

#define BOOT_REQUEST 1
#define BOOT_REPLY 2
#define HTYPE_ETHERNET 1
#define MAC_LEN 6
#define CHADDR_LEN 16
#define SNAME_LEN 64
#define FILE_LEN 128
#define COOKIE 0x63825363
#define OPTION_LEN_MAX 255

/* ------------------------------------------------------------------ parsing */

/* The next option; false: the area ends, or (failed) it is malformed. */
static bool next_option(struct reader *area, uint8_t *code,
			struct reader *value)
{
	do {
		if (area->left == 0)
			return false;
		*code = reader_u8(area);
	} while (*code == DHCP4_PAD);
	if (*code == DHCP4_END)
		return false;
	*value = reader_split(area, reader_u8(area));
	return !area->failed;
}

static bool is_well_formed(struct reader area)
{
	struct reader value;
	uint8_t code;

	while (next_option(&area, &code, &value))
		;
	return !area.failed;
}

/* RFC 2131, 4.1: which of file and sname hold options is an option. */
static bool add_overloaded(struct dhcp4_message *message, struct reader file,
			   struct reader sname)
{
	uint8_t overload;

	if (!dhcp4_get_u8(message, DHCP4_OVERLOAD, &overload))
		return true;
	if (overload < 1 || overload > 3)
		return false;
	if (overload & 1)
		message->area[message->area_count++] = file;
	if (overload & 2)
		message->area[message->area_count++] = sname;
	for (int i = 1; i < message->area_count; i++) {
		if (!is_well_formed(message->area[i]))
			return false;
	}
	return true;
}

bool dhcp4_parse(struct reader bytes, struct dhcp4_message *message)
{
	struct reader r = bytes, file, sname;
	struct dhcp4_message m = { .area_count = 1 };
	bool ethernet;

	ethernet = reader_u8(&r) == BOOT_REPLY;
	ethernet &= reader_u8(&r) == HTYPE_ETHERNET;
	ethernet &= reader_u8(&r) == MAC_LEN;
	reader_u8(&r); /* hops */
	m.header.xid = reader_u32(&r);
	m.header.secs = reader_u16(&r);
	m.header.flags = reader_u16(&r);
	m.header.ciaddr = reader_u32(&r);
	m.header.yiaddr = reader_u32(&r);
	reader_u32(&r); /* siaddr: of a boot server */
	reader_u32(&r); /* giaddr */
	reader_copy(&r, m.header.mac, MAC_LEN);
	reader_bytes(&r, CHADDR_LEN - MAC_LEN);
	sname = reader_split(&r, SNAME_LEN);
	file = reader_split(&r, FILE_LEN);
	if (reader_u32(&r) != COOKIE || r.failed || !ethernet)
		return false;

	m.area[0] = r;
	if (!is_well_formed(r) || !add_overloaded(&m, file, sname))
		return false;
	*message = m;
	return true;
}

int dhcp4_get(const struct dhcp4_message *message, uint8_t code, uint8_t *to,
	      size_t size)
{
	size_t len = 0;
	bool found = false;

	for (int i = 0; i < message->area_count; i++) {
		struct reader area = message->area[i], value;
		uint8_t other;

		while (next_option(&area, &other, &value)) {
			size_t room = len < size ? size - len : 0;
			size_t part = value.left < room ? value.left : room;

			if (other != code)
				continue;
			if (part)
				memcpy(to + len, value.at, part);
			len += value.left;
			found = true;
		}
	}
	return found ? (int)len : -1;
}

bool dhcp4_get_u32(const struct dhcp4_message *message, uint8_t code,
		   uint32_t *value)
{
	uint8_t bytes[4];
	struct reader r = reader_init(bytes, sizeof(bytes));

	if (dhcp4_get(message, code, bytes, sizeof(bytes)) != sizeof(bytes))
		return false;
	*value = reader_u32(&r);
	return true;
}

bool dhcp4_get_u16(const struct dhcp4_message *message, uint8_t code,
		   uint16_t *value)
{
	uint8_t bytes[2];

	if (dhcp4_get(message, code, bytes, sizeof(bytes)) != sizeof(bytes))
		return false;
	*value = (uint16_t)(bytes[0] << 8 | bytes[1]);
	return true;
}

bool dhcp4_get_u8(const struct dhcp4_message *message, uint8_t code,
		  uint8_t *value)
{
	uint8_t byte;

	if (dhcp4_get(message, code, &byte, 1) != 1)
		return false;
	*value = byte;
	return true;
}

/* ----------------------------------------------------------------- building */

void dhcp4_put_header(struct writer *w, const struct dhcp4_header *header)
{
	uint8_t *zero;

	writer_u8(w, BOOT_REQUEST);
	writer_u8(w, HTYPE_ETHERNET);
	writer_u8(w, MAC_LEN);
	writer_u8(w, 0); /* hops */
	writer_u32(w, header->xid);
	writer_u16(w, header->secs);
	writer_u16(w, header->flags);
	writer_u32(w, header->ciaddr);
	writer_u32(w, header->yiaddr);
	writer_u32(w, 0); /* siaddr */
	writer_u32(w, 0); /* giaddr */
	writer_copy(w, header->mac, MAC_LEN);
	zero = writer_space(w, CHADDR_LEN - MAC_LEN + SNAME_LEN + FILE_LEN);
	if (zero)
		memset(zero, 0, CHADDR_LEN - MAC_LEN + SNAME_LEN + FILE_LEN);
	writer_u32(w, COOKIE);
}

void dhcp4_put(struct writer *w, uint8_t code, const void *value, size_t len)
{
	const uint8_t *at = value;

	do {
		size_t part = len < OPTION_LEN_MAX ? len : OPTION_LEN_MAX;

		writer_u8(w, code);
		writer_u8(w, (uint8_t)part);
		writer_copy(w, at, part);
		at += part;
		len -= part;
	} while (len > 0);
}

void dhcp4_put_u32(struct writer *w, uint8_t code, uint32_t value)
{
	writer_u8(w, code);
	writer_u8(w, sizeof(value));
	writer_u32(w, value);
}

void dhcp4_put_end(struct writer *w)
{
	writer_u8(w, DHCP4_END);
	while (w->len < DHCP4_LEN_MIN && !w->failed)
		writer_u8(w, DHCP4_PAD);
}
