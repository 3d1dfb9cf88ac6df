#include "unit.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../shim/inodes.h"

static uint8_t scratch[32768];

struct search {
	uint64_t inode;
	int found;
};

static void compare(void *context, uint64_t inode)
{
	struct search *search = context;

	search->found += search->inode == inode;
}

static int found_by(bool proc, uint64_t inode)
{
	struct search search = { .inode = inode };
	int result;

	if (proc)
		result = inodes_list_of_proc(compare, &search, scratch,
					     sizeof(scratch));
	else
		result =
			inodes_list(compare, &search, scratch, sizeof(scratch));
	ck_assert_int_eq(result, 0);
	return search.found;
}

static uint64_t inode_of(int fd)
{
	struct stat status;

	ck_assert_int_eq(fstat(fd, &status), 0);
	return status.st_ino;
}

START_TEST(one_is_asked_for_without_a_list)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int other = socket(AF_UNIX, SOCK_STREAM, 0);
	uint64_t inode = inode_of(fd), known = inode_of(other);
	int copy = dup(fd);

	ck_assert_int_eq(inodes_has(inode, known), 1);
	close(fd);
	ck_assert_int_eq(inodes_has(inode, known), 1);
	close(copy);
	ck_assert_int_eq(inodes_has(inode, known), 0);
	close(other); /* who knows nothing must not be believed */
	ck_assert_int_lt(inodes_has(inode, known), 0);
}
END_TEST

START_TEST(an_open_socket_is_found_and_a_closed_one_is_not)
{
	for (int proc = 0; proc < 2; proc++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		uint64_t inode = inode_of(fd);
		int copy = dup(fd);

		ck_assert_int_eq(found_by(proc, inode), 1);
		close(fd);
		ck_assert_int_eq(found_by(proc, inode), 1);
		close(copy);
		ck_assert_int_eq(found_by(proc, inode), 0);
	}
}
END_TEST

START_TEST(long_lists_are_read_to_their_end)
{
	int pairs[300][2];

	for (int i = 0; i < 300; i++)
		ck_assert_int_eq(
			socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pairs[i]), 0);
	for (int proc = 0; proc < 2; proc++) {
		ck_assert_int_eq(found_by(proc, inode_of(pairs[0][0])), 1);
		ck_assert_int_eq(found_by(proc, inode_of(pairs[150][1])), 1);
		ck_assert_int_eq(found_by(proc, inode_of(pairs[299][1])), 1);
	}
	for (int i = 0; i < 300; i++) {
		close(pairs[i][0]);
		close(pairs[i][1]);
	}
}
END_TEST

struct facts_search {
	uint64_t inode;
	int64_t waiting; /* -1: not found */
	int64_t peer; /* -1: it has none */
	bool is_named; /* as it should be */
	const struct sockaddr_un *name;
	uint32_t name_len; /* without the family */
};

static void compare_facts(void *context, const struct inode_facts *facts)
{
	struct facts_search *search = context;

	if (facts->inode != search->inode)
		return;
	search->waiting = facts->waiting;
	search->peer = facts->has_peer ? (int64_t)facts->peer : -1;
	search->is_named =
		search->name && facts->name_len == search->name_len &&
		memcmp(facts->name, search->name->sun_path, facts->name_len) ==
			0;
}

START_TEST(what_waits_in_a_socket_is_told)
{
	struct facts_search search = { .waiting = -1 };
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(write(pair[0], "seven..", 7), 7);
	search.inode = inode_of(pair[1]);
	ck_assert_int_eq(inodes_list_facts(compare_facts, &search, scratch,
					   sizeof(scratch)),
			 0);
	ck_assert_int_eq(search.waiting, 7);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

static void look_for(struct facts_search *search, int fd)
{
	search->inode = inode_of(fd);
	search->waiting = -1;
	ck_assert_int_eq(inodes_list_facts(compare_facts, search, scratch,
					   sizeof(scratch)),
			 0);
}

START_TEST(who_was_accepted_bears_the_listeners_name_and_loses_its_peer)
{
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	int end = socket(AF_UNIX, SOCK_STREAM, 0), accepted;
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(name);
	struct facts_search search = { .name = &name };

	ck_assert_int_eq(
		bind(listener, (struct sockaddr *)&name, sizeof(sa_family_t)),
		0);
	ck_assert_int_eq(listen(listener, 5), 0);
	getsockname(listener, (struct sockaddr *)&name, &len);
	search.name_len = len - sizeof(sa_family_t);
	ck_assert_int_eq(connect(end, (struct sockaddr *)&name, len), 0);
	look_for(&search, listener);
	ck_assert_int_eq(search.waiting, 1);
	look_for(&search, end);
	ck_assert_int_eq(search.peer, 0);

	accepted = accept(listener, NULL, NULL);
	look_for(&search, listener);
	ck_assert_int_eq(search.waiting, 0);
	look_for(&search, accepted);
	ck_assert(search.is_named);
	ck_assert_int_eq(search.peer, (int64_t)inode_of(end));
	close(end);
	look_for(&search, accepted);
	ck_assert(search.is_named);
	ck_assert_int_eq(search.peer, 0);
	close(accepted);
	close(listener);
}
END_TEST

UNIT_MAIN("inodes", one_is_asked_for_without_a_list,
	  an_open_socket_is_found_and_a_closed_one_is_not,
	  long_lists_are_read_to_their_end, what_waits_in_a_socket_is_told,
	  who_was_accepted_bears_the_listeners_name_and_loses_its_peer)
