/* The loop that answers the targets' calls. */
#ifndef SECCOMP_SUPERVISOR_H
#define SECCOMP_SUPERVISOR_H

#include "filter.h"

/* Until the last process with the filter has ended. */
void supervisor_run(int listener, struct filter_range range);

#endif
