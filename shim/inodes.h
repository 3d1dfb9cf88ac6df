/* The AF_UNIX sockets of this network namespace, by inode. */
#ifndef SHIM_INODES_H
#define SHIM_INODES_H

#include <stdint.h>

typedef void inodes_seen(void *context, uint64_t inode);

/*
 * Calls seen with each (also with 0, which is none). sock_diag, else
 * /proc/net/unix. 0 or -errno: nothing is known then.
 */
int inodes_list(inodes_seen *seen, void *context, uint8_t *scratch,
		uint32_t scratch_len);
/* The second way alone. */
int inodes_list_of_proc(inodes_seen *seen, void *context, uint8_t *scratch,
			uint32_t scratch_len);

#endif
