/* Options that a stream's endpoint keeps itself. */
#include "own_options.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "libc_real.h"

union value {
	int number;
	struct timeval time;
};

static const struct {
	int option;
	union value fresh;
	socklen_t len;
} own[] = {
	{ SO_RCVTIMEO, { .time = { 0, 0 } }, sizeof(struct timeval) },
	{ SO_SNDTIMEO, { .time = { 0, 0 } }, sizeof(struct timeval) },
	{ SO_RCVLOWAT, { .number = 1 }, sizeof(int) },
	{ SO_OOBINLINE, { .number = 0 }, sizeof(int) },
	{ SO_PEEK_OFF, { .number = -1 }, sizeof(int) },
};
#define OWN_COUNT (sizeof(own) / sizeof(*own))

bool own_options_has(enum descriptor_kind kind, int level, int option)
{
	if (level != SOL_SOCKET)
		return false;
	/* Of a datagram's endpoint they would mean its header, too. */
	if (option == SO_PEEK_OFF && kind != DESCRIPTOR_STREAM)
		return false;
	if (option == SO_RCVTIMEO_NEW || option == SO_SNDTIMEO_NEW)
		return true;
	for (size_t i = 0; i < OWN_COUNT; i++) {
		if (own[i].option == option)
			return true;
	}
	return false;
}

/* False: it is as in a new socket, or there is none. */
static bool is_set(int fd, size_t i, union value *value)
{
	socklen_t len = own[i].len;

	memset(value, 0, sizeof(*value));
	if (libc_raw(SYS_getsockopt, fd, SOL_SOCKET, own[i].option, value,
		     &len) < 0)
		return false;
	return memcmp(value, &own[i].fresh, own[i].len) != 0;
}

bool own_options_are_set(int fd)
{
	union value value;

	for (size_t i = 0; i < OWN_COUNT; i++) {
		if (is_set(fd, i, &value))
			return true;
	}
	return false;
}

void own_options_copy(int from, int to)
{
	union value value;

	for (size_t i = 0; i < OWN_COUNT; i++) {
		if (is_set(from, i, &value))
			libc_raw(SYS_setsockopt, to, SOL_SOCKET, own[i].option,
				 &value, (size_t)own[i].len);
	}
}
