/* PYT_BYPASS: destinations that stay with the kernel's network. */
#include "bypass.h"

#include <errno.h>
#include <fcntl.h>

#include "client.h"
#include "config.h"
#include "libc_real.h"

bool bypass_is_wanted(const struct pyt_sockaddr *address)
{
	const struct config *config;

	return config_get(&config) == 0 && config->bypass_count > 0 &&
	       config_bypasses(config, address);
}

/*
 * Options that were set before are not carried over, except blocking and
 * close-on-exec.
 */
int bypass_replace(const struct descriptor *descriptor)
{
	const struct pyt_slot *slot = descriptor->slot;
	long status = libc_raw(SYS_fcntl, descriptor->fd, F_GETFL, 0L);
	long fd_flags = libc_raw(SYS_fcntl, descriptor->fd, F_GETFD, 0L);
	struct client_call call = DESCRIPTOR_CALL(descriptor, PYT_OP_CLOSED);
	long result;
	int fresh;

	fresh = (int)libc_raw(SYS_socket, (int)slot->family,
			      (int)slot->type |
				      (status & O_NONBLOCK ? SOCK_NONBLOCK : 0),
			      (int)slot->protocol);
	if (fresh < 0)
		return fresh;
	result = libc_raw(SYS_dup3, fresh, descriptor->fd,
			  fd_flags & FD_CLOEXEC ? O_CLOEXEC : 0);
	libc_raw(SYS_close, fresh);
	if (result < 0)
		return (int)result;
	descriptor_set_not_ours(descriptor->fd);
	client_tell(&call);
	return 0;
}
