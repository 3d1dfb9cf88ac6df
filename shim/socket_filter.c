/* What a filter looks at is what Linux shows it: from UDP's header on, of
 * other datagrams all that the program would read. */
#include "socket_filter.h"

#include <errno.h>
#include <netinet/in.h>

#include "bpf.h"
#include "endpoint.h"

#define UDP_HEADER_LEN 8

struct socket_filter {
	size_t count;
	struct sock_filter program[];
};

static size_t size_of(size_t count)
{
	return sizeof(struct socket_filter) +
	       count * sizeof(struct sock_filter);
}

static bool is_locked(struct server *server, const struct endpoint *endpoint)
{
	int locked = 0;

	pyt_socket_get_option(server->stack, endpoint->handle, SOL_SOCKET,
			      SO_LOCK_FILTER, &locked, sizeof(locked),
			      server->now_us);
	return locked != 0;
}

void socket_filter_clear(struct server *server, struct endpoint *endpoint)
{
	struct socket_filter *filter = endpoint->filter;

	if (filter)
		arena_free(server->arena, filter, size_of(filter->count));
	endpoint->filter = NULL;
}

int socket_filter_attach(struct server *server, struct endpoint *endpoint,
			 const void *program, size_t len)
{
	size_t count = len / sizeof(struct sock_filter);
	struct socket_filter *filter;
	int result;

	if (is_locked(server, endpoint))
		return -EPERM;
	if (count == 0 || count > BPF_PROGRAM_MAX)
		return -EINVAL;
	filter = arena_alloc(server->arena, size_of(count));
	if (!filter)
		return -ENOBUFS;
	filter->count = count;
	memcpy(filter->program, program, count * sizeof(struct sock_filter));
	result = bpf_check(filter->program, count);
	if (result < 0) {
		arena_free(server->arena, filter, size_of(count));
		return result;
	}
	socket_filter_clear(server, endpoint);
	endpoint->filter = filter;
	return 0;
}

int socket_filter_detach(struct server *server, struct endpoint *endpoint)
{
	if (is_locked(server, endpoint))
		return -EPERM;
	if (!endpoint->filter)
		return -ENOENT;
	socket_filter_clear(server, endpoint);
	return 0;
}

static void put_u16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The stack has checked the sum, which is not there any more. */
static size_t put_header(const struct pyt_slot *slot,
			 const struct pyt_message *message, size_t payload_len,
			 uint8_t *at)
{
	if (slot->type != SOCK_DGRAM || slot->protocol != IPPROTO_UDP)
		return 0;
	put_u16(at, message->peer.port);
	put_u16(at + 2, slot->local.port);
	put_u16(at + 4, UDP_HEADER_LEN + payload_len);
	put_u16(at + 6, 0);
	return UDP_HEADER_LEN;
}

static size_t payload_len(const struct iovec *payload, int count)
{
	size_t len = 0;

	for (int i = 0; i < count; i++)
		len += payload[i].iov_len;
	return len;
}

static void cut(struct iovec *payload, int count, size_t len)
{
	for (int i = 0; i < count; i++) {
		if (payload[i].iov_len > len)
			payload[i].iov_len = len;
		len -= payload[i].iov_len;
	}
}

bool socket_filter_passes(struct server *server,
			  const struct endpoint *endpoint,
			  const struct pyt_message *message,
			  struct iovec *payload, int count)
{
	const struct pyt_slot *slot = slots_at(&server->slots, endpoint->slot);
	size_t len = payload_len(payload, count), header_len;
	struct bpf_facts facts = { .protocol = slot->family == AF_INET
						       ? 0x0800
						       : 0x86dd };
	uint8_t *at = server->scratch;
	uint32_t keep;

	if (!endpoint->filter || len > SCRATCH_LEN - UDP_HEADER_LEN)
		return true;
	header_len = put_header(slot, message, len, at);
	at += header_len;
	for (int i = 0; i < count; i++) {
		memcpy(at, payload[i].iov_base, payload[i].iov_len);
		at += payload[i].iov_len;
	}
	facts.len = (uint32_t)(header_len + len);
	keep = bpf_run(endpoint->filter->program, endpoint->filter->count,
		       &facts, server->scratch, facts.len);
	if (!keep)
		return false;
	cut(payload, count, keep > header_len ? keep - header_len : 0);
	return true;
}
