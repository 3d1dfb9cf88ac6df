/*
 * The filters that ss(8) sends along with a dump: INET_DIAG_REQ_BYTECODE, a
 * small program of comparisons and jumps forward.
 */
#ifndef SHIM_DIAG_FILTER_H
#define SHIM_DIAG_FILTER_H

#include <linux/inet_diag.h>

#include "netlink.h"

/* Jumps stay within the program and go forward, conditions are whole. */
bool diag_filter_is_valid(const struct nl_value *program);
/* Only for valid ones. */
bool diag_filter_passes(const struct nl_value *program,
			const struct inet_diag_msg *socket, uint32_t mark);

#endif
