/*
 * A name server in the test's own process: UDP and TCP on one port of
 * 127.0.0.1, a zone in a table, a record of what it was asked.
 */
#ifndef TESTS_SHIM_DNS_SERVER_H
#define TESTS_SHIM_DNS_SERVER_H

#include <stdbool.h>
#include <stdint.h>

enum dns_behaviour {
	DNS_ANSWER, /* with the text's records; none: NODATA */
	DNS_FAIL, /* SERVFAIL */
	DNS_REFUSE,
	DNS_SILENT,
	DNS_BIG, /* 60 A records; truncated over UDP */
};

/* Names that are not in the table do not exist (NXDOMAIN). */
struct dns_entry {
	const char *name;
	enum dns_behaviour behaviour;
	const char *a, *aaaa, *cname, *ptr;
};

struct dns_server;

/* The table ends with a NULL name. */
struct dns_server *dns_server_start(const struct dns_entry *zone);
void dns_server_stop(struct dns_server *server);

uint16_t dns_server_port(const struct dns_server *server);
/* Questions so far, by transport. */
int dns_server_udp_count(const struct dns_server *server);
int dns_server_tcp_count(const struct dns_server *server);

#endif
