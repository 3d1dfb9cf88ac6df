/* Reading of datagrams with their extension headers. */
#include "datagram_wide.h"

#include <string.h>
#include <sys/mman.h>

#include "libc_real.h"

/* Headers are part of a packet of at most that length, as the payload is. */
#define WIDE_LEN (2u * 65536)

bool datagram_is_wide(const struct descriptor *datagram)
{
	return atomic_load_explicit(&datagram->slot->ancillary,
				    memory_order_relaxed) &
	       PYT_ANCILLARY_EXTENSIONS;
}

uint8_t *datagram_wide_open(struct iovec *iov)
{
	long address = libc_raw(SYS_mmap, 0L, (long)WIDE_LEN,
				(long)(PROT_READ | PROT_WRITE),
				(long)(MAP_PRIVATE | MAP_ANONYMOUS), -1L, 0L);

	if (address < 0)
		return NULL;
	*iov = (struct iovec){ (void *)address, WIDE_LEN };
	return (uint8_t *)address;
}

void datagram_wide_close(uint8_t *wide)
{
	if (wide)
		libc_raw(SYS_munmap, wide, (long)WIDE_LEN);
}

size_t datagram_scatter(const struct msghdr *message, const uint8_t *data,
			size_t len)
{
	size_t done = 0;

	for (size_t i = 0; i < message->msg_iovlen && done < len; i++) {
		size_t piece = message->msg_iov[i].iov_len;

		if (piece > len - done)
			piece = len - done;
		if (piece > 0)
			memcpy(message->msg_iov[i].iov_base, data + done,
			       piece);
		done += piece;
	}
	return done;
}

ssize_t datagram_wide_take(const uint8_t *wide, ssize_t len,
			   struct pyt_datagram *header, const struct msghdr *to,
			   int *flags)
{
	size_t extensions_len = pyt_extensions_len(&header->message);
	size_t payload_len = (size_t)len - sizeof(*header);

	if (len < (ssize_t)sizeof(*header) || extensions_len > payload_len)
		return len;
	payload_len -= extensions_len;
	header->message.extensions = wide;
	if (datagram_scatter(to, wide + extensions_len, payload_len) <
	    payload_len)
		*flags |= MSG_TRUNC;
	return (ssize_t)(sizeof(*header) + payload_len);
}
