/* The limit of open files, which is the program's: see file_limit.c. */
#ifndef SHIM_FILE_LIMIT_H
#define SHIM_FILE_LIMIT_H

#include "server.h"

/* Before a descriptor may come. May step out: then server->ended is set. */
void file_limit_check(struct server *server);
/*
 * Whether an end that a program connects may find no descriptor for its other
 * end: then the program had better hear of it, by stream_attach().
 */
bool file_limit_is_near(struct server *server);
/* Whether the next descriptor may be the last one. */
bool file_limit_is_reached(struct server *server);
/* In a process of our own: as many files as it may have. */
void file_limit_raise(void);

#endif
