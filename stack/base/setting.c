/* Tables of named integers. */
#include "base/setting.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct setting *find(struct setting_table table, const char *name)
{
	const struct setting *list = table.list;

	for (size_t i = 0; i < table.count; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	return NULL;
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

int setting_set(struct setting_table table, void *base, const char *name,
		const char *value)
{
	const struct setting *setting = find(table, name);
	int parsed, error;

	if (!setting)
		return -ENOENT;
	error = parse(value, &parsed);
	if (error)
		return error;
	if (parsed < setting->min || parsed > setting->max)
		return -ERANGE;
	memcpy((uint8_t *)base + setting->offset, &parsed, sizeof(parsed));
	return 0;
}

int setting_set_of(struct setting_table table, void *first, size_t len, int one,
		   int last, const char *name, const char *value)
{
	uint8_t *at = first;
	int result = setting_set(table, at + (size_t)one * len, name, value);

	for (int i = 1; one == 0 && i <= last && result == 0; i++)
		result = setting_set(table, at + (size_t)i * len, name, value);
	return result;
}

int setting_get(struct setting_table table, const void *base, const char *name,
		char *value, size_t value_len)
{
	const struct setting *setting = find(table, name);
	int number;

	if (!setting)
		return -ENOENT;
	memcpy(&number, (const uint8_t *)base + setting->offset,
	       sizeof(number));
	return snprintf(value, value_len, "%d", number);
}
