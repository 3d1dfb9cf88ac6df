#include "host.h"

#include <pyt/view.h>

struct seen {
	int count, refuse_at;
	struct pyt_socket_view last;
	int states[16];
};

static bool look(void *context, const struct pyt_socket_view *view)
{
	struct seen *seen = context;

	if (seen->count == seen->refuse_at)
		return false;
	seen->count++;
	seen->last = *view;
	if (view->status.type == SOCK_STREAM)
		seen->states[view->status.tcp_state]++;
	return true;
}

static struct seen look_at(struct pyt_stack *stack)
{
	struct seen seen = { .refuse_at = -1 };

	ck_assert_uint_eq(pyt_sockets_visit(stack, 0, look, &seen, sim.now_us),
			  0);
	return seen;
}

static int listener(struct pyt_stack *stack, uint16_t port)
{
	int handle = tcp(stack);

	ck_assert_int_eq(bind_to(stack, handle, B_IP, port), 0);
	ck_assert_int_eq(pyt_socket_listen(stack, handle, 8), 0);
	return handle;
}

/* A connection from a to b's port 80; b's listener has not accepted it. */
static int connected(void)
{
	int client = tcp(a);

	listener(b, 80);
	connect_to(a, client, B_IP, 80);
	pass(10 * MS);
	return client;
}

START_TEST(a_listener_shows_its_backlog_and_who_waits)
{
	struct seen seen = { .refuse_at = 1 };

	connected();
	ck_assert_uint_eq(pyt_sockets_visit(b, 0, look, &seen, sim.now_us), 1);
	ck_assert_int_eq(seen.states[TCP_STATE_LISTEN], 1);
	ck_assert_uint_eq(seen.last.status.send_queued, 8);
	ck_assert_uint_eq(seen.last.status.receive_queued, 1);
}
END_TEST

START_TEST(a_connection_that_nobody_accepted_has_no_handle)
{
	struct seen seen;

	connected();
	seen = look_at(b);
	ck_assert_int_eq(seen.states[TCP_STATE_ESTABLISHED], 1);
	ck_assert_int_eq(seen.last.handle, -1);
	ck_assert_uint_gt(seen.last.tcp_info_len, 0);
	ck_assert_str_eq(seen.last.congestion_control, "cubic");
}
END_TEST

START_TEST(a_half_open_connection_is_shown_with_its_timer)
{
	struct seen seen;

	listener(b, 80);
	connect_to(a, tcp(a), B_IP, 80);
	pass(150); /* the SYN may be there, the handshake is not over */
	for (int i = 0; i < 100; i++) {
		seen = look_at(b);
		if (seen.states[PYT_VIEW_NEW_SYN_RECV])
			break;
		pass(50);
	}
	ck_assert_int_eq(seen.states[PYT_VIEW_NEW_SYN_RECV], 1);
	ck_assert_int_eq(seen.last.timer, PYT_VIEW_TIMER_RETRANSMIT);
	ck_assert_int_gt(seen.last.expires_us, 0);
}
END_TEST

/* The program is gone, the peer has not finished: Linux shows it, too. */
START_TEST(fin_wait_2_that_nobody_holds_is_shown)
{
	int client = connected();
	struct seen seen;

	pyt_socket_close(a, client, sim.now_us);
	pass(10 * MS);
	ck_assert_int_eq(a->sockets.socket_count, 0);
	seen = look_at(a);
	ck_assert_int_eq(seen.states[TCP_STATE_FIN_WAIT_2], 1);
	ck_assert_int_eq(seen.last.timer, PYT_VIEW_TIMER_TIME_WAIT);
}
END_TEST

START_TEST(time_wait_is_shown_with_what_is_left_of_it)
{
	int client = connected(), server;
	struct seen seen;

	server = pyt_socket_accept(b, 0, sim.now_us);
	if (server < 0) /* the listener's handle is not the first */
		server = 1;
	pyt_socket_close(a, client, sim.now_us);
	pass(10 * MS);
	pyt_socket_close(b, server, sim.now_us);
	pass(10 * MS);
	seen = look_at(a);
	ck_assert_int_eq(seen.states[TCP_STATE_TIME_WAIT], 1);
	ck_assert_int_eq(seen.last.timer, PYT_VIEW_TIMER_TIME_WAIT);
	ck_assert_int_gt(seen.last.expires_us, 50 * SEC);
	ck_assert_int_le(seen.last.expires_us, 60 * SEC);
}
END_TEST

START_TEST(a_walk_goes_on_where_it_was_refused)
{
	struct seen first = { .refuse_at = 2 }, rest = { .refuse_at = -1 };
	unsigned next;

	for (int i = 0; i < 5; i++)
		udp(a);
	next = pyt_sockets_visit(a, 0, look, &first, sim.now_us);
	ck_assert_uint_eq(next, 2);
	ck_assert_uint_eq(pyt_sockets_visit(a, next, look, &rest, sim.now_us),
			  0);
	ck_assert_int_eq(first.count + rest.count, 5);
}
END_TEST

START_TEST(abort_ends_a_connection_on_both_sides)
{
	int client = connected();
	struct pyt_socket_status status;

	ck_assert_int_eq(pyt_socket_status(a, client, &status), 0);
	ck_assert_int_eq(pyt_socket_abort(a, IPPROTO_TCP, &status.local,
					  &status.peer, sim.now_us),
			 0);
	pass(10 * MS);
	ck_assert_int_eq(pyt_socket_take_error(a, client), ECONNABORTED);
	ck_assert_int_eq(look_at(b).states[TCP_STATE_ESTABLISHED], 0);
}
END_TEST

START_TEST(abort_of_nothing_is_enoent)
{
	struct pyt_sockaddr here = at(A_IP, 1), there = at(B_IP, 2);

	ck_assert_int_eq(
		pyt_socket_abort(a, IPPROTO_TCP, &here, &there, sim.now_us),
		-ENOENT);
}
END_TEST

/* ------------------------------------------------------------------- links */

START_TEST(nothing_passes_a_link_that_is_down)
{
	struct pyt_ip dst = at(B_IP, 0).ip;
	struct pyt_way way;
	int client;

	listener(b, 80);
	ck_assert_int_eq(pyt_iface_set_up(a, 2, false, sim.now_us), 0);
	ck_assert_int_eq(pyt_way_find(a, &dst, NULL, 0, sim.now_us, &way),
			 -ENETUNREACH);
	client = tcp(a);
	ck_assert_int_eq(connect_to(a, client, B_IP, 80), -ENETUNREACH);
	ck_assert_int_eq(pyt_iface_set_up(a, 2, true, sim.now_us), 0);
	ck_assert_int_eq(connect_to(a, client, B_IP, 80), -EINPROGRESS);
	pass(10 * MS);
	ck_assert_int_eq(look_at(b).states[TCP_STATE_ESTABLISHED], 1);
}
END_TEST

START_TEST(frames_that_come_in_while_it_is_down_are_counted)
{
	struct pyt_iface_info before, after;

	connected();
	pyt_iface_set_up(b, 2, false, sim.now_us);
	pyt_iface_get(b, 1, &before);
	connect_to(a, tcp(a), B_IP, 81);
	pass(10 * MS);
	pyt_iface_get(b, 1, &after);
	ck_assert(!after.is_up);
	ck_assert_uint_gt(after.rx_dropped, before.rx_dropped);
	ck_assert_uint_eq(after.rx_packets, before.rx_packets);
}
END_TEST

START_TEST(an_mtu_has_its_limits)
{
	struct pyt_iface_info info;

	ck_assert_int_eq(pyt_iface_set_mtu(a, 2, 67), -EINVAL);
	ck_assert_int_eq(pyt_iface_set_mtu(a, 2, 68), 0);
	ck_assert_int_eq(pyt_iface_set_mtu(a, 2, 65535), 0);
	ck_assert_int_eq(pyt_iface_set_mtu(a, 2, 65536), -EINVAL);
	ck_assert_int_eq(pyt_iface_set_mtu(a, 9, 1500), -ENODEV);
	pyt_iface_get(a, 1, &info);
	ck_assert_uint_eq(info.config.mtu, 65535);
}
END_TEST

START_TEST(a_group_is_no_hardware_address)
{
	static const uint8_t group[6] = { 1, 2, 3, 4, 5, 6 };
	static const uint8_t one[6] = { 2, 2, 3, 4, 5, 6 };
	static const uint8_t none[6];

	ck_assert_int_eq(pyt_iface_set_mac(a, 2, group), -EADDRNOTAVAIL);
	ck_assert_int_eq(pyt_iface_set_mac(a, 2, none), -EADDRNOTAVAIL);
	ck_assert_int_eq(pyt_iface_set_mac(a, 2, one), 0);
	ck_assert_int_eq(pyt_iface_set_mac(a, 1, one), -EOPNOTSUPP);
}
END_TEST

START_TEST(a_frame_that_is_handed_in_leaves_as_it_is)
{
	uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,   0,
			      0,    0,	  0,	9,    0x88, 0xb5, 'h', 'i' };
	struct pyt_frame out;

	ck_assert_int_eq(pyt_iface_send(a, 2, frame, sizeof(frame), sim.now_us),
			 0);
	ck_assert_int_eq(pyt_output(a, 2, &out, sim.now_us), 1);
	ck_assert_uint_eq(out.len, sizeof(frame));
	ck_assert_mem_eq(out.part[0].iov_base, frame, sizeof(frame));
	ck_assert_int_eq(pyt_iface_send(a, 2, frame, 13, sim.now_us), -EINVAL);
	ck_assert_int_eq(pyt_iface_send(a, 2, frame, 2000, sim.now_us),
			 -EMSGSIZE);
	ck_assert_int_eq(pyt_iface_send(a, 7, frame, 60, sim.now_us), -ENODEV);
	pyt_iface_set_up(a, 2, false, sim.now_us);
	ck_assert_int_eq(pyt_iface_send(a, 2, frame, 60, sim.now_us),
			 -ENETDOWN);
}
END_TEST

/* ---------------------------------------------------------------- settings */

struct names {
	char seen[1000][96];
	int ours; /* that Linux does not have */
	int count, keepalive, arp_of_iface;
};

static bool see_name(void *context, const char *name)
{
	struct names *names = context;
	char value[128];
	int result;

	ck_assert_int_lt(names->count,
			 (int)(sizeof(names->seen) / sizeof(*names->seen)));
	for (int i = 0; i < names->count; i++)
		ck_assert_str_ne(names->seen[i], name);
	snprintf(names->seen[names->count++], sizeof(*names->seen), "%s", name);
	ck_assert_int_ge(pyt_sysctl_get(a, name, value, sizeof(value)), 0);
	/* what it is now may be written, but for what is read only */
	result = pyt_sysctl_set(a, name, value);
	ck_assert_int_eq(result,
			 strstr(name, "available_congestion") ? -ENOENT : 0);
	names->ours += strncmp(name, "net.pyt.", 8) == 0 ||
		       strstr(name, "max_extension_headers") ||
		       strstr(name, "conf.all.optimistic_wait_ms");
	names->keepalive += strcmp(name, "net.ipv4.tcp_keepalive_time") == 0;
	names->arp_of_iface += strncmp(name, "net.ipv4.conf.", 14) == 0 &&
			       strstr(name, ".arp_ignore") != NULL;
	return true;
}

START_TEST(every_name_that_is_listed_can_be_read_and_comes_once)
{
	static struct names names;

	pyt_sysctls_visit(a, see_name, &names);
	ck_assert_int_gt(names.count, 100);
	ck_assert_int_eq(names.ours, 8);
	ck_assert_int_eq(names.keepalive, 1);
	ck_assert_int_eq(names.arp_of_iface,
			 4); /* all default lo and its own */
}
END_TEST

START_TEST(a_way_names_the_route_that_decides)
{
	struct pyt_ip dst = at("192.0.2.1", 0).ip;
	struct pyt_route route = { .prefix = at("192.0.2.0", 0).ip,
				   .prefix_len = 24,
				   .gateway = at(B_IP, 0).ip,
				   .metric = 5 };
	struct pyt_way way;

	ck_assert_int_eq(pyt_route_add(a, &route), 0);
	ck_assert_int_eq(pyt_way_find(a, &dst, NULL, 0, sim.now_us, &way), 0);
	ck_assert(way.has_route);
	ck_assert_uint_eq(way.route.prefix_len, 24);
	ck_assert_uint_eq(way.route.metric, 5);
	ck_assert(pyt_ip_equal(&way.next_hop, &route.gateway));
	dst = at(A_IP, 0).ip;
	ck_assert_int_eq(pyt_way_find(a, &dst, NULL, 0, sim.now_us, &way), 0);
	ck_assert(way.local && !way.has_route);
}
END_TEST

START_TEST(neighbours_that_are_set_stay_and_changes_are_counted)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 7 };
	struct pyt_ip ip = at("10.0.0.7", 0).ip;
	uint32_t before = pyt_neighbour_changes(a);
	struct pyt_neighbour_info info;

	ck_assert_int_eq(pyt_neighbour_set(a, 2, &ip, mac, sim.now_us), 0);
	ck_assert_uint_ne(pyt_neighbour_changes(a), before);
	ck_assert_int_eq(pyt_neighbour_get(a, 0, &info), 0);
	ck_assert_str_eq(info.state, "PERMANENT");
	before = pyt_neighbour_changes(a);
	ck_assert_int_eq(pyt_neighbour_set(a, 2, &ip, NULL, sim.now_us), 0);
	ck_assert_uint_ne(pyt_neighbour_changes(a), before);
	ck_assert_int_eq(pyt_neighbour_set(a, 2, &ip, NULL, sim.now_us),
			 -ENOENT);
}
END_TEST

UNIT_MAIN_WITH("view", set_up, tear_down,
	       a_listener_shows_its_backlog_and_who_waits,
	       a_connection_that_nobody_accepted_has_no_handle,
	       a_half_open_connection_is_shown_with_its_timer,
	       fin_wait_2_that_nobody_holds_is_shown,
	       time_wait_is_shown_with_what_is_left_of_it,
	       a_walk_goes_on_where_it_was_refused,
	       abort_ends_a_connection_on_both_sides,
	       abort_of_nothing_is_enoent, nothing_passes_a_link_that_is_down,
	       frames_that_come_in_while_it_is_down_are_counted,
	       an_mtu_has_its_limits, a_group_is_no_hardware_address,
	       a_frame_that_is_handed_in_leaves_as_it_is,
	       every_name_that_is_listed_can_be_read_and_comes_once,
	       a_way_names_the_route_that_decides,
	       neighbours_that_are_set_stay_and_changes_are_counted)
