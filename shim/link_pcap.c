/*
 * The capture decorator. Each frame is one write of one whole block, so that
 * the file is complete whenever the process is killed. The kernel writes page
 * by page, and a kill or a reader may come between two: so no block crosses
 * from one page of the file to the next, but for frames longer than a page; a
 * filler that readers skip stands before it. Super-frames are written as the
 * segments that they stand for: right checksums, and short blocks.
 */
#include "link_pcap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "kernel.h"
#include "link/gso.h"
#include "link/pcapng.h"
#include "log.h"

#define PAGE_LEN 4096
#define BLOCK_LEN_MAX ((PYT_FRAME_LEN_MAX + PCAPNG_OVERHEAD + 3) & ~3)

struct link_pcap {
	struct link link;
	struct link *below;
	struct log log;
	int fd; /* -1: writing failed, capture has ended */
	int64_t epoch_us; /* of now_us = 0, since 1970 */
	size_t page_used; /* of the page that the file ends in */
	uint8_t filler[PAGE_LEN];
	uint8_t block[BLOCK_LEN_MAX];
};

/* What must stand before a block, so that it and the next one keep to pages. */
static size_t filler_len(const struct link_pcap *pcap, size_t len)
{
	size_t room = PAGE_LEN - pcap->page_used;

	if (room == PAGE_LEN || room < PCAPNG_FILLER_MIN || len > PAGE_LEN)
		return 0;
	if (len == room || len + PCAPNG_FILLER_MIN <= room)
		return 0;
	return room;
}

static void write_block(struct link_pcap *pcap, size_t len)
{
	struct iovec iov[2] = {
		{ pcap->filler, filler_len(pcap, len) },
		{ pcap->block, len },
	};
	ssize_t written;

	pcapng_filler(pcap->filler, sizeof(pcap->filler), iov[0].iov_len);
	len += iov[0].iov_len;
	written = kernel_writev(pcap->fd, iov, 2);
	pcap->page_used = (pcap->page_used + len) % PAGE_LEN;
	if (written == (ssize_t)len)
		return;
	log_line(&pcap->log, PYT_LOG_ERROR, "pcap", "the capture ends here: %s",
		 written < 0 ? strerrordesc_np((int)-written) : "no space");
	kernel_close(pcap->fd);
	pcap->fd = -1;
}

static void capture(struct link_pcap *pcap, const struct pyt_frame *frame,
		    bool is_outbound, const char *comment, int64_t now_us)
{
	struct pcapng_packet packet = {
		.time_ns = (pcap->epoch_us + now_us) * 1000,
		.is_outbound = is_outbound,
		.comment = comment,
	};
	uint8_t *bytes = pcap->block + PCAPNG_HEADER_LEN;
	struct gso gso;
	int len;

	gso_init(&gso, frame, pcap->link.medium);
	while (pcap->fd >= 0 &&
	       (len = gso_next(&gso, bytes, PYT_FRAME_LEN_MAX)) != 0) {
		if (len < 0)
			continue;
		packet.len = (uint32_t)len;
		write_block(pcap, pcapng_packet(pcap->block,
						sizeof(pcap->block), &packet));
	}
}

static int pcap_receive(struct link *link, struct pyt_frame *frame,
			void *buffer, int64_t now_us)
{
	struct link_pcap *pcap = (struct link_pcap *)link;

	return link_receive(pcap->below, frame, buffer, now_us);
}

/* Inbound frames wait for the engine's verdict. */
static void pcap_received(struct link *link, const struct pyt_frame *frame,
			  int64_t now_us)
{
	struct link_pcap *pcap = (struct link_pcap *)link;
	char comment[PCAPNG_COMMENT_MAX];

	link_received(pcap->below, frame, now_us);
	if (frame->drop_reason)
		snprintf(comment, sizeof(comment), "dropped: %s",
			 frame->drop_reason);
	capture(pcap, frame, false, frame->drop_reason ? comment : NULL,
		now_us);
}

static int pcap_send(struct link *link, struct pyt_frame *frame, int64_t now_us)
{
	struct link_pcap *pcap = (struct link_pcap *)link;
	char comment[PCAPNG_COMMENT_MAX];
	int result;

	frame->drop_reason = NULL;
	result = link_send(pcap->below, frame, now_us);
	if (result == 0)
		return 0; /* it comes again */
	if (result < 0)
		frame->drop_reason = strerrordesc_np(-result);
	if (frame->drop_reason)
		snprintf(comment, sizeof(comment), "dropped: %s",
			 frame->drop_reason);
	capture(pcap, frame, true, frame->drop_reason ? comment : NULL, now_us);
	return result;
}

static bool pcap_run(struct link *link, int64_t now_us)
{
	return link_run(((struct link_pcap *)link)->below, now_us);
}

static bool pcap_came_back(struct link *link)
{
	return link_came_back(((struct link_pcap *)link)->below);
}

static int64_t pcap_next_deadline(const struct link *link)
{
	return link_next_deadline(((const struct link_pcap *)link)->below);
}

static void pcap_close(struct link *link)
{
	struct link_pcap *pcap = (struct link_pcap *)link;

	link_close(pcap->below);
	if (pcap->fd >= 0)
		kernel_close(pcap->fd);
}

static void pcap_free(struct link *link)
{
	struct link_pcap *pcap = (struct link_pcap *)link;

	link_free(pcap->below);
	arena_unmap(pcap, sizeof(*pcap));
}

static const struct link_ops pcap_ops = {
	.receive = pcap_receive,
	.send = pcap_send,
	.received = pcap_received,
	.run = pcap_run,
	.next_deadline = pcap_next_deadline,
	.came_back = pcap_came_back,
	.close = pcap_close,
	.free = pcap_free,
};

/* now_us counts on the monotonic clock; a capture has the time of day. */
static int64_t epoch_us(void)
{
	struct timespec real, monotonic;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	return (real.tv_sec - monotonic.tv_sec) * 1000000 +
	       (real.tv_nsec - monotonic.tv_nsec) / 1000;
}

static int open_file(const char *path)
{
	return (int)kernel_call(SYS_openat, AT_FDCWD, (long)path,
				O_WRONLY | O_CREAT | O_TRUNC | O_APPEND |
					O_CLOEXEC,
				0644, 0, 0);
}

int link_pcap_open(const char *path, const struct log *log, struct link **link)
{
	struct link_pcap *pcap;
	int fd = open_file(path);

	if (fd < 0) {
		log_line(log, PYT_LOG_ERROR, "pcap", "PYT_PCAP=%s: %s", path,
			 strerrordesc_np(-fd));
		return fd;
	}
	pcap = arena_map(sizeof(*pcap));
	if (!pcap) {
		kernel_close(fd);
		return -ENOMEM;
	}
	pcap->below = *link;
	pcap->link = **link;
	pcap->link.ops = &pcap_ops;
	pcap->link.is_bare = false;
	pcap->log = *log;
	pcap->fd = fd;
	pcap->epoch_us = epoch_us();
	write_block(pcap,
		    pcapng_start(pcap->block, sizeof(pcap->block),
				 pcap->link.medium, pcap->link.name, "libpyt"));
	*link = &pcap->link;
	return 0;
}
