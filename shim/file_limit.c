/*
 * RLIMIT_NOFILE. Our table of descriptors is our own, but the limit is the
 * process's, and the program's to choose: for each socket it has one, and we
 * have one. So where its soft limit is about to stop us the stack steps out:
 * a process of its own may have as many as the hard limit allows.
 */
#include "file_limit.h"

#include "kernel.h"

#define LOOK_US 1000
#define NOFILE 7 /* RLIMIT_NOFILE */
#define OWN_FILES 24 /* link, epoll, tables, log; and some for a request */
#define ON_THEIR_WAY 40 /* ends that programs connect at this moment */

struct limit {
	uint64_t soft, hard;
};

static struct limit read_limit(void)
{
	struct limit limit = { .soft = UINT64_MAX, .hard = UINT64_MAX };

	kernel_call(SYS_prlimit64, 0, NOFILE, 0, (long)&limit, 0, 0);
	return limit;
}

void file_limit_raise(void)
{
	struct limit limit = read_limit();

	limit.soft = limit.hard;
	kernel_call(SYS_prlimit64, 0, NOFILE, (long)&limit, 0, 0, 0);
}

static uint64_t files_used(const struct server *server)
{
	return OWN_FILES + server->open_count + server->client_count;
}

static uint64_t read_soft_limit(struct server *server)
{
	server->file_limit = read_limit().soft;
	return server->file_limit;
}

/* The program may change it at any moment, but hardly each microsecond. */
bool file_limit_is_near(struct server *server)
{
	if (server->now_us >= server->file_limit_us + LOOK_US) {
		server->file_limit_us = server->now_us;
		read_soft_limit(server);
	}
	return files_used(server) + ON_THEIR_WAY > server->file_limit;
}

bool file_limit_is_reached(struct server *server)
{
	uint64_t used = files_used(server);

	return used >= server->file_limit && used >= read_soft_limit(server);
}

void file_limit_check(struct server *server)
{
	if (server->own_process || !file_limit_is_reached(server))
		return;
	if (server->file_limit < read_limit().hard)
		step_out(server);
}
