/* A bad wire in front of a link; see stack/link/impair.h. */
#ifndef SHIM_LINK_IMPAIR_H
#define SHIM_LINK_IMPAIR_H

#include "link.h"

/* text is valid (config.h). Logs the seed. -ENOMEM leaves *link alone. */
int link_impair_open(const char *text, const struct log *log,
		     struct link **link);

#endif
