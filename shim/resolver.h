/*
 * Questions to name servers: UDP, and TCP for a truncated answer. RFC 1035,
 * 7766. By c-ares, whose sockets are the stack's.
 */
#ifndef SHIM_RESOLVER_H
#define SHIM_RESOLVER_H

#include <stddef.h>
#include <stdint.h>

#include "resolver_config.h"

/*
 * Where the sockets come from. Everything but their creation is the same for
 * both kinds, as both are descriptors of the kernel's.
 */
struct resolver_sockets {
	int (*stack_socket)(int family, int type, int protocol);
	int (*kernel_socket)(int family, int type, int protocol);
	/* Whether the user leaves this server to the kernel; may be NULL. */
	bool (*bypasses)(const struct pyt_sockaddr *server);
};

struct resolver_question {
	const char *name; /* absolute, the last dot optional */
	int class, type; /* ns_c_in, ns_t_a ... */
	const uint8_t *query; /* or a whole message, sent as it is */
	int query_len;
	/* What became of it: */
	int status; /* 0, or as h_errno: TRY_AGAIN ... */
	uint8_t *answer; /* malloc; may stand beside an error */
	int answer_len;
};

#define RESOLVER_QUESTIONS_MAX 2 /* of one call: A and AAAA */

/*
 * Asks all of them at once and waits. The status of each says the result.
 * Free the answers by resolver_clear().
 */
void resolver_ask(const struct resolver_config *config,
		  const struct resolver_sockets *sockets,
		  struct resolver_question *questions, size_t count);
void resolver_clear(struct resolver_question *questions, size_t count);

#endif
