#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "../../shim/slots.h"

static struct slots slots;

START_TEST(a_slot_is_found_by_its_inode_only)
{
	int a, b;

	ck_assert_int_eq(slots_create(&slots, 7, 1), 0);
	a = slots_take(&slots, AF_INET, SOCK_STREAM, 0);
	b = slots_take(&slots, AF_INET6, SOCK_DGRAM, 0);
	ck_assert_int_ne(a, b);
	ck_assert_uint_eq(slots_find(&slots, 1000), PYT_SLOT_NONE);

	/* Both in one bucket. */
	slots_set_inode(&slots, (uint32_t)a, 1000);
	slots_set_inode(&slots, (uint32_t)b, 1000 + PYT_SLOT_BUCKETS);
	ck_assert_uint_eq(slots_find(&slots, 1000), (uint32_t)a);
	ck_assert_uint_eq(slots_find(&slots, 1000 + PYT_SLOT_BUCKETS),
			  (uint32_t)b);
	slots_set_inode(&slots, (uint32_t)a, 2000);
	ck_assert_uint_eq(slots_find(&slots, 1000), PYT_SLOT_NONE);
	ck_assert_uint_eq(slots_find(&slots, 2000), (uint32_t)a);
	ck_assert_uint_eq(slots_find(&slots, 1000 + PYT_SLOT_BUCKETS),
			  (uint32_t)b);
	slots_put(&slots, (uint32_t)b);
	ck_assert_uint_eq(slots_find(&slots, 1000 + PYT_SLOT_BUCKETS),
			  PYT_SLOT_NONE);
	slots_destroy(&slots);
}
END_TEST

START_TEST(a_slot_that_is_used_again_has_another_generation)
{
	uint32_t before;
	int a;

	ck_assert_int_eq(slots_create(&slots, 7, 1), 0);
	a = slots_take(&slots, AF_INET, SOCK_STREAM, 0);
	before = slots_at(&slots, (uint32_t)a)->generation;
	slots_set_error(&slots, (uint32_t)a, ECONNRESET);
	slots_set_flags(&slots, (uint32_t)a, PYT_SLOT_CONNECTED, 0);
	slots_put(&slots, (uint32_t)a);
	ck_assert_int_eq(slots_take(&slots, AF_INET, SOCK_STREAM, 0), a);
	ck_assert_uint_ne(slots_at(&slots, (uint32_t)a)->generation, before);
	ck_assert_int_eq(slots_at(&slots, (uint32_t)a)->error, 0);
	ck_assert_uint_eq(slots_at(&slots, (uint32_t)a)->flags, 0);
	slots_destroy(&slots);
}
END_TEST

START_TEST(a_new_socket_wants_no_control_messages)
{
	int a;

	slots_create(&slots, 1, 1);
	a = slots_take(&slots, AF_INET, SOCK_DGRAM, 0);
	slots_at(&slots, (uint32_t)a)->ancillary = PYT_ANCILLARY_PKTINFO;
	slots_put(&slots, (uint32_t)a);
	ck_assert_int_eq(slots_take(&slots, AF_INET, SOCK_DGRAM, 0), a);
	ck_assert_uint_eq(slots_at(&slots, (uint32_t)a)->ancillary, 0);
	slots_destroy(&slots);
}
END_TEST

START_TEST(received_bytes_that_move_are_not_counted)
{
	struct pyt_socket_status status = { .receive_queued = 7,
					    .send_queued = 8 };
	struct pyt_slot *slot;
	int a;

	slots_create(&slots, 1, 1);
	a = slots_take(&slots, AF_INET, SOCK_STREAM, 0);
	slot = slots_at(&slots, (uint32_t)a);
	slots_set_status(&slots, (uint32_t)a, &status);
	ck_assert_uint_eq(slot->receive_queued, 7);
	slots_forget_received(&slots, (uint32_t)a);
	ck_assert_uint_eq(slot->receive_queued, 0);
	ck_assert_uint_eq(slot->send_queued, 8);
	ck_assert_uint_eq(slot->sequence % 2, 0);
	slots_destroy(&slots);
}
END_TEST

START_TEST(all_slots_can_be_taken_and_then_no_more)
{
	ck_assert_int_eq(slots_create(&slots, 7, 1), 0);
	for (unsigned i = 0; i < PYT_SLOTS; i++)
		ck_assert_int_ge(slots_take(&slots, AF_INET, SOCK_DGRAM, 0), 0);
	ck_assert_int_eq(slots_take(&slots, AF_INET, SOCK_DGRAM, 0), -ENFILE);
	slots_put(&slots, 17);
	ck_assert_int_eq(slots_take(&slots, AF_INET, SOCK_DGRAM, 0), 17);
	slots_destroy(&slots);
}
END_TEST

START_TEST(nobody_else_can_map_them_writable)
{
	void *map;

	ck_assert_int_eq(slots_create(&slots, 7, 1), 0);
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, slots.fd, 0);
	ck_assert_ptr_eq(map, MAP_FAILED);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, slots.fd, 0);
	ck_assert_ptr_ne(map, MAP_FAILED);
	ck_assert_uint_eq(((struct pyt_slot_table *)map)->token, 7);
	ck_assert_int_lt(mprotect(map, 4096, PROT_READ | PROT_WRITE), 0);
	munmap(map, 4096);
	slots_destroy(&slots);
}
END_TEST

START_TEST(the_sequence_is_even_between_writes)
{
	struct pyt_socket_status status = { .tcp_state = 1, .send_queued = 5 };
	int a;

	ck_assert_int_eq(slots_create(&slots, 7, 1), 0);
	a = slots_take(&slots, AF_INET, SOCK_STREAM, 0);
	slots_set_status(&slots, (uint32_t)a, &status);
	ck_assert_uint_eq(slots_at(&slots, (uint32_t)a)->sequence & 1, 0);
	ck_assert_uint_eq(slots_at(&slots, (uint32_t)a)->send_queued, 5);
	ck_assert_uint_eq(slots.table->changes & 1, 0);
	slots_destroy(&slots);
}
END_TEST

START_TEST(an_answer_is_counted_once_it_is_whole)
{
	struct pyt_reply reply = { .result = -EINPROGRESS,
				   .spare_slot = 9,
				   .spare_generation = 3 };
	const struct pyt_slot *slot;
	int a;

	ck_assert_int_eq(slots_create(&slots, 7, 1), 0);
	a = slots_take(&slots, AF_INET, SOCK_STREAM, 0);
	slot = slots_at(&slots, (uint32_t)a);
	ck_assert_uint_eq(slot->answers, 0);
	slots_answer(&slots, (uint32_t)a, 77, &reply);
	ck_assert_uint_eq(slot->answers, 1);
	ck_assert_int_eq(slot->answer, -EINPROGRESS);
	ck_assert_int_eq(slot->answer_to, 77);
	ck_assert_uint_eq(slot->spare_slot, 9);
	ck_assert_uint_eq(slot->spare_generation, 3);
	/* Whoever has the slot next goes on counting. */
	slots_put(&slots, (uint32_t)a);
	a = slots_take(&slots, AF_INET, SOCK_STREAM, 0);
	ck_assert_uint_eq(slots_at(&slots, (uint32_t)a)->answers, 1);
	slots_destroy(&slots);
}
END_TEST

UNIT_MAIN("slots", a_slot_is_found_by_its_inode_only,
	  a_slot_that_is_used_again_has_another_generation,
	  a_new_socket_wants_no_control_messages,
	  received_bytes_that_move_are_not_counted,
	  all_slots_can_be_taken_and_then_no_more,
	  nobody_else_can_map_them_writable,
	  the_sequence_is_even_between_writes,
	  an_answer_is_counted_once_it_is_whole)
