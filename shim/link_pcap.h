/*
 * Capture of all that passes between engine and link. What the engine
 * dropped carries the reason as a comment.
 */
#ifndef SHIM_LINK_PCAP_H
#define SHIM_LINK_PCAP_H

#include "link.h"

/*
 * Begins the file anew and wraps *link. -errno: logged, *link is as before.
 */
int link_pcap_open(const char *path, const struct log *log, struct link **link);

#endif
