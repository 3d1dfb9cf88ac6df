/*
 * Interposed calls that open and look at files: what shows a network shows
 * the stack's. For all other paths they cost a few compares.
 */
#include "calls_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "client.h"
#include "libc_real.h"
#include "view_client.h"
#include "view_files.h"
#include "view_path.h"

#define ERROR_SEEN 0x20 /* glibc's, for ferror(3), which has no setter */

/* -------------------------------------------------------------------- open */

/*
 * No socket can be opened by a path: there is no need to look later. What the
 * parent knows a vfork(2) child must leave alone.
 */
static int file(int fd)
{
	if (fd >= 0 && !descriptor_set_file(fd) && client_is_this_process())
		descriptor_set_not_ours(fd);
	return fd;
}

#define MODE_AFTER(flags)                                \
	({                                               \
		unsigned mode_ = 0;                      \
		va_list list_;                           \
                                                         \
		va_start(list_, flags);                  \
		if ((flags) & (O_CREAT | O_TMPFILE))     \
			mode_ = va_arg(list_, unsigned); \
		va_end(list_);                           \
		mode_;                                   \
	})

INTERPOSED int open(const char *path, int flags, ...)
{
	int result = view_files_open(path, flags);

	if (result == VIEW_FILES_NOT_OURS)
		return file(libc_real.open(path, flags, MODE_AFTER(flags)));
	return (int)libc_result(result);
}

INTERPOSED int open64(const char *path, int flags, ...)
{
	int result = view_files_open(path, flags);

	if (result == VIEW_FILES_NOT_OURS)
		return file(libc_real.open64(path, flags, MODE_AFTER(flags)));
	return (int)libc_result(result);
}

INTERPOSED int __open(const char *path, int flags, ...)
{
	return open(path, flags, MODE_AFTER(flags));
}

INTERPOSED int __open64(const char *path, int flags, ...)
{
	return open64(path, flags, MODE_AFTER(flags));
}

INTERPOSED int __open_2(const char *path, int flags)
{
	int result = view_files_open(path, flags);

	if (result == VIEW_FILES_NOT_OURS)
		return libc_real.__open_2(path, flags);
	return (int)libc_result(result);
}

INTERPOSED int __open64_2(const char *path, int flags)
{
	int result = view_files_open(path, flags);

	if (result == VIEW_FILES_NOT_OURS)
		return libc_real.__open64_2(path, flags);
	return (int)libc_result(result);
}

INTERPOSED int openat(int directory, const char *path, int flags, ...)
{
	int result = view_files_open(path, flags);

	if (result == VIEW_FILES_NOT_OURS)
		return file(libc_real.openat(directory, path, flags,
					     MODE_AFTER(flags)));
	return (int)libc_result(result);
}

INTERPOSED int openat64(int directory, const char *path, int flags, ...)
{
	int result = view_files_open(path, flags);

	if (result == VIEW_FILES_NOT_OURS)
		return file(libc_real.openat64(directory, path, flags,
					       MODE_AFTER(flags)));
	return (int)libc_result(result);
}

INTERPOSED int __openat_2(int directory, const char *path, int flags)
{
	int result = view_files_open(path, flags);

	if (result == VIEW_FILES_NOT_OURS)
		return libc_real.__openat_2(directory, path, flags);
	return (int)libc_result(result);
}

INTERPOSED int __openat64_2(int directory, const char *path, int flags)
{
	int result = view_files_open(path, flags);

	if (result == VIEW_FILES_NOT_OURS)
		return libc_real.__openat64_2(directory, path, flags);
	return (int)libc_result(result);
}

/* ------------------------------------------------------------------- stdio */

static int flags_of(const char *mode)
{
	int flags = O_RDONLY;

	if (strchr(mode, '+'))
		flags = O_RDWR;
	else if (mode[0] == 'w' || mode[0] == 'a')
		flags = O_WRONLY;
	return flags | (strchr(mode, 'e') ? O_CLOEXEC : 0);
}

static FILE *open_stream(int fd, const char *mode)
{
	FILE *stream = libc_result(fd) < 0 ? NULL : fdopen(fd, mode);

	if (!stream && fd >= 0)
		libc_raw(SYS_close, fd);
	return stream;
}

INTERPOSED FILE *fopen(const char *path, const char *mode)
{
	int fd = view_files_open(path, flags_of(mode));

	if (fd == VIEW_FILES_NOT_OURS)
		return libc_real.fopen(path, mode);
	return open_stream(fd, mode);
}

INTERPOSED FILE *fopen64(const char *path, const char *mode)
{
	int fd = view_files_open(path, flags_of(mode));

	if (fd == VIEW_FILES_NOT_OURS)
		return libc_real.fopen64(path, mode);
	return open_stream(fd, mode);
}

/* By the descriptor's own name, which every system with /proc has. */
static FILE *reopen_stream(int fd, const char *mode, FILE *stream)
{
	char path[32];
	FILE *result;

	if (libc_result(fd) < 0)
		return NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	result = libc_real.freopen(path, mode, stream);
	libc_raw(SYS_close, fd);
	return result;
}

/* What stood behind the stream may have been an endpoint. */
#define REOPEN(name, path, mode, stream)                               \
	({                                                             \
		int fd_ = view_files_open((path), flags_of(mode));     \
		struct closing_stream closing_;                        \
		FILE *result_;                                         \
                                                                       \
		calls_fd_stream_closes((stream), &closing_);           \
		result_ = fd_ == VIEW_FILES_NOT_OURS                   \
				  ? libc_real.name(path, mode, stream) \
				  : reopen_stream(fd_, mode, stream);  \
		calls_fd_stream_closed(&closing_);                     \
		result_;                                               \
	})

INTERPOSED FILE *freopen(const char *path, const char *mode, FILE *stream)
{
	return REOPEN(freopen, path, mode, stream);
}

INTERPOSED FILE *freopen64(const char *path, const char *mode, FILE *stream)
{
	return REOPEN(freopen64, path, mode, stream);
}

/*
 * stdio's writes pass us by. Here is where a program learns of them, so here
 * it learns, too, that the stack did not take a setting's value.
 */
INTERPOSED int fflush(FILE *stream)
{
	struct descriptor descriptor;
	int result = libc_real.fflush(stream);

	if (result == 0 && stream && stream->_fileno >= 0 &&
	    descriptor_get(stream->_fileno, &descriptor) &&
	    descriptor.kind == DESCRIPTOR_SETTING &&
	    libc_result(view_sync(&descriptor)) < 0) {
		stream->_flags |= ERROR_SEEN;
		result = EOF;
	}
	return result;
}

/* -------------------------------------------------------------------- look */

static int check_access(mode_t mode, int wanted)
{
	return (wanted & W_OK && !(mode & 0200)) ||
			       (wanted & X_OK && !(mode & 0100))
		       ? -EACCES
		       : 0;
}

INTERPOSED int access(const char *path, int wanted)
{
	mode_t mode;
	int result = view_files_look(path, &mode);

	if (result == VIEW_FILES_NOT_OURS)
		return libc_real.access(path, wanted);
	return (int)libc_result(result < 0 ? result
					   : check_access(mode, wanted));
}

INTERPOSED int faccessat(int directory, const char *path, int wanted, int flags)
{
	mode_t mode;
	int result = view_files_look(path, &mode);

	if (result == VIEW_FILES_NOT_OURS)
		return libc_real.faccessat(directory, path, wanted, flags);
	return (int)libc_result(result < 0 ? result
					   : check_access(mode, wanted));
}

_Static_assert(sizeof(struct stat) == sizeof(struct stat64),
	       "one layout for both");

/* The kernel's, where it has such a file, else one made up. */
static bool look(const char *path, void *status, int *result)
{
	struct stat *made = status;
	mode_t mode;

	*result = view_files_look(path, &mode);
	if (*result == VIEW_FILES_NOT_OURS)
		return false;
	if (*result == 0) {
		memset(made, 0, sizeof(*made));
		made->st_mode = mode;
		made->st_nlink = 1;
		made->st_blksize = 1024;
	}
	*result = (int)libc_result(*result);
	return true;
}

#define LOOK_OR(path, status, call)                    \
	({                                             \
		int result_;                           \
                                                       \
		if (!look((path), (status), &result_)) \
			result_ = (call);              \
		result_;                               \
	})

INTERPOSED int stat(const char *path, struct stat *status)
{
	return LOOK_OR(path, status, libc_real.stat(path, status));
}

INTERPOSED int stat64(const char *path, struct stat64 *status)
{
	return LOOK_OR(path, status, libc_real.stat64(path, status));
}

INTERPOSED int lstat(const char *path, struct stat *status)
{
	return LOOK_OR(path, status, libc_real.lstat(path, status));
}

INTERPOSED int lstat64(const char *path, struct stat64 *status)
{
	return LOOK_OR(path, status, libc_real.lstat64(path, status));
}

INTERPOSED int fstatat(int directory, const char *path, struct stat *status,
		       int flags)
{
	return LOOK_OR(path, status,
		       libc_real.fstatat(directory, path, status, flags));
}

INTERPOSED int fstatat64(int directory, const char *path, struct stat64 *status,
			 int flags)
{
	return LOOK_OR(path, status,
		       libc_real.fstatat64(directory, path, status, flags));
}

INTERPOSED int __xstat(int version, const char *path, struct stat *status)
{
	return LOOK_OR(path, status, libc_real.__xstat(version, path, status));
}

INTERPOSED int __xstat64(int version, const char *path, struct stat64 *status)
{
	return LOOK_OR(path, status,
		       libc_real.__xstat64(version, path, status));
}

INTERPOSED int statx(int directory, const char *path, int flags, unsigned mask,
		     struct statx *status)
{
	mode_t mode;
	int result = view_files_look(path, &mode);

	if (result == VIEW_FILES_NOT_OURS)
		return libc_real.statx(directory, path, flags, mask, status);
	if (result == 0)
		*status = (struct statx){
			.stx_mask = STATX_TYPE | STATX_MODE | STATX_NLINK,
			.stx_mode = (uint16_t)mode,
			.stx_nlink = 1,
			.stx_blksize = 1024,
		};
	return (int)libc_result(result);
}

/*
 * sysctl(8) wants to know of each name where it really is. Nothing of ours is
 * a link, so what the kernel does not have is where it is.
 */
static char *resolve_ours(const char *path, char *resolved)
{
	char name[VIEW_PATH_MAX];
	int error = errno;

	if (error != ENOENT || !view_files_name(path, name)) {
		errno = error;
		return NULL;
	}
	errno = error;
	return resolved ? strcpy(resolved, name) : strdup(name);
}

INTERPOSED char *realpath(const char *path, char *resolved)
{
	char *result = libc_real.realpath(path, resolved);

	return result ? result : resolve_ours(path, resolved);
}

INTERPOSED char *__realpath_chk(const char *path, char *resolved, size_t room)
{
	char *result = libc_real.__realpath_chk(path, resolved, room);

	return result ? result : resolve_ours(path, resolved);
}

INTERPOSED char *canonicalize_file_name(const char *path)
{
	char *result = libc_real.canonicalize_file_name(path);

	return result ? result : resolve_ours(path, NULL);
}
