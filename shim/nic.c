/* Devices by AF_PACKET; packet(7). */
#include "nic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kernel.h"
#include "log.h"

#define BUFFER_LEN (4 * 1024 * 1024)

/* Since Linux 4.20; the headers may be older. */
#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

static int trouble(int error, const char *name, const struct log *log)
{
	const char *what = strerrordesc_np(-error), *cure = "";

	if (error == -EPERM) {
		what = "takes CAP_NET_RAW";
		cure = "; run it as root";
	} else if (error == -ENODEV) {
		what = "there is no such device";
		cure = "; see: ip link";
	} else if (error == -ENOTSUP) {
		what = "is no Ethernet device";
		cure = "; see: ip link";
	}
	log_line(log, PYT_LOG_ERROR, "link", "packet:%s: %s%s", name, what,
		 cure);
	return error;
}

static int ask(int fd, unsigned long request, const char *name,
	       struct ifreq *answer)
{
	*answer = (struct ifreq){ 0 };
	strncpy(answer->ifr_name, name, sizeof(answer->ifr_name) - 1);
	return (int)kernel_call(SYS_ioctl, fd, (long)request, (long)answer, 0,
				0, 0);
}

static int read_settings(struct tuntap *device, const char *name, int *ifindex)
{
	struct ifreq answer;
	int result = ask(device->fd, SIOCGIFINDEX, name, &answer);

	*ifindex = answer.ifr_ifindex;
	if (result == 0)
		result = ask(device->fd, SIOCGIFHWADDR, name, &answer);
	if (result < 0)
		return result;
	if (answer.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return -ENOTSUP;
	memcpy(device->kernel_mac, answer.ifr_hwaddr.sa_data, 6);
	device->mtu = 1500;
	if (ask(device->fd, SIOCGIFMTU, name, &answer) == 0)
		device->mtu = (uint32_t)answer.ifr_mtu;
	device->is_up = ask(device->fd, SIOCGIFFLAGS, name, &answer) < 0 ||
			answer.ifr_flags & IFF_UP;
	return 0;
}

static int set(int fd, int level, int option, const void *value, size_t len)
{
	return (int)kernel_call(SYS_setsockopt, fd, level, option, (long)value,
				(long)len, 0);
}

/*
 * Not what is the kernel's own, which may be much, nor what is on a VLAN:
 * its tag stands beside the frame, which looks as if it had none.
 */
static int set_filter(const struct tuntap *device)
{
	const uint8_t *mac = device->kernel_mac;
	uint32_t high = (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 |
			(uint32_t)mac[2] << 8 | mac[3];
	uint32_t low = (uint32_t)mac[4] << 8 | mac[5];
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, high, 0, 2),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, low, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(*code), code };

	return set(device->fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
		   sizeof(filter));
}

/* Before it is bound, so that nothing comes that is not as it should be. */
static int set_options(const struct tuntap *device, int ifindex)
{
	struct packet_mreq promiscuous = { .mr_ifindex = ifindex,
					   .mr_type = PACKET_MR_PROMISC };
	int on = 1, len = BUFFER_LEN;
	int result = set_filter(device);

	if (result == 0)
		result = set(device->fd, SOL_PACKET, PACKET_VNET_HDR, &on,
			     sizeof(on));
	if (result == 0)
		result = set(device->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP,
			     &promiscuous, sizeof(promiscuous));
	set(device->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	set(device->fd, SOL_SOCKET, SO_RCVBUFFORCE, &len, sizeof(len));
	set(device->fd, SOL_SOCKET, SO_SNDBUFFORCE, &len, sizeof(len));
	return result;
}

static int bind_to(const struct tuntap *device, int ifindex)
{
	struct sockaddr_ll name = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(ETH_P_ALL),
				    .sll_ifindex = ifindex };

	return kernel_bind(device->fd, &name, sizeof(name));
}

int nic_open(struct tuntap *device, const char *name, const struct log *log)
{
	int ifindex, result;

	*device = (struct tuntap){
		.has_header = true,
		.offloads = PYT_OFFLOAD_CSUM | PYT_OFFLOAD_TSO4 |
			    PYT_OFFLOAD_TSO6 | PYT_OFFLOAD_TSO_ECN,
	};
	device->fd = kernel_socket(AF_PACKET,
				   SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (device->fd < 0)
		return trouble(device->fd, name, log);
	result = read_settings(device, name, &ifindex);
	if (result == 0)
		result = set_options(device, ifindex);
	if (result == 0)
		result = bind_to(device, ifindex);
	if (result < 0) {
		kernel_close(device->fd);
		return trouble(result, name, log);
	}
	if (!device->is_up)
		log_line(log, PYT_LOG_WARNING, "link",
			 "%s is down; run: ip link set %s up", name, name);
	return 0;
}
