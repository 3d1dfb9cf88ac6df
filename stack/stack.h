/* One stack: what path_in.c, path_out.c and stack.c share. */
#ifndef STACK_H
#define STACK_H

#include <pyt/stack.h>

#include "autoconf/autoconf.h"
#include "base/engine.h"
#include "ip/ip.h"
#include "socket/socket.h"
#include "tcp/tcp.h"

#define LOOPBACK_IFINDEX 1

struct pyt_stack {
	struct engine engine;
	struct ip *ip;
	struct autoconf *autoconf;
	struct tcp_context *tcp;
	struct sockets sockets;
	uint32_t neighbour_changes; /* who waits for them was told so far */
	uint8_t *loopback; /* a frame of lo, contiguous; NULL: none yet */
	bool loopback_pending; /* more frames than one call handles */
	void (*loopback_watch)(void *context, const struct pyt_frame *frame);
	void *loopback_context;
};

/* A received frame on its way up; why it was dropped, or COUNTER_NONE. */
enum counter path_in(struct pyt_stack *stack, struct iface *iface,
		     const struct pyt_frame *frame, int64_t now_us);
/* Errors that IP found out by itself, to their sockets. */
void path_in_errors(struct pyt_stack *stack, int64_t now_us);

/* The next frame to send on iface, or false. */
bool path_out(struct pyt_stack *stack, struct iface *iface,
	      struct pyt_frame *frame, int64_t now_us);
/* What was sent to ourselves comes in. A bounded number of frames. */
void path_out_loopback(struct pyt_stack *stack, int64_t now_us);

/* Around every call that may send. */
static inline void stack_start_call(struct pyt_stack *stack, int64_t now_us)
{
	stack->sockets.now_us = now_us;
}

/* What was sent to ourselves arrives before the call returns. */
static inline void stack_end_call(struct pyt_stack *stack)
{
	path_out_loopback(stack, stack->sockets.now_us);
}

#endif
