/* The answer to PYT_OP_VIEW_WAY: the way to an address, and who hears there. */
#ifndef SHIM_VIEW_WAY_H
#define SHIM_VIEW_WAY_H

#include <pyt/view.h>

/* A socket that hears what comes to an address and port of the stack's. */
struct view_hearer {
	bool exists;
	struct pyt_ip ip; /* that it is bound to */
	uint64_t inode; /* of its endpoint, see proc_pid_fd(5) */
};

struct view_way {
	struct pyt_way way;
	struct view_hearer tcp, udp; /* if a port was asked about */
};

#endif
