/* The sysctls that name congestion controls. */
#ifndef TCP_TCP_CC_SYSCTL_H
#define TCP_TCP_CC_SYSCTL_H

#include "tcp/tcp_context.h"

/* As tcp_sysctl_set() and tcp_sysctl_get(); -ENOENT: none of them. */
int tcp_cc_sysctl_set(struct tcp_context *context, const char *name,
		      const char *value);
int tcp_cc_sysctl_get(const struct tcp_context *context, const char *name,
		      char *value, size_t value_len);

#endif
