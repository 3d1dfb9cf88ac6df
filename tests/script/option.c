/* Events of the program: set, get, sysctl. Options by the C library's names. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/tcp.h>

#include "script/script.h"

#ifndef SO_MAX_PACING_RATE
#define SO_MAX_PACING_RATE 47
#endif

#define TCP(name)                        \
	{                                \
#name, IPPROTO_TCP, name \
	}
#define SOCKET(name)                    \
	{                               \
#name, SOL_SOCKET, name \
	}

static const struct option_name {
	const char *name;
	int level, number;
} option_names[] = {
	TCP(TCP_NODELAY),
	TCP(TCP_CORK),
	TCP(TCP_MAXSEG),
	TCP(TCP_KEEPIDLE),
	TCP(TCP_KEEPINTVL),
	TCP(TCP_KEEPCNT),
	TCP(TCP_SYNCNT),
	TCP(TCP_LINGER2),
	TCP(TCP_DEFER_ACCEPT),
	TCP(TCP_WINDOW_CLAMP),
	TCP(TCP_QUICKACK),
	TCP(TCP_USER_TIMEOUT),
	TCP(TCP_NOTSENT_LOWAT),
	TCP(TCP_CONGESTION),
	TCP(TCP_FASTOPEN),
	TCP(TCP_FASTOPEN_CONNECT),
	TCP(TCP_INQ),
	TCP(TCP_TX_DELAY),
	SOCKET(SO_KEEPALIVE),
	SOCKET(SO_LINGER),
	SOCKET(SO_OOBINLINE),
	SOCKET(SO_SNDBUF),
	SOCKET(SO_RCVBUF),
	SOCKET(SO_REUSEADDR),
	SOCKET(SO_REUSEPORT),
	SOCKET(SO_RCVLOWAT),
	SOCKET(SO_MAX_PACING_RATE),
	{ "IP_TTL", IPPROTO_IP, IP_TTL },
	{ "IP_TOS", IPPROTO_IP, IP_TOS },
	{ "IP_MTU", IPPROTO_IP, IP_MTU },
	{ "IP_MTU_DISCOVER", IPPROTO_IP, IP_MTU_DISCOVER },
};

static const struct option_name *find_option(struct host *host,
					     const char *name)
{
	for (size_t i = 0; i < sizeof(option_names) / sizeof(*option_names);
	     i++)
		if (name && strcmp(option_names[i].name, name) == 0)
			return &option_names[i];
	host_fail(host, "no option '%s'", name ? name : "");
}

static void expect(struct host *host, const char *wanted, int result)
{
	int number = wanted ? parse_errno(wanted) : 0;

	if (wanted ? result != number : result < 0)
		host_fail(host, "another result\n  want:  %s\n  came:  %s",
			  wanted ? wanted : "success",
			  result < 0 ? errno_name(-result) : "success");
}

static int handle_of(struct host *host)
{
	char *socket[] = { "socket", NULL };

	if (!host->current)
		program_event("socket")(host, socket);
	return host->current->handle;
}

static bool is_text(const struct option_name *option)
{
	return option->level == IPPROTO_TCP && option->number == TCP_CONGESTION;
}

/* set SO_LINGER off | SECONDS; set TCP_CONGESTION NAME; set NAME NUMBER */
static void event_set(struct host *host, char **word)
{
	char *wanted = cut_result(host, word);
	const struct option_name *option = find_option(host, word[1]);
	struct linger linger = { 0, 0 };
	const void *value = &linger;
	uint32_t len = sizeof(linger);
	int number;

	host_start(host);
	if (!word[2])
		host_fail(host, "set to what?");
	if (is_text(option)) {
		value = word[2];
		len = (uint32_t)strlen(word[2]);
	} else if (strcmp(word[2], "off") != 0) {
		number = (int)parse_number(host, word[2]);
		linger = (struct linger){ 1, number };
		if (option->level != SOL_SOCKET ||
		    option->number != SO_LINGER) {
			value = &number;
			len = sizeof(number);
		}
	}
	expect(host, wanted,
	       pyt_socket_set_option(host->stack, handle_of(host),
				     option->level, option->number, value, len,
				     host->now_us));
}

/* get NAME = VALUE */
static void event_get(struct host *host, char **word)
{
	char *wanted = cut_result(host, word);
	const struct option_name *option = find_option(host, word[1]);
	char text[64] = "";
	int number = 0, len;

	host_start(host);
	if (!wanted)
		host_fail(host, "'= VALUE' is missing");
	len = pyt_socket_get_option(host->stack, handle_of(host), option->level,
				    option->number, text, sizeof(text) - 1,
				    host->now_us);
	if (len < 0) {
		expect(host, wanted, len);
		return;
	}
	memcpy(&number, text, sizeof(number));
	if (!is_text(option))
		snprintf(text, sizeof(text), "%d", number);
	if (is_text(option) ? strcmp(text, wanted) != 0
			    : number != parse_number(host, wanted))
		host_fail(host, "another value\n  want:  %s\n  came:  %s",
			  wanted, text);
}

/* sysctl NAME VALUE...; "net.ipv4." may be left out */
static void event_sysctl(struct host *host, char **word)
{
	char *wanted = cut_result(host, word);
	char name[128], value[128] = "";
	size_t len = 0;

	host_start(host);
	if (!word[1])
		host_fail(host, "which sysctl?");
	snprintf(name, sizeof(name), "%s%s",
		 strncmp(word[1], "net.", 4) == 0 ? "" : "net.ipv4.", word[1]);
	for (char **at = word + 2; *at; at++)
		len += (size_t)snprintf(value + len, sizeof(value) - len,
					"%s%s", len ? " " : "", *at);
	expect(host, wanted, pyt_sysctl_set(host->stack, name, value));
}

event_function *option_event(const char *verb)
{
	static const struct {
		const char *verb;
		event_function *function;
	} events[] = {
		{ "set", event_set },
		{ "get", event_get },
		{ "sysctl", event_sysctl },
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (strcmp(events[i].verb, verb) == 0)
			return events[i].function;
	return NULL;
}
