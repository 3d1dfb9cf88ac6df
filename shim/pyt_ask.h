/* What pyt ls and pyt why both ask of a stack. */
#ifndef SHIM_PYT_ASK_H
#define SHIM_PYT_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pyt/control.h>

#define ASK_PROCESSES_MAX 512

/* One of an enumeration; false: there are no more. */
bool ask_item(int fd, enum pyt_op op, int ordinal, void *item, size_t len);
bool ask_link(int fd, int ifindex, struct pyt_iface_info *iface);
/* The processes on the stack but ourselves; how many. */
size_t ask_processes(int fd, uint32_t pids[ASK_PROCESSES_MAX]);
/* "123(nc)" */
void ask_print_process(uint32_t pid);

#endif
