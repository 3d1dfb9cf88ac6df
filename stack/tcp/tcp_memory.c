/* Pressure has hysteresis, so that buffers do not flap. tcp(7), tcp_mem. */
#include "tcp/tcp_memory.h"

#define PAGE_LEN 4096ull

enum tcp_memory tcp_memory_level(struct tcp_context *context)
{
	const int *mem = context->settings.mem;
	uint64_t pages = (uint64_t)context->engine->used_chunk_count *
			 STREAM_CHUNK_LEN / PAGE_LEN;

	if (pages > (uint64_t)mem[1] && !context->memory_pressure) {
		context->memory_pressure = true;
		counter_hit(&context->engine->counters,
			    COUNTER_TCP_MEMORY_PRESSURES);
	} else if (pages < (uint64_t)mem[0]) {
		context->memory_pressure = false;
	}
	if (pages > (uint64_t)mem[2])
		return TCP_MEMORY_FULL;
	return context->memory_pressure ? TCP_MEMORY_PRESSURE : TCP_MEMORY_FINE;
}

uint32_t tcp_memory_send_limit(const struct tcp_connection *tcp)
{
	uint32_t least = (uint32_t)tcp_settings(tcp)->wmem[0];
	uint32_t limit = tcp->snd.buffer;

	switch (tcp_memory_level(tcp->context)) {
	case TCP_MEMORY_FINE:
		break;
	case TCP_MEMORY_PRESSURE: /* no more than half of what it could */
		limit = limit / 2 > least ? limit / 2 : least;
		break;
	case TCP_MEMORY_FULL:
		limit = least;
		break;
	}
	return limit < tcp->snd.buffer ? limit : tcp->snd.buffer;
}

bool tcp_memory_may_receive(struct tcp_connection *tcp, bool in_order)
{
	uint32_t least = (uint32_t)tcp_settings(tcp)->rmem[0];

	if (tcp_memory_level(tcp->context) != TCP_MEMORY_FULL)
		return true;
	if (in_order && tcp_readable(tcp) < least)
		return true;
	counter_hit(&tcp_engine(tcp)->counters, COUNTER_TCP_RCVQ_DROP);
	return false;
}
