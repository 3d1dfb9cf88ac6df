/* The AF_UNIX sockets of this network namespace, by inode. */
#ifndef SHIM_INODES_H
#define SHIM_INODES_H

#include <stdbool.h>
#include <stdint.h>

typedef void inodes_seen(void *context, uint64_t inode);

/* What sock_diag says of a socket. */
struct inode_facts {
	uint64_t inode;
	uint32_t waiting; /* bytes to be read; listening: connections */
	bool has_peer;
	uint32_t peer; /* its inode; 0: that was closed, or is not accepted */
	const char *name; /* not terminated; NULL: none */
	uint32_t name_len;
};

/*
 * Calls seen with each (also with 0, which is none). sock_diag, else
 * /proc/net/unix. 0 or -errno: nothing is known then.
 */
int inodes_list(inodes_seen *seen, void *context, uint8_t *scratch,
		uint32_t scratch_len);
/*
 * The same with more about each, for which there is no second way. Connections
 * that were not accepted yet have no inode, and are left out.
 */
typedef void inodes_facts(void *context, const struct inode_facts *facts);
int inodes_list_facts(inodes_facts *seen, void *context, uint8_t *scratch,
		      uint32_t scratch_len);
/*
 * Whether one exists: 1, 0, or -errno where only a list can tell. Nothing is
 * listed, but the kernel looks through all of them. known is one that does.
 */
int inodes_has(uint64_t inode, uint64_t known);
/* /proc/net/unix: each line, the heading with inode 0, without its end. */
typedef void inodes_line(void *context, uint64_t inode, const char *line,
			 int len);
int inodes_lines(inodes_line *seen, void *context, uint8_t *scratch,
		 uint32_t scratch_len);
/* The second way alone. */
int inodes_list_of_proc(inodes_seen *seen, void *context, uint8_t *scratch,
			uint32_t scratch_len);

#endif
