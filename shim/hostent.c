/* The gethostby*(3) family: struct hostent in the caller's memory. */
#include "hostent.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

/* --------------------------------------------------------------- numbers */

/*
 * Names that can only be numbers are never asked for, right or wrong: digits
 * and dots, or what has a colon. False: an ordinary name.
 */
static bool is_number(const char *name)
{
	if (strchr(name, ':'))
		return true;
	return name[0] >= '0' && name[0] <= '9' &&
	       name[strspn(name, "0123456789.")] == '\0' &&
	       name[strlen(name) - 1] != '.';
}

static int take_number(const char *name, int family,
		       struct names_answer *answer)
{
	struct in_addr four;
	struct pyt_ip ip;
	bool ok;

	if (family == AF_INET) {
		ok = !strchr(name, ':') && inet_aton(name, &four) != 0;
		ip = pyt_ip_from_v4(ok ? ntohl(four.s_addr) : 0);
	} else {
		ok = inet_pton(AF_INET6, name, ip.bytes) == 1;
	}
	if (!ok)
		return HOST_NOT_FOUND;
	if (!names_set_name(answer, name) || !names_add_ip(answer, &ip)) {
		errno = ENOMEM;
		return NETDB_INTERNAL;
	}
	return 0;
}

static int wrong_family(void)
{
	errno = EAFNOSUPPORT;
	return NETDB_INTERNAL;
}

int hostent_by_name(const struct addrinfo_host *host, const char *name,
		    int family, struct names_answer *answer)
{
	struct resolver_config config;
	int status;

	if (family != AF_INET && family != AF_INET6)
		return wrong_family();
	if (is_number(name))
		return take_number(name, family, answer);

	host->read_config(&config, name);
	status = names_by_name(&config, &host->sockets, name,
			       family == AF_INET ? NAMES_V4 : NAMES_V6, answer);
	if (status == NETDB_INTERNAL)
		errno = ENOMEM;
	return status;
}

int hostent_by_address(const struct addrinfo_host *host, const void *address,
		       socklen_t address_len, int family,
		       struct names_answer *answer)
{
	char text[PYT_IP_TEXT_MAX];
	struct resolver_config config;
	struct pyt_ip ip = pyt_ip_from_v4(0);
	int status;

	if (family == AF_INET && address_len == 4)
		memcpy(ip.bytes + 12, address, 4);
	else if (family == AF_INET6 && address_len == 16)
		memcpy(ip.bytes, address, 16);
	else
		return wrong_family();

	host->read_config(&config, pyt_ip_format(&ip, text));
	status = names_by_ip(&config, &host->sockets, &ip, answer);
	if (status == NETDB_INTERNAL)
		errno = ENOMEM;
	return status;
}

/* --------------------------------------------------------------- packing */

/*
 * Pointers first: alias list, address list; then the addresses, then texts.
 * One pointer's size is there for the alignment of an odd buffer.
 */
size_t hostent_size(const struct names_answer *answer)
{
	size_t size = sizeof(char *) *
		      (answer->alias_count + 1 + answer->ip_count + 1 + 1);

	size += answer->ip_count * sizeof(struct in6_addr);
	size += strlen(answer->name) + 1;
	for (size_t i = 0; i < answer->alias_count; i++)
		size += strlen(answer->alias[i]) + 1;
	return size;
}

static char *put(char **at, const void *bytes, size_t len)
{
	char *place = *at;

	memcpy(place, bytes, len);
	*at += len;
	return place;
}

void hostent_fill(struct hostent *hostent, char *buffer, int family,
		  const struct names_answer *answer)
{
	size_t address_len = family == AF_INET ? 4 : 16;
	uintptr_t misfit = (uintptr_t)buffer % sizeof(char *);
	char **aliases =
		(void *)(buffer + (misfit ? sizeof(char *) - misfit : 0));
	char **addresses = aliases + answer->alias_count + 1;
	char *at = (void *)(addresses + answer->ip_count + 1);

	for (size_t i = 0; i < answer->ip_count; i++)
		addresses[i] = put(&at, answer->ip[i].bytes + 16 - address_len,
				   address_len);
	addresses[answer->ip_count] = NULL;
	for (size_t i = 0; i < answer->alias_count; i++)
		aliases[i] = put(&at, answer->alias[i],
				 strlen(answer->alias[i]) + 1);
	aliases[answer->alias_count] = NULL;

	*hostent = (struct hostent){
		.h_name = put(&at, answer->name, strlen(answer->name) + 1),
		.h_aliases = aliases,
		.h_addrtype = family,
		.h_length = (int)address_len,
		.h_addr_list = addresses,
	};
}
