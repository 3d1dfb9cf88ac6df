/*
 * The environment that this program was started with, as far as it makes
 * programs ours. Daemons clean theirs, before their first socket or for what
 * they run; they would have defaults then, or be on the kernel's network, and
 * nobody would be told.
 */
#ifndef SHIM_ENVIRONMENT_H
#define SHIM_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * When the library is loaded: keeps LD_PRELOAD and the keys, which are PYT_*
 * and the launcher's LIBPYT_*; up to 4 KiB, else nothing.
 */
void environment_keep(void);
/*
 * How many pointers environment_filled() needs for this environment; 1 if it
 * is to stay as it is: it has a key, or none was kept. Who takes LD_PRELOAD
 * alone away, or sets it, means it.
 */
size_t environment_room(char *const envp[]);
/* envp; or room, with envp and what it lacks. room_count: as told above. */
char *const *environment_filled(char *const envp[], char **room,
				size_t room_count);
/*
 * The library can be loaded from here: not after chroot(2), perhaps. After
 * fork(2) and vfork(2): system calls only, as everything here.
 */
bool environment_has_library(void);

#endif
