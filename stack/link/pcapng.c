/* Encoding of pcapng blocks. */
#include "link/pcapng.h"

#include <string.h>

#include "base/writer.h"

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET 6u
#define BLOCK_FILLER 0x80007079u /* of the range for local use */
#define BYTE_ORDER_MAGIC 0x1a2b3c4du

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW 101 /* begins with an IPv4 or IPv6 header */

#define OPTION_END 0
#define OPTION_COMMENT 1
#define OPTION_SECTION_PROGRAM 4
#define OPTION_INTERFACE_NAME 2
#define OPTION_INTERFACE_TIME_RESOLUTION 9
#define OPTION_PACKET_FLAGS 2

#define FLAG_INBOUND 1u
#define FLAG_OUTBOUND 2u

#define NANOSECONDS 9 /* 10^-9 s */

static void put_u16(struct writer *w, uint16_t value)
{
	writer_copy(w, &value, sizeof(value));
}

static void put_u32(struct writer *w, uint32_t value)
{
	writer_copy(w, &value, sizeof(value));
}

/* Everything in the file is aligned to 32 bits. */
static void pad(struct writer *w)
{
	while (w->len % 4 != 0 && !w->failed)
		writer_u8(w, 0);
}

static void put_option(struct writer *w, uint16_t code, const void *value,
		       size_t len)
{
	put_u16(w, code);
	put_u16(w, (uint16_t)len);
	if (len > 0)
		writer_copy(w, value, len);
	pad(w);
}

static void put_text(struct writer *w, uint16_t code, const char *text)
{
	size_t len = strlen(text);

	put_option(w, code, text,
		   len < PCAPNG_COMMENT_MAX ? len : PCAPNG_COMMENT_MAX);
}

/* The length stands at both ends, so that readers can walk backwards. */
static void end_block(struct writer *w, size_t start)
{
	uint32_t len = (uint32_t)(w->len - start + 4);

	put_u32(w, len);
	if (!w->failed)
		memcpy(w->start + start + 4, &len, sizeof(len));
}

static void put_section(struct writer *w, const char *program)
{
	size_t start = w->len;

	put_u32(w, BLOCK_SECTION);
	put_u32(w, 0);
	put_u32(w, BYTE_ORDER_MAGIC);
	put_u16(w, 1); /* version 1.0 */
	put_u16(w, 0);
	put_u32(w, UINT32_MAX); /* length of the section: unknown */
	put_u32(w, UINT32_MAX);
	put_text(w, OPTION_SECTION_PROGRAM, program);
	put_option(w, OPTION_END, NULL, 0);
	end_block(w, start);
}

static void put_interface(struct writer *w, enum pyt_medium medium,
			  const char *name)
{
	static const uint8_t resolution = NANOSECONDS;
	size_t start = w->len;

	put_u32(w, BLOCK_INTERFACE);
	put_u32(w, 0);
	put_u16(w, medium == PYT_MEDIUM_ETHERNET ? LINKTYPE_ETHERNET
						 : LINKTYPE_RAW);
	put_u16(w, 0);
	put_u32(w, 0); /* frames are never cut */
	put_text(w, OPTION_INTERFACE_NAME, name);
	put_option(w, OPTION_INTERFACE_TIME_RESOLUTION, &resolution, 1);
	put_option(w, OPTION_END, NULL, 0);
	end_block(w, start);
}

size_t pcapng_start(uint8_t *to, size_t size, enum pyt_medium medium,
		    const char *interface, const char *program)
{
	struct writer w = writer_init(to, size);

	put_section(&w, program);
	put_interface(&w, medium, interface);
	return w.failed ? 0 : w.len;
}

static void put_packet_header(struct writer *w,
			      const struct pcapng_packet *packet)
{
	put_u32(w, BLOCK_PACKET);
	put_u32(w, 0);
	put_u32(w, 0); /* interface */
	put_u32(w, (uint32_t)(packet->time_ns >> 32));
	put_u32(w, (uint32_t)packet->time_ns);
	put_u32(w, packet->len); /* captured */
	put_u32(w, packet->len); /* on the wire */
}

size_t pcapng_packet(uint8_t *to, size_t size,
		     const struct pcapng_packet *packet)
{
	uint32_t flags = packet->is_outbound ? FLAG_OUTBOUND : FLAG_INBOUND;
	struct writer w = writer_init(to, size);

	put_packet_header(&w, packet);
	writer_space(&w, packet->len); /* already there */
	pad(&w);
	put_option(&w, OPTION_PACKET_FLAGS, &flags, sizeof(flags));
	if (packet->comment)
		put_text(&w, OPTION_COMMENT, packet->comment);
	put_option(&w, OPTION_END, NULL, 0);
	end_block(&w, 0);
	return w.failed ? 0 : w.len;
}

size_t pcapng_filler(uint8_t *to, size_t size, size_t len)
{
	struct writer w = writer_init(to, size);
	uint8_t *body;

	if (len < PCAPNG_FILLER_MIN || len % 4 != 0)
		return 0;
	put_u32(&w, BLOCK_FILLER);
	put_u32(&w, 0);
	body = writer_space(&w, len - PCAPNG_FILLER_MIN);
	if (body)
		memset(body, 0, len - PCAPNG_FILLER_MIN);
	end_block(&w, 0);
	return w.failed ? 0 : w.len;
}
