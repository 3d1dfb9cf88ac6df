/*
 * The virtio-net header that stands in front of each frame on a TAP or TUN
 * with IFF_VNET_HDR, to and from the offload facts of a frame.
 */
#ifndef SHIM_VNET_H
#define SHIM_VNET_H

#include <linux/virtio_net.h>

#include <pyt/frame.h>

void vnet_from_frame(const struct pyt_frame *frame,
		     struct virtio_net_hdr *header);

/*
 * *frame has one part, the bytes behind the header. Facts that do not fit
 * them are not believed: the checksum is then verified as if none were given.
 */
void vnet_to_frame(const struct virtio_net_hdr *header,
		   struct pyt_frame *frame);

#endif
