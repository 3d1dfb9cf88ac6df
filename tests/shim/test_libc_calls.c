#include "unit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "libc_real.h"

static const char *const names[] = {
#define LIBC_CALL(type, name, parameters, arguments, number) #name,
#include "libc_calls.h"
};

#define NAMES (sizeof(names) / sizeof(*names))

START_TEST(no_call_stands_twice_in_the_list)
{
	for (size_t i = 0; i < NAMES; i++) {
		for (size_t k = i + 1; k < NAMES; k++)
			ck_assert_str_ne(names[i], names[k]);
	}
}
END_TEST

START_TEST(a_call_before_the_start_works)
{
	int ends[2];
	char byte = 'x';

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(libc_real.write(ends[1], &byte, 1), 1);
	byte = 0;
	ck_assert_int_eq(libc_real.read(ends[0], &byte, 1), 1);
	ck_assert_int_eq(byte, 'x');
	ck_assert_int_eq(libc_real.close(ends[0]), 0);
	ck_assert_int_eq(libc_real.close(ends[1]), 0);
}
END_TEST

START_TEST(a_raw_call_gives_the_error_and_leaves_errno)
{
	errno = 0;
	ck_assert_int_eq(libc_raw(SYS_close, -1), -EBADF);
	ck_assert_int_eq(errno, 0);
	ck_assert_int_eq(libc_result(-EBADF), -1);
	ck_assert_int_eq(errno, EBADF);
	errno = 0;
	ck_assert_int_eq(libc_result(7), 7);
	ck_assert_int_eq(errno, 0);
}
END_TEST

UNIT_MAIN("libc_calls", no_call_stands_twice_in_the_list,
	  a_call_before_the_start_works,
	  a_raw_call_gives_the_error_and_leaves_errno)
