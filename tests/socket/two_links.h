/*
 * Hosts with two links, in virtual time: a and b are both on two networks,
 * 10.0.0.0/24 and fd00::/64 (ifindex 2), 10.1.0.0/24 and fd01::/64 (3), where
 * a is .1 and b .2. Cables can be pulled, or lead to the same network.
 */
#ifndef SOCKET_TWO_LINKS_H
#define SOCKET_TWO_LINKS_H

#include "engine.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <pyt/view.h>

#include "stack.h"

#define LANS 2
#define FIRST 2
#define SECOND 3
#define PORT 80

static struct test_memory memory;
static struct pyt_stack *a, *b;
static int64_t now_us;
static bool pulled[LANS];
static bool one_lan; /* all four are on it */
static int frames_of[LANS]; /* that a has sent */

/* ----------------------------------------------------------------- network */

static inline struct pyt_ip ip_of(const char *text)
{
	struct pyt_ip ip;

	ck_assert(pyt_ip_parse(text, &ip));
	return ip;
}

static inline struct pyt_stack *create(uint8_t host)
{
	struct pyt_stack_config config = {
		.allocator = { test_alloc, test_free, &memory },
		.seed = { host },
	};
	struct pyt_stack *stack = pyt_stack_create(&config, now_us);

	ck_assert_ptr_nonnull(stack);
	for (uint8_t lan = 0; lan < LANS; lan++) {
		struct pyt_iface_config iface = {
			.medium = PYT_MEDIUM_ETHERNET,
			.mac = { 2, 0, 0, 0, lan, host },
			.mtu = 1500,
		};
		struct pyt_ip ip =
			pyt_ip_from_v4(0x0a000000u + 0x10000u * lan + host);
		struct pyt_ip ip6 = { { 0xfd, lan, [15] = host } };

		snprintf(iface.name, sizeof(iface.name), "eth%d", lan);
		ck_assert_int_eq(pyt_iface_add(stack, &iface, now_us),
				 FIRST + lan);
		pyt_address_add(stack, FIRST + lan, &ip, 24, now_us);
		pyt_address_add(stack, FIRST + lan, &ip6, 64, now_us);
	}
	return stack;
}

static inline void arrive(struct pyt_stack *to, int ifindex,
			  const uint8_t *bytes, uint32_t len)
{
	uint8_t copy[2048];
	struct pyt_frame frame = { .part = { { copy, len } },
				   .part_count = 1,
				   .len = len };

	memcpy(copy, bytes, len);
	pyt_input(to, ifindex, &frame, now_us);
}

static inline void cross(struct pyt_stack *from, int lan, const uint8_t *bytes,
			 uint32_t len)
{
	if (from == a)
		frames_of[lan]++;
	if (pulled[lan])
		return;
	arrive(from == a ? b : a, FIRST + lan, bytes, len);
	if (one_lan) {
		arrive(from, FIRST + !lan, bytes, len);
		arrive(from == a ? b : a, FIRST + !lan, bytes, len);
	}
}

/* All that this host has to send now. */
static inline bool exchange(struct pyt_stack *from)
{
	struct pyt_frame frame;
	uint8_t bytes[2048];
	bool sent = false;

	for (int lan = 0; lan < LANS; lan++) {
		while (pyt_output(from, FIRST + lan, &frame, now_us) > 0) {
			uint32_t at = 0;

			for (int i = 0; i < frame.part_count; i++) {
				memcpy(bytes + at, frame.part[i].iov_base,
				       frame.part[i].iov_len);
				at += (uint32_t)frame.part[i].iov_len;
			}
			cross(from, lan, bytes, at);
			sent = true;
		}
	}
	return sent;
}

static inline void pass(int64_t us)
{
	int64_t end_us = now_us + us;

	for (;;) {
		int64_t next_us, other_us;

		while ((int)exchange(a) | (int)exchange(b))
			;
		next_us = pyt_next_deadline(a);
		other_us = pyt_next_deadline(b);
		if (other_us < next_us)
			next_us = other_us;
		if (next_us > end_us)
			break;
		if (next_us > now_us)
			now_us = next_us;
		pyt_run_timers(a, now_us);
		pyt_run_timers(b, now_us);
	}
	now_us = end_us;
}

static inline void set_up(void)
{
	memset(&memory, 0, sizeof(memory));
	now_us = 1000 * SEC;
	a = create(1);
	b = create(2);
}

static inline void tear_down(void)
{
	pyt_stack_destroy(a);
	pyt_stack_destroy(b);
	ck_assert_uint_eq(memory.bytes, 0);
}

/* ----------------------------------------------------------------- sockets */

static inline int open_socket(struct pyt_stack *stack, int family, int type)
{
	int handle = pyt_socket_open(stack, family, type, 0);

	ck_assert_int_ge(handle, 0);
	return handle;
}

static inline struct pyt_sockaddr at(const char *ip, uint16_t port,
				     uint32_t scope)
{
	return (struct pyt_sockaddr){ .ip = ip_of(ip),
				      .port = port,
				      .scope_id = scope };
}

static inline int bind_to(struct pyt_stack *stack, int handle, const char *ip,
			  uint16_t port, uint32_t scope)
{
	struct pyt_sockaddr local = at(ip, port, scope);

	return pyt_socket_bind(stack, handle, &local);
}

static inline int connect_to(struct pyt_stack *stack, int handle,
			     const char *ip, uint32_t scope)
{
	struct pyt_sockaddr peer = at(ip, PORT, scope);

	return pyt_socket_connect(stack, handle, &peer, now_us);
}

static inline void bind_to_device(struct pyt_stack *stack, int handle,
				  const char *name)
{
	ck_assert_int_eq(pyt_socket_set_option(stack, handle, SOL_SOCKET,
					       SO_BINDTODEVICE, name,
					       (uint32_t)strlen(name), now_us),
			 0);
}

static inline struct pyt_socket_status status_of(struct pyt_stack *stack,
						 int handle)
{
	struct pyt_socket_status status;

	ck_assert_int_eq(pyt_socket_status(stack, handle, &status), 0);
	return status;
}

static inline void ck_local(struct pyt_stack *stack, int handle, const char *ip)
{
	char text[PYT_IP_TEXT_MAX];
	struct pyt_socket_status status = status_of(stack, handle);

	ck_assert_str_eq(pyt_ip_format(&status.local.ip, text), ip);
}

static inline int listener(struct pyt_stack *stack, int family)
{
	int handle = open_socket(stack, family, SOCK_STREAM);

	ck_assert_int_eq(bind_to(stack, handle,
				 family == AF_INET ? "0.0.0.0" : "::", PORT, 0),
			 0);
	ck_assert_int_eq(pyt_socket_listen(stack, handle, 8), 0);
	return handle;
}

static inline int connected(const char *ip, uint32_t scope, const char *device)
{
	int handle = open_socket(a, strchr(ip, ':') ? AF_INET6 : AF_INET,
				 SOCK_STREAM);

	if (device)
		bind_to_device(a, handle, device);
	ck_assert_int_eq(connect_to(a, handle, ip, scope), -EINPROGRESS);
	pass(SEC);
	ck_assert_int_eq(status_of(a, handle).tcp_state, 1); /* ESTABLISHED */
	return handle;
}

static inline void add_default(int ifindex, const char *gateway,
			       uint32_t metric)
{
	struct pyt_route route = { .gateway = ip_of(gateway),
				   .ifindex = ifindex,
				   .metric = metric };

	if (pyt_ip_is_v4(&route.gateway))
		route.prefix = pyt_ip_from_v4(0);
	ck_assert_int_eq(pyt_route_add(a, &route), 0);
}

#endif
