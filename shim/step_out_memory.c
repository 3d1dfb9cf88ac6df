/*
 * Reads /proc/self/maps and unmaps what is not ours. Kept: what arena.c knows
 * of; the files that hold our code, libc's and the dynamic linker's, with the
 * anonymous memory right behind each of them (its .bss); the vdso.
 *
 * Two passes: the kernel writes the list while we read it, so it is read
 * wholly before the first range goes.
 */
#include "step_out_memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "arena.h"
#include "kernel.h"

#define RANGES_MAX 8192
#define FILES_MAX 3

extern const char _r_debug; /* of <link.h>: lies in the dynamic linker */

struct range {
	uintptr_t begin, end;
};

struct map_line {
	uintptr_t begin, end;
	uint64_t inode;
	char name; /* first character of its name; 0: none */
	bool is_stack, is_kernel; /* "[stack]"; "[vdso]" and its like */
};

struct map_reader {
	int fd;
	uint8_t *bytes;
	uint32_t room, len, at;
};

struct pruning {
	struct range *gone; /* to be unmapped */
	int gone_count;
	uint64_t files[FILES_MAX]; /* inodes that stay */
	uintptr_t kept_end; /* of the last file mapping that stays */
	uintptr_t arguments; /* page of argv: the stack from here on stays */
	const struct map_line *line; /* while arena.c is asked */
	struct range rest; /* of the line, not yet known to stay */
};

/* ------------------------------------------------------------------ reading */

static int next_byte(struct map_reader *reader)
{
	ssize_t len;

	if (reader->at == reader->len) {
		len = kernel_read(reader->fd, reader->bytes, reader->room);
		if (len <= 0)
			return -1;
		reader->len = (uint32_t)len;
		reader->at = 0;
	}
	return reader->bytes[reader->at++];
}

static int digit_of(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return 255;
}

/* The character after the number. */
static int read_number(struct map_reader *reader, int base, uint64_t *number)
{
	int c = next_byte(reader);

	*number = 0;
	while (c >= 0 && digit_of(c) < base) {
		*number = *number * (unsigned)base + (unsigned)digit_of(c);
		c = next_byte(reader);
	}
	return c;
}

static int skip_word(struct map_reader *reader)
{
	int c;

	do
		c = next_byte(reader);
	while (c >= 0 && c != ' ');
	return c;
}

/* "7f00-7f10 r-xp 00000000 08:01 1234      /usr/lib/..." */
static bool read_line(struct map_reader *reader, struct map_line *line)
{
	char name[8] = { 0 };
	uint64_t begin, end;
	int c;
	size_t len = 0;

	if (read_number(reader, 16, &begin) != '-')
		return false;
	read_number(reader, 16, &end);
	skip_word(reader); /* permissions */
	skip_word(reader); /* offset */
	skip_word(reader); /* device */
	c = read_number(reader, 10, &line->inode);
	while (c == ' ')
		c = next_byte(reader);
	while (c >= 0 && c != '\n') {
		if (len < sizeof(name) - 1)
			name[len++] = (char)c;
		c = next_byte(reader);
	}
	line->begin = (uintptr_t)begin;
	line->end = (uintptr_t)end;
	line->name = name[0];
	line->is_stack = strncmp(name, "[stack]", 7) == 0;
	line->is_kernel = strncmp(name, "[v", 2) == 0;
	return true;
}

static bool for_each_line(struct pruning *pruning, uint8_t *scratch,
			  uint32_t scratch_len,
			  void (*visit)(struct pruning *pruning,
					const struct map_line *line))
{
	struct map_reader reader = { .bytes = scratch, .room = scratch_len };
	struct map_line line;

	reader.fd = kernel_open("/proc/self/maps", 0);
	if (reader.fd < 0)
		return false;
	while (read_line(&reader, &line))
		visit(pruning, &line);
	kernel_close(reader.fd);
	return true;
}

/* ----------------------------------------------------------------- choosing */

static void find_files(struct pruning *pruning, const struct map_line *line)
{
	const uintptr_t inside[FILES_MAX] = {
		(uintptr_t)&step_out_memory, /* we */
		(uintptr_t)&abort, /* libc */
		(uintptr_t)&_r_debug, /* the dynamic linker */
	};

	for (int i = 0; i < FILES_MAX; i++) {
		if (inside[i] >= line->begin && inside[i] < line->end)
			pruning->files[i] = line->inode;
	}
}

static void give_up(struct pruning *pruning, uintptr_t begin, uintptr_t end)
{
	if (begin >= end || pruning->gone_count == RANGES_MAX)
		return;
	pruning->gone[pruning->gone_count++] = (struct range){ begin, end };
}

/* Neighbours of ours may have been merged into one line with it. */
static void cut_kept(void *context, uintptr_t begin, uintptr_t end)
{
	struct pruning *pruning = context;
	struct range *rest = &pruning->rest;

	if (end <= rest->begin || begin >= rest->end)
		return;
	pruning->line = NULL; /* at least a part of it stays */
}

static bool is_kept_file(const struct pruning *pruning, uint64_t inode)
{
	for (int i = 0; i < FILES_MAX; i++) {
		if (inode && pruning->files[i] == inode)
			return true;
	}
	return false;
}

static void choose(struct pruning *pruning, const struct map_line *line)
{
	if (line->is_kernel)
		return;
	if (is_kept_file(pruning, line->inode)) {
		pruning->kept_end = line->end;
		return;
	}
	if (!line->inode && !line->name && line->begin == pruning->kept_end)
		return; /* the .bss of that file */
	if (line->is_stack) {
		give_up(pruning, line->begin, pruning->arguments);
		return;
	}
	pruning->line = line;
	pruning->rest = (struct range){ line->begin, line->end };
	arena_visit_kept(cut_kept, pruning);
	if (pruning->line)
		give_up(pruning, line->begin, line->end);
}

/* -------------------------------------------------------------------- title */

/* Field number n of /proc/self/stat, counted behind the name in brackets. */
static uintptr_t stat_field(const char *text, int n)
{
	const char *at = strrchr(text, ')');
	uint64_t number = 0;

	for (int i = 2; at && i < n; i++)
		at = strchr(at + 1, ' ');
	if (!at)
		return 0;
	for (at++; *at >= '0' && *at <= '9'; at++)
		number = number * 10 + (uint64_t)(*at - '0');
	return (uintptr_t)number;
}

/*
 * libbsd's setproctitle() would have to move the program's environment before
 * main() of every program; see docs/decisions/step-out.md.
 */
static uintptr_t write_title(const char *title, uint8_t *scratch,
			     uint32_t scratch_len)
{
	int fd = kernel_open("/proc/self/stat", 0);
	uintptr_t begin, end;
	ssize_t len;

	if (fd < 0)
		return 0;
	len = kernel_read(fd, scratch, scratch_len - 1);
	kernel_close(fd);
	if (len <= 0)
		return 0;
	scratch[len] = 0;
	begin = stat_field((char *)scratch, 48);
	end = stat_field((char *)scratch, 51);
	if (!begin || end <= begin)
		return 0;
	memset((void *)begin, 0, end - begin);
	snprintf((char *)begin, end - begin, "%s", title);
	return begin & ~(uintptr_t)4095;
}

/*
 * A program that was built with a sanitizer has its runtime's memcpy(3) and
 * its like, which we call too; they look into a shadow that must stay.
 */
extern void __asan_init(void) __attribute__((weak));
extern void __tsan_init(void) __attribute__((weak));
extern void __msan_init(void) __attribute__((weak));

static bool has_sanitizer(void)
{
	return __asan_init || __tsan_init || __msan_init;
}

void step_out_memory(const char *title, uint8_t *scratch, uint32_t scratch_len)
{
	size_t ranges_len = RANGES_MAX * sizeof(struct range);
	struct pruning pruning = { 0 };

	kernel_call(SYS_prctl, PR_SET_NAME, (long)"pyt-stack", 0, 0, 0, 0);
	pruning.arguments = write_title(title, scratch, scratch_len);
	if (has_sanitizer())
		return;
	pruning.gone = arena_map(ranges_len);
	if (!pruning.gone)
		return;
	if (for_each_line(&pruning, scratch, scratch_len, find_files) &&
	    for_each_line(&pruning, scratch, scratch_len, choose)) {
		for (int i = 0; i < pruning.gone_count; i++)
			kernel_munmap((void *)pruning.gone[i].begin,
				      pruning.gone[i].end -
					      pruning.gone[i].begin);
	}
	arena_unmap(pruning.gone, ranges_len);
}
