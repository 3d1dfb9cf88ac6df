/* The secret that outlives a stack: see struct pyt_stack_config. */
#ifndef SHIM_SECRET_H
#define SHIM_SECRET_H

#include <stdint.h>

#define SECRET_LEN 32

/* Of this user and this link, until the machine is started anew. */
void secret_get(const char *link_name, uint8_t secret[SECRET_LEN]);

#endif
