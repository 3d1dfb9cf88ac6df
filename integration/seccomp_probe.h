/* What the files of the program that seccomp_probe.c describes share. */
#ifndef INTEGRATION_SECCOMP_PROBE_H
#define INTEGRATION_SECCOMP_PROBE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* before any other header is read */
#endif
#include <netinet/in.h>
#include <sys/socket.h>

/* A line of what was seen: the result, or the name of the errno. */
void say(const char *what, long result);
void say_name(const char *what, int result, const struct sockaddr_storage *name,
	      socklen_t len);
void say_names(int fd); /* of both ends */

struct sockaddr_in loopback(int port);
int listener_on(int port);
int connected_to(int port);
int udp_on(int port); /* 0: not bound */

int option(int fd, int level, int name); /* its value, or -1 */
short poll_state(int fd, short events); /* waits for them */

/* The claims, each with a headline. */
void tcp_names_and_options(void);
void tcp_not_blocking(void);
void tcp_resets(void);
void tcp_again(void);
void tcp_low_water(void);
void tcp_both_families(void);
void errors(void);
void udp(void);
void udp_messages(void);
void udp_filter(void);
void udp_shut(void);

#endif
