/* getnameinfo(3): only the host's name needs the stack. RFC 3493, 6.2. */
#include "addrinfo.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static struct pyt_ip ip_of(const struct sockaddr *address)
{
	const struct sockaddr_in6 *six = (const void *)address;
	const struct sockaddr_in *four = (const void *)address;
	struct pyt_ip ip;

	if (address->sa_family == AF_INET)
		return pyt_ip_from_v4(ntohl(four->sin_addr.s_addr));
	memcpy(ip.bytes, &six->sin6_addr, sizeof(ip.bytes));
	return ip;
}

static bool has_inet_address(const struct sockaddr *address,
			     socklen_t address_len)
{
	if (!address || address_len < sizeof(sa_family_t))
		return false;
	if (address->sa_family == AF_INET)
		return address_len >= sizeof(struct sockaddr_in);
	return address->sa_family == AF_INET6 &&
	       address_len >= sizeof(struct sockaddr_in6);
}

/* NI_NOFQDN: names of our own domain without it. */
static void cut_own_domain(char *name, const struct resolver_config *config)
{
	char *dot = strchr(name, '.');

	if (dot && config->search_count &&
	    strcasecmp(dot + 1, config->search[0]) == 0)
		*dot = '\0';
}

static int ask(const struct addrinfo_host *host, const struct sockaddr *address,
	       int flags, char *name, socklen_t name_len)
{
	struct pyt_ip ip = ip_of(address);
	struct names_answer answer = { 0 };
	char text[PYT_IP_TEXT_MAX];
	struct resolver_config config;
	int status, error = EAI_NONAME;

	host->read_config(&config, pyt_ip_format(&ip, text));
	status = names_by_ip(&config, &host->sockets, &ip, &answer);
	if (status == TRY_AGAIN) {
		error = EAI_AGAIN;
	} else if (status == NETDB_INTERNAL) {
		error = EAI_SYSTEM;
		errno = ENOMEM;
	} else if (status == 0) {
		if (flags & NI_NOFQDN)
			cut_own_domain(answer.name, &config);
		error = EAI_OVERFLOW;
		if (strlen(answer.name) < name_len) {
			strcpy(name, answer.name);
			error = 0;
		}
	}
	names_clear(&answer);
	return error;
}

int nameinfo_get(const struct addrinfo_host *host,
		 const struct sockaddr *address, socklen_t address_len,
		 char *name, socklen_t name_len, char *service,
		 socklen_t service_len, int flags)
{
	int error;

	if (!name || name_len == 0 || (flags & NI_NUMERICHOST) ||
	    !has_inet_address(address, address_len))
		return host->libc_getnameinfo(address, address_len, name,
					      name_len, service, service_len,
					      flags);

	/* The service, and glibc's checks of the arguments. */
	error = host->libc_getnameinfo(address, address_len, NULL, 0, service,
				       service_len, flags & ~NI_NAMEREQD);
	if (error)
		return error;
	error = ask(host, address, flags, name, name_len);
	if (error != EAI_NONAME || (flags & NI_NAMEREQD))
		return error;
	return host->libc_getnameinfo(address, address_len, name, name_len,
				      NULL, 0, flags | NI_NUMERICHOST);
}
