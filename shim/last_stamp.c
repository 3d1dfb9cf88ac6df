/* See last_stamp.h. Programs ask so of a few sockets: a small table, hashed. */
#include "last_stamp.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "pointer.h"

#define STAMPS 256 /* another socket's may take its place */

static struct {
	_Atomic uint64_t socket; /* generation and slot */
	_Atomic int64_t received_us;
} stamps[STAMPS];

static _Atomic bool is_wanted;

static uint64_t name_of(const struct descriptor *datagram)
{
	return (uint64_t)datagram->generation << 32 | datagram->number;
}

void last_stamp_note(const struct descriptor *datagram, int64_t received_us)
{
	unsigned at = datagram->number % STAMPS;

	if (!atomic_load_explicit(&is_wanted, memory_order_relaxed))
		return;
	atomic_store(&stamps[at].received_us, received_us);
	atomic_store(&stamps[at].socket, name_of(datagram));
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static struct timespec time_of_day(int64_t received_us)
{
	int64_t ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC) +
		     received_us * 1000;

	return (struct timespec){ ns / 1000000000, ns % 1000000000 };
}

bool last_stamp_ioctl(const struct descriptor *datagram, unsigned long request,
		      void *argument, int *result)
{
	bool is_coarse = request == SIOCGSTAMP_OLD || request == SIOCGSTAMP_NEW;
	unsigned at = datagram->number % STAMPS;
	struct timespec stamp;

	if (!is_coarse && request != SIOCGSTAMPNS_OLD &&
	    request != SIOCGSTAMPNS_NEW)
		return false;
	atomic_store(&is_wanted, true);
	if (atomic_load(&stamps[at].socket) != name_of(datagram)) {
		*result = -ENOENT;
		return true;
	}
	*result = -EFAULT;
	if (pointer_is_wrong(argument))
		return true;
	stamp = time_of_day(atomic_load(&stamps[at].received_us));
	if (is_coarse) /* struct timeval, whose members are as wide */
		stamp.tv_nsec /= 1000;
	memcpy(argument, &stamp, sizeof(stamp));
	*result = 0;
	return true;
}
