/*
 * Links over the kernel's devices: TAP and AF_PACKET (Ethernet frames), TUN
 * (IP packets).
 */
#include "link_tap.h"

#include <errno.h>
#include <linux/virtio_net.h>
#include <string.h>

#include "arena.h"
#include "config.h"
#include "kernel.h"
#include "mac.h"
#include "nic.h"
#include "tuntap.h"
#include "vnet.h"

struct link_tap {
	struct link link;
	bool has_header;
};

static int tap_receive(struct link *link, struct pyt_frame *frame, void *buffer,
		       int64_t now_us)
{
	struct link_tap *tap = (struct link_tap *)link;
	struct virtio_net_hdr header = { 0 };
	size_t header_len = tap->has_header ? sizeof(header) : 0;
	ssize_t len = kernel_read(link->io_fd, buffer, LINK_BUFFER_LEN);

	if (len == -EAGAIN || len == -EINTR)
		return 0;
	if (len < (ssize_t)header_len)
		return len < 0 ? (int)len : -EIO;
	if (tap->has_header)
		memcpy(&header, buffer, sizeof(header));

	frame->part[0].iov_base = (uint8_t *)buffer + header_len;
	frame->part[0].iov_len = (size_t)len - header_len;
	frame->part_count = 1;
	frame->len = (uint32_t)frame->part[0].iov_len;
	frame->drop_reason = NULL;
	vnet_to_frame(&header, frame);
	return 1;
}

int link_tap_send(const struct link *link, struct pyt_frame *frame, int fd)
{
	const struct link_tap *tap = (const struct link_tap *)link;
	struct virtio_net_hdr header;
	struct iovec iov[1 + PYT_FRAME_PARTS_MAX];
	int first = tap->has_header ? 0 : 1;
	ssize_t len;

	if (tap->has_header) {
		vnet_from_frame(frame, &header);
		iov[0].iov_base = &header;
		iov[0].iov_len = sizeof(header);
	}
	memcpy(iov + 1, frame->part, (size_t)frame->part_count * sizeof(*iov));
	len = kernel_call(SYS_writev, fd, (long)(iov + first),
			  1 + frame->part_count - first, 0, 0, 0);
	if (len == -EAGAIN)
		return 0;
	return len < 0 ? (int)len : 1;
}

static int tap_send(struct link *link, struct pyt_frame *frame, int64_t now_us)
{
	return link_tap_send(link, frame, link->io_fd);
}

static void tap_close(struct link *link)
{
	kernel_close(link->fd);
}

static void tap_free(struct link *link)
{
	arena_unmap(link, sizeof(struct link_tap));
}

static const struct link_ops tap_ops = {
	.receive = tap_receive,
	.send = tap_send,
	.close = tap_close,
	.free = tap_free,
};

static void describe(struct link *link, const struct config_link *config,
		     const struct tuntap *device, enum pyt_medium medium)
{
	link->ops = &tap_ops;
	strcpy(link->name, config->name);
	link->medium = medium;
	link->fd = device->fd;
	link->io_fd = device->fd;
	link->is_bare = true;
	link->offloads = device->offloads;
	link->mtu = config->mtu ? config->mtu : device->mtu;
	if (medium != PYT_MEDIUM_ETHERNET)
		return;
	if (config->has_mac)
		memcpy(link->mac, config->mac, sizeof(link->mac));
	else
		mac_from_name(link->name, device->kernel_mac, link->mac);
}

int link_tap_open(const struct config_link *config, const struct log *log,
		  struct link **link)
{
	enum pyt_medium medium = config->kind == CONFIG_LINK_TUN
					 ? PYT_MEDIUM_IP
					 : PYT_MEDIUM_ETHERNET;
	struct tuntap device;
	struct link_tap *tap;
	int result;

	if (config->kind == CONFIG_LINK_PACKET)
		result = nic_open(&device, config->name, log);
	else
		result = tuntap_open(&device, config->name, medium, log);

	if (result < 0)
		return result;
	tap = arena_map(sizeof(*tap));
	if (!tap) {
		kernel_close(device.fd);
		return -ENOMEM;
	}
	tap->has_header = device.has_header;
	describe(&tap->link, config, &device, medium);
	*link = &tap->link;
	return 0;
}
