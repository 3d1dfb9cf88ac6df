/* /proc/sys/net: files and directories. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proc_file.h"
#include "proc_names.h"

#define NAME_MAX_LEN 128
#define VALUE_MAX_LEN 400

/* ---------------------------------------------------------------- settings */

/* "ipv4/conf/all/x" -> "net.ipv4.conf.all.x"; interfaces may have dots. */
static bool name_of(const char *rest, char name[NAME_MAX_LEN])
{
	int len = snprintf(name, NAME_MAX_LEN, "net.%s", rest);

	if (len >= NAME_MAX_LEN)
		return false;
	for (char *at = name; *at; at++)
		if (*at == '/')
			*at = '.';
	return true;
}

int proc_setting(struct proc_text *text, const char *rest)
{
	const struct pyt_stack *stack = text->server->stack;
	char name[NAME_MAX_LEN], value[VALUE_MAX_LEN];

	if (!name_of(rest, name) ||
	    pyt_sysctl_get(stack, name, value, sizeof(value)) < 0)
		return -ENOENT;
	proc_print(text, "%s\n", value);
	return 0;
}

/* A directory's next entry in the order of names, as Linux has them. */
struct search {
	const char *prefix; /* "net.ipv4." */
	size_t prefix_len;
	char last[NAME_MAX_LEN]; /* the one before it; "" at first */
	char next[NAME_MAX_LEN]; /* "": none yet */
	bool is_directory;
};

static bool compare(void *context, const char *name)
{
	struct search *s = context;
	char entry[NAME_MAX_LEN];
	size_t len;

	if (strncmp(name, s->prefix, s->prefix_len) != 0)
		return true;
	name += s->prefix_len;
	len = strcspn(name, ".");
	snprintf(entry, sizeof(entry), "%.*s", (int)len, name);
	if (strcmp(entry, s->last) <= 0 ||
	    (s->next[0] && strcmp(entry, s->next) >= 0))
		return true;
	memcpy(s->next, entry, sizeof(entry));
	s->is_directory = name[len];
	return true;
}

/* False: that was the last. */
static bool find_next(struct search *s, const struct pyt_stack *stack)
{
	memcpy(s->last, s->next, sizeof(s->last));
	s->next[0] = '\0';
	pyt_sysctls_visit(stack, compare, s);
	return s->next[0];
}

int proc_settings_list(struct server *server, const char *rest, int from,
		       char *names, size_t room, uint32_t *len)
{
	struct proc_names g = { .names = names, .room = room, .from = from };
	char prefix[NAME_MAX_LEN];
	struct search s = { .prefix = prefix };

	if (!name_of(rest, prefix))
		return -ENOENT;
	s.prefix_len = strlen(prefix);
	if (prefix[s.prefix_len - 1] != '.' &&
	    s.prefix_len + 1 < sizeof(prefix)) {
		prefix[s.prefix_len++] = '.';
		prefix[s.prefix_len] = '\0';
	}
	while (!g.full && find_next(&s, server->stack)) {
		g.found = true;
		proc_names_put(&g, s.is_directory ? 'd' : 'f', s.next,
			       strlen(s.next));
	}
	*len = (uint32_t)g.len;
	if (!g.found)
		return -ENOENT;
	return g.full ? g.count : 0;
}
