/* Looks at a program's file before it is run: ELF, elf(5), and its modes. */
#include "exec_warn.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"
#include "log.h"

#define HEAD_LEN 2048 /* of the file; about 30 program headers */
#define NOTES_LEN 512
#define PATH_LEN 256 /* of an interpreter */
#define FILES_MAX 500
#define GO_BUILD_ID 4 /* type of a note of Go's */

struct reason {
	const char *is;
	const char *way_out;
	const char *so; /* NULL: its sockets are the kernel's */
};

static const struct reason set_uid = { "is set-uid",
				       "a copy of your own is not" };
static const struct reason set_gid = { "is set-gid",
				       "a copy of your own is not" };
static const struct reason capable = { "has file capabilities",
				       "a copy of your own has none" };
static const struct reason as_another = {
	"is run by a user or group that is not the effective one",
	"it is reached where they are one"
};
static const struct reason is_static = { "is statically linked",
					 "pyt --seccomp reaches it" };
static const struct reason musl = {
	"is linked with musl, and libpyt with glibc",
	"pyt --seccomp reaches it, and without LD_PRELOAD it has the kernel's",
	"it does not start"
};
static const struct reason go = { "is a Go program",
				  "pyt --seccomp reaches it" };

/* Shared with all children, whichever of them says it. NULL: none was made. */
static struct told {
	_Atomic uint32_t count;
	_Atomic uint64_t file[FILES_MAX];
} * told;

void exec_warn_prepare(void)
{
	void *page;

	if (told)
		return;
	page = (void *)kernel_call(SYS_mmap, 0, sizeof(*told),
				   PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (kernel_mapped(page))
		told = page;
}

static bool is_new(const struct stat *status)
{
	uint64_t file = (uint64_t)status->st_dev << 40 ^ status->st_ino;
	uint32_t count;

	exec_warn_prepare(); /* after vfork(2): in the parent, too */
	if (!told)
		return true;
	count = atomic_load(&told->count);
	for (uint32_t i = 0; i < count && i < FILES_MAX; i++) {
		if (atomic_load(&told->file[i]) == file)
			return false;
	}
	count = atomic_fetch_add(&told->count, 1);
	if (count < FILES_MAX)
		atomic_store(&told->file[count], file);
	return count < FILES_MAX;
}

/* ------------------------------------------------------------------- modes */

/* Where exec raises privileges (AT_SECURE), ld.so(8). */
static const struct reason *privileges(int fd, const struct stat *status)
{
	struct vfs_ns_cap_data data;

	if (status->st_mode & S_ISUID && status->st_uid != geteuid())
		return &set_uid;
	if (status->st_mode & S_ISGID && status->st_mode & S_IXGRP &&
	    status->st_gid != getegid())
		return &set_gid;
	if (geteuid() != 0 &&
	    kernel_call(SYS_fgetxattr, fd, (long)"security.capability",
			(long)&data, sizeof(data), 0, 0) > 0)
		return &capable;
	if (getuid() != geteuid() || getgid() != getegid())
		return &as_another;
	return NULL;
}

/* --------------------------------------------------------------------- ELF */

static uint32_t padded(uint32_t len)
{
	return (len + 3) & ~3u;
}

/* The identity of a build by Go's own compiler; gccgo's have none. */
static bool has_go_note(int fd, const Elf64_Phdr *notes)
{
	_Alignas(4) uint8_t bytes[NOTES_LEN];
	ssize_t len = kernel_call(SYS_pread64, fd, (long)bytes, sizeof(bytes),
				  (long)notes->p_offset, 0, 0);
	Elf64_Nhdr note;

	if (len > (ssize_t)notes->p_filesz)
		len = (ssize_t)notes->p_filesz;
	for (ssize_t at = 0; at + (ssize_t)sizeof(note) + 4 <= len;) {
		memcpy(&note, bytes + at, sizeof(note));
		at += (ssize_t)sizeof(note);
		if (note.n_type == GO_BUILD_ID && note.n_namesz == 4 &&
		    memcmp(bytes + at, "Go\0", 4) == 0)
			return true;
		if (note.n_namesz > NOTES_LEN || note.n_descsz > NOTES_LEN)
			return false;
		at += padded(note.n_namesz) + padded(note.n_descsz);
	}
	return false;
}

/* Of the program's own dynamic linker: "/lib/ld-musl-x86_64.so.1". */
static bool names_musl(int fd, const Elf64_Phdr *interpreter)
{
	char path[PATH_LEN] = "";
	size_t len = interpreter->p_filesz;

	return len < sizeof(path) &&
	       kernel_call(SYS_pread64, fd, (long)path, (long)len,
			   (long)interpreter->p_offset, 0, 0) == (long)len &&
	       strstr(path, "/ld-musl-");
}

/* The dynamic linker may be run by its name, and has no interpreter itself. */
static bool is_dynamic_linker(const char *path)
{
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	return strncmp(name, "ld-", 3) == 0 || strncmp(name, "ld.so", 5) == 0;
}

static const struct reason *look_at_elf(int fd, const uint8_t *head,
					ssize_t len, const char *path)
{
	Elf64_Ehdr elf;
	Elf64_Phdr header;
	bool is_dynamic = is_dynamic_linker(path);

	if (len < (ssize_t)sizeof(elf))
		return NULL;
	memcpy(&elf, head, sizeof(elf));
	if (elf.e_ident[EI_CLASS] != ELFCLASS64 ||
	    elf.e_phentsize != sizeof(header) || elf.e_phoff > HEAD_LEN)
		return NULL;
	for (int i = 0; i < elf.e_phnum; i++) {
		size_t at = elf.e_phoff + (size_t)i * sizeof(header);

		if (at + sizeof(header) > (size_t)len)
			return NULL; /* more than we read */
		memcpy(&header, head + at, sizeof(header));
		if (header.p_type == PT_NOTE && has_go_note(fd, &header))
			return &go;
		if (header.p_type == PT_INTERP && names_musl(fd, &header))
			return &musl;
		is_dynamic |= header.p_type == PT_INTERP;
	}
	return is_dynamic ? NULL : &is_static;
}

/* ----------------------------------------------------------------- the file */

/* "#!/bin/busybox sh": its first word. False: there is none. */
static bool read_interpreter(uint8_t *head, ssize_t len, char path[PATH_LEN])
{
	const char *word = (char *)head + 2;
	size_t word_len;

	head[len < HEAD_LEN ? len : HEAD_LEN - 1] = 0;
	word += strspn(word, " \t");
	word_len = strcspn(word, " \t\r\n");
	if (*word != '/' || word_len >= PATH_LEN)
		return false;
	memcpy(path, word, word_len);
	path[word_len] = 0;
	return true;
}

static void say(const char *path, const struct reason *reason)
{
	log_to_program(NULL, "%s %s: %s; %s", path, reason->is,
		       reason->so ? reason->so : "its sockets are the kernel's",
		       reason->way_out);
}

/* True: a script, and its interpreter is to be looked at. */
static bool look(int fd, const char *path, char next[PATH_LEN], bool *unreached)
{
	const struct reason *reason;
	struct stat status;
	uint8_t head[HEAD_LEN] = { 0 }; /* or the analyzer sees garbage */
	ssize_t len =
		kernel_call(SYS_pread64, fd, (long)head, HEAD_LEN, 0, 0, 0);

	if (len < SELFMAG || fstat(fd, &status) < 0)
		return false;
	if (head[0] == '#' && head[1] == '!')
		return read_interpreter(head, len, next);
	if (memcmp(head, ELFMAG, SELFMAG) != 0)
		return false;
	reason = privileges(fd, &status);
	if (!reason)
		reason = look_at_elf(fd, head, len, path);
	*unreached = reason != NULL;
	if (reason && is_new(&status))
		say(path, reason);
	return false;
}

static bool is_to_be_ours(char *const envp[])
{
	for (; envp && *envp; envp++) {
		if (strncmp(*envp, "LD_PRELOAD=", 11) == 0)
			return (*envp)[11] != 0;
	}
	return false;
}

static bool look_at_path(int directory, const char *path, char next[PATH_LEN],
			 bool *unreached)
{
	int fd = (int)kernel_call(SYS_openat, directory, (long)path,
				  O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0, 0, 0);
	bool goes_on = fd >= 0 && look(fd, path, next, unreached);

	if (fd >= 0)
		kernel_close(fd);
	return goes_on;
}

bool exec_warn(int directory, const char *path, char *const envp[])
{
	char interpreter[PATH_LEN], none[PATH_LEN];
	bool unreached = false;

	if (!is_to_be_ours(envp))
		return true;
	if (path && look_at_path(directory, path, interpreter, &unreached))
		look_at_path(AT_FDCWD, interpreter, none, &unreached);
	return unreached;
}
