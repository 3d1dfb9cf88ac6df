/*
 * Programs with file capabilities, into which the dynamic linker preloads
 * nothing (ping, mtr-packet). If these concern the network alone, which the
 * stack does not ask for, a copy without them is run, as the launcher does.
 */
#ifndef SHIM_EXEC_COPY_H
#define SHIM_EXEC_COPY_H

#define EXEC_COPY_MAX 512

/*
 * The file to run for this path: itself, or its copy, named in room. Says so
 * on stderr. After fork(2): system calls only.
 */
const char *exec_copy(const char *path, char room[EXEC_COPY_MAX]);
/*
 * The file that execvp(3) finds by this name: with a slash, or in PATH. The
 * name itself if there is none.
 */
const char *exec_copy_find(const char *file, char room[EXEC_COPY_MAX]);

#endif
