/* TCP_INQ, and the time of what was received: tcp(7), socket(7). */
#include "stream_control.h"

#include <poll.h>
#include <sys/ioctl.h>

#include "ancillary.h"
#include "client.h"
#include "libc_real.h"

/*
 * On Linux the peer's FIN counts as one: a reader that only goes on if there
 * is more would never see the end.
 */
static bool is_at_end(const struct descriptor *stream)
{
	struct pollfd end = { .fd = stream->fd, .events = POLLRDHUP };

	return poll(&end, 1, 0) > 0 && end.revents & POLLRDHUP;
}

static int left_len(const struct descriptor *stream)
{
	struct descriptor_names engine;
	int len = 0;

	/*
	 * In this order what moves meanwhile is not counted, rather than
	 * twice: a reader may wait for as many bytes as it is told.
	 */
	libc_raw(SYS_ioctl, stream->fd, (long)FIONREAD, &len);
	descriptor_read_names(stream, &engine);
	len += (int)engine.receive_queued;
	return len + is_at_end(stream);
}

/* Of the latest segment with data; 0: not known any more. */
static int64_t received_us(const struct descriptor *stream)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_STATUS);
	struct pyt_socket_status status;

	call.answer = &status;
	call.answer_len = sizeof(status);
	return client_call(&call) < 0 ? 0 : status.received_us;
}

void stream_control_give(const struct descriptor *stream, uint32_t wanted,
			 ssize_t result, struct msghdr *message)
{
	uint32_t times = STREAM_CONTROLS & ~(uint32_t)PYT_ANCILLARY_INQ;
	bool is_timed = result > 0 && wanted & times;

	ancillary_give_stream(
		message, wanted, is_timed ? received_us(stream) : 0,
		wanted & PYT_ANCILLARY_INQ ? left_len(stream) : 0);
}
