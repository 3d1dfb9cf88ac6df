/*
 * A link more for a stack that runs. The structure comes from another process
 * and may hold anything: its form is checked here, the engine checks addresses.
 */
#include <errno.h>

#include "hold.h"
#include "link_add.h"
#include "requests.h"
#include "server_links.h"

static bool is_text(const char *text, size_t size)
{
	return memchr(text, 0, size);
}

static bool is_sane(const struct link_add *add)
{
	const struct config_link *link = &add->link;

	return is_text(link->text, sizeof(link->text)) &&
	       is_text(link->name, sizeof(link->name)) &&
	       is_text(link->path, sizeof(link->path)) &&
	       is_text(link->pcap_path, sizeof(link->pcap_path)) &&
	       is_text(link->impair, sizeof(link->impair)) &&
	       is_text(add->hostname, sizeof(add->hostname)) &&
	       link->kind <= CONFIG_LINK_UNIX && link->text[0] &&
	       link->name[0] && !strchr(link->name, '/') &&
	       link->address_count >= 0 &&
	       link->address_count <= CONFIG_ADDRESS_MAX &&
	       link->gateway_count >= 0 &&
	       link->gateway_count <= CONFIG_GATEWAY_MAX &&
	       link->methods < 1u << PYT_METHODS;
}

static int say(struct server *server, int error, const char *text,
	       const char *what)
{
	log_line(&server->log, PYT_LOG_ERROR, "link", "%s: %s", text, what);
	return error;
}

static int add_link(struct request_call *call, const struct link_add *add)
{
	struct server *server = call->server;
	int number = call->request->args[0];
	const char *text = add->link.text;
	int result;

	if (number < 1 || number >= CONFIG_LINKS_MAX)
		return -EINVAL;
	if (number < server->link_count)
		return strcmp(server->links[number].text, text) == 0
			       ? -EEXIST
			       : say(server, -EBUSY, text,
				     "the stack has another link of this "
				     "number; see: pyt ls");
	if (number > server->link_count)
		return say(server, -EINVAL, text,
			   "the stack has not the link before it");
	result = server_link_add(server, &add->link, add->hostname);
	if (result >= 0)
		hold_take(server, call->client->pid);
	if (number < server->link_count)
		server->settings.value[CONFIG_SETTING_LINK2 + number - 1] =
			add->setting;
	return result;
}

static_assert(sizeof(((struct log_held *)0)->text) <= PYT_CONTROL_DATA_MAX,
	      "what is said fits into a reply");

int request_link_add(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	struct server *server = call->server;
	enum pyt_log_level level = server->log.level;
	struct link_add add;
	int result;

	if (request->data_len != sizeof(add))
		return -EINVAL;
	memcpy(&add, request->data, sizeof(add));
	if (!is_sane(&add))
		return -EINVAL;
	if (!server->own_process)
		return -EAGAIN; /* no process for one of our own was left */

	/* What there is to say goes to who asks. */
	server->log.held = &server->log_held;
	server->log.level = PYT_LOG_WARNING;
	result = add_link(call, &add);
	server->log.held = NULL;
	server->log.level = level;
	memcpy(call->reply->data, server->log_held.text, server->log_held.len);
	call->reply->data_len = server->log_held.len;
	server->log_held.len = 0;
	return result;
}
