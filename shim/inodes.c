/* Which AF_UNIX sockets exist: unix_diag, or /proc/net/unix. */
#include "inodes.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <string.h>

#include "kernel.h"

/* ------------------------------------------------------------- sock_diag */

struct diag {
	inodes_seen *seen;
	inodes_facts *seen_facts;
	void *context;
};

/* All of them (NLM_F_DUMP), or the one with this inode. */
static int diag_ask(int fd, uint16_t flags, uint32_t show, uint64_t inode)
{
	struct {
		struct nlmsghdr header;
		struct unix_diag_req request;
	} message = {
		.header = { .nlmsg_len = sizeof(message),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST | flags },
		.request = { .sdiag_family = AF_UNIX,
			     .udiag_states = UINT32_MAX,
			     .udiag_ino = (uint32_t)inode,
			     .udiag_show = show,
			     .udiag_cookie = { UINT32_MAX, UINT32_MAX } },
	};

	return (int)kernel_send(fd, &message, sizeof(message), 0);
}

static uint32_t word_of(const struct rtattr *value)
{
	uint32_t word = 0;

	if (RTA_PAYLOAD(value) >= sizeof(word))
		memcpy(&word, RTA_DATA(value), sizeof(word));
	return word;
}

static struct inode_facts parse_facts(const struct nlmsghdr *header)
{
	const struct unix_diag_msg *socket = NLMSG_DATA(header);
	const struct rtattr *value = (const struct rtattr *)(socket + 1);
	struct inode_facts facts = { .inode = socket->udiag_ino };
	uint32_t left = NLMSG_PAYLOAD(header, sizeof(*socket));

	for (; RTA_OK(value, left); value = RTA_NEXT(value, left)) {
		if (value->rta_type == UNIX_DIAG_RQLEN) {
			facts.waiting = word_of(value); /* 1st of 2 */
		} else if (value->rta_type == UNIX_DIAG_PEER) {
			facts.has_peer = true;
			facts.peer = word_of(value);
		} else if (value->rta_type == UNIX_DIAG_NAME) {
			facts.name = RTA_DATA(value);
			facts.name_len = RTA_PAYLOAD(value);
		}
	}
	return facts;
}

static void tell(const struct diag *diag, const struct nlmsghdr *header)
{
	struct inode_facts facts = parse_facts(header);

	if (diag->seen)
		diag->seen(diag->context, facts.inode);
	else if (diag->seen_facts)
		diag->seen_facts(diag->context, &facts);
}

/* 1: the list has ended, 0: there is more, -errno. */
static int diag_parse(const uint8_t *bytes, uint32_t len,
		      const struct diag *diag)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)bytes;

	for (; NLMSG_OK(header, len); header = NLMSG_NEXT(header, len)) {
		if (header->nlmsg_type == NLMSG_DONE)
			return 1;
		if (header->nlmsg_type == NLMSG_ERROR)
			return -EIO;
		if (header->nlmsg_len >=
		    NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
			tell(diag, header);
	}
	return 0;
}

static int diag_list(const struct diag *diag, uint32_t show, uint8_t *scratch,
		     uint32_t scratch_len)
{
	int fd = kernel_socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			       NETLINK_SOCK_DIAG);
	int result;

	if (fd < 0)
		return fd;
	result = diag_ask(fd, NLM_F_DUMP, show, 0);
	if (result > 0)
		result = 0;
	while (result == 0) {
		ssize_t len = kernel_recv(fd, scratch, scratch_len, 0);

		if (len == -EINTR)
			continue;
		result = len <= 0 ? -EIO
				  : diag_parse(scratch, (uint32_t)len, diag);
	}
	kernel_close(fd);
	return result < 0 ? result : 0;
}

int inodes_list_facts(inodes_facts *seen, void *context, uint8_t *scratch,
		      uint32_t scratch_len)
{
	struct diag diag = { NULL, seen, context };

	return diag_list(&diag,
			 UDIAG_SHOW_RQLEN | UDIAG_SHOW_PEER | UDIAG_SHOW_NAME,
			 scratch, scratch_len);
}

/* 1: it exists. 0: it does not, or sock_diag knows nothing of AF_UNIX. */
static int diag_has(int fd, uint64_t inode)
{
	union {
		struct nlmsghdr header;
		uint8_t bytes[512];
	} answer = { .bytes = { 0 } };
	struct nlmsgerr *error = NLMSG_DATA(&answer.header);
	ssize_t len = diag_ask(fd, 0, 0, inode);

	if (len >= 0)
		len = kernel_recv(fd, &answer, sizeof(answer), 0);
	if (len < 0)
		return (int)len;
	if (!NLMSG_OK(&answer.header, (size_t)len))
		return -EIO;
	if (answer.header.nlmsg_type == SOCK_DIAG_BY_FAMILY)
		return 1;
	return answer.header.nlmsg_type == NLMSG_ERROR &&
			       error->error == -ENOENT
		       ? 0
		       : -EIO;
}

/* One that moves within the kernel's table (bind) may be missed once. */
int inodes_has(uint64_t inode, uint64_t known)
{
	int fd = kernel_socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			       NETLINK_SOCK_DIAG);
	int result;

	if (fd < 0)
		return fd;
	result = diag_has(fd, inode);
	if (result == 0)
		result = diag_has(fd, inode);
	if (result == 0 && diag_has(fd, known) != 1)
		result = -EOPNOTSUPP;
	kernel_close(fd);
	return result;
}

/* --------------------------------------------------------- /proc/net/unix */

/*
 * A line: "0000000000000000: 00000002 00000000 00010000 0001 01 12345 @name",
 * the inode is the seventh word; the heading has none that is a number.
 */
static uint64_t line_inode(const uint8_t *line, const uint8_t *end)
{
	uint64_t inode = 0;
	int word = 0;

	while (line < end && word < 6) {
		while (line < end && *line != ' ')
			line++;
		while (line < end && *line == ' ')
			line++;
		word++;
	}
	while (line < end && *line >= '0' && *line <= '9')
		inode = inode * 10 + (uint64_t)(*line++ - '0');
	return inode;
}

/* Reports whole lines; how many bytes they are. */
static uint32_t lines_parse(const uint8_t *bytes, uint32_t len,
			    inodes_line *seen, void *context)
{
	uint32_t begin = 0;

	for (uint32_t i = 0; i < len; i++) {
		if (bytes[i] != '\n')
			continue;
		seen(context, line_inode(bytes + begin, bytes + i),
		     (const char *)bytes + begin, (int)(i - begin));
		begin = i + 1;
	}
	return begin;
}

int inodes_lines(inodes_line *seen, void *context, uint8_t *scratch,
		 uint32_t scratch_len)
{
	int fd = kernel_open("/proc/net/unix", 02000000 /* O_CLOEXEC */);
	uint32_t kept = 0;
	ssize_t len;

	if (fd < 0)
		return fd;
	while ((len = kernel_read(fd, scratch + kept, scratch_len - kept)) >
	       0) {
		uint32_t all = kept + (uint32_t)len;
		uint32_t done = lines_parse(scratch, all, seen, context);

		memmove(scratch, scratch + done, all - done);
		kept = all - done;
		if (kept == scratch_len)
			break;
	}
	kernel_close(fd);
	return len < 0 ? (int)len : 0;
}

struct plain {
	inodes_seen *seen;
	void *context;
};

static void on_line(void *context, uint64_t inode, const char *line, int len)
{
	const struct plain *plain = context;

	plain->seen(plain->context, inode);
}

int inodes_list_of_proc(inodes_seen *seen, void *context, uint8_t *scratch,
			uint32_t scratch_len)
{
	struct plain plain = { seen, context };

	return inodes_lines(on_line, &plain, scratch, scratch_len);
}

int inodes_list(inodes_seen *seen, void *context, uint8_t *scratch,
		uint32_t scratch_len)
{
	struct diag diag = { seen, NULL, context };
	int result = diag_list(&diag, 0, scratch, scratch_len);

	if (result < 0)
		result = inodes_list_of_proc(seen, context, scratch,
					     scratch_len);
	return result;
}
