/* Two hosts on a perfect link, and short names for what the tests do. */
#ifndef SOCKET_HOST_H
#define SOCKET_HOST_H

#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "counted.h"
#include "sim/sim.h"
#include "stack.h"

#define A_IP "10.0.0.1"
#define B_IP "10.0.0.2"

static struct sim sim;
static struct pyt_stack *a, *b; /* hosts 0 and 1 */

static inline void set_up(void)
{
	struct sim_link link = { .delay_us = 100 };
	struct sim_config config = { .seed = 1, .link = { link, link } };

	sim_init(&sim, &config);
	a = sim.host[0].stack;
	b = sim.host[1].stack;
}

static inline void tear_down(void)
{
	ck_assert(sim_clear(&sim));
}

static inline struct pyt_sockaddr at(const char *ip, uint16_t port)
{
	struct pyt_sockaddr address = { .port = port };

	ck_assert(pyt_ip_parse(ip, &address.ip));
	return address;
}

static inline int udp(struct pyt_stack *stack)
{
	int handle = pyt_socket_open(stack, AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_ge(handle, 0);
	return handle;
}

static inline int tcp(struct pyt_stack *stack)
{
	int handle = pyt_socket_open(stack, AF_INET, SOCK_STREAM, 0);

	ck_assert_int_ge(handle, 0);
	return handle;
}

static inline int bind_to(struct pyt_stack *stack, int handle, const char *ip,
			  uint16_t port)
{
	struct pyt_sockaddr address = at(ip, port);

	return pyt_socket_bind(stack, handle, &address);
}

static inline int connect_to(struct pyt_stack *stack, int handle,
			     const char *ip, uint16_t port)
{
	struct pyt_sockaddr address = at(ip, port);

	return pyt_socket_connect(stack, handle, &address, sim.now_us);
}

static inline int set_int(struct pyt_stack *stack, int handle, int level,
			  int name, int value)
{
	return pyt_socket_set_option(stack, handle, level, name, &value,
				     sizeof(value), sim.now_us);
}

/* The value, or what went wrong. */
static inline int get_int(struct pyt_stack *stack, int handle, int level,
			  int name)
{
	int value = -1;
	int len = pyt_socket_get_option(stack, handle, level, name, &value,
					sizeof(value), sim.now_us);

	return len == sizeof(value) ? value : len;
}

static inline ssize_t send_to(struct pyt_stack *stack, int handle,
			      const char *ip, uint16_t port, const char *text)
{
	struct pyt_message message = { .peer = at(ip, port),
				       .ttl = -1,
				       .tos = -1 };
	struct iovec iov = { (void *)(uintptr_t)text, strlen(text) };

	return pyt_socket_send_message(stack, handle, &message, &iov, 1,
				       sim.now_us);
}

/* The oldest datagram's text, taken out; NULL: none. */
static inline const char *received(struct pyt_stack *stack, int handle,
				   struct pyt_message *message)
{
	static char text[65536];
	struct pyt_message ignored;
	struct iovec iov;

	if (pyt_socket_view_message(stack, handle, false,
				    message ? message : &ignored, &iov, 1) != 1)
		return NULL;
	memcpy(text, iov.iov_base, iov.iov_len);
	text[iov.iov_len] = '\0';
	pyt_socket_drop_message(stack, handle, false);
	return text;
}

static inline void pass(int64_t us)
{
	sim_flush(&sim);
	sim_run(&sim, sim.now_us + us);
}

static inline struct pyt_socket_status status_of(struct pyt_stack *stack,
						 int handle)
{
	struct pyt_socket_status status;

	ck_assert_int_eq(pyt_socket_status(stack, handle, &status), 0);
	return status;
}

#endif
