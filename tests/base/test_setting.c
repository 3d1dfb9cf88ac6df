#include "unit.h"

#include <errno.h>
#include <stddef.h>

#include "base/setting.h"

struct place {
	int first, second;
};

static const struct setting list[] = {
	{ "first", offsetof(struct place, first), -1, 10 },
	{ "second", offsetof(struct place, second), 0, 1 },
};

static const struct setting_tree trees[] = {
	{ "a.", false, 0, 0, SETTING_LIST(list) },
	{ "b.", true, 1, sizeof(struct place), SETTING_LIST(list) },
};

static struct place places[4]; /* a, and b of all and two interfaces */

static void *base_of(void *context, int place)
{
	ck_assert_ptr_eq(context, places);
	return &places[place];
}

static const char *behind_iface(void *context, const char *name, int *ifindex)
{
	(void)context;
	*ifindex = strncmp(name, "lo.", 3) == 0;
	return strncmp(name, "lo.", 3) == 0    ? name + 3
	       : strncmp(name, "all.", 4) == 0 ? name + 4
					       : "";
}

static const struct setting_room room = {
	.trees = trees,
	.count = 2,
	.last = 2,
	.base = base_of,
	.behind_iface = behind_iface,
	.context = places,
};

START_TEST(a_setting_is_found_by_its_name_and_kept_within_its_limits)
{
	char text[16];

	places[0] = (struct place){ 5, 1 };
	ck_assert_int_eq(setting_set(&room, "a.first", "-1\n"), 0);
	ck_assert_int_eq(places[0].first, -1);
	ck_assert_int_eq(setting_set(&room, "a.first", "11"), -ERANGE);
	ck_assert_int_eq(setting_set(&room, "a.first", "99999999999999999999"),
			 -ERANGE);
	ck_assert_int_eq(setting_set(&room, "a.first", ""), -EINVAL);
	ck_assert_int_eq(setting_set(&room, "a.first", "1x"), -EINVAL);
	ck_assert_int_eq(setting_set(&room, "a.third", "1"), -ENOENT);
	ck_assert_int_eq(setting_set(&room, "first", "1"), -ENOENT);
	ck_assert_int_eq(setting_get(&room, "a.first", text, sizeof(text)), 2);
	ck_assert_str_eq(text, "-1");
	ck_assert_int_eq(places[0].second, 1);
}
END_TEST

START_TEST(an_interface_stands_where_the_tree_says_so)
{
	char text[16];

	for (int i = 0; i < 4; i++)
		places[i] = (struct place){ 5, 1 };
	ck_assert_int_eq(setting_set(&room, "b.all.first", "7"), 0);
	ck_assert_int_eq(places[0].first, 5);
	for (int i = 1; i < 4; i++)
		ck_assert_int_eq(places[i].first, 7);
	ck_assert_int_eq(setting_set(&room, "b.lo.first", "8"), 0);
	ck_assert_int_eq(places[1].first, 7);
	ck_assert_int_eq(places[2].first, 8);
	ck_assert_int_eq(places[3].first, 7);
	ck_assert_int_eq(setting_get(&room, "b.lo.first", text, sizeof(text)),
			 1);
	ck_assert_str_eq(text, "8");
	ck_assert_int_eq(setting_set(&room, "b.first", "7"), -ENOENT);
	ck_assert_int_eq(setting_set(&room, "a.lo.first", "7"), -ENOENT);
	ck_assert_int_eq(setting_set(&room, "b.eth9.first", "7"), -ENOENT);
}
END_TEST

START_TEST(a_list_of_numbers_is_taken_whole_or_not_at_all)
{
	int three[SETTING_NUMBERS_MAX] = { 7, 8, 9 };
	char text[16];

	ck_assert_int_eq(setting_parse("1 2", 3, 0, 9, three), -EINVAL);
	ck_assert_int_eq(setting_parse("1 2 3 4", 3, 0, 9, three), -EINVAL);
	ck_assert_int_eq(setting_parse("1 2 x", 3, 0, 9, three), -EINVAL);
	ck_assert_int_eq(setting_parse("1 2 10", 3, 0, 9, three), -ERANGE);
	ck_assert_int_eq(setting_parse("-1 2 3", 3, 0, 9, three), -ERANGE);
	ck_assert_int_eq(setting_format(three, 3, text, sizeof(text)), 5);
	ck_assert_str_eq(text, "7\t8\t9");
	ck_assert_int_eq(setting_parse(" 0\t2 9\n", 3, 0, 9, three), 0);
	ck_assert_int_eq(setting_format(three, 3, text, 4), 5); /* cut */
	ck_assert_str_eq(text, "0\t2");
}
END_TEST

UNIT_MAIN("setting", a_list_of_numbers_is_taken_whole_or_not_at_all,
	  a_setting_is_found_by_its_name_and_kept_within_its_limits,
	  an_interface_stands_where_the_tree_says_so)
