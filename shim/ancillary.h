/*
 * Control messages (cmsg(3)), mostly of datagrams: to and from struct
 * pyt_message, and which socket option asks for which.
 */
#ifndef SHIM_ANCILLARY_H
#define SHIM_ANCILLARY_H

#include <stdint.h>
#include <sys/socket.h>

#include <pyt/control.h>

/* The enum pyt_ancillary that this option switches, or 0. */
uint32_t ancillary_of_option(int level, int name);
/* The set once this option was set to value. */
uint32_t ancillary_after(uint32_t now, int level, int name, int value);

/* Of which protocols control messages are heeded; a set. */
enum ancillary_levels {
	ANCILLARY_IP4 = 1 << 0,
	ANCILLARY_IP6 = 1 << 1,
	ANCILLARY_MAPPED = 1 << 2, /* IPv4 by a socket of IPv6 */
	ANCILLARY_TIME = 1 << 3, /* SCM_TXTIME, if SO_TXTIME was set */
};

/*
 * What the program gives to sendmsg(2): source address, TTL ... into
 * *message; extension headers stay where they are, header[] says where.
 * 0 or -EINVAL.
 */
int ancillary_take(const struct msghdr *from, unsigned levels,
		   struct pyt_message *message,
		   const uint8_t *header[PYT_EXTENSIONS]);

/* ANCILLARY_TIME of a slot's set, or 0. */
static inline unsigned ancillary_time(uint32_t wanted)
{
	return wanted & PYT_ANCILLARY_TXTIME ? ANCILLARY_TIME : 0;
}

/* Of a stream, where nothing of them is heeded: 0 or -EINVAL. */
int ancillary_check(const struct msghdr *message, unsigned levels);

/*
 * What recvmsg(2) gives: wanted is the slot's set. Fills to->msg_control,
 * sets msg_controllen, and MSG_CTRUNC in msg_flags where there is no room.
 * local is the destination with the port of the socket.
 */
void ancillary_give(struct msghdr *to, uint32_t wanted,
		    const struct pyt_message *message,
		    const struct pyt_sockaddr *local);
/* IPV6_PATHMTU, by itself: what message->path_mtu says. */
void ancillary_give_path_mtu(struct msghdr *to,
			     const struct pyt_message *message);
/* A stream's: when the last bytes came, if they did; TCP_INQ's bytes left. */
void ancillary_give_stream(struct msghdr *to, uint32_t wanted,
			   int64_t received_us, int left_len);
/*
 * IP_RECVERR's or IPV6_RECVERR's, by the socket's family; before it what is
 * wanted of the ICMP message that told.
 */
void ancillary_give_error(struct msghdr *to, uint32_t wanted, int family,
			  const struct pyt_message *message,
			  const struct pyt_sockaddr *local);

#endif
