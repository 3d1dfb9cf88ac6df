/*
 * Interposed: aio(7). The C library's threads read and write the endpoint by
 * themselves: a stream's bytes, but a datagram's header. So those are refused.
 */
#include "calls.h"

#include <aio.h>
#include <errno.h>

#include "connection.h"
#include "descriptor.h"
#include "libc_real.h"

/* 0 or -ENOSYS. A stream that is read natively is to show a reset. */
static int look_at(int fd, bool reads)
{
	struct descriptor descriptor;

	if (!descriptor_get(fd, &descriptor))
		return 0;
	if (descriptor.kind != DESCRIPTOR_STREAM)
		return -ENOSYS;
	if (reads && !(descriptor_flags(&descriptor) & PYT_SLOT_KEEPS_BYTE))
		connection_keep_byte(&descriptor, PYT_KEEP_SHARED);
	return 0;
}

static int look_at_list(struct aiocb *const list[], int count)
{
	int result = 0;

	for (int i = 0; result == 0 && list && i < count; i++) {
		if (list[i] && list[i]->aio_lio_opcode != LIO_NOP)
			result = look_at(list[i]->aio_fildes,
					 list[i]->aio_lio_opcode == LIO_READ);
	}
	return result;
}

INTERPOSED int aio_read(struct aiocb *request)
{
	int result = look_at(request->aio_fildes, true);

	return result < 0 ? (int)libc_result(result)
			  : libc_real.aio_read(request);
}

INTERPOSED int aio_read64(struct aiocb64 *request)
{
	int result = look_at(request->aio_fildes, true);

	return result < 0 ? (int)libc_result(result)
			  : libc_real.aio_read64(request);
}

INTERPOSED int aio_write(struct aiocb *request)
{
	int result = look_at(request->aio_fildes, false);

	return result < 0 ? (int)libc_result(result)
			  : libc_real.aio_write(request);
}

INTERPOSED int aio_write64(struct aiocb64 *request)
{
	int result = look_at(request->aio_fildes, false);

	return result < 0 ? (int)libc_result(result)
			  : libc_real.aio_write64(request);
}

INTERPOSED int lio_listio(int mode, struct aiocb *const list[], int count,
			  struct sigevent *event)
{
	int result = look_at_list(list, count);

	return result < 0 ? (int)libc_result(result)
			  : libc_real.lio_listio(mode, list, count, event);
}

/* The same struct here: off_t has 64 bits. */
INTERPOSED int lio_listio64(int mode, struct aiocb64 *const list[], int count,
			    struct sigevent *event)
{
	int result = look_at_list((struct aiocb *const *)list, count);

	return result < 0 ? (int)libc_result(result)
			  : libc_real.lio_listio64(mode, list, count, event);
}
