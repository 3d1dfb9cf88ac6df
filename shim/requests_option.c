/* Requests about one socket's options, errors and urgent byte. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/syscall.h>

#include "ancillary.h"
#include "endpoint.h"
#include "endpoint_queue.h"
#include "endpoint_room.h"
#include "kernel.h"
#include "last_info.h"
#include "late_read.h"
#include "requests.h"
#include "socket_filter.h"

static void note_ancillary(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	struct pyt_slot *slot =
		slots_at(&call->server->slots, call->endpoint->slot);
	int value = 0;

	memcpy(&value, request->data,
	       request->data_len < sizeof(value) ? request->data_len
						 : sizeof(value));
	slot->ancillary = ancillary_after(slot->ancillary, request->args[0],
					  request->args[1], value);
	if (ancillary_of_option(request->args[0], request->args[1]) &
	    PYT_ANCILLARY_INQ)
		endpoint_refresh(call->server, call->endpoint);
}

/* IPV6_ADDRFORM: its names are IPv4's from now on. */
static void note_family(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	struct pyt_slot *slot =
		slots_at(&call->server->slots, call->endpoint->slot);

	if (request->args[0] == IPPROTO_IPV6 &&
	    request->args[1] == IPV6_ADDRFORM)
		slot->family = AF_INET;
}

/* UDP_CORK: from now on each datagram is to ask, or not any more. */
static void note_cork(struct request_call *call)
{
	if (call->request->args[0] == IPPROTO_UDP)
		endpoint_refresh(call->server, call->endpoint);
}

/* IP_RECVERR was switched off, perhaps: then nothing is queued any more. */
static void note_error_queue(struct request_call *call)
{
	const struct pyt_request *request = call->request;

	if (request->args[1] == IP_RECVERR || request->args[1] == IPV6_RECVERR)
		request_note_errors(call);
}

/* What is held back, and who has to ask for it, may be others now. */
static void note_low_water(struct request_call *call)
{
	const struct pyt_request *request = call->request;

	if (request->args[0] != SOL_SOCKET || request->args[1] != SO_RCVLOWAT)
		return;
	endpoint_note_low_water(call->server, call->endpoint);
	endpoint_wake(call->server, call->endpoint);
}

static void note_peek_off(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	int offset;

	if (request->args[0] != SOL_SOCKET || request->args[1] != SO_PEEK_OFF ||
	    request->data_len < sizeof(offset))
		return;
	memcpy(&offset, request->data, sizeof(offset));
	slots_set_flags(&call->server->slots, call->endpoint->slot,
			offset >= 0 ? PYT_SLOT_PEEK_OFF : 0,
			offset >= 0 ? 0 : PYT_SLOT_PEEK_OFF);
}

static void note_linger(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	struct linger linger = { 0 };
	bool lingers;

	if (request->args[0] != SOL_SOCKET || request->args[1] != SO_LINGER ||
	    request->data_len < sizeof(linger))
		return;
	memcpy(&linger, request->data, sizeof(linger));
	lingers = linger.l_onoff && linger.l_linger > 0;
	slots_set_flags(&call->server->slots, call->endpoint->slot,
			lingers ? PYT_SLOT_LINGERS : 0,
			lingers ? 0 : PYT_SLOT_LINGERS);
}

/* Each is told of once; who asks for many may have a few told again. */
static void tell_unknown(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	struct server *server = call->server;
	uint32_t option =
		(uint32_t)request->args[0] << 16 | (uint16_t)request->args[1];

	for (int i = 0; i < UNKNOWN_OPTIONS; i++) {
		if (server->unknown_option[i] == option)
			return;
	}
	server->unknown_option[server->unknown_count++ % UNKNOWN_OPTIONS] =
		option;
	log_line(&server->log, PYT_LOG_INFO, "socket",
		 "socket option %d of level %d is not known", request->args[1],
		 request->args[0]);
}

/* Of datagrams the program's filter is run here: the engine has none. */
static int set_in_stack(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	bool filters = call->endpoint->state == ENDPOINT_DATAGRAM &&
		       request->args[0] == SOL_SOCKET;

	if (filters && request->args[1] == SO_ATTACH_FILTER)
		return socket_filter_attach(call->server, call->endpoint,
					    request->data, request->data_len);
	if (filters && request->args[1] == SO_DETACH_FILTER &&
	    request->data_len >= sizeof(int))
		return socket_filter_detach(call->server, call->endpoint);
	return pyt_socket_set_option(call->server->stack,
				     call->endpoint->handle, request->args[0],
				     request->args[1], request->data,
				     request->data_len, call->server->now_us);
}

int request_set_option(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	int result = set_in_stack(call);

	if (result >= 0) {
		note_family(call);
		note_ancillary(call);
		note_linger(call);
		note_low_water(call);
		note_peek_off(call);
		note_cork(call);
		note_error_queue(call);
		endpoint_room_note(call->server, call->endpoint,
				   request->args[0], request->args[1]);
	}
	if (result == -ENOPROTOOPT)
		tell_unknown(call);
	return result;
}

/* The connection is over: TCP_INFO is what is left of it. */
static int get_last_info(struct request_call *call, uint32_t room)
{
	int result = last_info_get(call->server, call->endpoint,
				   call->reply->data, room);

	if (result > 0)
		call->reply->data_len = (uint32_t)result;
	return result;
}

/* Where something was received: it was on this thread's CPU. */
static void tell_cpu(struct request_call *call)
{
	const struct pyt_slot *slot =
		slots_at(&call->server->slots, call->endpoint->slot);
	int32_t number;
	unsigned cpu;

	memcpy(&number, call->reply->data, sizeof(number));
	if (number != -1 ||
	    !(call->endpoint->received ||
	      (slot->type == SOCK_STREAM && slot->flags & PYT_SLOT_CONNECTED)))
		return;
	if (kernel_call(SYS_getcpu, (long)&cpu, 0, 0, 0, 0, 0) == 0)
		memcpy(call->reply->data, &cpu, sizeof(cpu));
}

int request_get_option(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	int room = request->args[2];
	int result;

	if (room < 0)
		return -EINVAL;
	if (room > PYT_CONTROL_DATA_MAX)
		room = PYT_CONTROL_DATA_MAX;
	if (call->endpoint->state == ENDPOINT_ENDED &&
	    request->args[0] == IPPROTO_TCP && request->args[1] == TCP_INFO)
		return get_last_info(call, (uint32_t)room);
	memset(call->reply->data, 0, (size_t)room);
	memcpy(call->reply->data, request->data,
	       request->data_len < (uint32_t)room ? request->data_len
						  : (uint32_t)room);
	result = pyt_socket_get_option(call->server->stack,
				       call->endpoint->handle, request->args[0],
				       request->args[1], call->reply->data,
				       (uint32_t)room, call->server->now_us);
	if (result > 0)
		call->reply->data_len = (uint32_t)result;
	if (result == -ENOPROTOOPT)
		tell_unknown(call);
	if (result == sizeof(int) && request->args[0] == SOL_SOCKET &&
	    request->args[1] == SO_INCOMING_CPU)
		tell_cpu(call);
	if (result > 0 && request->args[0] == IPPROTO_TCP &&
	    request->args[1] == TCP_INFO)
		last_info_hide_time_wait(call->reply->data);
	return result;
}

/* A file of another kind may let us wait, and be told when we read. */
static bool is_memory(int fd)
{
	return kernel_call(SYS_fcntl, fd, F_GET_SEALS, 0, 0, 0, 0) >= 0;
}

static int read_all(int fd, void *bytes, size_t len)
{
	long got =
		kernel_call(SYS_pread64, fd, (long)bytes, (long)len, 0, 0, 0);

	return got == (long)len ? 0 : -EINVAL;
}

static int run_wide(struct request_call *call, void *value, uint32_t len)
{
	const struct pyt_request *request = call->request;
	struct server *server = call->server;
	int result = read_all(call->fd, value, len);

	if (result == 0 && request->args[3] == PYT_WIDE_SET)
		return pyt_socket_set_option(
			server->stack, call->endpoint->handle, request->args[0],
			request->args[1], value, len, server->now_us);
	if (result == 0)
		result = pyt_socket_get_option(
			server->stack, call->endpoint->handle, request->args[0],
			request->args[1], value, len, server->now_us);
	if (result > 0 && kernel_call(SYS_pwrite64, call->fd, (long)value,
				      result, 0, 0, 0) != result)
		result = -ENOBUFS;
	return result;
}

/* Source filters may be longer than a request. */
int request_wide_option(struct request_call *call)
{
	int len = call->request->args[2];
	void *value;
	int result;

	if (len <= 0 || len > PYT_WIDE_OPTION_MAX || !is_memory(call->fd))
		return -EINVAL;
	value = arena_alloc(call->server->arena, (size_t)len);
	if (!value)
		return -ENOBUFS;
	result = run_wide(call, value, (uint32_t)len);
	arena_free(call->server->arena, value, (size_t)len);
	return result;
}

int request_own_options(struct request_call *call)
{
	slots_set_flags(&call->server->slots, call->endpoint->slot,
			PYT_SLOT_OWN_OPTIONS, 0);
	return 0;
}

int request_error(struct request_call *call)
{
	int error = slots_at(&call->server->slots, call->endpoint->slot)->error;

	slots_set_error(&call->server->slots, call->endpoint->slot, 0);
	if (!error && call->endpoint->handle >= 0)
		error = pyt_socket_take_error(call->server->stack,
					      call->endpoint->handle);
	return error;
}

int request_status(struct request_call *call)
{
	struct pyt_socket_status status;
	int result;

	result = pyt_socket_status(call->server->stack, call->endpoint->handle,
				   &status);
	if (result < 0)
		return result;
	if (call->request->args[0]) {
		if (call->endpoint->state == ENDPOINT_ATTACHING)
			stream_attach_input_all(call->server);
		status.send_queued += endpoint_queue_unsent(call->endpoint);
	}
	memcpy(call->reply->data, &status, sizeof(status));
	call->reply->data_len = sizeof(status);
	return 0;
}

/* The byte that the endpoint has carried: asked for, or read and to forget. */
int request_recv_urgent(struct request_call *call)
{
	struct endpoint *endpoint = call->endpoint;

	if (!endpoint->urgent_untold)
		return -EINVAL;
	endpoint->urgent_untold = call->request->args[0];
	return endpoint->urgent_byte;
}

/*
 * The bytes that were written before leave first, without the flag: those that
 * still lie there afterwards find the send buffer full.
 */
int request_more(struct request_call *call)
{
	const struct pyt_request *request = call->request;
	struct server *server = call->server;
	struct endpoint *endpoint = call->endpoint;

	if (request->args[0] < 0)
		return -EINVAL;
	if (request->args[1]) {
		more_withdraw(&endpoint->more, (uint32_t)request->args[0]);
		if (more_is_over(&endpoint->more) &&
		    endpoint->state == ENDPOINT_CONNECTED)
			pyt_socket_send_commit(server->stack, endpoint->handle,
					       0, 0, server->now_us);
		server_output(server);
		return 0;
	}
	if (endpoint->state == ENDPOINT_ATTACHING)
		stream_attach_input_all(server);
	if (endpoint->state != ENDPOINT_CONNECTED)
		return -ENOTCONN;
	endpoint->readable = !endpoint->send_ended;
	if (pump_stream(server, endpoint))
		endpoint_wake(server, endpoint);
	if (endpoint->state != ENDPOINT_CONNECTED)
		return -ENOTCONN;
	server_output(server);
	late_read_settle(server, endpoint);
	more_announce(&endpoint->more, endpoint_queue_unsent(endpoint),
		      (uint32_t)request->args[0]);
	return 0;
}

static bool can_keep_byte(struct server *server, struct endpoint *endpoint)
{
	const struct pyt_slot *slot = slots_at(&server->slots, endpoint->slot);

	if (endpoint->state == ENDPOINT_ATTACHING)
		stream_attach_input_all(server);
	return (endpoint->state == ENDPOINT_CONNECTED ||
		(endpoint->state == ENDPOINT_UNCONNECTED &&
		 slot->type == SOCK_STREAM)) &&
	       !endpoint->keeps_byte && !slot->send_room &&
	       !endpoint->sends_urgent;
}

int request_keep_byte(struct request_call *call)
{
	struct server *server = call->server;
	struct endpoint *endpoint = call->endpoint;

	endpoint->is_read_natively = true;
	if (!can_keep_byte(server, endpoint))
		return 0;
	endpoint->keeps_byte = true;
	endpoint->no_lane = true;
	slots_set_flags(&server->slots, endpoint->slot, PYT_SLOT_KEEPS_BYTE, 0);
	if (endpoint->state != ENDPOINT_CONNECTED ||
	    call->request->args[0] != PYT_KEEP_ALONE || endpoint->late_len ||
	    endpoint_queue_unsent(endpoint))
		return 0;
	late_read_owe(endpoint);
	return PYT_KEEP_WANTS_BYTE;
}

static void forget_reader(struct endpoint *endpoint)
{
	if (endpoint && endpoint->readers)
		endpoint->readers--;
}

static void begin_reading(struct client *client,
			  const struct endpoint *endpoint)
{
	if (!client || client->reading_count == CLIENT_READING_MAX)
		return;
	client->reading[client->reading_count].slot = endpoint->slot;
	client->reading[client->reading_count++].generation =
		endpoint->generation;
}

static void end_reading(struct client *client, const struct endpoint *endpoint)
{
	for (uint32_t i = 0; client && i < client->reading_count; i++) {
		if (client->reading[i].slot != endpoint->slot ||
		    client->reading[i].generation != endpoint->generation)
			continue;
		client->reading[i] = client->reading[--client->reading_count];
		return;
	}
}

/* Its process ended in calls that read: others may have the same sockets. */
void request_end_reading(struct server *server, struct client *client)
{
	while (client->reading_count) {
		uint32_t i = --client->reading_count;

		forget_reader(endpoint_get(server, client->reading[i].slot,
					   client->reading[i].generation));
	}
}

int request_show(struct request_call *call)
{
	struct endpoint *endpoint = call->endpoint;

	if (call->request->args[0] == PYT_SHOW_END) {
		end_reading(call->client, endpoint);
		forget_reader(endpoint);
		return 0;
	}
	if (call->request->args[0] == PYT_SHOW_BEGIN)
		begin_reading(call->client, endpoint);
	endpoint->readers++;
	if (endpoint->state == ENDPOINT_CONNECTED &&
	    pump_stream(call->server, endpoint))
		endpoint_wake(call->server, endpoint);
	if (call->request->args[0] == PYT_SHOW_ONCE && endpoint->readers)
		endpoint->readers--;
	return 0;
}

/* From now on the pump looks for the mark. */
int request_send_urgent(struct request_call *call)
{
	if (call->endpoint->state == ENDPOINT_ATTACHING)
		stream_attach_input_all(call->server);
	late_read_give_up(call->server, call->endpoint); /* the mark is looked
							    for in front */
	call->endpoint->sends_urgent = true;
	return kernel_setsockopt_int(call->endpoint->fd, SOL_SOCKET,
				     SO_OOBINLINE, 1);
}
