/* Links of a stack: their names, devices, interfaces and addresses. */
#include "server_links.h"

#include <errno.h>
#include <time.h>

#include "boot_server.h"
#include "control_server.h"
#include "kernel.h"
#include "link.h"
#include "rendezvous.h"

#define PAUSE_NS 5000000
#define PAUSES 100

static int refuse(struct server *server, const char *text)
{
	log_line(&server->log, PYT_LOG_ERROR, "link",
		 "%s is in use by another stack; see: pyt ls", text);
	return -EBUSY;
}

static int take_names(struct server *server, const char *const name[],
		      int count, int *taken)
{
	int fd[CONFIG_LINKS_MAX];
	int result = rendezvous_take_all(name, count, fd, taken);

	for (int i = 0; i < count && result == 0; i++) {
		strcpy(server->links[i].text, name[i]);
		server->links[i].rendezvous_fd = fd[i];
	}
	return result;
}

/*
 * Who has the first one's name is joined (-EADDRINUSE); who has another's
 * only is a stack without our first link, if it is not one that still starts
 * or ends.
 */
int server_links_take_names(struct server *server, const struct config *config)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };
	const char *name[CONFIG_LINKS_MAX];
	int taken = 0;

	for (int i = 0; i < config->link_count; i++)
		name[i] = config->link[i].text;
	for (int i = 0; i < PAUSES; i++) {
		int result =
			take_names(server, name, config->link_count, &taken);

		if (result != -EADDRINUSE || taken == 0 ||
		    rendezvous_is_heard(name[0]))
			return result;
		kernel_call(SYS_nanosleep, (long)&pause, 0, 0, 0, 0, 0);
	}
	return refuse(server, name[taken]);
}

int server_link_open(struct server *server, const struct config_link *config)
{
	struct server_link *link = &server->links[server->link_count];
	int result;

	link->kept_bytes = arena_alloc(server->arena, LINK_BUFFER_LEN);
	if (!link->kept_bytes)
		return -ENOMEM;
	result = link_open(config, &server->log, &link->link);
	if (result < 0)
		server->told = true; /* link_open() has said why */
	else
		server->link_count++;
	return result;
}

void server_links_close(struct server *server)
{
	for (int i = 0; i < server->link_count; i++)
		link_close(server->links[i].link);
}

/* The gateways of the first link come first, then those of the second ... Each
 * family has metrics of its own, and IPv6 no 0. */
static int add_addresses(struct server *server, int number,
			 const struct config_link *config)
{
	int ifindex = server->links[number].ifindex;
	uint32_t metric4 = (uint32_t)number * PYT_METRICS;
	uint32_t metric6 = metric4 + 1;

	for (int i = 0; i < config->address_count; i++) {
		int result = pyt_address_add(
			server->stack, ifindex, &config->address[i].ip,
			config->address[i].prefix_len, server->now_us);

		if (result < 0)
			return result;
	}
	for (int i = 0; i < config->gateway_count; i++) {
		struct pyt_route route = {
			.gateway = config->gateway[i],
			.ifindex = ifindex,
		};
		bool v4 = pyt_ip_is_v4(&route.gateway);
		int result;

		route.metric = v4 ? metric4++ : metric6++;
		if (v4)
			route.prefix = pyt_ip_from_v4(0);
		result = pyt_route_add(server->stack, &route);
		if (result < 0)
			return result;
	}
	return 0;
}

int server_link_attach(struct server *server, int number)
{
	struct server_link *attached = &server->links[number];
	const struct link *link = attached->link;
	struct pyt_iface_config iface = { .medium = link->medium,
					  .mtu = link->mtu,
					  .offloads = link->offloads };
	int result;

	memcpy(iface.name, link->name, sizeof(iface.name));
	memcpy(iface.mac, link->mac, sizeof(iface.mac));
	result = pyt_iface_add(server->stack, &iface, server->now_us);
	if (result < 0)
		return result;
	attached->ifindex = result;
	log_line(&server->log, PYT_LOG_INFO, "link",
		 "%s is up: %02x:%02x:%02x:%02x:%02x:%02x, MTU %u", link->name,
		 link->mac[0], link->mac[1], link->mac[2], link->mac[3],
		 link->mac[4], link->mac[5], link->mtu);
	attached->readable = true;
	attached->events = EPOLLIN;
	return kernel_epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, link->fd,
				EPOLLIN,
				(uint64_t)WATCH_LINK << 56 | (uint32_t)number);
}

int server_link_configure(struct server *server, int number,
			  const struct config_link *config,
			  const char *hostname)
{
	int result = add_addresses(server, number, config);

	if (result < 0)
		return result;
	return boot_start(server, &server->links[number], config, hostname);
}

/* ------------------------------------------------------- of one that runs */

static int attach(struct server *server, const struct config_link *config)
{
	int number = server->link_count;
	int result = server_link_open(server, config);

	if (result < 0)
		return result;
	result = server_link_attach(server, number);
	if (result == 0)
		return 0;
	log_line(&server->log, PYT_LOG_ERROR, "link", "%s: %s", config->text,
		 strerrordesc_np(-result));
	link_close(server->links[number].link);
	link_free(server->links[number].link);
	server->link_count--;
	return result;
}

int server_link_add(struct server *server, const struct config_link *config,
		    const char *hostname)
{
	int number = server->link_count;
	int result = rendezvous_take(config->text);

	if (result == -EADDRINUSE)
		return refuse(server, config->text);
	if (result < 0)
		return result;
	strcpy(server->links[number].text, config->text);
	server->links[number].rendezvous_fd = result;
	result = attach(server, config);
	if (result < 0) {
		kernel_close(server->links[number].rendezvous_fd);
		return result;
	}
	if (config->kind == CONFIG_LINK_UNIX) {
		server->acks_apart = true;
		pyt_sysctl_set(server->stack, SERVER_ACK_MERGE, "0");
	}
	result = control_listen(server, number);
	if (result == 0)
		result =
			server_link_configure(server, number, config, hostname);
	if (result == 0)
		return server->links[number].ifindex;
	log_line(&server->log, PYT_LOG_ERROR, "link",
		 "%s is there, but not all of its addresses and gateways: %s; "
		 "ip(8) can add them",
		 config->text, strerrordesc_np(-result));
	return result;
}
