/*
 * Linux's socket options of TCP-AO, as of 6.7: numbers and layouts. The
 * headers of older systems do not have them.
 */
#ifndef TCP_TCP_AO_ABI_H
#define TCP_TCP_AO_ABI_H

#include <linux/tcp.h>
#include <stdint.h>
#include <sys/socket.h>

#ifndef TCP_AO_ADD_KEY
#define TCP_AO_ADD_KEY 38
#define TCP_AO_DEL_KEY 39
#define TCP_AO_INFO 40
#define TCP_AO_GET_KEYS 41
#define TCP_AO_REPAIR 42
#define TCP_AO_KEYF_IFINDEX (1 << 0)
#define TCP_AO_KEYF_EXCLUDE_OPT (1 << 1)
#endif

#define AO_SECRET_MAX 80
#define AO_NAME_MAX 64

/* Bits of the flags word, the same in all four. */
#define AO_SET_CURRENT (1u << 0)
#define AO_SET_NEXT (1u << 1)
#define AO_DELETE_ASYNC (1u << 2) /* struct ao_delete_key */
#define AO_REQUIRED (1u << 2) /* struct ao_info */
#define AO_SET_COUNTERS (1u << 3)
#define AO_ACCEPT_ICMPS (1u << 4)
#define AO_IS_CURRENT (1u << 0) /* struct ao_get_keys */
#define AO_IS_NEXT (1u << 1)
#define AO_GET_ALL (1u << 2)

struct ao_add_key {
	struct sockaddr_storage peer;
	char algorithm[AO_NAME_MAX];
	int32_t ifindex;
	uint32_t flags;
	uint16_t reserved;
	uint8_t prefix_len;
	uint8_t send_id, receive_id;
	uint8_t mac_len;
	uint8_t key_flags;
	uint8_t secret_len;
	uint8_t secret[AO_SECRET_MAX];
} __attribute__((aligned(8)));

struct ao_delete_key {
	struct sockaddr_storage peer;
	int32_t ifindex;
	uint32_t flags;
	uint16_t reserved;
	uint8_t prefix_len;
	uint8_t send_id, receive_id;
	uint8_t current_id, next_id;
	uint8_t key_flags;
} __attribute__((aligned(8)));

struct ao_info {
	uint32_t flags;
	uint16_t reserved;
	uint8_t current_id, next_id;
	uint64_t good, bad, key_not_found, required, dropped_icmp;
} __attribute__((aligned(8)));

/* An array of them: the first says which are wanted, and how many fit. */
struct ao_get_keys {
	struct sockaddr_storage peer;
	char algorithm[AO_NAME_MAX];
	uint8_t secret[AO_SECRET_MAX];
	uint32_t key_count;
	uint16_t flags;
	uint8_t send_id, receive_id;
	uint8_t prefix_len;
	uint8_t mac_len;
	uint8_t key_flags;
	uint8_t secret_len;
	int32_t ifindex;
	uint64_t good, bad;
} __attribute__((aligned(8)));

_Static_assert(sizeof(struct ao_add_key) == 288, "Linux's tcp_ao_add");
_Static_assert(sizeof(struct ao_delete_key) == 144, "Linux's tcp_ao_del");
_Static_assert(sizeof(struct ao_info) == 48, "Linux's tcp_ao_info_opt");
_Static_assert(sizeof(struct ao_get_keys) == 304, "Linux's tcp_ao_getsockopt");

#endif
