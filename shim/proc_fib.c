/*
 * /proc/net/fib_trie, fib_triestat and rt6_stats: the routes of the stack in
 * the kernel's form. Its trie has nodes of many children where that pays; the
 * one shown here has two each.
 */
#include <stdio.h>
#include <string.h>

#include "proc_file.h"
#include "rtnl.h"

#define ENTRIES_MAX (SCRATCH_LEN / sizeof(struct fib_entry))
#define LEAF_SIZE 48u /* of the kernel's structures, as it says */
#define NODE_SIZE 40u
#define ALIAS_SIZE 56u

struct fib_entry {
	uint32_t key; /* host byte order */
	uint8_t len;
	const char *scope, *type;
};

struct fib {
	struct proc_text *text;
	struct fib_entry *entry; /* in the server's scratch */
	unsigned count;
	unsigned leaves, nodes, depth_sum, depth_max;
};

static uint32_t prefix_mask(unsigned len)
{
	return len ? 0xffffffffu << (32 - len) : 0;
}

/* ------------------------------------------------------------- gathering */

/* Sorted by key; of the same key the longest prefix first. */
static void add(struct fib *fib, uint32_t key, unsigned len, const char *scope,
		const char *type)
{
	unsigned at = fib->count;
	struct fib_entry entry = { key, (uint8_t)len, scope, type };

	if (fib->count == ENTRIES_MAX)
		return;
	while (at > 0 && (fib->entry[at - 1].key > key ||
			  (fib->entry[at - 1].key == key &&
			   fib->entry[at - 1].len < len)))
		at--;
	memmove(fib->entry + at + 1, fib->entry + at,
		(fib->count - at) * sizeof(entry));
	fib->entry[at] = entry;
	fib->count++;
}

static void add_address(struct fib *fib, const struct pyt_address_info *address,
			bool on_loopback)
{
	uint32_t ip = pyt_ip_to_v4(&address->ip);
	uint32_t mask = prefix_mask(address->prefix_len);

	add(fib, ip, 32, "host", "LOCAL");
	if (on_loopback && address->prefix_len < 32)
		add(fib, ip & mask, address->prefix_len, "host", "LOCAL");
	if (address->prefix_len < 31)
		add(fib, ip | ~mask, 32, "link", "BROADCAST");
}

static void add_addresses(struct fib *fib)
{
	const struct pyt_stack *stack = fib->text->server->stack;
	struct pyt_address_info address;
	struct pyt_iface_info iface;

	for (int i = 0; pyt_address_get(stack, i, &address) == 0; i++)
		if (pyt_ip_is_v4(&address.ip) &&
		    rtnl_find_link(stack, address.ifindex, "", &iface) == 0 &&
		    iface.is_up)
			add_address(fib, &address,
				    iface.config.medium == PYT_MEDIUM_LOOPBACK);
}

static void add_routes(struct fib *fib)
{
	const struct pyt_stack *stack = fib->text->server->stack;
	struct pyt_iface_info iface;
	struct pyt_route route;

	for (int i = 0; pyt_route_get(stack, i, &route) == 0; i++) {
		bool direct = pyt_ip_is_unspecified(&route.gateway);

		if (pyt_ip_is_v4(&route.prefix) &&
		    !rtnl_is_itself(stack, &route) &&
		    rtnl_find_link(stack, route.ifindex, "", &iface) == 0 &&
		    iface.is_up && iface.config.medium != PYT_MEDIUM_LOOPBACK)
			add(fib, pyt_ip_to_v4(&route.prefix), route.prefix_len,
			    direct ? "link" : "universe", "UNICAST");
	}
}

static struct fib gather(struct proc_text *text)
{
	struct fib fib = { .text = text,
			   .entry = (struct fib_entry *)text->server->scratch };

	add_addresses(&fib);
	add_routes(&fib);
	return fib;
}

/* -------------------------------------------------------------- the trie */

/* One leaf has all prefixes of a key. */
static unsigned leaf_end(const struct fib *fib, unsigned from)
{
	unsigned end = from + 1;

	while (end < fib->count && fib->entry[end].key == fib->entry[from].key)
		end++;
	return end;
}

static void put_ip(struct fib *fib, const char *mark, uint32_t key)
{
	proc_print(fib->text, "  %s %u.%u.%u.%u", mark, key >> 24,
		   key >> 16 & 255, key >> 8 & 255, key & 255);
}

static void put_leaf(struct fib *fib, unsigned from, unsigned end,
		     unsigned depth, bool silent)
{
	fib->leaves++;
	fib->depth_sum += depth;
	if (depth > fib->depth_max)
		fib->depth_max = depth;
	if (silent)
		return;
	proc_print(fib->text, "%*s", (int)depth * 3, "");
	put_ip(fib, "|--", fib->entry[from].key);
	proc_print(fib->text, "\n");
	for (unsigned i = from; i < end; i++)
		proc_print(fib->text, "%*s  /%u %s %s\n", (int)depth * 3 + 3,
			   "", fib->entry[i].len, fib->entry[i].scope,
			   fib->entry[i].type);
}

/* How many first bits are the same. */
static unsigned common_len(uint32_t first, uint32_t last)
{
	return (unsigned)__builtin_clz(first ^ last);
}

/* Where the bit behind the common ones becomes 1. */
static unsigned split(const struct fib *fib, unsigned from, unsigned end,
		      unsigned len)
{
	uint32_t bit = 0x80000000u >> len;

	while (from < end && !(fib->entry[from].key & bit))
		from++;
	return from;
}

static bool is_full(const struct fib *fib, unsigned from, unsigned end,
		    unsigned len)
{
	return fib->entry[from].key != fib->entry[end - 1].key &&
	       common_len(fib->entry[from].key, fib->entry[end - 1].key) ==
		       len + 1;
}

/* The depth is at most 32. */
static void put_tree(struct fib *fib, unsigned from, unsigned end,
		     unsigned depth, bool silent)
{
	uint32_t first, last;
	unsigned len, middle;

	if (from == end)
		return;
	first = fib->entry[from].key;
	last = fib->entry[end - 1].key;
	if (first == last) {
		put_leaf(fib, from, leaf_end(fib, from), depth, silent);
		return;
	}
	len = common_len(first, last);
	middle = split(fib, from, end, len);
	fib->nodes++;
	if (!silent) {
		proc_print(fib->text, "%*s", (int)depth * 3, "");
		put_ip(fib, "+--", first & prefix_mask(len));
		proc_print(fib->text, "/%u 1 %d 0\n", len,
			   is_full(fib, from, middle, len) +
				   is_full(fib, middle, end, len));
	}
	put_tree(fib, from, middle, depth + 1, silent);
	put_tree(fib, middle, end, depth + 1, silent);
}

/* Without rules of its own Linux has one trie for both tables. */
void proc_fib_trie(struct proc_text *text)
{
	struct fib fib = gather(text);

	proc_print(text, "Main:\n");
	put_tree(&fib, 0, fib.count, 0, false);
	proc_print(text, "Local:\n");
	put_tree(&fib, 0, fib.count, 0, false);
}

static void put_statistics(const struct fib *fib, const char *table)
{
	unsigned average = fib->leaves ? fib->depth_sum * 100 / fib->leaves : 0;
	unsigned bytes = fib->leaves * LEAF_SIZE + fib->count * ALIAS_SIZE +
			 fib->nodes * (NODE_SIZE + 2 * 8);

	proc_print(fib->text,
		   "%s:\n"
		   "\tAver depth:     %u.%02u\n"
		   "\tMax depth:      %u\n"
		   "\tLeaves:         %u\n"
		   "\tPrefixes:       %u\n"
		   "\tInternal nodes: %u\n"
		   "\t  1: %u\n"
		   "\tPointers: %u\n"
		   "Null ptrs: 0\n"
		   "Total size: %u  kB\n",
		   table, average / 100, average % 100, fib->depth_max,
		   fib->leaves, fib->count, fib->nodes, fib->nodes,
		   2 * fib->nodes, (bytes + 1023) / 1024);
}

void proc_fib_triestat(struct proc_text *text)
{
	struct fib fib = gather(text);

	put_tree(&fib, 0, fib.count, 0, true);
	proc_print(text,
		   "Basic info: size of leaf: %u bytes, size of tnode: %u "
		   "bytes.\n",
		   LEAF_SIZE, NODE_SIZE);
	put_statistics(&fib, "Main");
	put_statistics(&fib, "Local");
}

void proc_rt6_stats(struct proc_text *text)
{
	const struct pyt_stack *stack = text->server->stack;
	struct pyt_address_info address;
	struct pyt_route route;
	unsigned count = 0;

	for (int i = 0; pyt_route_get(stack, i, &route) == 0; i++)
		count += !pyt_ip_is_v4(&route.prefix);
	for (int i = 0; pyt_address_get(stack, i, &address) == 0; i++)
		count += !pyt_ip_is_v4(&address.ip);
	proc_print(text, "%04x %04x %04x %04x %04x %04x %04x\n", count, count,
		   count, count, 0, count, 0);
}
