/* TAP and TUN devices; Linux, Documentation/networking/tuntap.rst. */
#include "tuntap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kernel.h"
#include "log.h"
#include "tuntap_trouble.h"

#define RUNNING_WAIT_US 300000
#define RUNNING_PAUSE_US 200

/* Since Linux 6.2; the headers may be older. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define DEVICE "/dev/net/tun"
#define TUNTAP_QUEUE_LEN 5000 /* frames */

static int call_ioctl(int fd, unsigned long request, void *argument)
{
	return (int)kernel_call(SYS_ioctl, fd, (long)request, (long)argument, 0,
				0, 0);
}

static struct ifreq request_for(const char *name, short flags)
{
	struct ifreq request = { .ifr_flags = flags };

	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	return request;
}

/* A persistent device may have been made for several queues: ask again so. */
static int attach(int fd, const char *name, short flags)
{
	struct ifreq request = request_for(name, flags);
	int result = call_ioctl(fd, TUNSETIFF, &request);

	if (result != -EINVAL)
		return result;
	request = request_for(name, flags | IFF_MULTI_QUEUE);
	return call_ioctl(fd, TUNSETIFF, &request);
}

/* The most that the kernel offers, from the best down to nothing. */
static unsigned negotiate_offloads(int fd)
{
	static const struct {
		unsigned long kernel;
		unsigned ours;
	} step[] = {
		{ TUN_F_USO4 | TUN_F_USO6, PYT_OFFLOAD_USO },
		{ TUN_F_TSO_ECN, PYT_OFFLOAD_TSO_ECN },
		{ TUN_F_TSO6, PYT_OFFLOAD_TSO6 },
		{ TUN_F_TSO4, PYT_OFFLOAD_TSO4 },
		{ TUN_F_CSUM, PYT_OFFLOAD_CSUM },
	};
	unsigned long kernel = 0;
	unsigned ours = 0;

	for (size_t i = 0; i < sizeof(step) / sizeof(*step); i++) {
		kernel |= step[i].kernel;
		ours |= step[i].ours;
	}
	for (size_t i = 0; i < sizeof(step) / sizeof(*step); i++) {
		if (call_ioctl(fd, TUNSETOFFLOAD, (void *)kernel) == 0)
			return ours;
		kernel &= ~step[i].kernel;
		ours &= ~step[i].ours;
	}
	call_ioctl(fd, TUNSETOFFLOAD, NULL);
	return 0;
}

/*
 * A device that was just taken has its carrier, but the kernel's side drops
 * what it would send (our first ARP reply, so that a second is lost) until its
 * queue is set up, by a worker, a moment later. Any socket's fd will do.
 */
static void wait_until_running(int fd, const char *name)
{
	struct timespec pause = { .tv_nsec = RUNNING_PAUSE_US * 1000 };

	for (int i = 0; i < RUNNING_WAIT_US / RUNNING_PAUSE_US; i++) {
		struct ifreq request = request_for(name, 0);

		if (call_ioctl(fd, SIOCGIFFLAGS, &request) < 0 ||
		    request.ifr_flags & IFF_RUNNING)
			return;
		kernel_call(SYS_nanosleep, (long)&pause, 0, 0, 0, 0, 0);
	}
}

/*
 * What the kernel's side sends while our thread waits for a processor lies in
 * the device's queue: the 1000 frames that it has by itself (a TUN: 500) are
 * 23 ms of UDP at 500 Mbit/s, and then datagrams are lost. A length that
 * somebody chose is left alone, and without the right to change it, any. The
 * change takes a device that is in use out of it for a while, so it is made
 * before we attach, or before anybody has set a new device up.
 */
static void deepen_queue(int fd, const char *name)
{
	struct ifreq request = request_for(name, 0);

	if (call_ioctl(fd, SIOCGIFTXQLEN, &request) < 0 ||
	    (request.ifr_qlen != 1000 && request.ifr_qlen != 500))
		return;
	request = request_for(name, 0);
	request.ifr_qlen = TUNTAP_QUEUE_LEN;
	call_ioctl(fd, SIOCSIFTXQLEN, &request);
}

static void prepare_queue(const char *name)
{
	int fd = kernel_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = request_for(name, 0);

	if (fd < 0)
		return;
	if (call_ioctl(fd, SIOCGIFFLAGS, &request) == 0 &&
	    !(request.ifr_flags & IFF_RUNNING))
		deepen_queue(fd, name);
	kernel_close(fd);
}

/* MTU and flags are asked of any socket; the device's fd knows neither. */
static void read_settings(struct tuntap *device, const char *name)
{
	struct ifreq request = request_for(name, 0);
	int fd = kernel_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	device->mtu = 1500;
	device->is_up = true;
	if (fd < 0)
		return;
	if (call_ioctl(fd, SIOCGIFMTU, &request) == 0)
		device->mtu = (uint32_t)request.ifr_mtu;
	request = request_for(name, 0);
	if (call_ioctl(fd, SIOCGIFFLAGS, &request) == 0)
		device->is_up = request.ifr_flags & IFF_UP;
	if (device->is_up)
		wait_until_running(fd, name);
	else
		deepen_queue(fd, name);
	request = request_for(name, 0);
	if (call_ioctl(fd, SIOCGIFHWADDR, &request) == 0)
		memcpy(device->kernel_mac, request.ifr_hwaddr.sa_data, 6);
	kernel_close(fd);
}

/* Falls back to bare frames where the kernel has no virtio-net header. */
static int open_and_attach(struct tuntap *device, const char *name, short flags,
			   const struct log *log)
{
	int fd = kernel_open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int result;

	if (fd < 0) {
		tuntap_trouble_open(fd, log);
		return fd;
	}
	device->has_header = true;
	result = attach(fd, name, flags | IFF_VNET_HDR);
	if (result == -EINVAL) {
		device->has_header = false;
		result = attach(fd, name, flags);
	}
	if (result < 0) {
		kernel_close(fd);
		tuntap_trouble_attach(result, name, flags & IFF_TAP, log);
		return result;
	}
	device->fd = fd;
	return 0;
}

int tuntap_open(struct tuntap *device, const char *name, enum pyt_medium medium,
		const struct log *log)
{
	short flags = medium == PYT_MEDIUM_ETHERNET ? IFF_TAP : IFF_TUN;
	int result;

	memset(device, 0, sizeof(*device));
	prepare_queue(name);
	result = open_and_attach(device, name, flags | IFF_NO_PI, log);
	if (result < 0)
		return result;

	if (device->has_header)
		device->offloads = negotiate_offloads(device->fd);
	else /* what an earlier user has negotiated is still in force */
		call_ioctl(device->fd, TUNSETOFFLOAD, NULL);
	read_settings(device, name);
	if (!device->is_up)
		log_line(log, PYT_LOG_WARNING, "link",
			 "%s is down on the kernel's side; run: "
			 "ip link set %s up",
			 name, name);
	return 0;
}
