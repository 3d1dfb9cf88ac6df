/* Trees of named integers. */
#include "base/setting.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
	const struct setting *setting;
	const struct setting_tree *tree;
	uint8_t *at; /* NULL: no such name */
	bool of_all;
};

static const struct setting *find_in(const struct setting_room *room,
				     const struct setting_tree *tree,
				     const char *name, int *ifindex)
{
	size_t len = strlen(tree->prefix);

	*ifindex = 0;
	if (strncmp(name, tree->prefix, len) != 0)
		return NULL;
	name += len;
	if (tree->per_iface)
		name = room->behind_iface(room->context, name, ifindex);
	for (size_t i = 0; i < tree->count; i++)
		if (strcmp(tree->list[i].name, name) == 0)
			return &tree->list[i];
	return NULL;
}

static struct place find(const struct setting_room *room, const char *name)
{
	for (size_t i = 0; i < room->count; i++) {
		const struct setting_tree *tree = &room->trees[i];
		struct place place = { .tree = tree };
		int ifindex;

		place.setting = find_in(room, tree, name, &ifindex);
		if (!place.setting)
			continue;
		place.at = room->base(room->context, tree->place);
		place.at +=
			place.setting->offset + (size_t)ifindex * tree->stride;
		place.of_all = tree->stride && ifindex == 0;
		return place;
	}
	return (struct place){ 0 };
}

int setting_parse(const char *text, int count, int min, int max,
		  int numbers[SETTING_NUMBERS_MAX])
{
	int parsed[SETTING_NUMBERS_MAX];
	bool are_within = true;

	for (int i = 0; i < count; i++) {
		char *end;
		long number = strtol(text, &end, 10);

		if (end == text)
			return -EINVAL;
		are_within = are_within && number >= min && number <= max;
		parsed[i] = (int)number;
		text = end;
	}
	if (text[strspn(text, " \t\n")] != '\0')
		return -EINVAL;
	if (!are_within)
		return -ERANGE;
	memcpy(numbers, parsed, (size_t)count * sizeof(*numbers));
	return 0;
}

int setting_format(const int *numbers, int count, char *text, size_t text_len)
{
	size_t len = 0;

	for (int i = 0; i < count; i++)
		len += (size_t)snprintf(len < text_len ? text + len : NULL,
					len < text_len ? text_len - len : 0,
					"%s%d", i ? "\t" : "", numbers[i]);
	return (int)len;
}

int setting_set(const struct setting_room *room, const char *name,
		const char *value)
{
	struct place place = find(room, name);
	int parsed[SETTING_NUMBERS_MAX], error;

	if (!place.at)
		return -ENOENT;
	error = setting_parse(value, 1, place.setting->min, place.setting->max,
			      parsed);
	if (error)
		return error;
	memcpy(place.at, parsed, sizeof(*parsed));
	for (int i = 1; place.of_all && i <= room->last; i++)
		memcpy(place.at + (size_t)i * place.tree->stride, parsed,
		       sizeof(*parsed));
	return 0;
}

int setting_get(const struct setting_room *room, const char *name, char *value,
		size_t value_len)
{
	struct place place = find(room, name);
	int number;

	if (!place.at)
		return -ENOENT;
	memcpy(&number, place.at, sizeof(number));
	return setting_format(&number, 1, value, value_len);
}
