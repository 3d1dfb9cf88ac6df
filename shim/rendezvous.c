/* Who has a link: an abstract name that one process can bind. */
#include "rendezvous.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "kernel.h"
#include "requests.h"

/* The length, or -ENAMETOOLONG. */
static int address_of(const char *link, struct sockaddr_un *address)
{
	size_t prefix_len = strlen(PYT_CONTROL_NAME), link_len = strlen(link);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (1 + prefix_len + link_len > sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memcpy(address->sun_path + 1, PYT_CONTROL_NAME, prefix_len);
	memcpy(address->sun_path + 1 + prefix_len, link, link_len);
	return (int)(offsetof(struct sockaddr_un, sun_path) + 1 + prefix_len +
		     link_len);
}

static int open_socket(void)
{
	return kernel_socket(AF_UNIX,
			     SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int rendezvous_take(const char *link)
{
	struct sockaddr_un address;
	int len = address_of(link, &address);
	int fd = len < 0 ? len : open_socket();
	int result;

	if (fd < 0)
		return fd;
	result = kernel_bind(fd, &address, (socklen_t)len);
	if (result == 0)
		return fd;
	kernel_close(fd);
	return result;
}

/* The next one behind last in the order of names; NULL: the first of all. */
static int next_of(const char *const link[], int count, const char *last)
{
	int next = -1;

	for (int i = 0; i < count; i++) {
		if (last && strcmp(link[i], last) <= 0)
			continue;
		if (next < 0 || strcmp(link[i], link[next]) < 0)
			next = i;
	}
	return next;
}

int rendezvous_take_all(const char *const link[], int count, int fd[],
			int *taken)
{
	const char *last = NULL;
	int at;

	for (int i = 0; i < count; i++)
		fd[i] = -1;
	while ((at = next_of(link, count, last)) >= 0) {
		int result = rendezvous_take(link[at]);

		if (result < 0) {
			*taken = at;
			for (int i = 0; i < count; i++)
				if (fd[i] >= 0)
					kernel_close(fd[i]);
			return result;
		}
		fd[at] = result;
		last = link[at];
	}
	return 0;
}

bool rendezvous_is_heard(const char *link)
{
	struct sockaddr_un address;
	int len = address_of(link, &address);
	int fd = len < 0 ? len : open_socket();
	int result;

	if (fd < 0)
		return false;
	result = kernel_connect(fd, &address, (socklen_t)len);
	kernel_close(fd);
	return result == 0 || result == -EAGAIN; /* its queue is full */
}
