/* Which system calls stop for the supervisor: a seccomp filter, seccomp(2). */
#ifndef SECCOMP_FILTER_H
#define SECCOMP_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>

/*
 * A filter sees numbers, not what stands behind them. Sockets of messages
 * (UDP, raw, netlink), whose endpoints carry a header that a native read(2)
 * would show, get their descriptors in a range of their own: read(2) and its
 * like stop there, and nowhere else.
 */
struct filter_range {
	unsigned first, end;
};

/* Below the limit that this process hands on, RLIMIT_NOFILE. */
struct filter_range filter_range_of_limit(void);

#define FILTER_LEN_MAX 512

/* Its instructions; returns how many. */
unsigned short filter_build(struct sock_filter code[FILTER_LEN_MAX],
			    struct filter_range range);
/*
 * For this thread and all that it starts, for good. Returns the listener, or
 * -errno.
 */
int filter_install(struct filter_range range);

#endif
