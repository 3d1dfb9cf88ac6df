/* Interposed: ioctl(2), of sockets and of netdevice(7). */
#include "calls.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <sys/ioctl.h>

#include "calls_iface.h"
#include "client.h"
#include "datagram_peek.h"
#include "descriptor.h"
#include "last_stamp.h"
#include "libc_real.h"
#include "low_water.h"
#include "pointer.h"
#include "view_client.h"

/*
 * SIOCOUTQ: what the stack has not got yet, and what is not acknowledged. Of
 * datagrams it is memory, and the endpoint's own counts that.
 */
static int unsent_len(const struct descriptor *descriptor, int *len)
{
	struct client_call call = DESCRIPTOR_CALL(descriptor, PYT_OP_STATUS);
	struct pyt_socket_status status;
	int in_endpoint = 0;
	int result;

	if (descriptor->kind == DESCRIPTOR_STREAM)
		call.args[0] = true;
	else
		libc_raw(SYS_ioctl, descriptor->fd, (long)SIOCOUTQ,
			 &in_endpoint);
	call.answer = &status;
	call.answer_len = sizeof(status);
	result = client_call(&call);
	if (result < 0)
		return result;
	*len = in_endpoint + (int)status.send_queued;
	return 0;
}

static bool control_stream(const struct descriptor *stream,
			   unsigned long request, int *number, int *result)
{
	bool listens = descriptor_flags(stream) & PYT_SLOT_LISTENING;

	if (request == SIOCINQ) {
		*result = 0;
		return low_water_count(stream, number);
	}
	if (request == SIOCOUTQ) {
		*result = listens ? -EINVAL : unsent_len(stream, number);
		return true;
	}
	if (!listens)
		return false;
	*number = 0; /* the mark is not of what waits to be accepted */
	*result = 0;
	return true;
}

static bool control_datagram(const struct descriptor *datagram,
			     unsigned long request, int *number, int *result)
{
	int next = 0;

	*result = datagram_control(datagram, request, &next);
	if (*result == 0 && request == SIOCOUTQ)
		*result = unsent_len(datagram, &next);
	if (*result == 0)
		*number = next;
	return true;
}

/* True: the answer is *result. False: the endpoint knows by itself. */
static bool control_socket(const struct descriptor *descriptor,
			   unsigned long request, void *argument, int *result)
{
	switch (request) {
	case SIOCINQ:
	case SIOCOUTQ:
	case SIOCATMARK:
		if (view_is(descriptor))
			return false;
		break;
	default:
		if (descriptor->kind == DESCRIPTOR_DATAGRAM &&
		    last_stamp_ioctl(descriptor, request, argument, result))
			return true;
		return calls_iface_ioctl(descriptor->slot->family, request,
					 argument, result);
	}
	if (pointer_is_wrong(argument)) {
		*result = -EFAULT;
		return true;
	}
	return descriptor->kind == DESCRIPTOR_STREAM
		       ? control_stream(descriptor, request, argument, result)
		       : control_datagram(descriptor, request, argument,
					  result);
}

INTERPOSED int ioctl(int fd, unsigned long request, ...)
{
	struct descriptor descriptor;
	void *argument;
	va_list list;
	int result;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	if (descriptor_is_file(fd))
		return libc_real.ioctl(fd, request, argument);
	if (client_hides(fd))
		return (int)libc_result(-EBADF);
	if (!descriptor_get_to_set(fd, &descriptor) ||
	    !control_socket(&descriptor, request, argument, &result))
		return libc_real.ioctl(fd, request, argument);
	return (int)libc_result(result);
}
