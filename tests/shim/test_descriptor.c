#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "descriptor.h"
#include "lane.h"
#include "peer_name.h"

/* A stack of the test's own in place of a server. */
static struct pyt_slot_table table;
static bool has_table;
static int attach_count;

const struct pyt_slot_table *client_table(void)
{
	return has_table ? &table : NULL;
}

int client_attach(void)
{
	attach_count++;
	return -ECONNREFUSED;
}

bool lane_is_filtered(void)
{
	return false;
}

/* Asked for the so-manieth time it says yes. */
static int hides_after = -1;

bool client_hides(int fd)
{
	return hides_after-- == 0;
}

/* The stack hears of a spare socket's new owner with the next round trip. */
static struct {
	uint32_t slot;
	uint64_t inode;
} untold;

bool client_spares_are_confirmed(void)
{
	return untold.inode == 0;
}

bool client_answers(void)
{
	table.slot[untold.slot].inode = untold.inode;
	untold.inode = 0;
	return true;
}

int client_call(struct client_call *call)
{
	int error = table.slot[call->slot].error;

	table.slot[call->slot].error = 0;
	return error;
}

void client_settle(void)
{
}

bool client_show(int fd, uint32_t slot, uint32_t generation)
{
	return true;
}

bool client_was_connected_by_stack(int fd)
{
	return false;
}

static void use_table(void)
{
	memset(table.bucket, 0xff, sizeof(table.bucket));
	table.token = 0xabcdef0123456789;
	has_table = true;
	descriptor_forget_all();
}

/* A socket whose slot is number. */
static int endpoint(uint32_t number, uint32_t generation, int type)
{
	int fd = socket(AF_UNIX, type, 0);
	uint64_t inode = descriptor_inode(fd);

	ck_assert_int_ge(fd, 0);
	table.slot[number].generation = generation;
	table.slot[number].inode = inode;
	table.slot[number].family = AF_INET;
	table.slot[number].type = (uint16_t)type;
	table.slot[number].next = table.bucket[inode % PYT_SLOT_BUCKETS];
	table.bucket[inode % PYT_SLOT_BUCKETS] = number;
	return fd;
}

START_TEST(a_file_is_looked_at_once_and_is_not_ours)
{
	int fd = open("/dev/null", O_RDONLY);
	struct descriptor descriptor;

	use_table();
	errno = 0;
	ck_assert(!descriptor_get(fd, &descriptor));
	ck_assert_uint_eq(descriptor_cache[fd], DESCRIPTOR_NOT_OURS);
	ck_assert(!descriptor_get(-1, &descriptor));
	ck_assert(!descriptor_get(1 << 30, &descriptor));
	ck_assert_int_eq(errno, 0);
	close(fd);
}
END_TEST

START_TEST(of_a_hidden_number_nothing_is_known)
{
	int fd = open("/dev/null", O_RDONLY);
	struct descriptor descriptor;

	use_table();
	for (hides_after = 0; hides_after <= 1;) {
		int before = hides_after;

		ck_assert(!descriptor_get(fd, &descriptor));
		ck_assert_int_eq(hides_after, -1);
		ck_assert(!descriptor_is_file(fd));
		hides_after = before + 1;
	}
	hides_after = -1;
	ck_assert(!descriptor_get(fd, &descriptor));
	ck_assert(descriptor_is_file(fd));
	close(fd);
}
END_TEST

START_TEST(an_inherited_endpoint_is_found_by_its_inode)
{
	struct descriptor descriptor;
	int stream, datagram;

	use_table();
	stream = endpoint(7, 3, SOCK_STREAM);
	datagram = endpoint(8, 5, SOCK_DGRAM);
	ck_assert(descriptor_get(stream, &descriptor));
	ck_assert_int_eq(descriptor.kind, DESCRIPTOR_STREAM);
	ck_assert_uint_eq(descriptor.number, 7);
	ck_assert_uint_eq(descriptor.generation, 3);
	ck_assert(descriptor_get(datagram, &descriptor));
	ck_assert_int_eq(descriptor.kind, DESCRIPTOR_DATAGRAM);
	ck_assert_uint_eq(descriptor.number, 8);
	close(stream);
	close(datagram);
}
END_TEST

START_TEST(a_spare_socket_that_comes_back_early_is_found)
{
	struct descriptor descriptor;
	int fd;

	use_table();
	fd = endpoint(7, 3, SOCK_STREAM);
	untold.slot = 7;
	untold.inode = table.slot[7].inode;
	table.slot[7].inode = 0;
	ck_assert(descriptor_get(fd, &descriptor));
	ck_assert_uint_eq(descriptor.number, 7);
	ck_assert(client_spares_are_confirmed());
	close(fd);
}
END_TEST

START_TEST(a_slot_of_another_generation_is_not_this_socket)
{
	struct descriptor descriptor;
	int fd;

	use_table();
	fd = endpoint(7, 3, SOCK_STREAM);
	ck_assert(descriptor_get(fd, &descriptor));
	table.slot[7].generation = 4;
	table.slot[7].inode = 1;
	ck_assert(!descriptor_get(fd, &descriptor));
	ck_assert_uint_eq(descriptor_cache[fd], DESCRIPTOR_NOT_OURS);
	close(fd);
}
END_TEST

START_TEST(a_number_that_libc_closed_itself_does_not_verify)
{
	struct descriptor descriptor;
	int fd, other;

	use_table();
	fd = endpoint(7, 3, SOCK_STREAM);
	ck_assert(descriptor_get(fd, &descriptor));
	ck_assert(descriptor_verify(&descriptor));
	other = open("/dev/null", O_RDONLY);
	ck_assert_int_eq(dup2(other, fd), fd);
	ck_assert(!descriptor_verify(&descriptor));
	ck_assert(!descriptor_get(fd, &descriptor));
	close(other);
	close(fd);
}
END_TEST

START_TEST(a_copy_is_the_same_socket)
{
	struct descriptor descriptor;
	int fd, copy;

	use_table();
	fd = endpoint(9, 1, SOCK_STREAM);
	ck_assert(descriptor_get(fd, &descriptor));
	copy = dup(fd);
	descriptor_copy(copy, fd);
	ck_assert_uint_eq(descriptor_cache[copy], descriptor_cache[fd]);
	descriptor_forget_all();
	ck_assert_uint_eq(descriptor_cache[copy], DESCRIPTOR_UNKNOWN);
	close(fd);
	close(copy);
}
END_TEST

START_TEST(without_a_stack_only_unix_sockets_make_us_ask_for_one_once)
{
	struct descriptor descriptor;
	int inet = socket(AF_INET, SOCK_DGRAM, 0);
	int local[3];

	has_table = false;
	ck_assert(!descriptor_get(inet, &descriptor));
	ck_assert_int_eq(attach_count, 0);
	for (int i = 0; i < 3; i++) {
		local[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		ck_assert(!descriptor_get(local[i], &descriptor));
		close(local[i]);
	}
	ck_assert_int_eq(attach_count, 1);
	close(inet);
}
END_TEST

static bool parses(const char *text, struct peer_name *parsed)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	size_t len = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(text);

	strcpy(name.sun_path + 1, text);
	return peer_name_parse(&name, (socklen_t)len, parsed);
}

START_TEST(a_peer_name_is_read_back_and_others_are_not)
{
	static const char *const bad[] = {
		"",
		"pyt.",
		"pyt.abcdef0123456789.7",
		"pyt.abcdef0123456789.7.",
		"pyt.abcdef0123456789..3",
		"pyt.abcdef0123456789.7.3x",
		"pyt.abcdef0123456789.65536.3",
		"pyt.abcdef0123456789.7.4294967296",
		"xyt.abcdef0123456789.7.3",
	};
	static const uint8_t key[PYT_KEY_LEN] = { 1, 2, 3 };
	struct peer_name parsed;
	struct sockaddr_un name;
	socklen_t len = peer_name_make(&name, key, 7, 3, 9);

	ck_assert(peer_name_parse(&name, len, &parsed));
	ck_assert_uint_eq(parsed.slot, 7);
	ck_assert_uint_eq(parsed.generation, 3);
	ck_assert_uint_eq(parsed.proof, peer_name_proof(key, 7, 3, 9));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert(!parses(bad[i], &parsed));
}
END_TEST

START_TEST(a_name_that_was_seen_proves_nothing_of_another)
{
	static const uint8_t key[PYT_KEY_LEN] = { 1, 2, 3 };
	static const uint8_t other[PYT_KEY_LEN] = { 1, 2, 4 };
	uint64_t proof = peer_name_proof(key, 7, 3, 9);

	ck_assert_uint_ne(proof, peer_name_proof(key, 8, 3, 9));
	ck_assert_uint_ne(proof, peer_name_proof(key, 7, 4, 9));
	ck_assert_uint_ne(proof, peer_name_proof(key, 7, 3, 10));
	ck_assert_uint_ne(proof, peer_name_proof(other, 7, 3, 9));
}
END_TEST

START_TEST(an_error_is_taken_once)
{
	struct descriptor descriptor;
	int fd;

	use_table();
	fd = endpoint(7, 3, SOCK_STREAM);
	ck_assert(descriptor_get(fd, &descriptor));
	ck_assert(!descriptor_has_error(&descriptor));
	table.slot[7].error = ECONNREFUSED;
	ck_assert(descriptor_has_error(&descriptor));
	ck_assert_int_eq(descriptor_take_error(&descriptor), ECONNREFUSED);
	ck_assert_int_eq(descriptor_take_error(&descriptor), 0);
	close(fd);
}
END_TEST

UNIT_MAIN("descriptor", a_file_is_looked_at_once_and_is_not_ours,
	  of_a_hidden_number_nothing_is_known,
	  an_inherited_endpoint_is_found_by_its_inode,
	  a_spare_socket_that_comes_back_early_is_found,
	  a_slot_of_another_generation_is_not_this_socket,
	  a_number_that_libc_closed_itself_does_not_verify,
	  a_copy_is_the_same_socket,
	  without_a_stack_only_unix_sockets_make_us_ask_for_one_once,
	  a_peer_name_is_read_back_and_others_are_not,
	  a_name_that_was_seen_proves_nothing_of_another,
	  an_error_is_taken_once)
