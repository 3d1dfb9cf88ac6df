/* What another process that the stack needs has in common with its own. */
#ifndef SHIM_STEP_OUT_H
#define SHIM_STEP_OUT_H

/*
 * Forks twice, so that the new process is nobody's child; the one in between
 * has gone when this returns. 1 in the new process, 0 in the old, or -errno.
 */
int step_out_fork(void);
/* In it: no terminal, directory, handler or privilege is left. */
void step_out_alone(void);

#endif
