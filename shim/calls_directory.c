/*
 * Interposed: opendir(3) and its like, for the directories of proc_file.h,
 * which no file system has. Any other DIR is told from ours by a load.
 */
#include "calls.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "libc_real.h"
#include "view_path.h"

struct directory {
	struct directory *next; /* of those that are open */
	size_t len; /* of names */
	size_t at;
	union {
		struct dirent entry;
		struct dirent64 entry64;
	};
	char names[]; /* type, name, zero */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(struct directory *) opened; /* list; under the lock */

static struct directory *find(DIR *wanted)
{
	struct directory *at;

	if (!atomic_load_explicit(&opened, memory_order_relaxed))
		return NULL;
	pthread_mutex_lock(&lock);
	for (at = opened; at && (void *)at != (void *)wanted; at = at->next)
		;
	pthread_mutex_unlock(&lock);
	return at;
}

/* -------------------------------------------------------------------- open */

static struct directory *append(struct directory *directory, const char *names,
				size_t len)
{
	size_t before = directory ? directory->len : 0;
	struct directory *grown =
		realloc(directory, sizeof(*grown) + before + len);

	if (!grown) {
		free(directory);
		return NULL;
	}
	if (!directory)
		memset(grown, 0, sizeof(*grown));
	memcpy(grown->names + before, names, len);
	grown->len = before + len;
	return grown;
}

static int read_names(const char *path, struct directory **directory)
{
	char names[PYT_CONTROL_DATA_MAX];
	int next = 0;

	*directory = append(NULL, "d.\0d..", 7);
	do {
		struct client_call call = { .op = PYT_OP_VIEW_LIST,
					    .args = { next },
					    .data = path,
					    .data_len = (uint32_t)strlen(path),
					    .answer = names,
					    .answer_len = sizeof(names) };

		next = client_call(&call);
		if (next >= 0 && *directory)
			*directory = append(*directory, names, call.answer_len);
	} while (next > 0 && *directory);
	if (next < 0) {
		free(*directory);
		*directory = NULL;
		return next;
	}
	return *directory ? 0 : -ENOMEM;
}

static bool open_ours(const char *path, struct directory **directory,
		      int *result)
{
	char name[VIEW_PATH_MAX];

	if (!view_path_match(path, name) || !client_is_this_process())
		return false;
	*result = client_start();
	if (*result == 0)
		*result = read_names(name, directory);
	if (*result < 0 || !*directory)
		return true;
	pthread_mutex_lock(&lock);
	(*directory)->next = opened;
	opened = *directory;
	pthread_mutex_unlock(&lock);
	return true;
}

INTERPOSED DIR *opendir(const char *path)
{
	struct directory *directory = NULL;
	int result;

	if (!open_ours(path, &directory, &result))
		return libc_real.opendir(path);
	return libc_result(result) < 0 ? NULL : (DIR *)(void *)directory;
}

/* -------------------------------------------------------------------- read */

static bool next_entry(struct directory *directory)
{
	struct dirent64 *entry = &directory->entry64;
	const char *item = directory->names + directory->at;
	size_t len;

	if (directory->at >= directory->len)
		return false;
	len = strnlen(item, directory->len - directory->at);
	directory->at += len + 1;
	if (len < 2 || len > sizeof(entry->d_name))
		return false;
	memset(entry, 0, sizeof(*entry));
	entry->d_ino = directory->at;
	entry->d_off = (off64_t)directory->at;
	entry->d_reclen = sizeof(*entry);
	entry->d_type = item[0] == 'd' ? DT_DIR : DT_REG;
	memcpy(entry->d_name, item + 1, len - 1);
	return true;
}

_Static_assert(sizeof(struct dirent) == sizeof(struct dirent64),
	       "one layout for both");

INTERPOSED struct dirent *readdir(DIR *wanted)
{
	struct directory *directory = find(wanted);

	if (!directory)
		return libc_real.readdir(wanted);
	return next_entry(directory) ? &directory->entry : NULL;
}

INTERPOSED struct dirent64 *readdir64(DIR *wanted)
{
	struct directory *directory = find(wanted);

	if (!directory)
		return libc_real.readdir64(wanted);
	return next_entry(directory) ? &directory->entry64 : NULL;
}

INTERPOSED int readdir_r(DIR *wanted, struct dirent *entry,
			 struct dirent **result)
{
	struct directory *directory = find(wanted);

	if (!directory)
		return libc_real.readdir_r(wanted, entry, result);
	*result = next_entry(directory) ? entry : NULL;
	if (*result)
		*entry = directory->entry;
	return 0;
}

INTERPOSED int readdir64_r(DIR *wanted, struct dirent64 *entry,
			   struct dirent64 **result)
{
	struct directory *directory = find(wanted);

	if (!directory)
		return libc_real.readdir64_r(wanted, entry, result);
	*result = next_entry(directory) ? entry : NULL;
	if (*result)
		*entry = directory->entry64;
	return 0;
}

INTERPOSED void rewinddir(DIR *wanted)
{
	struct directory *directory = find(wanted);

	if (directory)
		directory->at = 0;
	else
		libc_real.rewinddir(wanted);
}

INTERPOSED long telldir(DIR *wanted)
{
	struct directory *directory = find(wanted);

	return directory ? (long)directory->at : libc_real.telldir(wanted);
}

INTERPOSED void seekdir(DIR *wanted, long place)
{
	struct directory *directory = find(wanted);

	if (!directory)
		libc_real.seekdir(wanted, place);
	else if (place >= 0 && (size_t)place <= directory->len)
		directory->at = (size_t)place;
}

/* It has none; POSIX foresees that. */
INTERPOSED int dirfd(DIR *wanted)
{
	if (find(wanted))
		return (int)libc_result(-ENOTSUP);
	return libc_real.dirfd(wanted);
}

static void forget(struct directory *directory)
{
	struct directory *at;

	pthread_mutex_lock(&lock);
	if (opened == directory)
		opened = directory->next;
	for (at = opened; at; at = at->next)
		if (at->next == directory)
			at->next = directory->next;
	pthread_mutex_unlock(&lock);
}

INTERPOSED int closedir(DIR *wanted)
{
	struct directory *directory = find(wanted);

	if (!directory)
		return libc_real.closedir(wanted);
	forget(directory);
	free(directory);
	return 0;
}
