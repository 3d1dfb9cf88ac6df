/* TCP_SAVE_SYN, TCP_SAVED_SYN: the headers of a SYN, for who accepted it. */
#ifndef TCP_TCP_SAVED_SYN_H
#define TCP_TCP_SAVED_SYN_H

#include "tcp/tcp_listener.h"

/* As the listener's option says; without memory nothing is saved. */
void tcp_saved_syn_keep(const struct tcp_listener *listener,
			struct tcp_half_open *half_open,
			const struct tcp_segment *syn);
/* From the record to the connection. */
void tcp_saved_syn_move(struct tcp_half_open *half_open,
			struct tcp_connection *tcp);
void tcp_saved_syn_free(struct engine *engine, struct tcp_saved_syn **saved);
bool tcp_saved_syn_is_option(int name);
int tcp_saved_syn_set(struct tcp_connection *tcp, int name, int number);
/* Length or -errno; what was saved is handed out once. */
int tcp_saved_syn_get(struct tcp_connection *tcp, int name, void *value,
		      uint32_t value_len);

#endif
