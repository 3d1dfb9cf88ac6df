/* What is wrong with a TAP or TUN device, for people. */
#include "tuntap_trouble.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "kernel.h"
#include "log.h"

/* struct linux_dirent64, which no header of libc's has. */
struct entry {
	uint64_t inode;
	int64_t next;
	uint16_t len;
	uint8_t type;
	char name[];
};

void tuntap_trouble_open(int error, const struct log *log)
{
	switch (-error) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		log_line(log, PYT_LOG_ERROR, "link",
			 "/dev/net/tun is missing; run: modprobe tun "
			 "(in a container: give it the device /dev/net/tun)");
		return;
	case EACCES:
	case EPERM:
		log_line(log, PYT_LOG_ERROR, "link",
			 "/dev/net/tun may not be opened; run: "
			 "chmod 666 /dev/net/tun");
		return;
	}
	log_line(log, PYT_LOG_ERROR, "link", "/dev/net/tun: %s",
		 strerrordesc_np(-error));
}

/* Reads a small file of /proc whole; false if it is not to be had. */
static bool read_small(const char *path, char *text, size_t size)
{
	int fd = kernel_open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return false;
	len = kernel_read(fd, text, size - 1);
	kernel_close(fd);
	if (len < 0)
		return false;
	text[len] = '\0';
	return true;
}

/* Calls visit for each entry that begins with a digit, until it says true. */
static bool any_number_in(const char *directory,
			  bool (*visit)(const char *entry, void *context),
			  void *context)
{
	_Alignas(struct entry) char bytes[2048] = { 0 };
	int fd = kernel_open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool found = false;
	long len;

	if (fd < 0)
		return false;
	while (!found && (len = kernel_call(SYS_getdents64, fd, (long)bytes,
					    sizeof(bytes), 0, 0, 0)) > 0) {
		for (long at = 0; at < len && !found;) {
			struct entry *entry = (struct entry *)(bytes + at);

			at += entry->len;
			if (entry->name[0] >= '0' && entry->name[0] <= '9')
				found = visit(entry->name, context);
		}
	}
	kernel_close(fd);
	return found;
}

struct search {
	char line[32]; /* "iff:\tNAME\n" */
	char process[24];
};

static bool is_attached(const char *fd, void *context)
{
	struct search *search = context;
	char path[96], text[512];

	snprintf(path, sizeof(path), "/proc/%.20s/fdinfo/%.20s",
		 search->process, fd);
	return read_small(path, text, sizeof(text)) &&
	       strstr(text, search->line);
}

static bool has_device(const char *process, void *context)
{
	struct search *search = context;
	char path[64];

	snprintf(search->process, sizeof(search->process), "%.20s", process);
	snprintf(path, sizeof(path), "/proc/%.20s/fdinfo", process);
	return any_number_in(path, is_attached, search);
}

pid_t tuntap_trouble_owner(const char *name, char *command, size_t size)
{
	struct search search = { 0 };
	char path[64];
	pid_t pid = 0;

	snprintf(search.line, sizeof(search.line), "iff:\t%s\n", name);
	if (!any_number_in("/proc", has_device, &search))
		return 0;
	for (const char *c = search.process; *c; c++)
		pid = pid * 10 + (*c - '0');
	snprintf(path, sizeof(path), "/proc/%s/comm", search.process);
	if (!read_small(path, command, size))
		snprintf(command, size, "?");
	command[strcspn(command, "\n")] = '\0';
	return pid;
}

static void log_busy(const char *name, const struct log *log)
{
	char command[32];
	pid_t pid = tuntap_trouble_owner(name, command, sizeof(command));

	if (pid)
		log_line(log, PYT_LOG_ERROR, "link",
			 "%s is in use by process %d (%s); end it or choose "
			 "another with PYT_LINK",
			 name, (int)pid, command);
	else
		log_line(log, PYT_LOG_ERROR, "link",
			 "%s is in use by a process of another user; choose "
			 "another with PYT_LINK",
			 name);
}

static bool device_exists(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/class/net/%s/ifindex", name);
	fd = kernel_open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		kernel_close(fd);
	return fd >= 0;
}

static void log_denied(const char *name, const char *mode,
		       const struct log *log)
{
	if (device_exists(name))
		log_line(log, PYT_LOG_ERROR, "link",
			 "%s belongs to another user; have one of your own "
			 "made: sudo ip tuntap add dev NAME mode %s user $USER",
			 name, mode);
	else
		log_line(log, PYT_LOG_ERROR, "link",
			 "%s is not there and may not be made by this user; "
			 "run: sudo ip tuntap add dev %s mode %s user $USER",
			 name, name, mode);
}

void tuntap_trouble_attach(int error, const char *name, bool is_tap,
			   const struct log *log)
{
	const char *mode = is_tap ? "tap" : "tun";

	switch (-error) {
	case EBUSY:
		log_busy(name, log);
		return;
	case EPERM:
	case EACCES:
		log_denied(name, mode, log);
		return;
	case EINVAL:
		log_line(log, PYT_LOG_ERROR, "link",
			 "%s is there, but it is no %s device; choose another "
			 "name with PYT_LINK",
			 name, mode);
		return;
	}
	log_line(log, PYT_LOG_ERROR, "link", "%s: %s", name,
		 strerrordesc_np(-error));
}
