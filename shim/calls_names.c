/* Interposed: getaddrinfo(3), getnameinfo(3), the gethostby*(3) family. */
#include "calls_names.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "boot_client.h"
#include "bypass.h"
#include "client.h"
#include "config.h"
#include "hostent.h"
#include "ifaces_client.h"
#include "libc_real.h"
#include "log.h"

/* ---------------------------------------------------------- surroundings */

static const struct resolver_paths paths = {
	.resolv_conf = "/etc/resolv.conf",
	.nsswitch = "/etc/nsswitch.conf",
	.hosts = "/etc/hosts",
};

/* Once in a process: a program may look for many names. */
static void say_no_server(const char *name)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;

	if (!atomic_flag_test_and_set(&said))
		log_to_program("names",
			       "no name server for '%s': set PYT_DNS=address, "
			       "or add 'nameserver address' to "
			       "/etc/resolv.conf",
			       name);
}

static void say_silence(const struct resolver_config *config, const char *name)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;
	char text[PYT_IP_TEXT_MAX];

	if (atomic_flag_test_and_set(&said))
		return;
	log_to_program("names", "no answer for '%s' from name server %s%s",
		       name, pyt_ip_format(&config->server[0].ip, text),
		       config->server_count > 1 ? " and the others" : "");
}

static void override_servers(struct resolver_config *config,
			     const struct config *own)
{
	config->servers_given = true;
	config->server_count = 0;
	for (int i = 0; i < own->dns_count; i++) {
		if (config->server_count == RESOLVER_SERVERS_MAX)
			return;
		config->server[config->server_count++] =
			(struct pyt_sockaddr){ .ip = own->dns[i],
					       .port = RESOLVER_PORT };
	}
}

/*
 * Families over which resolv.conf's servers can be asked. Those on loopback
 * are the kernel's, whatever the stack has.
 */
static uint32_t known_servers(const struct resolver_config *config)
{
	uint32_t known = 0;

	for (size_t i = 0; i < config->server_count; i++) {
		const struct pyt_ip *ip = &config->server[i].ip;

		if (pyt_ip_is_v4(ip) || pyt_ip_is_loopback(ip))
			known |= PYT_BOOT_V4_READY;
		if (!pyt_ip_is_v4(ip) || pyt_ip_is_loopback(ip))
			known |= PYT_BOOT_V6_READY;
	}
	return known;
}

/* What DHCP or router advertisements told, over what resolv.conf says: that
 * is about the kernel's network. */
static void take_learned(struct resolver_config *config)
{
	const struct config *own;
	struct pyt_names names;
	struct client_call call = { .op = PYT_OP_NAMES,
				    .answer = &names,
				    .answer_len = sizeof(names) };

	if (config_get(&own) < 0 || (!config_methods(own) && !client_table()) ||
	    client_start() < 0)
		return;
	if (own->dns_count == 0)
		boot_wait_for_names(known_servers(config));
	if (client_call(&call) < 0 || call.answer_len != sizeof(names))
		return;
	if (own->dns_count == 0 && names.server_count > 0) {
		config->servers_given = true;
		config->server_count = names.server_count;
		memcpy(config->server, names.server,
		       names.server_count * sizeof(*names.server));
		for (size_t i = 0; i < config->server_count; i++)
			config->server[i].port = RESOLVER_PORT;
	}
	if (!own->search[0] && names.search[0])
		resolver_config_set_search(config, names.search);
}

static void read_config(struct resolver_config *config, const char *name)
{
	const struct config *own;

	resolver_config_read(config, &paths);
	if (config_get(&own) == 0) {
		if (own->dns_count > 0)
			override_servers(config, own);
		if (own->search[0])
			resolver_config_set_search(config, own->search);
	}
	config->before_dns = take_learned;
	config->on_no_server = say_no_server;
	config->on_silence = say_silence;
}

static size_t addresses(struct pyt_address_info *list, size_t max)
{
	struct ifaces ifaces;
	size_t count;

	if (ifaces_client_read(&ifaces) < 0)
		return 0;
	count = ifaces.address_count < max ? ifaces.address_count : max;
	memcpy(list, ifaces.address, count * sizeof(*list));
	return count;
}

static void sources(const struct pyt_ip *ips, size_t count,
		    struct pyt_source *list)
{
	if (client_start() < 0)
		return;
	for (size_t i = 0; i < count; i += PYT_SOURCES_MAX) {
		size_t n = count - i < PYT_SOURCES_MAX ? count - i
						       : PYT_SOURCES_MAX;
		struct client_call call = {
			.op = PYT_OP_SOURCES,
			.data = ips + i,
			.data_len = (uint32_t)(n * sizeof(*ips)),
			.answer = list + i,
			.answer_len = (uint32_t)(n * sizeof(*list)),
		};

		client_call(&call);
	}
}

static unsigned pending(void)
{
	uint32_t state = client_start() < 0 ? 0 : boot_state();
	unsigned families = 0;

	if (state & PYT_BOOT_V4_PENDING)
		families |= NAMES_V4;
	if (state & PYT_BOOT_V6_PENDING)
		families |= NAMES_V6;
	return families;
}

static int kernel_socket(int family, int type, int protocol)
{
	return libc_real.socket(family, type, protocol);
}

static int libc_getaddrinfo(const char *name, const char *service,
			    const struct addrinfo *hints,
			    struct addrinfo **result)
{
	return libc_real.getaddrinfo(name, service, hints, result);
}

static void libc_freeaddrinfo(struct addrinfo *list)
{
	libc_real.freeaddrinfo(list);
}

static int libc_getnameinfo(const struct sockaddr *address,
			    socklen_t address_len, char *host,
			    socklen_t host_len, char *service,
			    socklen_t service_len, int flags)
{
	return libc_real.getnameinfo(address, address_len, host, host_len,
				     service, service_len, flags);
}

/* socket() is our own here: the stack's. */
static const struct addrinfo_host host = {
	.libc_getaddrinfo = libc_getaddrinfo,
	.libc_freeaddrinfo = libc_freeaddrinfo,
	.libc_getnameinfo = libc_getnameinfo,
	.read_config = read_config,
	.pending = pending,
	.addresses = addresses,
	.sources = sources,
	.gai_conf = "/etc/gai.conf",
	.sockets = { socket, kernel_socket, bypass_is_wanted },
};

const struct addrinfo_host *calls_names_host(void)
{
	return &host;
}

void calls_names_enter(struct calls_names_guard *guard)
{
	guard->saved_errno = errno;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &guard->cancel_state);
}

void calls_names_leave(const struct calls_names_guard *guard, bool ok)
{
	pthread_setcancelstate(guard->cancel_state, NULL);
	if (ok)
		errno = guard->saved_errno;
}

/* ------------------------------------------------- getaddrinfo, getnameinfo */

INTERPOSED int getaddrinfo(const char *name, const char *service,
			   const struct addrinfo *hints,
			   struct addrinfo **result)
{
	struct calls_names_guard guard;
	int error;

	calls_names_enter(&guard);
	error = addrinfo_get(&host, name, service, hints, result);
	calls_names_leave(&guard, error != EAI_SYSTEM);
	return error;
}

INTERPOSED void freeaddrinfo(struct addrinfo *list)
{
	addrinfo_free(list);
}

INTERPOSED int getnameinfo(const struct sockaddr *address,
			   socklen_t address_len, char *name,
			   socklen_t name_len, char *service,
			   socklen_t service_len, int flags)
{
	struct calls_names_guard guard;
	int error;

	calls_names_enter(&guard);
	error = nameinfo_get(&host, address, address_len, name, name_len,
			     service, service_len, flags);
	calls_names_leave(&guard, error != EAI_SYSTEM);
	return error;
}

/* Would start a thread of glibc's that asks over the kernel's network. */
INTERPOSED int getaddrinfo_a(int mode, struct gaicb *list[], int count,
			     struct sigevent *notify)
{
	errno = ENOSYS;
	return EAI_SYSTEM;
}

/* --------------------------------------------------------------- hostent */

/* What both families of calls ask for: by name or by address. */
struct question {
	const char *name; /* NULL: by address */
	const void *address;
	socklen_t address_len;
	int family;
};

static int ask(const struct question *question, struct names_answer *answer)
{
	struct calls_names_guard guard;
	int status;

	calls_names_enter(&guard);
	if (question->name)
		status = hostent_by_name(&host, question->name,
					 question->family, answer);
	else
		status = hostent_by_address(&host, question->address,
					    question->address_len,
					    question->family, answer);
	calls_names_leave(&guard, status != NETDB_INTERNAL);
	return status;
}

/* glibc's result of the _r calls: an errno, 0 also for "no such host". */
static int error_from_status(int status)
{
	if (status == NETDB_INTERNAL)
		return errno;
	if (status != TRY_AGAIN)
		return 0;
	errno = EAGAIN;
	return EAGAIN;
}

static int ask_into(const struct question *question, struct hostent *hostent,
		    char *buffer, size_t buffer_len, struct hostent **result,
		    int *h_error)
{
	struct names_answer answer = { 0 };
	int error;

	*result = NULL;
	*h_error = ask(question, &answer);
	error = error_from_status(*h_error);
	if (*h_error == 0 && hostent_size(&answer) > buffer_len) {
		*h_error = NETDB_INTERNAL;
		errno = error = ERANGE;
	} else if (*h_error == 0) {
		hostent_fill(hostent, buffer, question->family, &answer);
		*result = hostent;
	}
	names_clear(&answer);
	return error;
}

/* The calls without _r share one static result, as they always did. */
static struct hostent *ask_static(const struct question *question)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct hostent hostent;
	static char *buffer;
	struct names_answer answer = { 0 };
	struct hostent *result = NULL;
	int status = ask(question, &answer);
	char *grown;

	if (status == 0) {
		pthread_mutex_lock(&lock);
		grown = realloc(buffer, hostent_size(&answer));
		if (grown) {
			buffer = grown;
			hostent_fill(&hostent, buffer, question->family,
				     &answer);
			result = &hostent;
		} else {
			status = NETDB_INTERNAL;
		}
		pthread_mutex_unlock(&lock);
	}
	names_clear(&answer);
	if (status)
		h_errno = status;
	return result;
}

INTERPOSED int gethostbyname2_r(const char *name, int family,
				struct hostent *hostent, char *buffer,
				size_t buffer_len, struct hostent **result,
				int *h_error)
{
	const struct question question = { .name = name, .family = family };

	return ask_into(&question, hostent, buffer, buffer_len, result,
			h_error);
}

INTERPOSED int gethostbyname_r(const char *name, struct hostent *hostent,
			       char *buffer, size_t buffer_len,
			       struct hostent **result, int *h_error)
{
	const struct question question = { .name = name, .family = AF_INET };

	return ask_into(&question, hostent, buffer, buffer_len, result,
			h_error);
}

INTERPOSED int gethostbyaddr_r(const void *address, socklen_t address_len,
			       int family, struct hostent *hostent,
			       char *buffer, size_t buffer_len,
			       struct hostent **result, int *h_error)
{
	const struct question question = { .address = address,
					   .address_len = address_len,
					   .family = family };

	return ask_into(&question, hostent, buffer, buffer_len, result,
			h_error);
}

INTERPOSED struct hostent *gethostbyname2(const char *name, int family)
{
	const struct question question = { .name = name, .family = family };

	return ask_static(&question);
}

INTERPOSED struct hostent *gethostbyname(const char *name)
{
	const struct question question = { .name = name, .family = AF_INET };

	return ask_static(&question);
}

INTERPOSED struct hostent *gethostbyaddr(const void *address,
					 socklen_t address_len, int family)
{
	const struct question question = { .address = address,
					   .address_len = address_len,
					   .family = family };

	return ask_static(&question);
}
