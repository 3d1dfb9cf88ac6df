/* The stack shows what it holds back as long as somebody waits for it. */
#include "low_water.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#include "client.h"
#include "libc_real.h"

static bool is_set(const struct descriptor *stream)
{
	return descriptor_flags(stream) & PYT_SLOT_LOW_WATER;
}

static int lying_len(const struct descriptor *stream)
{
	int len = 0;

	libc_raw(SYS_ioctl, stream->fd, (long)FIONREAD, &len);
	return len;
}

/* The stack bounds it by its buffer, and the endpoint is to agree. */
int low_water_on_option(const struct descriptor *stream)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_SET_OPTION);
	int wanted = 1, kept;
	socklen_t len = sizeof(wanted);
	int result;

	libc_raw(SYS_getsockopt, stream->fd, SOL_SOCKET, SO_RCVLOWAT, &wanted,
		 &len);
	call.args[0] = SOL_SOCKET;
	call.args[1] = SO_RCVLOWAT;
	call.data = &wanted;
	call.data_len = sizeof(wanted);
	result = client_call(&call);
	if (result < 0)
		return result;
	call = (struct client_call)DESCRIPTOR_CALL(stream, PYT_OP_GET_OPTION);
	call.args[0] = SOL_SOCKET;
	call.args[1] = SO_RCVLOWAT;
	call.args[2] = sizeof(kept);
	call.answer = &kept;
	call.answer_len = sizeof(kept);
	result = client_call(&call);
	if (result < 0)
		return result;
	return (int)libc_raw(SYS_setsockopt, stream->fd, SOL_SOCKET,
			     SO_RCVLOWAT, &kept, sizeof(kept));
}

static void show(const struct descriptor *stream, int how)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_SHOW);
	int error = errno;

	call.args[0] = how;
	client_call(&call);
	errno = error;
}

bool low_water_begin(const struct descriptor *stream, int flags)
{
	if (!is_set(stream))
		return false;
	if (!(flags & MSG_DONTWAIT) &&
	    !(libc_raw(SYS_fcntl, stream->fd, F_GETFL, 0L) & O_NONBLOCK)) {
		show(stream, PYT_SHOW_BEGIN);
		return true;
	}
	if (!lying_len(stream))
		show(stream, PYT_SHOW_ONCE);
	return false;
}

void low_water_end(void *stream)
{
	show(stream, PYT_SHOW_END);
}

/* Bytes of this stream may lie in the stack though the endpoint has some. */
static bool is_shared(const struct descriptor *stream)
{
	return descriptor_flags(stream) & (PYT_SLOT_LOW_WATER | PYT_SLOT_FULL);
}

/* Once more if some has just moved from there to here. */
bool low_water_count(const struct descriptor *stream, int *len)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_STATUS);
	struct pyt_socket_status status = { 0 };
	int lying;

	if (!is_shared(stream))
		return false;
	do {
		lying = lying_len(stream);
		call.answer = &status;
		call.answer_len = sizeof(status);
		if (client_call(&call) < 0)
			return false;
	} while (lying != lying_len(stream));
	*len = lying + (int)status.receive_queued;
	return true;
}
