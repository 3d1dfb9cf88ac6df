/* Files and directories of the stack, as open(2) and stat(2) give them. */
#ifndef SHIM_VIEW_FILES_H
#define SHIM_VIEW_FILES_H

#include <sys/stat.h>

#include "view_path.h"

/* The path is one for the kernel: make the program's call as it was. */
#define VIEW_FILES_NOT_OURS (-0x7ffe)

/* All: a descriptor or 0, -errno, VIEW_FILES_NOT_OURS. */
int view_files_open(const char *path, int flags);
/* Only where the stack runs already: to look starts nothing. */
int view_files_look(const char *path, mode_t *mode);
/* The stack has it: its name without needless slashes. */
bool view_files_name(const char *path, char name[VIEW_PATH_MAX]);

#endif
