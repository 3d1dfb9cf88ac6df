/* Keeps what makes programs ours, and fills a cleaned environment up. */
#include "environment.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"

#define TEXT_LEN 4096
#define ENTRIES_MAX 64 /* the first is LD_PRELOAD */
#define PRELOAD "LD_PRELOAD="

extern char **environ;

static char text[TEXT_LEN];
static size_t text_len;
static char *entries[ENTRIES_MAX];
static size_t entry_count = 1;
static const char *library; /* its file, as the dynamic linker found it */

static bool begins_with(const char *entry, const char *start)
{
	return strncmp(entry, start, strlen(start)) == 0;
}

static bool is_key(const char *entry)
{
	return begins_with(entry, "PYT_") || begins_with(entry, "LIBPYT_");
}

static char *copy(const char *entry)
{
	size_t len = strlen(entry) + 1;
	char *to = text + text_len;

	if (len > TEXT_LEN - text_len)
		return NULL;
	text_len += len;
	return memcpy(to, entry, len);
}

/* LD_PRELOAD may name it without a folder. */
static const char *file_name(void)
{
	const char *slash = strrchr(library, '/');

	return slash ? slash + 1 : library;
}

/* False: there are too many, or they are too long. */
static bool keep(const char *entry)
{
	if (begins_with(entry, PRELOAD)) {
		if (strstr(entry, file_name()))
			entries[0] = copy(entry);
		return entries[0];
	}
	if (!is_key(entry))
		return true;
	if (entry_count == ENTRIES_MAX)
		return false;
	entries[entry_count] = copy(entry);
	return entries[entry_count++];
}

void environment_keep(void)
{
	Dl_info info;

	if (!dladdr(&text, &info) || !info.dli_fname)
		return;
	library = info.dli_fname;
	for (char **entry = environ; entry && *entry; entry++) {
		if (!keep(*entry)) {
			entries[0] = NULL;
			return;
		}
	}
}

size_t environment_room(char *const envp[])
{
	size_t count = 0;

	if (!entries[0] || entry_count == 1)
		return 1;
	for (; envp && envp[count]; count++) {
		if (is_key(envp[count]))
			return 1;
	}
	return count + entry_count + 1;
}

char *const *environment_filled(char *const envp[], char **room,
				size_t room_count)
{
	bool has_preload = false;
	size_t at = 0;

	if (room_count == 1)
		return envp;
	/* Another thread may add to a live one after it was counted. */
	for (; envp && envp[at] && at + entry_count < room_count - 1; at++) {
		room[at] = envp[at];
		has_preload |= begins_with(envp[at], PRELOAD);
	}
	for (size_t i = has_preload; i < entry_count; i++)
		room[at++] = entries[i];
	room[at] = NULL;
	return room;
}

bool environment_has_library(void)
{
	return kernel_call(SYS_faccessat, AT_FDCWD, (long)library, R_OK, 0, 0,
			   0) == 0;
}
