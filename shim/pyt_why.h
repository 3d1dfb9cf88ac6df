/* pyt why: which way the stack on a link would send something, and why. */
#ifndef SHIM_PYT_WHY_H
#define SHIM_PYT_WHY_H

#include "config.h"

/* destination is cut in pieces. The exit status. */
int pyt_why(const struct config *config, char *destination);

#endif
