/*
 * What one segment costs the engine, for callgrind: two stacks, frames that
 * go from the one straight into the other, no clock and no link. Usage: cost
 * WHAT COUNT. scripts/bench --cost runs each WHAT with two counts and takes
 * the difference, so that the set-up is not part of the figure.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <pyt/stack.h>

#include "base/checksum.h"

#define MTU 1500
#define TSO (PYT_OFFLOAD_CSUM | PYT_OFFLOAD_TSO4)

static struct pyt_stack *stack[2]; /* 0 sends, 1 receives */
static int ifindex[2], sender, receiver;
static int64_t now_us = 1000000;
static unsigned long frames[2]; /* received by each */

static void die(const char *what)
{
	fprintf(stderr, "cost: %s\n", what);
	exit(EXIT_FAILURE);
}

static void *allocate(void *context, size_t len)
{
	(void)context;
	return calloc(1, len);
}

static void release(void *context, void *memory, size_t len)
{
	(void)context;
	(void)len;
	free(memory);
}

static void make_host(int i, unsigned offloads)
{
	struct pyt_stack_config config = {
		.allocator = { .alloc = allocate, .free = release },
		.seed = { (uint8_t)(1 + i) },
	};
	struct pyt_iface_config iface = { .name = "cost0",
					  .medium = PYT_MEDIUM_IP,
					  .mtu = MTU,
					  .offloads = offloads };
	struct pyt_ip ip = pyt_ip_from_v4(0x0a000001 + (uint32_t)i);

	stack[i] = pyt_stack_create(&config, now_us);
	if (!stack[i])
		die("no stack");
	ifindex[i] = pyt_iface_add(stack[i], &iface, now_us);
	if (ifindex[i] < 0 ||
	    pyt_address_add(stack[i], ifindex[i], &ip, 24, now_us) != 0)
		die("no interface");
}

/* By name callgrind finds what is measured, and nothing else. */
#define MEASURED __attribute__((noinline)) static

MEASURED bool send_data(struct pyt_frame *frame)
{
	return pyt_output(stack[0], ifindex[0], frame, now_us);
}

MEASURED bool send_ack(struct pyt_frame *frame)
{
	return pyt_output(stack[1], ifindex[1], frame, now_us);
}

MEASURED void receive_data(struct pyt_frame *frame)
{
	pyt_input(stack[1], ifindex[1], frame, now_us);
	frames[1]++;
}

MEASURED void receive_ack(struct pyt_frame *frame)
{
	pyt_input(stack[0], ifindex[0], frame, now_us);
	frames[0]++;
}

/* In one piece, as a link gives it; its checksum is said to be right. */
static void join(struct pyt_frame *frame, uint8_t *bytes)
{
	uint32_t at = 0;

	for (int i = 0; i < frame->part_count; i++) {
		memcpy(bytes + at, frame->part[i].iov_base,
		       frame->part[i].iov_len);
		at += (uint32_t)frame->part[i].iov_len;
	}
	frame->part[0] = (struct iovec){ bytes, at };
	frame->part_count = 1;
	frame->csum = PYT_CSUM_VALID;
}

static bool carry(int from)
{
	static uint8_t bytes[PYT_FRAME_LEN_MAX];
	struct pyt_frame frame;

	if (from == 0 ? !send_data(&frame) : !send_ack(&frame))
		return false;
	join(&frame, bytes);
	if (from == 0)
		receive_data(&frame);
	else
		receive_ack(&frame);
	return true;
}

static void carry_all(void)
{
	bool moved = true;

	while (moved) {
		moved = carry(0);
		moved |= carry(1);
	}
	now_us += 100;
	for (int i = 0; i < 2; i++)
		if (pyt_next_deadline(stack[i]) <= now_us)
			pyt_run_timers(stack[i], now_us);
}

static void connect_hosts(void)
{
	struct pyt_sockaddr address = { .port = 80 };
	int listener = pyt_socket_open(stack[1], AF_INET, SOCK_STREAM, 0);

	address.ip = pyt_ip_from_v4(0x0a000002);
	sender = pyt_socket_open(stack[0], AF_INET, SOCK_STREAM, 0);
	if (pyt_socket_bind(stack[1], listener, &address) ||
	    pyt_socket_listen(stack[1], listener, 1) ||
	    pyt_socket_connect(stack[0], sender, &address, now_us) !=
		    -EINPROGRESS)
		die("no connection");
	carry_all();
	receiver = pyt_socket_accept(stack[1], listener, now_us);
	if (receiver < 0)
		die("no connection");
}

static void write_bytes(size_t len)
{
	while (len) {
		struct iovec iov[8];
		int count = pyt_socket_send_space(stack[0], sender, iov, 8);
		size_t n = 0;

		if (count <= 0)
			die("no space");
		for (int i = 0; i < count; i++)
			n += iov[i].iov_len;
		if (n > len)
			n = len;
		pyt_socket_send_commit(stack[0], sender, n, 0, now_us);
		len -= n;
	}
}

static void read_all(void)
{
	struct iovec iov[16];
	int count;

	while ((count = pyt_socket_recv_view(stack[1], receiver, iov, 16)) >
	       0) {
		size_t n = 0;

		for (int i = 0; i < count; i++)
			n += iov[i].iov_len;
		pyt_socket_recv_consume(stack[1], receiver, n, now_us);
	}
}

int main(int argc, char **argv)
{
	bool is_super = argc == 3 && strcmp(argv[1], "super") == 0;
	size_t piece = is_super ? 44 * 1448 : 2 * 1448;
	long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

	if (count <= 0 || (!is_super && strcmp(argv[1], "segment") != 0))
		die("usage: cost segment|super COUNT");
	for (int i = 0; i < 2; i++)
		make_host(i, is_super ? TSO : PYT_OFFLOAD_CSUM);
	connect_hosts();
	for (int i = 0; i < 200; i++) { /* windows grow */
		write_bytes(piece);
		carry_all();
		read_all();
	}
	for (long i = 0; i < count; i++) {
		write_bytes(piece);
		carry_all();
		read_all();
	}
	for (int i = 0; i < 2; i++)
		pyt_stack_destroy(stack[i]);
	printf("%lu %lu\n", frames[1], frames[0]);
	return EXIT_SUCCESS;
}
