/* What happens when the library is loaded, and when the program ends. */
#include <stddef.h>

#include "client.h"
#include "environment.h"
#include "libc_real.h"

/*
 * Every program of a shell loads us, most of them open no socket: nothing
 * here opens anything, starts anything or reads the configuration. The order
 * matters, so it is a table.
 */
static void (*const start[])(void) = {
	/* First: everything else calls the real functions. */
	libc_real_resolve,
	/* Before the program can fork: it makes the page that tells a child. */
	client_init,
	/* Before the program can change its environment. */
	environment_keep,
};

__attribute__((constructor)) static void init_library(void)
{
	for (size_t i = 0; i < sizeof(start) / sizeof(*start); i++)
		start[i]();
}

/* After the program's own exit handlers: the stack may have to go on. */
__attribute__((destructor)) static void end_library(void)
{
	client_exit();
}
