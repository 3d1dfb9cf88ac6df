/* The names of all settings: what the rooms have in their tables. */
#include "stack.h"

#include <pyt/view.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_LEN 96

struct walk {
	const struct pyt_stack *stack;
	bool (*visit)(void *context, const char *name);
	void *context;
};

static bool show_of_iface(const struct walk *walk, const char *prefix,
			  const char *iface, const char *name)
{
	char whole[NAME_MAX_LEN];

	snprintf(whole, sizeof(whole), "%s%s.%s", prefix, iface, name);
	return walk->visit(walk->context, whole);
}

/* As on Linux: neighbours have no "all", and their thresholds and collection
 * are the whole table's. */
static bool show_of_ifaces(const struct walk *walk, const char *prefix,
			   const char *name)
{
	bool conf = strstr(prefix, "conf.");
	struct pyt_iface_info info;

	if ((conf && !show_of_iface(walk, prefix, "all", name)) ||
	    !show_of_iface(walk, prefix, "default", name))
		return false;
	if (strncmp(name, "gc_t", 4) == 0 || strncmp(name, "gc_i", 4) == 0)
		return true;
	for (int i = 0; pyt_iface_get(walk->stack, i, &info) == 0; i++)
		if (!show_of_iface(walk, prefix, info.config.name, name))
			return false;
	return true;
}

/* Two rooms may know one name, and keep one value each. */
static bool is_of_sockets(const struct walk *walk, const char *name)
{
	char value[2];

	return socket_sysctl_get(&walk->stack->sockets, name, value,
				 sizeof(value)) >= 0;
}

static bool show_tree(const struct walk *walk, const struct setting_tree *tree)
{
	char whole[NAME_MAX_LEN];

	for (size_t i = 0; i < tree->count; i++) {
		const char *name = tree->list[i].name;
		bool goes_on = true;

		snprintf(whole, sizeof(whole), "%s%s", tree->prefix, name);
		if (tree->per_iface)
			goes_on = show_of_ifaces(walk, tree->prefix, name);
		else if (!is_of_sockets(walk, whole))
			goes_on = walk->visit(walk->context, whole);
		if (!goes_on)
			return false;
	}
	return true;
}

static bool show_trees(const struct walk *walk, const struct setting_tree *tree,
		       size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!show_tree(walk, &tree[i]))
			return false;
	return true;
}

static bool show_plain(const struct walk *walk)
{
	const char *name;

	for (size_t i = 0; (name = socket_sysctl_name(i)) != NULL; i++)
		if (!walk->visit(walk->context, name))
			return false;
	for (size_t i = 0; (name = tcp_sysctl_name(i)) != NULL; i++)
		if (!is_of_sockets(walk, name) &&
		    !walk->visit(walk->context, name))
			return false;
	return true;
}

void pyt_sysctls_visit(const struct pyt_stack *stack,
		       bool (*visit)(void *context, const char *name),
		       void *context)
{
	struct walk walk = { stack, visit, context };
	size_t ip_count, autoconf_count;
	const struct setting_tree *of_ip = ip_setting_trees(&ip_count);
	const struct setting_tree *of_autoconf =
		autoconf_setting_trees(&autoconf_count);

	if (show_plain(&walk) && show_trees(&walk, of_ip, ip_count))
		show_trees(&walk, of_autoconf, autoconf_count);
}
