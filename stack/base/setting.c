/* Trees of named integers. */
#include "base/setting.h"

#include <errno.h>
#include <limits.h>
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

static int parse(const char *text, int *value)
{
	char *end;
	long parsed = strtol(text, &end, 10);

	if (end == text || end[strspn(end, " \t\n")] != '\0')
		return -EINVAL;
	if (parsed < INT_MIN || parsed > INT_MAX)
		return -ERANGE;
	*value = (int)parsed;
	return 0;
}

int setting_set(const struct setting_room *room, const char *name,
		const char *value)
{
	struct place place = find(room, name);
	int parsed = 0, error;

	if (!place.at)
		return -ENOENT;
	error = parse(value, &parsed);
	if (error)
		return error;
	if (parsed < place.setting->min || parsed > place.setting->max)
		return -ERANGE;
	memcpy(place.at, &parsed, sizeof(parsed));
	for (int i = 1; place.of_all && i <= room->last; i++)
		memcpy(place.at + (size_t)i * place.tree->stride, &parsed,
		       sizeof(parsed));
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
	return snprintf(value, value_len, "%d", number);
}
