/*
 * The labels of the policy table: RFC 6724, 2.1, with Linux's numbers, which
 * mean nothing but whether two are equal. ip-addrlabel(8) changes them.
 */
#include <errno.h>

#include "ip/ip_internal.h"

/* The longest prefixes first. */
static const struct pyt_label defaults[] = {
	{ { { [15] = 1 } }, 128, 0, 0 },
	{ { { 0 } }, 96, 0, 3 },
	{ { { [10] = 0xff, [11] = 0xff } }, 96, 0, 4 },
	{ { { 0x20, 0x01 } }, 32, 0, 6 },
	{ { { 0x20, 0x01, 0x00, 0x10 } }, 28, 0, 7 }, /* RFC 4843 */
	{ { { 0x3f, 0xfe } }, 16, 0, 12 },
	{ { { 0x20, 0x02 } }, 16, 0, 2 },
	{ { { 0xfe, 0xc0 } }, 10, 0, 11 },
	{ { { 0xfc } }, 7, 0, 5 },
	{ { { 0 } }, 0, 0, 1 },
};

#define NO_LABEL UINT32_MAX

void label_init(struct ip *ip)
{
	ip->label_count = sizeof(defaults) / sizeof(*defaults);
	for (int i = 0; i < ip->label_count; i++)
		ip->label[i] = defaults[i];
}

static const struct pyt_label *find(const struct ip *ip,
				    const struct pyt_ip *address, int ifindex)
{
	for (int i = 0; i < ip->label_count; i++) {
		const struct pyt_label *label = &ip->label[i];

		if ((!label->ifindex || label->ifindex == ifindex) &&
		    pyt_ip_common_prefix_len(address, &label->prefix) >=
			    label->prefix_len)
			return label;
	}
	return NULL;
}

uint32_t label_number(const struct ip *ip, const struct pyt_ip *address,
		      int ifindex)
{
	const struct pyt_label *label = find(ip, address, ifindex);

	return label ? label->label : NO_LABEL;
}

int ip_label_get(const struct ip *ip, int ordinal, struct pyt_label *label)
{
	if (ordinal < 0 || ordinal >= ip->label_count)
		return -ENOENT;
	*label = ip->label[ordinal];
	return 0;
}

int ip_label_find(const struct ip *ip, const struct pyt_ip *address,
		  int ifindex, struct pyt_label *label)
{
	const struct pyt_label *found = find(ip, address, ifindex);

	if (!found)
		return -ENOENT;
	*label = *found;
	return 0;
}

/* The place of this prefix and interface; -1: none. */
static int place_of(const struct ip *ip, const struct pyt_label *label)
{
	for (int i = 0; i < ip->label_count; i++)
		if (ip->label[i].prefix_len == label->prefix_len &&
		    ip->label[i].ifindex == label->ifindex &&
		    pyt_ip_equal(&ip->label[i].prefix, &label->prefix))
			return i;
	return -1;
}

/* As Linux: in front of those that are shorter, or for any interface. */
static bool goes_before(const struct pyt_label *new,
			const struct pyt_label *old)
{
	return old->prefix_len < new->prefix_len ||
	       (old->prefix_len == new->prefix_len && !old->ifindex);
}

/* What is behind the prefix does not count, and is not kept. */
static struct pyt_label cut(const struct pyt_label *label)
{
	struct pyt_label whole = *label;

	for (unsigned i = label->prefix_len; i < 128; i++)
		whole.prefix.bytes[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return whole;
}

int ip_label_add(struct ip *ip, const struct pyt_label *label, bool replaces)
{
	struct pyt_label new;
	int place;

	if (label->prefix_len > 128 || label->label == NO_LABEL ||
	    (label->ifindex && !ip_iface(ip, label->ifindex)))
		return -EINVAL;
	new = cut(label);
	place = place_of(ip, &new);
	if (place >= 0 && !replaces)
		return -EEXIST;
	ip->route_changes++;
	if (place >= 0) {
		ip->label[place].label = new.label;
		return 0;
	}
	if (ip->label_count == PYT_LABELS_MAX)
		return -ENOSPC;
	for (place = ip->label_count++;
	     place > 0 && goes_before(&new, &ip->label[place - 1]); place--)
		ip->label[place] = ip->label[place - 1];
	ip->label[place] = new;
	return 0;
}

int ip_label_remove(struct ip *ip, const struct pyt_label *label)
{
	struct pyt_label old;
	int place;

	if (label->prefix_len > 128)
		return -EINVAL;
	old = cut(label);
	place = place_of(ip, &old);
	if (place < 0)
		return -ENOENT;
	ip->route_changes++;
	for (ip->label_count--; place < ip->label_count; place++)
		ip->label[place] = ip->label[place + 1];
	return 0;
}
