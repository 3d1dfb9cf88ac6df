/* Configuration of the stack as programs and users see it. */
#include "boot_server.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>

#include "boot.h"
#include "endpoint.h"
#include "kernel.h"
#include "leases.h"

#define RELEASE_FRAMES_MAX 16

static uint32_t state_of_family(const struct server *server, int family,
				uint32_t pending, uint32_t ready)
{
	switch (pyt_configured(server->stack, family)) {
	case PYT_CONFIGURED_PENDING:
		return pending;
	case PYT_CONFIGURED_READY:
		return ready;
	case PYT_CONFIGURED_OFF:
	case PYT_CONFIGURED_FAILED:
		break;
	}
	return 0;
}

static uint32_t state_of(const struct server *server)
{
	struct pyt_name_server first;
	uint32_t state = 0;

	state |= state_of_family(server, AF_INET, PYT_BOOT_V4_PENDING,
				 PYT_BOOT_V4_READY);
	state |= state_of_family(server, AF_INET6, PYT_BOOT_V6_PENDING,
				 PYT_BOOT_V6_READY);
	if (pyt_name_server_get(server->stack, 0, &first) == 0)
		state |= PYT_BOOT_HAS_NAME_SERVER;
	if (pyt_name_server_is_awaited(server->stack))
		state |= PYT_BOOT_NAMES_PENDING;
	return state;
}

static bool is_pending(const struct server *server)
{
	return server->slots.table->boot &
	       (PYT_BOOT_V4_PENDING | PYT_BOOT_V6_PENDING |
		PYT_BOOT_NAMES_PENDING);
}

int boot_start(struct server *server, const struct server_link *link,
	       const struct config_link *config, const char *hostname)
{
	struct pyt_autoconf_config autoconf = {
		.methods = config->methods,
		.dhcp4_informs = config->dhcp_informs,
	};
	int result;

	strcpy(autoconf.hostname, hostname);
	leases_load(server, link);
	result = pyt_autoconf_start(server->stack, link->ifindex, &autoconf,
				    server->now_us);
	if (result == 0)
		atomic_store(&server->slots.table->boot, state_of(server));
	return result;
}

bool boot_defers(const struct server *server, const struct pyt_ip *ip)
{
	return server->slots.table->boot & boot_bit(ip);
}

/* ------------------------------------------------------------------ events */

static const char *family_name(int family)
{
	return family == AF_INET ? "IPv4" : "IPv6";
}

static void say_timeout(struct server *server, const struct pyt_event *event)
{
	const char *name = "net.pyt.configure_timeout_ms";
	const char *who = "no DHCP server has answered";
	char ms[16] = "?";

	if (event->method == PYT_METHOD_SLAAC) {
		name = "net.pyt.router_wait_ms";
		who = "no router has told one";
	} else if (event->method == PYT_METHOD_DHCP6) {
		who = "no DHCPv6 server has given the one that routers ask for";
	}
	pyt_sysctl_get(server->stack, name, ms, sizeof(ms));
	log_line(&server->log, PYT_LOG_ERROR, NULL,
		 "no %s address on %s: %s within %s ms; it is tried on, "
		 "programs wait no longer",
		 family_name(event->family),
		 server_link_of(server, event->ifindex)->text, who, ms);
}

static void say_lost(const struct server *server, const struct pyt_event *event)
{
	char text[PYT_IP_TEXT_MAX];

	log_line(&server->log, PYT_LOG_INFO, NULL, "%s is ours no more",
		 pyt_ip_format(&event->ip, text));
}

void boot_on_event(struct server *server, const struct pyt_event *event)
{
	switch (event->type) {
	case PYT_EVENT_CONFIGURE_TIMEOUT:
		say_timeout(server, event);
		break;
	case PYT_EVENT_ADDRESS_LOST:
		say_lost(server, event);
		break;
	case PYT_EVENT_LEASE:
		leases_save(server, event->ifindex, event->method);
		break;
	case PYT_EVENT_CONFIGURED:
		log_line(&server->log, PYT_LOG_INFO, NULL, "%s is configured",
			 family_name(event->family));
		break;
	case PYT_EVENT_SOCKET:
	case PYT_EVENT_ADDRESS_CONFLICT:
		break;
	}
}

static void let_go(struct server *server)
{
	for (uint32_t i = 0; i < server->slots.touched; i++) {
		struct endpoint *endpoint = &server->endpoints[i];

		if (endpoint->deferred &&
		    !boot_defers(server, &endpoint->deferred_peer.ip))
			stream_connect_deferred(server, endpoint);
	}
}

void boot_check(struct server *server)
{
	_Atomic uint32_t *boot = &server->slots.table->boot;
	uint32_t state;

	if (!is_pending(server))
		return;
	state = state_of(server);
	if (state == *boot)
		return;
	atomic_store(boot, state);
	kernel_call(SYS_futex, (long)boot, FUTEX_WAKE, INT_MAX, 0, 0, 0);
	let_go(server);
	server_output(server);
}

void boot_end(struct server *server)
{
	if (server->leases[0])
		return; /* the next stack goes on with them */
	for (int i = 0; i < server->link_count; i++)
		pyt_autoconf_stop(server->stack, server->links[i].ifindex, true,
				  server->now_us);
	for (int i = 0; i < RELEASE_FRAMES_MAX; i++)
		server_output(server);
}
