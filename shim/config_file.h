/* The file of PYT_ keys: which one it is, and its text. */
#ifndef SHIM_CONFIG_FILE_H
#define SHIM_CONFIG_FILE_H

#include <stddef.h>

#define CONFIG_FILE_LEN_MAX 65536

struct config_file {
	char path[512]; /* where it was found */
	char *text; /* terminated; NULL: there is no file */
};

/*
 * PYT_CONFIG, else the first that can be read of $XDG_CONFIG_HOME/pyt.conf
 * (~/.config/pyt.conf) and /etc/pyt.conf. -EINVAL with a line's text in error
 * if the named file cannot be read, or any is too long; or what config.h calls
 * a lack of means. Release it in any case.
 */
int config_file_read(struct config_file *file, char *error, size_t error_size);
void config_file_release(struct config_file *file);

#endif
