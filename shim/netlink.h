/*
 * Netlink messages, netlink(7): a bounded writer, and attributes found by
 * type with their bounds checked.
 */
#ifndef SHIM_NETLINK_H
#define SHIM_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pyt/addr.h>

struct nl_writer {
	uint8_t *bytes;
	size_t room, len;
	size_t start; /* of the message that is being written */
	bool full; /* it did not fit */
};

void nl_writer_init(struct nl_writer *w, void *bytes, size_t room);
/* A message with its body, zeroed; NULL: no room, and nl_end() will say so. */
void *nl_begin(struct nl_writer *w, uint16_t type, uint16_t flags, uint32_t seq,
	       uint32_t pid, size_t body_len);
/* False: it did not fit, what was written of it is gone. */
bool nl_end(struct nl_writer *w);

void nl_put(struct nl_writer *w, uint16_t type, const void *data, size_t len);
void nl_put_u8(struct nl_writer *w, uint16_t type, uint8_t value);
void nl_put_u32(struct nl_writer *w, uint16_t type, uint32_t value);
void nl_put_text(struct nl_writer *w, uint16_t type, const char *text);
/* 4 or 16 bytes, by the family. */
void nl_put_ip(struct nl_writer *w, uint16_t type, const struct pyt_ip *ip);

/* ------------------------------------------------------------- attributes */

/* An attribute's value; data NULL: it is not there. */
struct nl_value {
	const void *data;
	size_t len;
};

/* found[0..max]; unknown types are left out. False: malformed. */
bool nl_parse(const void *at, size_t len, struct nl_value *found, unsigned max);
/* fallback where it is absent or too short. */
uint32_t nl_u32(const struct nl_value *value, uint32_t fallback);
/* False: absent, or not of that family (AF_INET, AF_INET6). */
bool nl_ip(const struct nl_value *value, int family, struct pyt_ip *ip);
/* Copies a name, terminated. False: absent or too long. */
bool nl_text(const struct nl_value *value, char *text, size_t room);

#endif
