/*
 * dlopen() of congestion controls. Their code and data, and those of the
 * libraries that they need, are remembered as memory that goes along when the
 * stack steps out: docs/decisions/congestion-controls.md.
 */
#include "controls.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "arena.h"
#include "kernel.h"

#define CONTROLS_MAX 16
#define OBJECTS_MAX 24 /* libraries of all controls, themselves included */
#define DEPTH_MAX 4
#define PAGE_LEN 4096

/* Of this process; the program's threads touch it one at a time. */
static struct controls {
	const struct pyt_cc_ops *ops[CONTROLS_MAX];
	int count;
	bool loaded;
	uintptr_t objects[OBJECTS_MAX]; /* load addresses that are kept */
	int object_count;
} controls;

/* ------------------------------------------------------- what goes along */

/* The beginning of the linker's struct link_map; its header is not in reach,
 * as one of ours has the same name. */
struct object {
	uintptr_t base;
	const char *name;
	const Elf64_Dyn *dynamic;
};

struct extent {
	uintptr_t begin, end;
};

/* The file's headers are the beginning of what is mapped. */
static struct extent extent_of(uintptr_t base)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)base;
	const Elf64_Phdr *part = (const Elf64_Phdr *)(base + header->e_phoff);
	struct extent extent = { base, base };

	for (int i = 0; i < header->e_phnum; i++, part++) {
		uintptr_t end = base + part->p_vaddr + part->p_memsz;

		if (part->p_type == PT_LOAD && end > extent.end)
			extent.end = end;
	}
	extent.end = (extent.end + PAGE_LEN - 1) & ~(uintptr_t)(PAGE_LEN - 1);
	return extent;
}

static bool is_kept(uintptr_t base)
{
	for (int i = 0; i < controls.object_count; i++)
		if (controls.objects[i] == base)
			return true;
	return false;
}

static bool keep_extent(uintptr_t base)
{
	struct extent extent = extent_of(base);

	if (controls.object_count == OBJECTS_MAX ||
	    !arena_keep((void *)extent.begin, extent.end - extent.begin))
		return false;
	controls.objects[controls.object_count++] = base;
	return true;
}

/* The C library and the dynamic linker stay in any case. */
static bool stays_anyway(const char *name)
{
	return !name || strncmp(name, "libc.so", 7) == 0 ||
	       strncmp(name, "ld-", 3) == 0;
}

static bool keep_object(const struct object *object, int depth);

static bool keep_needed(const char *name, int depth)
{
	void *handle = dlopen(name, RTLD_NOW | RTLD_NOLOAD);
	struct object *object;
	bool kept;

	if (!handle)
		return false;
	kept = dlinfo(handle, RTLD_DI_LINKMAP, &object) == 0 &&
	       keep_object(object, depth);
	dlclose(handle); /* the one that needs it holds it */
	return kept;
}

static bool keep_object(const struct object *object, int depth)
{
	const char *names = NULL;

	if (is_kept(object->base))
		return true;
	if (depth > DEPTH_MAX || !keep_extent(object->base))
		return false;
	for (const Elf64_Dyn *at = object->dynamic; at->d_tag != DT_NULL; at++)
		if (at->d_tag == DT_STRTAB)
			names = (const char *)at->d_un.d_ptr;
	if (!names)
		return true; /* then there is no DT_NEEDED either */
	for (const Elf64_Dyn *at = object->dynamic; at->d_tag != DT_NULL;
	     at++) {
		if (at->d_tag != DT_NEEDED ||
		    stays_anyway(names + at->d_un.d_val))
			continue;
		if (!keep_needed(names + at->d_un.d_val, depth + 1))
			return false;
	}
	return true;
}

/* ---------------------------------------------------------------- loading */

static void complain(const char *path, const char *why)
{
	log_to_program("cc", "PYT_CC: %s: %s", path, why);
}

/* The linker's own message, without the path where it begins with it. */
static const char *reason(const char *path)
{
	const char *text = dlerror();
	size_t len = strlen(path);

	if (!text)
		return "cannot be loaded";
	if (strncmp(text, path, len) == 0 && strncmp(text + len, ": ", 2) == 0)
		return text + len + 2;
	return text;
}

static void load(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct pyt_cc_ops *ops;
	struct object *object;

	if (!handle) {
		complain(path, reason(path));
		return;
	}
	ops = dlsym(handle, PYT_CC_SYMBOL);
	if (!ops) {
		complain(path, "it does not export " PYT_CC_SYMBOL);
		dlclose(handle);
		return;
	}
	if (dlinfo(handle, RTLD_DI_LINKMAP, &object) < 0 ||
	    !keep_object(object, 0)) {
		complain(path, "it needs too many libraries");
		return; /* part of it may be kept: it stays loaded */
	}
	controls.ops[controls.count++] = ops;
}

void controls_load(const struct config *config)
{
	const char *list = config->cc;

	if (controls.loaded)
		return;
	controls.loaded = true;
	while (*list && controls.count < CONTROLS_MAX) {
		char path[CONFIG_PATH_MAX];
		size_t len = strcspn(list, ":");

		memcpy(path, list, len);
		path[len] = '\0';
		list += len + (list[len] == ':');
		load(path);
	}
}

/* ----------------------------------------------------------------- adding */

static void say_refused(const struct log *log, const struct pyt_cc_ops *ops,
			int result)
{
	if (result == -EPROTO)
		log_line(log, PYT_LOG_ERROR, "cc",
			 "PYT_CC: a control for version %u of the table, "
			 "this is version %u",
			 ops->version, PYT_CC_VERSION);
	else if (result == -EEXIST)
		log_line(log, PYT_LOG_ERROR, "cc",
			 "PYT_CC: there is a control named %s already",
			 ops->name);
	else
		log_line(log, PYT_LOG_ERROR, "cc",
			 "PYT_CC: a control whose name, flags or hooks are "
			 "not as pyt/cc.h has them");
}

void controls_add(struct pyt_stack *stack, const struct log *log)
{
	bool has_standard = false;

	for (int i = 0; i < controls.count; i++) {
		const struct pyt_cc_ops *ops = controls.ops[i];
		int result = pyt_congestion_control_add(stack, ops);

		if (result < 0) {
			say_refused(log, ops, result);
			continue;
		}
		if (!has_standard)
			pyt_sysctl_set(stack, "net.ipv4.tcp_congestion_control",
				       ops->name);
		has_standard = true;
	}
}
