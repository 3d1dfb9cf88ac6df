/* The control message with which a descriptor travels: SCM_RIGHTS, unix(7). */
#ifndef SHIM_PASSED_FD_H
#define SHIM_PASSED_FD_H

#include <string.h>
#include <sys/socket.h>

union passed_fd {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

/* control must live until the message is sent. */
static inline void passed_fd_attach(struct msghdr *message,
				    union passed_fd *control, int fd)
{
	control->header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
					    .cmsg_level = SOL_SOCKET,
					    .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control->header), &fd, sizeof(fd));
	message->msg_control = control;
	message->msg_controllen = sizeof(*control);
}

#endif
