#include "unit.h"

#include <string.h>
#include <sys/socket.h>

#include "link/memory.h"

static struct pyt_stack *stack[2];
static struct memory_link wire;

static void *take(void *context, size_t len)
{
	return calloc(1, len);
}

static void give(void *context, void *memory, size_t len)
{
	free(memory);
}

static const struct pyt_allocator allocator = { .alloc = take, .free = give };

static struct memory_end create_host(int n)
{
	struct pyt_stack_config config = { .allocator = allocator,
					   .seed = { (uint8_t)n } };
	struct pyt_iface_config iface = { .name = "test0",
					  .medium = PYT_MEDIUM_ETHERNET,
					  .mac = { 2, 0, 0, 0, 0, (uint8_t)n },
					  .mtu = 1500 };
	struct pyt_ip ip = pyt_ip_from_v4(0x0a4d0001 + (uint32_t)n);
	int ifindex;

	stack[n] = pyt_stack_create(&config, 0);
	ck_assert_ptr_nonnull(stack[n]);
	pyt_sysctl_set(stack[n], "net.ipv6.conf.all.disable_ipv6", "1");
	ifindex = pyt_iface_add(stack[n], &iface, 0);
	ck_assert_int_gt(ifindex, 0);
	ck_assert_int_eq(pyt_address_add(stack[n], ifindex, &ip, 24, 0), 0);
	return (struct memory_end){ stack[n], ifindex };
}

static void connect_hosts(const char *impairment)
{
	struct impair_params params;
	const char *why;

	if (impairment)
		ck_assert(impair_params_parse(impairment, &params, &why));
	ck_assert_int_eq(memory_link_init(&wire, create_host(0), create_host(1),
					  PYT_MEDIUM_ETHERNET,
					  impairment ? &params : NULL,
					  &allocator),
			 0);
}

static void clear_hosts(void)
{
	memory_link_clear(&wire);
	pyt_stack_destroy(stack[0]);
	pyt_stack_destroy(stack[1]);
}

/* A datagram from host 0 to host 1; the time of its arrival, or -1. */
static int64_t datagram_travels(int64_t until_us)
{
	struct pyt_sockaddr local = { .ip = pyt_ip_from_v4(0), .port = 7 };
	struct pyt_message message = { .ttl = -1, .tos = -1 };
	struct iovec iov = { "hello", 5 };
	int to = pyt_socket_open(stack[1], AF_INET, SOCK_DGRAM, 0);
	int from = pyt_socket_open(stack[0], AF_INET, SOCK_DGRAM, 0);

	message.peer.ip = pyt_ip_from_v4(0x0a4d0002);
	message.peer.port = 7;
	ck_assert_int_eq(pyt_socket_bind(stack[1], to, &local), 0);
	ck_assert_int_eq(
		pyt_socket_send_message(stack[0], from, &message, &iov, 1, 0),
		5);
	for (int64_t now_us = 0; now_us < until_us; now_us += MS) {
		memory_link_run(&wire, 1000, now_us);
		if (pyt_socket_ready(stack[1], to) & PYT_READY_READ)
			return now_us;
	}
	return -1;
}

START_TEST(a_datagram_travels_at_once)
{
	connect_hosts(NULL);
	ck_assert_int_eq(datagram_travels(SEC), 0);
	ck_assert_int_eq(memory_link_next_deadline(&wire), TIME_NEVER);
	ck_assert_uint_ge(wire.frames[0], 2); /* ARP, the datagram */
	ck_assert_uint_ge(wire.frames[1], 1);
	clear_hosts();
}
END_TEST

START_TEST(delay_counts_for_resolution_and_datagram)
{
	connect_hosts("delay=10ms");
	ck_assert_int_eq(datagram_travels(SEC), 30 * MS);
	clear_hosts();
}
END_TEST

START_TEST(a_cut_wire_carries_nothing)
{
	connect_hosts("in.loss=100%");
	ck_assert_int_eq(datagram_travels(SEC), -1);
	clear_hosts();
}
END_TEST

UNIT_MAIN("memory", a_datagram_travels_at_once,
	  delay_counts_for_resolution_and_datagram, a_cut_wire_carries_nothing)
