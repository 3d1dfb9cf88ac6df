#include "unit.h"

#include <errno.h>

#include "base/setting.h"

struct place {
	int first, second;
};

static const struct setting list[] = {
	{ "first", offsetof(struct place, first), -1, 10 },
	{ "second", offsetof(struct place, second), 0, 1 },
};

START_TEST(a_setting_is_found_by_its_name_and_kept_within_its_limits)
{
	struct place place = { 5, 1 };
	char text[16];

	ck_assert_int_eq(
		setting_set(SETTING_TABLE(list), &place, "first", "-1\n"), 0);
	ck_assert_int_eq(place.first, -1);
	ck_assert_int_eq(
		setting_set(SETTING_TABLE(list), &place, "first", "11"),
		-ERANGE);
	ck_assert_int_eq(setting_set(SETTING_TABLE(list), &place, "first",
				     "99999999999999999999"),
			 -ERANGE);
	ck_assert_int_eq(setting_set(SETTING_TABLE(list), &place, "first", ""),
			 -EINVAL);
	ck_assert_int_eq(
		setting_set(SETTING_TABLE(list), &place, "first", "1x"),
		-EINVAL);
	ck_assert_int_eq(setting_set(SETTING_TABLE(list), &place, "third", "1"),
			 -ENOENT);
	ck_assert_int_eq(setting_get(SETTING_TABLE(list), &place, "first", text,
				     sizeof(text)),
			 2);
	ck_assert_str_eq(text, "-1");
	ck_assert_int_eq(place.second, 1);
}
END_TEST

UNIT_MAIN("setting", a_setting_is_found_by_its_name_and_kept_within_its_limits)
