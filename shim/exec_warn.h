/*
 * Programs that LD_PRELOAD does not reach: static ones, Go's, and those for
 * which the dynamic linker ignores it. They run, on the kernel's network; it
 * is said, for the launcher refuses them only where it starts them itself.
 */
#ifndef SHIM_EXEC_WARN_H
#define SHIM_EXEC_WARN_H

#include <stdbool.h>

/* Before fork(2): what its children have said they will not say again. */
void exec_warn_prepare(void);
/*
 * One line on stderr for a file. envp: what it is to get; without LD_PRELOAD it
 * is not meant to be ours. After fork(2): system calls only.
 */
/* True: libpyt will not be in it, and it reads what it inherits natively. */
bool exec_warn(int directory, const char *path, char *const envp[]);

#endif
