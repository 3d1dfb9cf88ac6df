/* TCP_INQ: how much is left to read behind a recvmsg(2). */
#include "inq.h"

#include <poll.h>
#include <sys/ioctl.h>

#include "ancillary.h"
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

void inq_give(const struct descriptor *stream, struct msghdr *message)
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
	ancillary_give_inq(message, len + is_at_end(stream));
}
