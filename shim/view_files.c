/* open(2) of what shows the stack: a memfd, or an endpoint to write to. */
#include "view_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "descriptor.h"
#include "libc_real.h"
#include "view.h"
#include "view_client.h"
#include "view_path.h"

static bool is_directory(const char *name)
{
	char names[PYT_CONTROL_DATA_MAX];
	struct client_call call = { .op = PYT_OP_VIEW_LIST,
				    .data = name,
				    .data_len = (uint32_t)strlen(name),
				    .answer = names,
				    .answer_len = sizeof(names) };

	return client_call(&call) >= 0;
}

/*
 * A file of its own, opened as the program asks: what came from the stack can
 * be written, and its place is shared with nobody.
 */
static int reopen(int fd, int flags)
{
	char path[32];
	int opened;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	opened = (int)libc_raw(SYS_openat, AT_FDCWD, path,
			       flags & ~(O_CREAT | O_EXCL | O_TRUNC), 0);
	if (opened < 0) { /* no /proc here, as in a chroot(2) */
		if (!(flags & O_CLOEXEC))
			libc_raw(SYS_fcntl, fd, F_SETFD, 0L);
		return fd;
	}
	libc_raw(SYS_close, fd);
	return opened;
}

static int open_to_read(const char *name, int flags)
{
	struct client_call call = { .op = PYT_OP_VIEW_FILE,
				    .data = name,
				    .data_len = (uint32_t)strlen(name) };
	int fd = -1;
	int result = client_call_for_fd(&call, &fd);

	if (result == -ENOENT && is_directory(name))
		return VIEW_FILES_NOT_OURS;
	if (result < 0 || fd < 0)
		return result < 0 ? result : -ENOENT;
	fd = reopen(fd, flags);
	descriptor_set_not_ours(fd);
	return fd;
}

static int open_to_write(const char *name, int flags)
{
	int type = SOCK_SEQPACKET;
	char setting[VIEW_PATH_MAX];

	if (!view_path_setting(name, setting))
		return -EACCES;
	if (flags & O_CLOEXEC)
		type |= SOCK_CLOEXEC;
	if (flags & O_NONBLOCK)
		type |= SOCK_NONBLOCK;
	return view_open_socket(VIEW_FAMILY_SETTING, type, 0, setting);
}

/* Who asks for the kernel's sockets alone has no use for a stack. */
static bool needs_no_stack(const char *name)
{
	return strcmp(name, "/proc/net/unix") == 0 && !client_table();
}

int view_files_open(const char *path, int flags)
{
	char name[VIEW_PATH_MAX];
	int result;

	if (!view_path_match(path, name) || flags & (O_PATH | O_DIRECTORY) ||
	    !client_is_this_process() || needs_no_stack(name))
		return VIEW_FILES_NOT_OURS;
	result = client_start();
	if (result < 0)
		return result;
	if ((flags & O_ACCMODE) == O_RDONLY)
		return open_to_read(name, flags);
	return open_to_write(name, flags);
}

int view_files_look(const char *path, mode_t *mode)
{
	struct client_call call = { .op = PYT_OP_VIEW_FILE };
	char name[VIEW_PATH_MAX];
	int result;

	if (!view_path_match(path, name) || !client_is_this_process() ||
	    (!client_table() && client_attach() < 0))
		return VIEW_FILES_NOT_OURS;
	call.data = name;
	call.data_len = (uint32_t)strlen(name);
	*mode = S_IFREG | (strncmp(name, "/proc/sys", 9) == 0 ? 0644 : 0444);
	result = client_call(&call);
	if (result == -ENOENT && is_directory(name)) {
		*mode = S_IFDIR | 0555;
		return 0;
	}
	return result < 0 ? result : 0;
}

bool view_files_name(const char *path, char name[VIEW_PATH_MAX])
{
	mode_t mode;

	return path && view_files_look(path, &mode) == 0 &&
	       view_path_match(path, name);
}
