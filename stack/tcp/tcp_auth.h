/*
 * Signed segments: what the other rooms ask. A connection without keys has
 * tcp->auth NULL. Keys of a listener's prototype are those of its children.
 */
#ifndef TCP_TCP_AUTH_H
#define TCP_TCP_AUTH_H

#include "tcp/tcp_connection.h"

struct tcp_auth;
struct tcp_half_open;

void tcp_auth_clear(struct tcp_connection *tcp);
/* The options of old with all its keys. False: no memory. */
bool tcp_auth_copy(struct tcp_connection *tcp,
		   const struct tcp_connection *old);
/* Addresses are known, nothing is sent yet: which keys count. */
void tcp_auth_on_connect(struct tcp_connection *tcp);
/* The keys of the listener that are for this child's peer, after
 * tcp_open_agree(). False: no memory. */
bool tcp_auth_inherit(struct tcp_connection *child,
		      const struct tcp_connection *prototype,
		      const struct tcp_half_open *half_open);

/* Bytes of its option, padding included; 0: what is sent is not signed. */
uint32_t tcp_auth_option_len(const struct tcp_connection *tcp);
/* What stands in the header of a segment of this connection. */
void tcp_auth_describe(const struct tcp_connection *tcp,
		       struct tcp_header *header);
/* The segment is complete: its MAC is put in. */
void tcp_auth_sign(struct tcp_connection *tcp, struct tcp_output *output);
/* COUNTER_NONE, or why the segment is dropped. */
enum counter tcp_auth_verify(struct tcp_connection *tcp,
			     const struct tcp_segment *segment);
/* RFC 5925, 7.8: whether an ICMP error is to be ignored; counted. */
bool tcp_auth_ignores_icmp(struct tcp_connection *tcp);

/* For listeners. half_open: NULL if there is none yet. */
enum counter tcp_auth_verify_half_open(struct tcp_connection *prototype,
				       const struct tcp_half_open *half_open,
				       const struct tcp_segment *segment);
void tcp_auth_describe_syn_ack(const struct tcp_connection *prototype,
			       const struct tcp_half_open *half_open,
			       struct tcp_header *header);
void tcp_auth_sign_syn_ack(const struct tcp_connection *prototype,
			   const struct tcp_half_open *half_open,
			   struct tcp_output *output);
/* A reset that tcp_reset_for() made. False: it must not be sent. */
bool tcp_auth_sign_reset(const struct tcp_connection *prototype,
			 struct tcp_output *output);
/* Remembers how the peer signs: from its SYN, or from the ACK of a cookie. */
void tcp_auth_note(struct tcp_half_open *half_open,
		   const struct tcp_header *header);
/* Whether the SYN-ACK has no room for timestamps beside SACK: as Linux. */
bool tcp_auth_is_for(const struct tcp_connection *prototype,
		     const struct pyt_ip *peer);

/* TCP_MD5SIG, TCP_MD5SIG_EXT, TCP_AO_*; -ENOPROTOOPT: another option. */
int tcp_auth_set_option(struct tcp_connection *tcp, int name, const void *value,
			uint32_t value_len);
/* value holds what the program passed in; bytes written, or -errno. */
int tcp_auth_get_option(const struct tcp_connection *tcp, int name, void *value,
			uint32_t value_len);

#endif
