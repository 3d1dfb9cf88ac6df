/*
 * Options of tcp(7) that are no plain number of this stack's: those that only
 * a mapped buffer, a checkpoint or a layer above TCP could use are refused,
 * with what Linux says to a program that may not or cannot use them.
 */
#include <errno.h>
#include <netinet/in.h>

#include "tcp/tcp_options.h"

#define TCP_REPAIR_WINDOW_LEN 20 /* struct tcp_repair_window */
#define TX_DELAY_END_US (1 << 28) /* Linux's bound */
#define TCP_IS_MPTCP_NAME 43 /* newer than some headers */

static int set_inq(struct tcp_connection *tcp, int number)
{
	if (number < 0 || number > 1)
		return -EINVAL;
	tcp->options.inq = number;
	return 0;
}

/* Checkpointing of a connection: CAP_NET_ADMIN, which nobody has here. */
static int set_repair(const struct tcp_connection *tcp, int name,
		      uint32_t value_len)
{
	switch (name) {
	case TCP_QUEUE_SEQ:
		return tcp->state == TCP_STATE_CLOSED ? -EINVAL : -EPERM;
	case TCP_REPAIR_OPTIONS:
		return -EINVAL;
	case TCP_REPAIR_WINDOW:
		return value_len < TCP_REPAIR_WINDOW_LEN ? -EINVAL : -EPERM;
	default:
		return -EPERM;
	}
}

/* What is on its way comes sooner than that: best effort, as Linux's. */
static int set_tx_delay(struct tcp_connection *tcp, int number)
{
	if (number < 0 || number >= TX_DELAY_END_US)
		return -EINVAL;
	if (tcp->state == TCP_STATE_ESTABLISHED &&
	    (uint32_t)number != tcp->options.tx_delay_us)
		tcp_rto_on_longer_path(
			&tcp->rto, number - (int32_t)tcp->options.tx_delay_us);
	tcp->options.tx_delay_us = (uint32_t)number;
	return 0;
}

int tcp_options_set_other(struct tcp_connection *tcp, int name, int number,
			  uint32_t value_len)
{
	switch (name) {
	case TCP_INQ:
		return set_inq(tcp, number);
	case TCP_THIN_DUPACK: /* accepted and without effect since 4.12 */
		return number < 0 || number > 1 ? -EINVAL : 0;
	case TCP_TX_DELAY:
		return set_tx_delay(tcp, number);
	case TCP_REPAIR:
	case TCP_REPAIR_QUEUE:
	case TCP_QUEUE_SEQ:
	case TCP_REPAIR_OPTIONS:
	case TCP_REPAIR_WINDOW:
	case TCP_TIMESTAMP:
		return set_repair(tcp, name, value_len);
	default:
		return -ENOPROTOOPT;
	}
}

int tcp_options_get_other(const struct tcp_connection *tcp, int name,
			  void *value, uint32_t value_len, int64_t now_us)
{
	switch (name) {
	case TCP_INQ:
		return tcp_options_give_int(value, value_len, tcp->options.inq);
	case TCP_TX_DELAY:
		return tcp_options_give_int(value, value_len,
					    (int)tcp->options.tx_delay_us);
	case TCP_THIN_DUPACK:
	case TCP_REPAIR:
	case TCP_IS_MPTCP_NAME:
		return tcp_options_give_int(value, value_len, 0);
	case TCP_TIMESTAMP:
		return tcp_options_give_int(value, value_len,
					    (int)tcp_timestamp(tcp, now_us));
	case TCP_REPAIR_WINDOW:
		return value_len == TCP_REPAIR_WINDOW_LEN ? -EPERM : -EINVAL;
	case TCP_REPAIR_QUEUE:
	case TCP_QUEUE_SEQ:
	case TCP_ZEROCOPY_RECEIVE: /* nothing of ours can be mapped */
		return -EINVAL;
	case TCP_ULP: /* none is attached */
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}
