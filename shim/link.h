/*
 * A link carries frames between the engine and a wire. Decorators (capture,
 * impairment) wrap a link and are links themselves. One caller at a time.
 */
#ifndef SHIM_LINK_H
#define SHIM_LINK_H

#include <pyt/frame.h>
#include <pyt/stack.h>

struct config_link;
struct log;
struct link;

/* A super-frame, the virtio-net header in front of it, and room to align. */
#define LINK_BUFFER_LEN (65536 + 256)

struct link_ops {
	int (*receive)(struct link *link, struct pyt_frame *frame, void *buffer,
		       int64_t now_us);
	int (*send)(struct link *link, struct pyt_frame *frame, int64_t now_us);
	/* The next four may be NULL. */
	void (*received)(struct link *link, const struct pyt_frame *frame,
			 int64_t now_us);
	bool (*run)(struct link *link, int64_t now_us);
	int64_t (*next_deadline)(const struct link *link);
	bool (*came_back)(struct link *link);
	void (*close)(struct link *link); /* its files, */
	void (*free)(struct link *link); /* and its memory */
};

struct link {
	const struct link_ops *ops;
	char name[PYT_IFACE_NAME_MAX];
	enum pyt_medium medium;
	int fd; /* to poll; may be edge-triggered */
	int io_fd; /* the same file, for whoever drives: see lane.h */
	bool is_bare; /* nothing but io_fd is needed to send and receive */
	unsigned offloads; /* set of enum pyt_offload */
	uint32_t mtu;
	uint8_t mac[6]; /* the stack's own, not the kernel's side's */
};

/*
 * The link that *config asks for, with its decorators. Logs one clear line
 * for each error and for what will not work (kernel's side down).
 * -ENOENT no /dev/net/tun, -EPERM, -EBUSY somebody else has it, -EINVAL ...
 */
int link_open(const struct config_link *config, const struct log *log,
	      struct link **link);
/* Its files; its memory is still there for who may be on the way out. */
void link_close(struct link *link);
/* Its memory: where it was closed, or went away with a stack that left. */
void link_free(struct link *link);

/*
 * 1: *frame describes a frame, contiguous in buffer (LINK_BUFFER_LEN bytes,
 * aligned to 16). 0: none now, wait for fd. -errno: the link failed; -EIO
 * while the kernel's side is down.
 */
static inline int link_receive(struct link *link, struct pyt_frame *frame,
			       void *buffer, int64_t now_us)
{
	return link->ops->receive(link, frame, buffer, now_us);
}

/*
 * 1: taken, the frame's memory is free again. 0: no room now, offer it again
 * when fd is writable. -errno: this frame is lost, later ones may not be.
 */
static inline int link_send(struct link *link, struct pyt_frame *frame,
			    int64_t now_us)
{
	return link->ops->send(link, frame, now_us);
}

/* To be called after pyt_input(), with the drop reason in the frame. */
static inline void link_received(struct link *link,
				 const struct pyt_frame *frame, int64_t now_us)
{
	if (link->ops->received)
		link->ops->received(link, frame, now_us);
}

/*
 * What a decorator holds back until next_deadline. True: link_receive() may
 * have a frame although fd is not readable.
 */
static inline bool link_run(struct link *link, int64_t now_us)
{
	return link->ops->run && link->ops->run(link, now_us);
}

static inline int64_t link_next_deadline(const struct link *link)
{
	return link->ops->next_deadline ? link->ops->next_deadline(link)
					: TIME_NEVER;
}

/* True once for each time that the other end had gone and is there again. */
static inline bool link_came_back(struct link *link)
{
	return link->ops->came_back && link->ops->came_back(link);
}

#endif
