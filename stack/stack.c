/*
 * The public interface of a stack, include/pyt/stack.h: creation, settings,
 * frames and time. The sockets' part is in stack_socket.c.
 */
#include "stack.h"

#include "socket/socket_time_wait.h"

#include <errno.h>
#include <string.h>

/* ------------------------------------------------ creation and settings */

static void init_engine(struct engine *engine,
			const struct pyt_stack_config *config)
{
	static const uint8_t none[sizeof(engine->secret)];

	engine->allocator = config->allocator;
	engine->log_level = config->log_level;
	engine->log = config->log;
	engine->log_context = config->log_context;
	random_init(&engine->random, config->seed);
	memcpy(engine->secret, config->secret, sizeof(engine->secret));
	if (memcmp(engine->secret, none, sizeof(none)) == 0)
		random_bytes(&engine->random, engine->secret,
			     sizeof(engine->secret));
}

struct pyt_stack *pyt_stack_create(const struct pyt_stack_config *config,
				   int64_t now_us)
{
	const struct pyt_allocator *a = &config->allocator;
	struct pyt_stack *stack = a->alloc(a->context, sizeof(*stack));

	if (!stack)
		return NULL;
	init_engine(&stack->engine, config);
	stack->ip = ip_create(&stack->engine, now_us);
	if (stack->ip)
		stack->autoconf = autoconf_create(&stack->engine, stack->ip);
	stack->tcp = tcp_context_create(&stack->engine);
	if (!stack->autoconf || !stack->tcp ||
	    sockets_init(&stack->sockets, &stack->engine, stack->ip,
			 stack->tcp)) {
		pyt_stack_destroy(stack);
		return NULL;
	}
	return stack;
}

void pyt_stack_destroy(struct pyt_stack *stack)
{
	struct pyt_allocator a = stack->engine.allocator;

	if (stack->sockets.engine)
		sockets_clear(&stack->sockets);
	if (stack->autoconf)
		autoconf_destroy(stack->autoconf);
	if (stack->ip)
		ip_destroy(stack->ip);
	tcp_context_destroy(stack->tcp);
	engine_free(&stack->engine, stack->loopback, PYT_FRAME_LEN_MAX);
	a.free(a.context, stack, sizeof(*stack));
}

int pyt_iface_add(struct pyt_stack *stack,
		  const struct pyt_iface_config *config, int64_t now_us)
{
	return ip_iface_add(stack->ip, config, now_us);
}

int pyt_address_add(struct pyt_stack *stack, int ifindex,
		    const struct pyt_ip *ip, unsigned prefix_len,
		    int64_t now_us)
{
	return ip_address_add(stack->ip, ifindex, ip, prefix_len, now_us);
}

int pyt_address_remove(struct pyt_stack *stack, int ifindex,
		       const struct pyt_ip *ip, int64_t now_us)
{
	return ip_address_remove(stack->ip, ifindex, ip, now_us);
}

int pyt_route_add(struct pyt_stack *stack, const struct pyt_route *route)
{
	return ip_route_add(stack->ip, route);
}

int pyt_route_remove(struct pyt_stack *stack, const struct pyt_route *route)
{
	return ip_route_remove(stack->ip, route);
}

uint32_t pyt_route_changes(const struct pyt_stack *stack)
{
	return ip_route_changes(stack->ip);
}

int pyt_iface_get(const struct pyt_stack *stack, int ordinal,
		  struct pyt_iface_info *info)
{
	return ip_iface_get(stack->ip, ordinal, info);
}

int pyt_address_get(const struct pyt_stack *stack, int ordinal,
		    struct pyt_address_info *info)
{
	return ip_address_get(stack->ip, ordinal, info);
}

int pyt_route_get(const struct pyt_stack *stack, int ordinal,
		  struct pyt_route *info)
{
	return ip_route_get(stack->ip, ordinal, info);
}

void pyt_source_get(struct pyt_stack *stack, const struct pyt_ip *dst,
		    struct pyt_source *source, int64_t now_us)
{
	ip_source_get(stack->ip, dst, source, now_us);
}

int pyt_neighbour_get(const struct pyt_stack *stack, int ordinal,
		      struct pyt_neighbour_info *info)
{
	return ip_neighbour_get(stack->ip, ordinal, info);
}

int pyt_congestion_control_add(struct pyt_stack *stack,
			       const struct pyt_cc_ops *ops)
{
	return tcp_congestion_control_add(stack->tcp, ops);
}

/* Some names concern several rooms (net.core.rmem_max): each is told, and has
 * the same bounds. */
int pyt_sysctl_set(struct pyt_stack *stack, const char *name, const char *value)
{
	int results[] = {
		socket_sysctl_set(&stack->sockets, name, value),
		ip_sysctl_set(stack->ip, name, value),
		tcp_sysctl_set(stack->tcp, name, value),
		autoconf_sysctl_set(stack->autoconf, name, value),
	};
	int result = -ENOENT;

	for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++) {
		if (results[i] != -ENOENT && results[i] < 0)
			return results[i];
		if (results[i] == 0)
			result = 0;
	}
	return result;
}

int pyt_sysctl_get(const struct pyt_stack *stack, const char *name, char *value,
		   size_t value_len)
{
	int len = socket_sysctl_get(&stack->sockets, name, value, value_len);

	if (len == -ENOENT)
		len = ip_sysctl_get(stack->ip, name, value, value_len);
	if (len == -ENOENT)
		len = tcp_sysctl_get(stack->tcp, name, value, value_len);
	if (len == -ENOENT)
		len = autoconf_sysctl_get(stack->autoconf, name, value,
					  value_len);
	return len;
}

int pyt_counter_get(const struct pyt_stack *stack, int ordinal,
		    const char **name, uint64_t *value)
{
	if (ordinal < 0 || ordinal >= COUNTERS - 1)
		return -ENOENT;
	*name = counter_name((enum counter)(ordinal + 1));
	*value = stack->engine.counters.value[ordinal + 1];
	return 0;
}

/* ------------------------------------------------------ frames and time */

void pyt_input(struct pyt_stack *stack, int ifindex, struct pyt_frame *frame,
	       int64_t now_us)
{
	struct iface *iface = ip_iface(stack->ip, ifindex);
	enum counter reason;

	frame->drop_reason = NULL;
	if (!iface) {
		frame->drop_reason = "no_interface";
		return;
	}
	stack_start_call(stack, now_us);
	reason = path_in(stack, iface, frame, now_us);
	if (reason != COUNTER_NONE)
		frame->drop_reason = counter_name(reason);
	stack_end_call(stack);
}

int pyt_output(struct pyt_stack *stack, int ifindex, struct pyt_frame *frame,
	       int64_t now_us)
{
	struct iface *iface = ip_iface(stack->ip, ifindex);

	if (!iface || ifindex == LOOPBACK_IFINDEX)
		return 0;
	stack_start_call(stack, now_us);
	return path_out(stack, iface, frame, now_us);
}

void pyt_run_timers(struct pyt_stack *stack, int64_t now_us)
{
	bool ip_is_due = ip_next_deadline(stack->ip) <= now_us;
	bool is_due = autoconf_next_deadline(stack->autoconf) <= now_us;

	stack_start_call(stack, now_us);
	if (ip_is_due)
		ip_run_timers(stack->ip, now_us);
	if (ip_is_due || is_due) {
		autoconf_run_timers(stack->autoconf, now_us);
		path_in_errors(stack, now_us);
		if (is_due)
			sockets_unpark_all(&stack->sockets);
		else
			sockets_unpark(&stack->sockets);
	}
	socket_tcp_run_timers(&stack->sockets, now_us);
	stack_end_call(stack);
}

int64_t pyt_next_deadline(const struct pyt_stack *stack)
{
	const struct heap_node *first = heap_first(&stack->sockets.deadlines);
	int64_t deadline_us = ip_next_deadline(stack->ip);
	int64_t time_wait_us = socket_time_wait_next_deadline(&stack->sockets);
	int64_t autoconf_us = autoconf_next_deadline(stack->autoconf);

	if (stack->loopback_pending)
		return stack->sockets.now_us;
	if (first && first->deadline_us < deadline_us)
		deadline_us = first->deadline_us;
	if (time_wait_us < deadline_us)
		deadline_us = time_wait_us;
	if (autoconf_us < deadline_us)
		deadline_us = autoconf_us;
	return deadline_us;
}

/* A conflict is told before the method whose address it is acts on it. */
static int next_address_event(struct pyt_stack *stack, struct pyt_event *event)
{
	if (ip_next_event(stack->ip, event))
		return 1;
	autoconf_check_conflicts(stack->autoconf, stack->sockets.now_us);
	if (!autoconf_next_event(stack->autoconf, event))
		return 0;
	if (event->type == PYT_EVENT_ADDRESS_LOST &&
	    autoconf_aborts(stack->autoconf) &&
	    !ip_is_local(stack->ip, &event->ip))
		socket_address_lost(&stack->sockets, &event->ip,
				    stack->sockets.now_us);
	return 1;
}

int pyt_next_event(struct pyt_stack *stack, struct pyt_event *event)
{
	struct socket *socket = TAILQ_FIRST(&stack->sockets.events);

	*event = (struct pyt_event){ .type = PYT_EVENT_SOCKET };
	if (!socket)
		return next_address_event(stack, event);
	TAILQ_REMOVE(&stack->sockets.events, socket, event_link);
	socket->has_event = false;
	event->handle = socket->handle;
	event->ready = socket_ready(socket);
	return 1;
}

int pyt_unfinished_count(const struct pyt_stack *stack)
{
	return stack->sockets.unfinished_count + ip_waiting_count(stack->ip) +
	       ip_held_count(stack->ip);
}
