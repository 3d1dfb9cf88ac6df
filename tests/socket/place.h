/* What tests of places share. */
#ifndef TESTS_SOCKET_PLACE_H
#define TESTS_SOCKET_PLACE_H

#include "socket/socket_place.h"

#include "host.h"

static inline int open_as(int family, int type)
{
	int handle = pyt_socket_open(a, family, type, 0);

	ck_assert_int_ge(handle, 0);
	return handle;
}

static inline int with(int handle, int name)
{
	ck_assert_int_eq(set_int(a, handle, SOL_SOCKET, name, 1), 0);
	return handle;
}

#endif
