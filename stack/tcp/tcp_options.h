/* setsockopt(2) and getsockopt(2), shared by the rooms that know options. */
#ifndef TCP_TCP_OPTIONS_H
#define TCP_TCP_OPTIONS_H

#include "tcp/tcp_connection.h"

/* Level SOL_SOCKET. As tcp_set_option() and tcp_get_option(). */
int tcp_options_set_socket(struct tcp_connection *tcp, int name,
			   const void *value, uint32_t value_len,
			   int64_t now_us);
int tcp_options_get_socket(const struct tcp_connection *tcp, int name,
			   void *value, uint32_t value_len);

/* Those of tcp(7) that TCP itself does not look at. */
int tcp_options_set_other(struct tcp_connection *tcp, int name, int number,
			  uint32_t value_len);
int tcp_options_get_other(const struct tcp_connection *tcp, int name,
			  void *value, uint32_t value_len, int64_t now_us);

/* Cut to the room that there is, as Linux does. Length. */
int tcp_options_give(void *to, uint32_t room, const void *from, size_t len);
int tcp_options_give_int(void *to, uint32_t room, int number);

#endif
