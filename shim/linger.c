/*
 * Lingering at close(2). What the stack has not read yet stands in the
 * endpoint's queue, what the peer has not acknowledged in the socket's
 * status: both are looked at, at growing intervals. Which close is the last
 * one of a descriptor that was copied is not known here: each one waits.
 */
#include "linger.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "client.h"
#include "libc_real.h"

#define FIRST_WAIT_MS 1
#define LONGEST_WAIT_MS 16

static int64_t now_ms(void)
{
	struct timespec now = { 0 };

	libc_raw(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* Seconds; 0: none. */
static int linger_time(const struct descriptor *stream)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_GET_OPTION);
	struct linger linger = { 0 };

	call.args[0] = SOL_SOCKET;
	call.args[1] = SO_LINGER;
	call.args[2] = sizeof(linger);
	call.answer = &linger;
	call.answer_len = sizeof(linger);
	if (client_call(&call) < 0 || !linger.l_onoff)
		return 0;
	return linger.l_linger;
}

static bool is_all_sent(const struct descriptor *stream)
{
	struct client_call call = DESCRIPTOR_CALL(stream, PYT_OP_STATUS);
	struct pyt_socket_status status = { 0 };
	int unread = 0;

	libc_raw(SYS_ioctl, stream->fd, SIOCOUTQ, &unread);
	if (unread > 0)
		return false;
	call.answer = &status;
	call.answer_len = sizeof(status);
	return client_call(&call) < 0 || status.send_queued == 0;
}

void linger_wait(const struct descriptor *stream)
{
	int64_t end_ms;
	int wait_ms = FIRST_WAIT_MS;

	if (!(descriptor_flags(stream) & PYT_SLOT_LINGERS) ||
	    !(descriptor_flags(stream) & PYT_SLOT_CONNECTED))
		return;
	end_ms = now_ms() + linger_time(stream) * 1000ll;
	while (!is_all_sent(stream) && now_ms() < end_ms) {
		const struct timespec wait = { .tv_nsec = wait_ms * 1000000l };

		if (libc_raw(SYS_nanosleep, &wait, NULL) == -EINTR)
			return;
		if (wait_ms < LONGEST_WAIT_MS)
			wait_ms *= 2;
	}
}
