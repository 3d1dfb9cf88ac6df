#include "unit.h"

#include <errno.h>
#include <signal.h>

#include "restart.h"

static void on_signal(int number)
{
}

static void handle(int number, int flags)
{
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = flags };

	ck_assert_int_eq(sigaction(number, &action, NULL), 0);
}

/* The test's own runner has some. */
static void forget_all(void)
{
	for (int number = 1; number < 32; number++)
		signal(number, SIG_DFL);
	signal(SIGRTMIN, SIG_DFL);
}

START_TEST(a_call_goes_on_if_all_handlers_say_so)
{
	ck_assert(restart_is_wanted());
	handle(SIGUSR1, SA_RESTART);
	ck_assert(restart_is_wanted());
	handle(SIGRTMIN, 0);
	ck_assert(!restart_is_wanted());
}
END_TEST

START_TEST(errno_stays_what_the_call_has_said)
{
	errno = EINTR;
	handle(SIGRTMIN, 0);
	ck_assert(!restart_is_wanted());
	ck_assert_int_eq(errno, EINTR);
	handle(SIGRTMIN, SA_RESTART);
	ck_assert(restart_is_wanted());
	ck_assert_int_eq(errno, EINTR);
}
END_TEST

UNIT_MAIN_WITH("restart", forget_all, NULL,
	       a_call_goes_on_if_all_handlers_say_so,
	       errno_stays_what_the_call_has_said)
