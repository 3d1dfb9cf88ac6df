/* Finding and reading the configuration file. */
#include "config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "kernel.h"

#define SYSTEM_FILE "/etc/pyt.conf"

static int read_text(struct config_file *file)
{
	int fd = kernel_open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return fd;
	/* One more page than may be used: what follows the text is zero. */
	file->text =
		kernel_mmap(CONFIG_FILE_LEN_MAX + 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (!kernel_mapped(file->text)) {
		file->text = NULL;
		n = -ENOMEM;
	}
	while (n > 0 && len <= CONFIG_FILE_LEN_MAX) {
		n = kernel_read(fd, file->text + len,
				CONFIG_FILE_LEN_MAX + 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	kernel_close(fd);
	if (n < 0)
		return (int)n;
	return len > CONFIG_FILE_LEN_MAX ? -EFBIG : 0;
}

static int complain(const struct config_file *file, const char *prefix,
		    int result, char *error, size_t error_size)
{
	snprintf(error, error_size, "%s%s: %s", prefix, file->path,
		 strerrordesc_np(-result));
	return -EINVAL;
}

static int read_named(struct config_file *file, const char *name, char *error,
		      size_t error_size)
{
	int result;

	snprintf(file->path, sizeof(file->path), "%s", name);
	result = read_text(file);
	if (config_lacked_means(result))
		return result;
	return result < 0 ? complain(file, "PYT_CONFIG=", result, error,
				     error_size)
			  : 0;
}

static bool user_file(struct config_file *file)
{
	const char *base = getenv("XDG_CONFIG_HOME");
	const char *folder = "";

	if (!base || !*base) {
		base = getenv("HOME");
		folder = "/.config";
	}
	if (!base || !*base)
		return false;
	snprintf(file->path, sizeof(file->path), "%s%s/pyt.conf", base, folder);
	return true;
}

int config_file_read(struct config_file *file, char *error, size_t error_size)
{
	const char *named = getenv("PYT_CONFIG");
	int result;

	file->text = NULL;
	if (named && *named)
		return read_named(file, named, error, error_size);

	result = user_file(file) ? read_text(file) : -ENOENT;
	if (result == -ENOENT || result == -EACCES || result == -ENOTDIR) {
		snprintf(file->path, sizeof(file->path), SYSTEM_FILE);
		result = read_text(file);
	}
	if (config_lacked_means(result))
		return result;
	if (result < 0 && result != -ENOENT && result != -EACCES)
		return complain(file, "", result, error, error_size);
	return 0;
}

void config_file_release(struct config_file *file)
{
	if (file->text)
		kernel_munmap(file->text, CONFIG_FILE_LEN_MAX + 4096);
	file->text = NULL;
}
