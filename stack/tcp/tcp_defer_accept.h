/* TCP_DEFER_ACCEPT: seconds, as tcp(7) takes them, are retries of SYN-ACKs. */
#ifndef TCP_TCP_DEFER_ACCEPT_H
#define TCP_TCP_DEFER_ACCEPT_H

/* Retries that it takes until that time has passed; <= 255. */
unsigned tcp_defer_accept_retries(int seconds);
/* Back again: when the last of them is due. */
int tcp_defer_accept_seconds(unsigned retries);

#endif
