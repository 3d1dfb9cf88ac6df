/* Names of links that several stacks want. */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rendezvous.h"
#include "unit.h"

/* Of this process alone. */
static char a[40], b[40], c[40];

static void set_up(void)
{
	snprintf(a, sizeof(a), "test:a%d", (int)getpid());
	snprintf(b, sizeof(b), "test:b%d", (int)getpid());
	snprintf(c, sizeof(c), "test:c%d", (int)getpid());
}

static void tear_down(void)
{
}

START_TEST(a_name_is_one_stacks)
{
	int fd = rendezvous_take(a);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(rendezvous_take(a), -EADDRINUSE);
	close(fd);
	fd = rendezvous_take(a);
	ck_assert_int_ge(fd, 0);
	close(fd);
}
END_TEST

START_TEST(who_is_refused_holds_nothing_whatever_its_order)
{
	const char *const orders[][3] = {
		{ a, b, c }, { a, c, b }, { b, a, c },
		{ b, c, a }, { c, a, b }, { c, b, a },
	};

	for (int i = 0; i < 6; i++) {
		int first = rendezvous_take(a);
		int fd[3], other, taken = -1;

		/* who has the first of all will get the others */
		ck_assert_int_eq(rendezvous_take_all(orders[i], 3, fd, &taken),
				 -EADDRINUSE);
		ck_assert_ptr_eq(orders[i][taken], a);
		other = rendezvous_take(b);
		ck_assert_int_ge(other, 0);
		ck_assert_int_eq(close(other), 0);
		close(first);

		/* and of a later one those before it are given back */
		other = rendezvous_take(c);
		ck_assert_int_eq(rendezvous_take_all(orders[i], 3, fd, &taken),
				 -EADDRINUSE);
		ck_assert_ptr_eq(orders[i][taken], c);
		close(other);
		ck_assert_int_eq(rendezvous_take_all(orders[i], 3, fd, &taken),
				 0);
		for (int k = 0; k < 3; k++)
			ck_assert_int_eq(close(fd[k]), 0);
	}
}
END_TEST

START_TEST(a_name_is_heard_when_its_stack_listens)
{
	int fd = rendezvous_take(a);

	ck_assert(!rendezvous_is_heard(a));
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert(rendezvous_is_heard(a));
	ck_assert(rendezvous_is_heard(a));
	ck_assert(rendezvous_is_heard(a)); /* its queue is full */
	close(fd);
	ck_assert(!rendezvous_is_heard(a));
}
END_TEST

START_TEST(a_long_name_is_refused)
{
	char name[200];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(rendezvous_take(name), -ENAMETOOLONG);
	ck_assert(!rendezvous_is_heard(name));
}
END_TEST

UNIT_MAIN_WITH("rendezvous", set_up, tear_down, a_name_is_one_stacks,
	       who_is_refused_holds_nothing_whatever_its_order,
	       a_name_is_heard_when_its_stack_listens, a_long_name_is_refused)
