/* From the configuration to a link with its decorators. */
#include "link.h"

#include "config.h"
#include "link_tap.h"

int link_open(const struct config *config, const struct log *log,
	      struct link **link)
{
	return link_tap_open(config, log, link);
}

void link_close(struct link *link)
{
	link->ops->close(link);
}
