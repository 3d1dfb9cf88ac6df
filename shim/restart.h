/* Whether a call goes on after a signal, where the kernel does not decide. */
#ifndef SHIM_RESTART_H
#define SHIM_RESTART_H

#include <stdbool.h>

/*
 * signal(7): a call goes on after a handler that was installed with
 * SA_RESTART; poll(2) never does. Which handler ran is not known: the call
 * goes on if all of them have the flag.
 */
bool restart_is_wanted(void);

#endif
