/*
 * A link over a stream socket of the file system: in front of each Ethernet
 * frame stand 32 bits with its length, most significant byte first. So speak
 * passt, gvproxy and QEMU's "-netdev stream". No device, no privilege.
 */
#ifndef SHIM_LINK_UNIX_H
#define SHIM_LINK_UNIX_H

#include "link.h"

/*
 * Connects to config->path. -ENOENT, -ECONNREFUSED, -EACCES ...: nobody
 * is there, which was said. Who goes away later is called again each second;
 * what is sent meanwhile is lost, as on a cable that was pulled.
 */
int link_unix_open(const struct config_link *config, const struct log *log,
		   struct link **link);

#endif
