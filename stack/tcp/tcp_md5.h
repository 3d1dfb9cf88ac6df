/* TCP-MD5: keys for peers, and whether a segment is genuine. RFC 2385. */
#ifndef TCP_TCP_MD5_H
#define TCP_TCP_MD5_H

#include "tcp/tcp_auth_keys.h"

enum counter tcp_md5_verify(struct tcp_auth *auth,
			    const struct tcp_segment *segment);
/* TCP_MD5SIG, TCP_MD5SIG_EXT, as Linux; -ENOPROTOOPT: another option. */
int tcp_md5_set_option(struct tcp_connection *tcp, int name, const void *value,
		       uint32_t value_len);

#endif
