/* From the configuration to a link with its decorators. */
#include "link.h"

#include "config.h"
#include "link_impair.h"
#include "link_pcap.h"
#include "link_tap.h"
#include "link_unix.h"

/* The capture stands next to the engine: it shows what the engine sees. */
static int decorate(const struct config_link *config, const struct log *log,
		    struct link **link)
{
	int result = 0;

	if (config->impair[0])
		result = link_impair_open(config->impair, log, link);
	if (result == 0 && config->pcap_path[0])
		result = link_pcap_open(config->pcap_path, log, link);
	return result;
}

int link_open(const struct config_link *config, const struct log *log,
	      struct link **link)
{
	struct link *opened;
	int result = config->kind == CONFIG_LINK_UNIX
			     ? link_unix_open(config, log, &opened)
			     : link_tap_open(config, log, &opened);

	if (result < 0)
		return result;
	result = decorate(config, log, &opened);
	if (result < 0) {
		link_close(opened);
		link_free(opened);
		return result;
	}
	*link = opened;
	return 0;
}

void link_close(struct link *link)
{
	link->ops->close(link);
}

void link_free(struct link *link)
{
	link->ops->free(link);
}
