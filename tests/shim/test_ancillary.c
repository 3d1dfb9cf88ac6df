#include "unit.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/time.h>

#include "ancillary.h"

union control {
	struct cmsghdr align;
	unsigned char bytes[256];
};

/* A message with one control message. */
static struct msghdr one(union control *control, int level, int type,
			 const void *value, size_t value_len)
{
	struct msghdr message = { .msg_control = control,
				  .msg_controllen = CMSG_SPACE(value_len) };
	struct cmsghdr *cmsg;

	memset(control, 0, sizeof(*control));
	cmsg = CMSG_FIRSTHDR(&message);
	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(value_len);
	memcpy(CMSG_DATA(cmsg), value, value_len);
	return message;
}

static int take(const struct msghdr *from, struct pyt_message *message)
{
	const uint8_t *header[PYT_EXTENSIONS];

	return ancillary_take(from, ANCILLARY_IP4 | ANCILLARY_IP6, message,
			      header);
}

static struct pyt_message received(void)
{
	return (struct pyt_message){ .local = pyt_ip_from_v4(0x0a4d0002),
				     .ifindex = 2,
				     .ttl = 63,
				     .tos = 0x10 };
}

START_TEST(options_name_their_control_message)
{
	ck_assert_uint_eq(ancillary_of_option(IPPROTO_IP, IP_PKTINFO),
			  PYT_ANCILLARY_PKTINFO);
	ck_assert_uint_eq(ancillary_of_option(IPPROTO_IPV6, IPV6_RECVTCLASS),
			  PYT_ANCILLARY_TCLASS);
	ck_assert_uint_eq(ancillary_of_option(SOL_SOCKET, SO_REUSEADDR), 0);
}
END_TEST

START_TEST(source_address_ttl_tos_and_segment_size_are_taken)
{
	union control control;
	struct in_pktinfo info = { .ipi_ifindex = 3 };
	struct pyt_message message = { .ttl = -1, .tos = -1 };
	struct msghdr from;
	uint8_t tos = 0x2e;
	uint16_t segment = 1200;
	int ttl = 1;

	info.ipi_spec_dst.s_addr = htonl(0x0a4d0002);
	from = one(&control, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	ck_assert_int_eq(take(&from, &message), 0);
	from = one(&control, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	ck_assert_int_eq(take(&from, &message), 0);
	from = one(&control, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	ck_assert_int_eq(take(&from, &message), 0);
	from = one(&control, IPPROTO_UDP, UDP_SEGMENT, &segment,
		   sizeof(segment));
	ck_assert_int_eq(take(&from, &message), 0);

	ck_assert_uint_eq(pyt_ip_to_v4(&message.local), 0x0a4d0002);
	ck_assert_int_eq(message.ifindex, 3);
	ck_assert_int_eq(message.ttl, 1);
	ck_assert_int_eq(message.tos, 0x2e);
	ck_assert_int_eq(message.gso_size, 1200);
}
END_TEST

START_TEST(unknown_short_and_impossible_ones_are_refused)
{
	union control control;
	struct pyt_message message = { 0 };
	int zero = 0, descriptor = 1;
	struct msghdr from =
		one(&control, IPPROTO_IP, IP_TTL, &zero, sizeof(zero));

	ck_assert_int_eq(take(&from, &message), -EINVAL);
	from = one(&control, IPPROTO_IP, IP_PKTINFO, &zero, sizeof(zero));
	ck_assert_int_eq(take(&from, &message), -EINVAL);
	from = one(&control, IPPROTO_IP, IP_HDRINCL, &zero, sizeof(zero));
	ck_assert_int_eq(take(&from, &message), -EINVAL);
	from = one(&control, SOL_SOCKET, SCM_RIGHTS, &descriptor,
		   sizeof(descriptor));
	ck_assert_int_eq(take(&from, &message), 0); /* it means nothing */
	((struct cmsghdr *)&control)->cmsg_len = 1;
	ck_assert_int_eq(take(&from, &message), -EINVAL);
}
END_TEST

/* One more control message behind those that are there. */
static void add(struct msghdr *message, int type, const void *value,
		size_t value_len)
{
	struct cmsghdr header = { .cmsg_len = CMSG_LEN(value_len),
				  .cmsg_level = IPPROTO_IPV6,
				  .cmsg_type = type };
	unsigned char *at = message->msg_control;

	at += message->msg_controllen;
	memcpy(at, &header, sizeof(header));
	memcpy(at + CMSG_LEN(0), value, value_len);
	message->msg_controllen += CMSG_SPACE(value_len);
}

START_TEST(extension_headers_are_found_where_they_are)
{
	static const uint8_t hop[8] = { 0, 0, 1, 4 };
	static const uint8_t options[16] = { 0, 1, 0x1e, 12 };
	static const uint8_t routing[24] = { 0, 2, 2, 1 };
	const uint8_t *header[PYT_EXTENSIONS];
	struct pyt_message message = { .ttl = -1 };
	union control control = { 0 };
	struct msghdr from = { .msg_control = &control };

	add(&from, IPV6_DSTOPTS, options, 16);
	add(&from, IPV6_RTHDR, routing, 24);
	add(&from, IPV6_HOPOPTS, hop, 8);
	ck_assert_int_eq(ancillary_take(&from, ANCILLARY_IP6, &message, header),
			 0);
	ck_assert_uint_eq(message.extension_len[PYT_EXTENSION_HOP_BY_HOP], 8);
	ck_assert_uint_eq(message.extension_len[PYT_EXTENSION_BEFORE_ROUTING],
			  0);
	ck_assert_uint_eq(message.extension_len[PYT_EXTENSION_ROUTING], 24);
	ck_assert_uint_eq(message.extension_len[PYT_EXTENSION_DESTINATION], 16);
	ck_assert_mem_eq(header[PYT_EXTENSION_ROUTING], routing, 24);
	add(&from, IPV6_2292HOPOPTS, hop, 8); /* once is enough */
	ck_assert_int_eq(take(&from, &message), -EINVAL);

	/* RFC 2292: what came before a routing header stands before it */
	from.msg_controllen = 0;
	message = (struct pyt_message){ 0 };
	add(&from, IPV6_2292DSTOPTS, options, 16);
	add(&from, IPV6_2292RTHDR, routing, 24);
	add(&from, IPV6_2292DSTOPTS, hop, 8);
	ck_assert_int_eq(ancillary_take(&from, ANCILLARY_IP6, &message, header),
			 0);
	ck_assert_uint_eq(message.extension_len[PYT_EXTENSION_BEFORE_ROUTING],
			  16);
	ck_assert_uint_eq(message.extension_len[PYT_EXTENSION_DESTINATION], 8);
	/* an IPv4 host is told nothing of them */
	message = (struct pyt_message){ 0 };
	ck_assert_int_eq(
		ancillary_take(&from, ANCILLARY_MAPPED, &message, header), 0);
	ck_assert_uint_eq(pyt_extensions_len(&message), 0);
}
END_TEST

START_TEST(a_header_that_is_longer_than_its_message_is_refused)
{
	static const uint8_t options[8] = { 0, 1 };
	struct pyt_message message = { .ttl = -1 };
	union control control;
	struct msghdr from;
	int number = 2;

	from = one(&control, IPPROTO_IPV6, IPV6_DSTOPTS, options, 8);
	ck_assert_int_eq(take(&from, &message), -EINVAL);
	from = one(&control, IPPROTO_IPV6, IPV6_DSTOPTS, options, 1);
	ck_assert_int_eq(take(&from, &message), -EINVAL);
	from = one(&control, IPPROTO_IPV6, IPV6_DONTFRAG, &number, 4);
	ck_assert_int_eq(take(&from, &message), -EINVAL);
	from = one(&control, IPPROTO_IPV6, IPV6_TCLASS, options, 8);
	ck_assert_int_eq(take(&from, &message), -EINVAL);
}
END_TEST

START_TEST(headers_that_came_are_given_in_their_order)
{
	static const uint8_t bytes[48] = {
		0, 0, 1, 4, [8] = 43, [9] = 1, [24] = 60, [25] = 2
	};
	struct pyt_message message = {
		.local = { { 0xfd, [15] = 2 } },
		.ttl = 64,
		.flow_info = 0x12345,
		.fragment_size = 1280,
		.extension_len = { 8, 0, 16, 24 },
		.extensions = bytes,
	};
	struct pyt_sockaddr local = { .ip = message.local };
	union control control;
	struct msghdr to = { .msg_control = &control,
			     .msg_controllen = sizeof(control) };
	static const int types[] = {
		11 /* IPV6_FLOWINFO */, IPV6_HOPOPTS,	   IPV6_RTHDR,
		IPV6_DSTOPTS,		IPV6_2292HOPLIMIT, IPV6_RECVFRAGSIZE
	};
	static const size_t lens[] = { 4, 8, 16, 24, 4, 4 };
	int i = 0;

	ancillary_give(&to,
		       PYT_ANCILLARY_FLOW_INFO | PYT_ANCILLARY_HOP_OPTS |
			       PYT_ANCILLARY_RTHDR | PYT_ANCILLARY_DST_OPTS |
			       PYT_ANCILLARY_HOPLIMIT2292 |
			       PYT_ANCILLARY_FRAGSIZE6 | PYT_ANCILLARY_TTL,
		       &message, &local);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&to); c;
	     c = CMSG_NXTHDR(&to, c)) {
		ck_assert_int_lt(i, 6);
		ck_assert_int_eq(c->cmsg_type, types[i]);
		ck_assert_uint_eq(c->cmsg_len, CMSG_LEN(lens[i]));
		if (c->cmsg_type == IPV6_DSTOPTS)
			ck_assert_mem_eq(CMSG_DATA(c), bytes + 24, 24);
		i++;
	}
	ck_assert_int_eq(i, 6);
}
END_TEST

START_TEST(what_was_asked_for_is_given)
{
	union control control;
	struct msghdr to = { .msg_control = &control,
			     .msg_controllen = sizeof(control) };
	struct pyt_message message = received();
	struct pyt_sockaddr local = { .ip = message.local, .port = 53 };
	struct in_pktinfo info;
	struct cmsghdr *cmsg;
	int ttl;

	ancillary_give(&to, PYT_ANCILLARY_PKTINFO | PYT_ANCILLARY_TTL, &message,
		       &local);
	ck_assert_int_eq(to.msg_flags, 0);
	cmsg = CMSG_FIRSTHDR(&to);
	ck_assert_int_eq(cmsg->cmsg_type, IP_PKTINFO);
	memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
	ck_assert_uint_eq(ntohl(info.ipi_addr.s_addr), 0x0a4d0002);
	ck_assert_int_eq(info.ipi_ifindex, 2);
	cmsg = CMSG_NXTHDR(&to, cmsg);
	ck_assert_int_eq(cmsg->cmsg_type, IP_TTL);
	memcpy(&ttl, CMSG_DATA(cmsg), sizeof(ttl));
	ck_assert_int_eq(ttl, 63);
	ck_assert_ptr_null(CMSG_NXTHDR(&to, cmsg));
}
END_TEST

START_TEST(what_does_not_fit_is_cut_and_said_so)
{
	union control control;
	struct msghdr to = { .msg_control = &control,
			     .msg_controllen = CMSG_LEN(4) };
	struct pyt_message message = received();
	struct pyt_sockaddr local = { .ip = message.local };

	memset(&control, 0xee, sizeof(control));
	ancillary_give(&to, PYT_ANCILLARY_PKTINFO | PYT_ANCILLARY_TTL, &message,
		       &local);
	ck_assert_int_eq(to.msg_flags, MSG_CTRUNC);
	ck_assert_uint_eq(to.msg_controllen, CMSG_LEN(4));
	ck_assert_uint_eq(control.bytes[CMSG_LEN(4)], 0xee);

	to = (struct msghdr){ 0 };
	ancillary_give(&to, PYT_ANCILLARY_TTL, &message, &local);
	ck_assert_int_eq(to.msg_flags, MSG_CTRUNC);
	ck_assert_uint_eq(to.msg_controllen, 0);
}
END_TEST

START_TEST(a_queued_error_names_its_origin_and_the_offender)
{
	union control control;
	struct msghdr to = { .msg_control = &control,
			     .msg_controllen = sizeof(control) };
	struct pyt_message message = { .ee_errno = ECONNREFUSED,
				       .ee_origin = SO_EE_ORIGIN_ICMP,
				       .ee_type = 3,
				       .ee_code = 3,
				       .offender = pyt_ip_from_v4(1) };
	struct pyt_sockaddr local = { .port = 7000 };
	struct sock_extended_err *error;

	ancillary_give_error(&to, 0, AF_INET, &message, &local);
	ck_assert_int_eq(CMSG_FIRSTHDR(&to)->cmsg_type, IP_RECVERR);
	error = (void *)CMSG_DATA(CMSG_FIRSTHDR(&to));
	ck_assert_uint_eq(error->ee_errno, ECONNREFUSED);
	ck_assert_int_eq(SO_EE_OFFENDER(error)->sa_family, AF_INET);
}
END_TEST

START_TEST(before_an_error_stands_what_is_wanted_of_the_message_that_told)
{
	union control control;
	struct msghdr to = { .msg_control = &control,
			     .msg_controllen = sizeof(control) };
	struct pyt_message message = { .ee_errno = ECONNREFUSED,
				       .ee_origin = SO_EE_ORIGIN_ICMP,
				       .local = pyt_ip_from_v4(2),
				       .ttl = 61 };
	struct pyt_sockaddr local = { .port = 7000 };
	struct cmsghdr *cmsg;
	struct in_pktinfo info;

	ancillary_give_error(&to, PYT_ANCILLARY_PKTINFO | PYT_ANCILLARY_TTL,
			     AF_INET, &message, &local);
	cmsg = CMSG_FIRSTHDR(&to);
	ck_assert_int_eq(cmsg->cmsg_type, IP_PKTINFO);
	memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
	ck_assert_uint_eq(info.ipi_addr.s_addr, htonl(2));
	ck_assert_uint_eq(info.ipi_spec_dst.s_addr, 0);
	cmsg = CMSG_NXTHDR(&to, cmsg);
	ck_assert_int_eq(cmsg->cmsg_type, IP_TTL);
	cmsg = CMSG_NXTHDR(&to, cmsg);
	ck_assert_int_eq(cmsg->cmsg_type, IP_RECVERR);
	ck_assert_ptr_null(CMSG_NXTHDR(&to, cmsg));
}
END_TEST

START_TEST(a_stream_tells_the_time_only_of_what_came)
{
	union control control;
	struct msghdr to = { .msg_control = &control,
			     .msg_controllen = sizeof(control) };

	ancillary_give_stream(&to, PYT_ANCILLARY_TIMESTAMP, 0, 0);
	ck_assert_uint_eq(to.msg_controllen, 0);
	to.msg_controllen = sizeof(control);
	ancillary_give_stream(&to, PYT_ANCILLARY_TIMESTAMP, 1, 0);
	ck_assert_int_eq(CMSG_FIRSTHDR(&to)->cmsg_type, SO_TIMESTAMP);
}
END_TEST

START_TEST(copied_bytes_are_told_as_a_range_of_calls_and_of_no_packet)
{
	union control control;
	struct msghdr to = { .msg_control = &control,
			     .msg_controllen = sizeof(control) };
	struct pyt_message message = { .ee_origin = SO_EE_ORIGIN_ZEROCOPY,
				       .ee_code = SO_EE_CODE_ZEROCOPY_COPIED,
				       .ee_info = 2,
				       .ee_data = 5 };
	struct pyt_sockaddr local = { .port = 7000 };
	struct sock_extended_err *error;

	ancillary_give_error(&to, PYT_ANCILLARY_TTL, AF_INET, &message, &local);
	ck_assert_int_eq(CMSG_FIRSTHDR(&to)->cmsg_type, IP_RECVERR);
	error = (void *)CMSG_DATA(CMSG_FIRSTHDR(&to));
	ck_assert_uint_eq(error->ee_errno, 0);
	ck_assert_uint_eq(error->ee_info, 2);
	ck_assert_uint_eq(error->ee_data, 5);
	ck_assert_int_eq(SO_EE_OFFENDER(error)->sa_family, AF_UNSPEC);
}
END_TEST

START_TEST(times_come_in_the_version_that_was_asked_for_last)
{
	union control control;
	struct msghdr to = { .msg_control = &control,
			     .msg_controllen = sizeof(control) };
	uint32_t set = 0;

	set = ancillary_after(set, SOL_SOCKET, SO_TIMESTAMP_NEW, 1);
	set = ancillary_after(set, SOL_SOCKET, SO_TIMESTAMPNS, 0);
	ck_assert_uint_eq(set, PYT_ANCILLARY_TIMESTAMP_NEW);
	set = ancillary_after(set, SOL_SOCKET, SO_TIMESTAMPNS_NEW, 1);
	ancillary_give_stream(&to, set, 1, 0);
	ck_assert_int_eq(CMSG_FIRSTHDR(&to)->cmsg_type, SO_TIMESTAMPNS_NEW);

	to.msg_controllen = sizeof(control);
	set = ancillary_after(set, SOL_SOCKET, SO_TIMESTAMPING, 0);
	ancillary_give_stream(&to, set, 1, 0);
	ck_assert_int_eq(CMSG_FIRSTHDR(&to)->cmsg_type, SO_TIMESTAMPNS);
}
END_TEST

START_TEST(a_time_to_send_at_is_for_who_has_asked)
{
	union control control;
	uint64_t time = 1;
	struct msghdr from =
		one(&control, SOL_SOCKET, SCM_TXTIME, &time, sizeof(time));
	uint32_t set = ancillary_after(0, SOL_SOCKET, SO_TXTIME, 0);

	ck_assert_int_eq(ancillary_check(&from, 0), -EINVAL);
	ck_assert_int_eq(ancillary_check(&from, ancillary_time(set)), 0);
}
END_TEST

START_TEST(a_stream_refuses_only_what_no_socket_knows)
{
	union control control;
	struct msghdr from = { .msg_control = &control,
			       .msg_controllen = CMSG_SPACE(sizeof(int)) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&from);

	memset(&control, 0, sizeof(control));
	*cmsg = (struct cmsghdr){ CMSG_LEN(sizeof(int)), IPPROTO_IP, 200 };
	ck_assert_int_eq(ancillary_check(&from, 0), 0);
	cmsg->cmsg_level = SOL_SOCKET;
	ck_assert_int_eq(ancillary_check(&from, 0), -EINVAL);
	cmsg->cmsg_type = SCM_RIGHTS;
	ck_assert_int_eq(ancillary_check(&from, 0), 0);
	cmsg->cmsg_len = CMSG_LEN(sizeof(int)) + 100;
	ck_assert_int_eq(ancillary_check(&from, 0), -EINVAL);
}
END_TEST

START_TEST(the_bytes_left_to_read_are_one_int)
{
	union control control;
	struct msghdr to = { .msg_control = &control,
			     .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg;
	int len = 0;

	ck_assert_uint_eq(ancillary_of_option(IPPROTO_TCP, TCP_INQ),
			  PYT_ANCILLARY_INQ);
	ancillary_give_stream(&to, PYT_ANCILLARY_INQ, 0, 70000);
	ck_assert_uint_eq(to.msg_controllen, CMSG_SPACE(sizeof(len)));
	cmsg = CMSG_FIRSTHDR(&to);
	ck_assert_int_eq(cmsg->cmsg_level, IPPROTO_TCP);
	ck_assert_int_eq(cmsg->cmsg_type, TCP_CM_INQ);
	memcpy(&len, CMSG_DATA(cmsg), sizeof(len));
	ck_assert_int_eq(len, 70000);

	to.msg_controllen = 0;
	ancillary_give_stream(&to, PYT_ANCILLARY_INQ, 0, 1);
	ck_assert_uint_eq(to.msg_controllen, 0);
	ck_assert(to.msg_flags & MSG_CTRUNC);
}
END_TEST

UNIT_MAIN("ancillary",
	  copied_bytes_are_told_as_a_range_of_calls_and_of_no_packet,
	  times_come_in_the_version_that_was_asked_for_last,
	  a_time_to_send_at_is_for_who_has_asked,
	  options_name_their_control_message,
	  before_an_error_stands_what_is_wanted_of_the_message_that_told,
	  a_stream_tells_the_time_only_of_what_came,
	  a_stream_refuses_only_what_no_socket_knows,
	  source_address_ttl_tos_and_segment_size_are_taken,
	  unknown_short_and_impossible_ones_are_refused,
	  extension_headers_are_found_where_they_are,
	  a_header_that_is_longer_than_its_message_is_refused,
	  headers_that_came_are_given_in_their_order,
	  what_was_asked_for_is_given, what_does_not_fit_is_cut_and_said_so,
	  a_queued_error_names_its_origin_and_the_offender,
	  the_bytes_left_to_read_are_one_int)
