/* What every unit test uses: a suite of claims and an exit code. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>

#define MS 1000ll
#define SEC 1000000ll

/* main() of a test program: UNIT_MAIN("room", test_a, test_b) */
#define UNIT_MAIN(name, ...) UNIT_MAIN_WITH(name, NULL, NULL, __VA_ARGS__)

/* The same; set_up and tear_down are called around each test, in its process */
#define UNIT_MAIN_WITH(name, set_up, tear_down, ...)                        \
	int main(void)                                                      \
	{                                                                   \
		const TTest *tests[] = { __VA_ARGS__ };                     \
		Suite *suite = suite_create(name);                          \
		TCase *claims = tcase_create(name);                         \
		SRunner *runner;                                            \
		int failed;                                                 \
                                                                            \
		tcase_set_timeout(claims, 120);                             \
		tcase_add_checked_fixture(claims, set_up, tear_down);       \
		for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) \
			tcase_add_test(claims, tests[i]);                   \
		suite_add_tcase(suite, claims);                             \
		runner = srunner_create(suite);                             \
		srunner_run_all(runner, CK_NORMAL);                         \
		failed = srunner_ntests_failed(runner);                     \
		srunner_free(runner);                                       \
		return failed ? EXIT_FAILURE : EXIT_SUCCESS;                \
	}

#endif
