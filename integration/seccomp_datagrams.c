/* What seccomp_probe.c claims of datagrams. */
#include "seccomp_probe.h"

#include <linux/filter.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

void udp(void)
{
	struct sockaddr_in name = loopback(7010);
	struct sockaddr_storage peer = { 0 };
	struct timeval soon = { .tv_usec = 50000 };
	socklen_t len = sizeof(peer);
	int server = udp_on(7010), client = udp_on(0), copy, waiting;
	char bytes[16] = "";

	puts("-- UDP");
	say("sendto", sendto(client, "one", 3, 0, (void *)&name, sizeof(name)));
	say("recvfrom",
	    recvfrom(server, bytes, sizeof(bytes), 0, (void *)&peer, &len));
	say_name("from", 0, &peer, len);
	say("reply", sendto(server, "answer", 6, 0, (void *)&peer, len));
	say("read", read(client, bytes, sizeof(bytes)));
	printf("bytes: %.6s\n", bytes);
	say("connect", connect(client, (void *)&name, sizeof(name)));
	say_names(client);
	say("write", write(client, "two!", 4));
	poll_state(server, POLLIN);
	say("FIONREAD", ioctl(server, FIONREAD, &waiting) < 0 ? -1 : waiting);
	say("peek", recv(server, bytes, sizeof(bytes), MSG_PEEK));
	say("truncated", recv(server, bytes, 2, MSG_TRUNC));
	copy = dup(server);
	write(client, "three", 5);
	say("read of a copy", read(copy, bytes, sizeof(bytes)));
	close(copy);
	setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	say("SO_RCVTIMEO", recv(server, bytes, sizeof(bytes), 0));
	say("MSG_DONTWAIT", recv(client, bytes, sizeof(bytes), MSG_DONTWAIT));
	close(server);
	write(client, "four", 4);
	say("refused", read(client, bytes, sizeof(bytes)));
	close(client);
}

/* Though shutdown(2) says that it is not connected. */
void udp_shut(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct timeval limit = { .tv_sec = 5 };
	char bytes[4];

	puts("-- UDP, shut");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	say("shutdown", shutdown(fd, SHUT_RD));
	say("read", read(fd, bytes, sizeof(bytes)));
	say("recv, not blocking", recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT));
	say("shutdown", shutdown(fd, SHUT_WR));
	say("poll", poll_state(fd, POLLIN));
	close(fd);
}

/* Of a datagram: its header of 8 bytes, and 3 more. */
void udp_filter(void)
{
	struct sockaddr_in name = loopback(7012);
	struct sock_filter code[] = { { BPF_RET | BPF_K, 0, 0, 8 + 3 } };
	struct sock_fprog filter = { 1, code };
	int server = udp_on(7012), client = udp_on(0);
	char bytes[8];

	puts("-- filter");
	say("SO_ATTACH_FILTER", setsockopt(server, SOL_SOCKET, SO_ATTACH_FILTER,
					   &filter, sizeof(filter)));
	sendto(client, "abcdef", 6, 0, (void *)&name, sizeof(name));
	say("cut", recv(server, bytes, sizeof(bytes), 0));
	filter.filter = (void *)0x10000; /* nothing is there */
	say("SO_ATTACH_FILTER", setsockopt(server, SOL_SOCKET, SO_ATTACH_FILTER,
					   &filter, sizeof(filter)));
	close(server);
	close(client);
}

void udp_messages(void)
{
	struct sockaddr_in name = loopback(7011);
	int server = udp_on(7011), client = udp_on(0), one = 1;
	char a[4] = "aaa", b[6] = "bbbbb", in[2][3];
	struct iovec iov[] = { { a, 3 }, { b, 5 }, { in[0], 3 }, { in[1], 3 } };
	struct mmsghdr out[2] = {
		{ .msg_hdr = { .msg_iov = iov, .msg_iovlen = 2 } },
		{ .msg_hdr = { .msg_iov = iov, .msg_iovlen = 1 } }
	};
	char control[256];
	struct sockaddr_storage peer;
	struct msghdr message = { .msg_name = &peer,
				  .msg_namelen = sizeof(peer),
				  .msg_iov = iov + 2,
				  .msg_iovlen = 2,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg;

	puts("-- messages");
	setsockopt(server, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	connect(client, (void *)&name, sizeof(name));
	say("sendmmsg", sendmmsg(client, out, 2, 0));
	say("lengths", out[0].msg_len * 10 + out[1].msg_len);
	say("recvmsg", recvmsg(server, &message, 0));
	say("flags", message.msg_flags);
	say_name("from", 0, &peer, message.msg_namelen);
	cmsg = CMSG_FIRSTHDR(&message);
	say("IP_PKTINFO", cmsg ? cmsg->cmsg_type : -1);
	printf("bytes: %.3s %.3s\n", in[0], in[1]);
	out[0].msg_hdr.msg_iov = iov + 2;
	say("recvmmsg", recvmmsg(server, out, 2, MSG_WAITFORONE, NULL));
	say("length", out[0].msg_len);
	say("writev", writev(client, iov, 2));
	say("readv", readv(server, iov + 2, 2));
	close(server);
	close(client);
}
