/*
 * What orders the addresses of a name besides the network itself: precedence,
 * label and the scopes of IPv4. RFC 6724, 2.1 and 3.2; gai.conf(5).
 */
#ifndef SHIM_POLICY_H
#define SHIM_POLICY_H

#include <stddef.h>

#include <pyt/addr.h>

#define POLICY_ROWS_MAX 64 /* of one kind; more are passed over */

struct policy_row {
	struct pyt_ip prefix;
	unsigned prefix_len; /* bits of the 128 */
	int value;
};

struct policy_table {
	struct policy_row row[POLICY_ROWS_MAX]; /* longest prefix first */
	size_t count;
};

struct policy {
	struct policy_table precedence, label, scope4;
};

/* RFC 6724's tables; each kind that the file has lines of replaces its own. */
void policy_read(struct policy *policy, const char *path);
/* The value of the longest prefix; 0: none. */
int policy_value(const struct policy_table *table, const struct pyt_ip *ip);

#endif
