/*
 * One byte is urgent: the last before the pointer, as BSD and nearly everybody
 * have it, or the one it points at, RFC 1122's, which net.ipv4.tcp_stdurg asks
 * for. Without SO_OOBINLINE it is taken out of the stream and kept for MSG_OOB.
 */
#include "tcp/tcp_urgent.h"

#include <errno.h>

static void take_byte(struct tcp_connection *tcp,
		      const struct tcp_segment *segment, uint64_t start)
{
	uint64_t urgent = tcp->rcv.urgent;

	if (tcp->rcv.urgent_state != TCP_URGENT_AWAITED || urgent < start ||
	    urgent >= start + segment->payload_len)
		return;
	tcp->rcv.urgent_byte = segment->payload[urgent - start];
	tcp->rcv.urgent_state = TCP_URGENT_HERE;
}

void tcp_urgent_input(struct tcp_connection *tcp,
		      const struct tcp_segment *segment, uint64_t start)
{
	const struct tcp_header *header = &segment->header;

	if ((header->flags & TCP_URG) && header->urgent && !tcp->read_shut) {
		uint64_t urgent =
			start + header->urgent - !tcp_settings(tcp)->stdurg;

		if (urgent > tcp->rcv.urgent && urgent >= tcp->rcv.nxt) {
			tcp->rcv.urgent = urgent;
			tcp->rcv.urgent_state = TCP_URGENT_AWAITED;
		}
	}
	take_byte(tcp, segment, start);
}

void tcp_urgent_skip(struct tcp_connection *tcp)
{
	uint64_t urgent = tcp->rcv.urgent;

	if (!urgent || tcp->options.oobinline || tcp->orphan ||
	    tcp->receive_stream.head != urgent || tcp->rcv.nxt <= urgent)
		return;
	stream_discard(&tcp->receive_stream, tcp_engine(tcp), urgent + 1);
	if (!tcp_readable(tcp) && !tcp->out_of_order.count)
		stream_release(&tcp->receive_stream, tcp_engine(tcp));
}

uint64_t tcp_urgent_read_limit(const struct tcp_connection *tcp)
{
	uint64_t end = tcp->rcv.nxt - tcp->fin_received;
	uint64_t urgent = tcp->rcv.urgent;

	if (urgent && urgent < end && urgent > tcp->receive_stream.head)
		return urgent;
	return end;
}

int tcp_recv_urgent(struct tcp_connection *tcp, uint8_t *byte)
{
	if (tcp->options.oobinline ||
	    tcp->rcv.urgent_state == TCP_URGENT_NONE ||
	    tcp->rcv.urgent_state == TCP_URGENT_READ)
		return -EINVAL;
	if (tcp->rcv.urgent_state == TCP_URGENT_AWAITED)
		return -EAGAIN;
	*byte = tcp->rcv.urgent_byte;
	tcp->rcv.urgent_state = TCP_URGENT_READ;
	return 1;
}

int64_t tcp_urgent_distance(const struct tcp_connection *tcp)
{
	uint64_t head = tcp->receive_stream.head;

	if (tcp->rcv.urgent_state != TCP_URGENT_HERE)
		return -EINVAL;
	return tcp->rcv.urgent > head ? (int64_t)(tcp->rcv.urgent - head) : 0;
}
