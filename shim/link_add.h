/* What 'pyt link add' sends to a stack that runs: PYT_OP_LINK_ADD. */
#ifndef SHIM_LINK_ADD_H
#define SHIM_LINK_ADD_H

#include <assert.h>

#include <pyt/control.h>

#include "config.h"

struct link_add {
	uint64_t setting; /* config_settings.value of the link */
	struct config_link link;
	char hostname[PYT_DOMAIN_MAX]; /* that servers are told; "": none */
};

static_assert(sizeof(struct link_add) <= PYT_CONTROL_DATA_MAX,
	      "a link's settings fit into a request");

#endif
