/*
 * Settings that are an int with limits, found by name: tables of sysctls.
 */
#ifndef BASE_SETTING_H
#define BASE_SETTING_H

#include <stddef.h>

struct setting {
	const char *name;
	size_t offset; /* of the int in what the table is about */
	int min, max;
};

struct setting_table {
	const struct setting *list;
	size_t count;
};

#define SETTING_TABLE(list)                              \
	(struct setting_table)                           \
	{                                                \
		(list), sizeof(list) / sizeof((list)[0]) \
	}

/* 0, -ENOENT (name is not in the table), -EINVAL, -ERANGE. */
int setting_set(struct setting_table table, void *base, const char *name,
		const char *value);
/*
 * The same of one of 0 to last, each of len bytes at first; of the first, which
 * stands for all, it is set in all.
 */
int setting_set_of(struct setting_table table, void *first, size_t len, int one,
		   int last, const char *name, const char *value);
/* Length of the text, or -ENOENT. */
int setting_get(struct setting_table table, const void *base, const char *name,
		char *value, size_t value_len);

#endif
