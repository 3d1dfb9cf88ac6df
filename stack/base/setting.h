/*
 * Settings that are an int with limits, found by name: tables of sysctls, and
 * trees of such tables behind Linux's dotted prefixes.
 */
#ifndef BASE_SETTING_H
#define BASE_SETTING_H

#include <stdbool.h>
#include <stddef.h>

struct setting {
	const char *name;
	size_t offset; /* of the int in what the table is about */
	int min, max;
};

/* The settings behind a prefix. */
struct setting_tree {
	const char *prefix;
	bool per_iface; /* "all.", "default." or an interface's follows */
	int place; /* in which of its room's structs they are */
	size_t stride; /* of an array of them by ifindex; 0: there is one */
	const struct setting *list;
	size_t count;
};

#define SETTING_NUMBERS_MAX 3

/*
 * So many decimal numbers, white space between and around them, each within
 * the limits. -EINVAL, -ERANGE: numbers are as they were.
 */
int setting_parse(const char *text, int count, int min, int max,
		  int numbers[SETTING_NUMBERS_MAX]);
/* With tabs between, as Linux shows them; length of the text. */
int setting_format(const int *numbers, int count, char *text, size_t text_len);

#define SETTING_LIST(list) (list), sizeof(list) / sizeof((list)[0])

/* What the caller knows of the trees' room. */
struct setting_room {
	const struct setting_tree *trees;
	size_t count;
	int last; /* ifindex */
	void *(*base)(void *context, int place); /* the first struct */
	/* behind "all.", "default." (*ifindex 0) or an interface's name and its
	 * dot; "": neither */
	const char *(*behind_iface)(void *context, const char *name,
				    int *ifindex);
	void *context;
};

/*
 * What is set for all, in the first struct of an array, is set in each.
 * 0, -ENOENT (no such name), -EINVAL, -ERANGE.
 */
int setting_set(const struct setting_room *room, const char *name,
		const char *value);
/* Length of the text, or -ENOENT. */
int setting_get(const struct setting_room *room, const char *name, char *value,
		size_t value_len);

#endif
