/* Questions of pyt's own tools to a stack. */
#include "tool.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config.h"
#include "owner.h"

#define HEADER_LEN offsetof(struct pyt_request, data)
#define REPLY_HEADER_LEN offsetof(struct pyt_reply, data)

int tool_connect(const char *link)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int len = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
			   PYT_CONTROL_NAME "%s", link);

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&name,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				(size_t)len)) == 0) {
		owner_limit_wait(fd, OWNER_PATIENCE_US);
		return fd;
	}
	close(fd);
	return -1;
}

static bool is_stopped(int fd)
{
	pid_t owner = owner_of(fd);

	if (owner_look(owner) != OWNER_STOPPED)
		return false;
	fprintf(stderr,
		"pyt: process %d, in which the stack lives, is stopped\n",
		owner);
	return true;
}

int tool_ask(int fd, const struct pyt_request *request, struct pyt_reply *reply)
{
	ssize_t len;

	if (send(fd, request, HEADER_LEN + request->data_len, MSG_NOSIGNAL) < 0)
		return -EPIPE;
	do {
		len = recv(fd, reply, sizeof(*reply), 0);
	} while (len < 0 && errno == EAGAIN && !is_stopped(fd));
	if (len < (ssize_t)REPLY_HEADER_LEN ||
	    reply->data_len > (size_t)len - REPLY_HEADER_LEN)
		return -EPIPE;
	return reply->result;
}

int tool_greet(int fd)
{
	struct pyt_request hello = { .op = PYT_OP_HELLO,
				     .args = { PYT_CONTROL_VERSION } };
	struct pyt_reply reply;

	return tool_ask(fd, &hello, &reply);
}

static uid_t user_of(int fd)
{
	struct ucred owner = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(owner);

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &len);
	return owner.uid;
}

bool tool_is_of_another(int fd)
{
	return user_of(fd) != geteuid();
}

static void say_whose(int fd, const char *link)
{
	uid_t uid = user_of(fd);
	const struct passwd *user = getpwuid(uid);

	fprintf(stderr,
		"pyt: the stack on %s is of user %s (%u), who alone may ask "
		"it\n",
		link, user ? user->pw_name : "?", uid);
}

int tool_open(const char *link)
{
	int fd = tool_connect(link);
	int result;

	if (fd < 0) {
		fprintf(stderr,
			"pyt: no stack runs on %s; pyt ls shows those that "
			"do\n",
			link);
		return -1;
	}
	result = tool_greet(fd);
	if (result >= 0)
		return fd;
	if (result == -EPROTO)
		fprintf(stderr,
			"pyt: the stack on %s is of another libpyt.so: its "
			"control protocol is not version %d\n",
			link, PYT_CONTROL_VERSION);
	else if (tool_is_of_another(fd))
		say_whose(fd, link);
	else
		fprintf(stderr, "pyt: the stack on %s does not answer\n", link);
	close(fd);
	return -1;
}
