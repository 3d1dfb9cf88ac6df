/*
 * Interposed: res_query(3) and its like. The servers are those of every
 * other lookup; what a program changed in its struct __res_state is not
 * looked at.
 */
#include <errno.h>
#include <netdb.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>

#include "calls_names.h"
#include "libc_real.h"

/* Where the answer of the last question goes, as the programs gave it. */
struct output {
	int class, type;
	unsigned char *answer;
	int room;
	int len; /* of the whole answer, room or not */
};

static int ask(struct resolver_question *question, struct output *output)
{
	const struct addrinfo_host *host = calls_names_host();
	struct calls_names_guard guard;
	struct resolver_config config;
	int status;

	calls_names_enter(&guard);
	host->read_config(&config, question->name);
	resolver_config_prepare(&config);
	resolver_ask(&config, &host->sockets, question, 1);
	status = question->status;
	output->len = question->answer_len;
	if (question->answer_len > 0 && output->room > 0)
		memcpy(output->answer, question->answer,
		       (size_t)(output->len < output->room ? output->len
							   : output->room));
	resolver_clear(question, 1);
	calls_names_leave(&guard, true);
	return status;
}

static int ask_absolute(void *context, const char *name)
{
	struct output *output = context;
	struct resolver_question question = {
		.name = name,
		.class = output->class,
		.type = output->type,
	};

	return ask(&question, output);
}

/* The length of the answer, or -1 with h_errno. */
static int finish(const struct output *output, int status)
{
	if (status == 0)
		return output->len;
	h_errno = status;
	if (status == TRY_AGAIN)
		errno = ETIMEDOUT;
	return -1;
}

static int query(const char *name, struct output *output)
{
	return finish(output, ask_absolute(output, name));
}

static int search(const char *name, struct output *output)
{
	const struct names_search search = { ask_absolute, output };
	struct resolver_config config;

	calls_names_host()->read_config(&config, name);
	resolver_config_prepare(&config);
	return finish(output, names_search(&config, name, &search));
}

static int query_domain(const char *name, const char *domain,
			struct output *output)
{
	char absolute[NS_MAXDNAME];

	if ((size_t)snprintf(absolute, sizeof(absolute), "%s%s%s", name,
			     domain ? "." : "",
			     domain ? domain : "") >= sizeof(absolute)) {
		h_errno = NO_RECOVERY;
		return -1;
	}
	return query(absolute, output);
}

static int send_message(const unsigned char *message, int message_len,
			struct output *output)
{
	struct resolver_question question = {
		.query = message,
		.query_len = message_len,
	};

	return finish(output, ask(&question, output));
}

/* ------------------------------------------------------------- the calls */

INTERPOSED int res_query(const char *name, int class, int type,
			 unsigned char *answer, int room)
{
	struct output output = { class, type, answer, room, 0 };

	return query(name, &output);
}

INTERPOSED int res_nquery(res_state state, const char *name, int class,
			  int type, unsigned char *answer, int room)
{
	return res_query(name, class, type, answer, room);
}

INTERPOSED int res_search(const char *name, int class, int type,
			  unsigned char *answer, int room)
{
	struct output output = { class, type, answer, room, 0 };

	return search(name, &output);
}

INTERPOSED int res_nsearch(res_state state, const char *name, int class,
			   int type, unsigned char *answer, int room)
{
	return res_search(name, class, type, answer, room);
}

INTERPOSED int res_querydomain(const char *name, const char *domain, int class,
			       int type, unsigned char *answer, int room)
{
	struct output output = { class, type, answer, room, 0 };

	return query_domain(name, domain, &output);
}

INTERPOSED int res_nquerydomain(res_state state, const char *name,
				const char *domain, int class, int type,
				unsigned char *answer, int room)
{
	return res_querydomain(name, domain, class, type, answer, room);
}

INTERPOSED int res_send(const unsigned char *message, int message_len,
			unsigned char *answer, int room)
{
	struct output output = { .answer = answer, .room = room };

	return send_message(message, message_len, &output);
}

INTERPOSED int res_nsend(res_state state, const unsigned char *message,
			 int message_len, unsigned char *answer, int room)
{
	return res_send(message, message_len, answer, room);
}

/* The names that programs built against a glibc before 2.34 ask for. */
#define OLD_NAME(name)                                   \
	extern __typeof__(name) __##name __attribute__(( \
		nothrow, leaf, alias(#name), visibility("default")))

OLD_NAME(res_query);
OLD_NAME(res_nquery);
OLD_NAME(res_search);
OLD_NAME(res_nsearch);
OLD_NAME(res_querydomain);
OLD_NAME(res_nquerydomain);
OLD_NAME(res_send);
OLD_NAME(res_nsend);
