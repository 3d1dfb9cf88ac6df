/* The datagrams of a service: one in, at most one out. */
#ifndef EXAMPLES_SERVICE_UDP_H
#define EXAMPLES_SERVICE_UDP_H

#include "service.h"

/* Before bind(): the socket shall tell where a datagram was sent to. */
void service_udp_prepare(int fd, int family);

/* Takes one datagram from fd, if there is one, and answers it. */
void service_udp_answer(const struct service *service, int fd);

#endif
