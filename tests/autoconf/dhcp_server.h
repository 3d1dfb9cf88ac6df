/* A DHCPv4 server for the tests: reads what the host sends, and answers. */
#ifndef TESTS_AUTOCONF_DHCP_SERVER_H
#define TESTS_AUTOCONF_DHCP_SERVER_H

#include "host.h"

#include "autoconf/dhcp4_internal.h"
#include "wire/dhcp4.h"

#define SERVER_IP 0x0a000001u
#define LEASED_IP 0x0a000005u

/* What the client said. */
struct request {
	struct ethernet_header ethernet;
	struct ip4_header ip;
	struct dhcp4_message message;
	uint8_t type;
	uint32_t requested_ip, server_id; /* 0: not there */
};

/* A request is a reply to the parser once its first byte says so. */
static inline bool request_parse(struct host *host, struct request *request)
{
	struct reader r = reader_init(host->sent, host->sent_len);
	struct udp_header udp;

	memset(request, 0, sizeof(*request));
	if (!ethernet_header_parse(&r, &request->ethernet) ||
	    request->ethernet.type != ETHERNET_TYPE_IP4 ||
	    ip4_header_parse(&r, &request->ip) != IP4_FAULT_NONE ||
	    request->ip.protocol != IPPROTO_UDP ||
	    !udp_header_parse(&r, &udp) || udp.dst_port != DHCP4_SERVER_PORT)
		return false;
	ck_assert_uint_eq(udp.src_port, DHCP4_CLIENT_PORT);
	ck_assert_uint_eq(r.at[0], 1);
	ck_assert_uint_ge(r.left, DHCP4_LEN_MIN);
	host->sent[r.at - host->sent] = 2;
	ck_assert(dhcp4_parse(r, &request->message));
	ck_assert(dhcp4_get_u8(&request->message, DHCP4_MESSAGE_TYPE,
			       &request->type));
	dhcp4_get_u32(&request->message, DHCP4_REQUESTED_IP,
		      &request->requested_ip);
	dhcp4_get_u32(&request->message, DHCP4_SERVER_ID, &request->server_id);
	return true;
}

/* The server's machine answers who looks for it. */
static inline void answer_arp(struct host *host)
{
	struct reader r = reader_init(host->sent, host->sent_len);
	struct ethernet_header ethernet;
	struct arp_packet arp;

	if (ethernet_header_parse(&r, &ethernet) &&
	    ethernet.type == ETHERNET_TYPE_ARP && arp_parse(&r, &arp) &&
	    arp.operation == ARP_REQUEST && arp.target_ip == SERVER_IP &&
	    ethernet_is_group(ethernet.dst) && arp.sender_ip != 0)
		host_input_arp(host, ARP_REPLY, peer_mac, SERVER_IP,
			       arp.sender_ip);
}

/* The next DHCP message that the host has sent; 0: none. Else its type. */
static inline int host_sent_dhcp(struct host *host, struct request *request)
{
	while (host_sent(host)) {
		if (request_parse(host, request))
			return request->type;
		answer_arp(host);
	}
	return 0;
}

/* What the server says; zero fields are left out. */
struct reply_options {
	uint32_t lease_s, t1_s, t2_s, mask, router, name_server, ipv6_only_s;
	uint16_t mtu;
	const char *domain, *uri;
	uint32_t xid; /* 0: the request's */
	uint32_t server_id, ip; /* 0: SERVER_IP, LEASED_IP */
	bool no_server_id, no_client_id, other_client_id;
	uint32_t dst; /* 0: everybody */
};

static inline void put_if(struct writer *w, uint8_t code, uint32_t value)
{
	if (value)
		dhcp4_put_u32(w, code, value);
}

static inline void put_client_id(struct writer *w,
				 const struct request *request,
				 const struct reply_options *options)
{
	uint8_t id[64];
	int len = dhcp4_get(&request->message, DHCP4_CLIENT_ID, id, sizeof(id));

	if (options->other_client_id)
		id[len - 1] ^= 1;
	if (!options->no_client_id)
		dhcp4_put(w, DHCP4_CLIENT_ID, id, (size_t)len);
}

static inline size_t build_reply(const struct request *request,
				 enum dhcp4_type type,
				 const struct reply_options *o,
				 uint8_t bytes[1024])
{
	struct dhcp4_header header = request->message.header;
	struct writer w = writer_init(bytes, 1024);
	uint8_t type_byte = (uint8_t)type;

	header.yiaddr = type == DHCP4_NAK ? 0 : o->ip ? o->ip : LEASED_IP;
	if (o->xid)
		header.xid = o->xid;
	dhcp4_put_header(&w, &header);
	bytes[0] = 2;
	dhcp4_put(&w, DHCP4_MESSAGE_TYPE, &type_byte, 1);
	if (!o->no_server_id)
		dhcp4_put_u32(&w, DHCP4_SERVER_ID,
			      o->server_id ? o->server_id : SERVER_IP);
	put_client_id(&w, request, o);
	put_if(&w, DHCP4_LEASE_TIME, o->lease_s);
	put_if(&w, DHCP4_T1, o->t1_s);
	put_if(&w, DHCP4_T2, o->t2_s);
	put_if(&w, DHCP4_SUBNET_MASK, o->mask);
	put_if(&w, DHCP4_ROUTERS, o->router);
	put_if(&w, DHCP4_NAME_SERVERS, o->name_server);
	put_if(&w, DHCP4_IPV6_ONLY, o->ipv6_only_s);
	if (o->mtu)
		dhcp4_put(
			&w, DHCP4_MTU,
			(uint8_t[]){ (uint8_t)(o->mtu >> 8), (uint8_t)o->mtu },
			2);
	if (o->domain)
		dhcp4_put(&w, DHCP4_DOMAIN_NAME, o->domain, strlen(o->domain));
	if (o->uri)
		dhcp4_put(&w, DHCP4_CAPTIVE_PORTAL, o->uri, strlen(o->uri));
	dhcp4_put_end(&w);
	return w.len;
}

static inline void server_reply(struct host *host,
				const struct request *request,
				enum dhcp4_type type,
				struct reply_options options)
{
	uint8_t bytes[1024];
	size_t len = build_reply(request, type, &options, bytes);

	host_input_udp(host, options.server_id ? options.server_id : SERVER_IP,
		       options.dst ? options.dst : UINT32_MAX,
		       DHCP4_SERVER_PORT, DHCP4_CLIENT_PORT, bytes,
		       (uint32_t)len);
}

#define USUAL_LEASE                                        \
	((struct reply_options){ .lease_s = 3600,          \
				 .mask = 0xffffff00,       \
				 .router = SERVER_IP,      \
				 .name_server = SERVER_IP, \
				 .domain = "lan.example" })

/* DISCOVER, OFFER, REQUEST, ACK; the last request stays in *request. */
static inline void server_grant(struct host *host, struct request *request,
				struct reply_options options)
{
	ck_assert_int_eq(host_sent_dhcp(host, request), DHCP4_DISCOVER);
	server_reply(host, request, DHCP4_OFFER, options);
	ck_assert_int_eq(host_sent_dhcp(host, request), DHCP4_REQUEST);
	server_reply(host, request, DHCP4_ACK, options);
	ck_assert_ptr_null(host->drop_reason);
}

/* Until the next DHCP message; the time that it took. */
static inline int64_t next_message(struct host *host, struct request *request,
				   int type)
{
	int64_t start_us = host->now_us;

	while (host->now_us < start_us + 100000 * SEC) {
		int got = host_sent_dhcp(host, request);

		if (got) {
			ck_assert_int_eq(got, type);
			return host->now_us - start_us;
		}
		host_run_until(host, pyt_next_deadline(host->stack));
	}
	ck_abort_msg("no message of type %d", type);
	return -1;
}

#define assert_between(value, low, high)         \
	do {                                     \
		int64_t between = (value);       \
		ck_assert_int_ge(between, low);  \
		ck_assert_int_le(between, high); \
	} while (0)

static inline struct dhcp4 *client_of(const struct host *host)
{
	return host->stack->autoconf->link[ETH0 - 1]->state[PYT_METHOD_DHCP4];
}

#endif
