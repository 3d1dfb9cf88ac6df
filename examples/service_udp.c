/* An answer leaves from the address that was asked. */
#include "service_udp.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

void service_udp_prepare(int fd, int family)
{
	int on = 1;

	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	else
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
}

/*
 * Two services that answer each other would never end: datagrams from the
 * ports of echo, discard, daytime, qotd, chargen and time get none.
 */
static bool may_be_answered(const struct sockaddr_storage *client)
{
	static const uint16_t services[] = { 0, 7, 9, 13, 17, 19, 37 };
	uint16_t port =
		client->ss_family == AF_INET6
			? ((const struct sockaddr_in6 *)client)->sin6_port
			: ((const struct sockaddr_in *)client)->sin_port;

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		if (ntohs(port) == services[i])
			return false;
	}
	return true;
}

/* What said where the datagram went says where the answer comes from. */
static void turn_round(struct msghdr *message)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);
	struct in6_pktinfo info;

	if (!c || c->cmsg_level != IPPROTO_IPV6)
		return; /* IPv4: ipi_spec_dst is our own address already */
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
		info.ipi6_addr = in6addr_any;
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

void service_udp_answer(const struct service *service, int fd)
{
	static char data[65536];
	struct sockaddr_storage client = { 0 };
	union control control;
	struct iovec part = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr message = {
		.msg_name = &client,
		.msg_namelen = sizeof(client),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(fd, &message, 0);

	if (len < 0 || !may_be_answered(&client))
		return;
	if (service->say)
		len = service->say(data, sizeof(data));
	else if (!service->sends_back)
		return;
	part.iov_len = (size_t)len;
	turn_round(&message);
	sendmsg(fd, &message, 0); /* UDP promises nothing, and neither do we */
}
