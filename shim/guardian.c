/* The process that wakes listeners when the stack was killed. */
#include "guardian.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/un.h>

#include "endpoint.h"
#include "kernel.h"
#include "privilege.h"
#include "step_out.h"
#include "step_out_memory.h"

/* Its accept queue may be full: then it is awake anyway. */
static void wake(const char *name, size_t name_len)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = kernel_socket(AF_UNIX,
			       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	memcpy(address.sun_path, name, name_len);
	kernel_connect(
		fd, &address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + name_len));
	kernel_close(fd);
}

/* The slots are shared, so they tell how things were at the end. */
static void wake_listeners(const struct pyt_slot_table *table)
{
	for (uint32_t i = 0; i < PYT_SLOTS; i++) {
		const struct pyt_slot *slot = &table->slot[i];

		if (slot->inode && slot->flags & PYT_SLOT_LISTENING &&
		    slot->listener_len <= sizeof(slot->listener))
			wake(slot->listener, slot->listener_len);
	}
}

/* Only the pipe's end is left to it: nobody writes, all copies must close. */
static void keep_only(int fd)
{
	if (fd > 0)
		kernel_call(SYS_close_range, 0, fd - 1, 0, 0, 0, 0);
	kernel_call(SYS_close_range, fd + 1, UINT_MAX, 0, 0, 0, 0);
}

static void stand_by(struct server *server, int fd)
{
	const struct pyt_slot_table *table = server->slots.table;
	char title[sizeof(server->name) + 32];
	char byte;
	ssize_t len;

	keep_only(fd);
	snprintf(title, sizeof(title), "pyt: guards %s", server->name);
	step_out_memory(title, server->scratch, SCRATCH_LEN);
	do {
		len = kernel_read(fd, &byte, 1);
	} while (len != 0);
	wake_listeners(table);
	kernel_call(SYS_exit_group, 0, 0, 0, 0, 0, 0);
}

static void start(struct server *server)
{
	int end[2] = { -1, -1 }; /* the kernel fills them in */

	if (kernel_call(SYS_pipe2, (long)end, O_CLOEXEC, 0, 0, 0, 0) < 0)
		return;
	if (step_out_fork() == 1) {
		step_out_alone();
		stand_by(server, end[0]);
	}
	kernel_close(end[0]);
	server->guardian_fd = end[1];
}

void guardian_check(struct server *server)
{
	if (!server->own_process || !server->guardian_wanted ||
	    server->guardian_fd >= 0)
		return;
	server->guardian_wanted = false;
	for (uint32_t i = 0; i < server->slots.touched; i++) {
		if (server->endpoints[i].state == ENDPOINT_LISTENING) {
			start(server);
			return;
		}
	}
}
