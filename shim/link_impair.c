/* The impairment decorator: stack/link/impair.h between two links. */
#include "link_impair.h"

#include <errno.h>
#include <string.h>

#include "arena.h"
#include "kernel.h"
#include "link/impair.h"
#include "log.h"

/* Whatever the MTU is now: the kernel's side may be set to more. */
#define FRAME_LEN_MIN 9216u

struct link_impair {
	struct link link;
	struct link *below;
	struct impair impair;
};

static void *map(void *context, size_t len)
{
	return arena_map(len); /* it goes along when the stack steps out */
}

static void unmap(void *context, void *memory, size_t len)
{
	arena_unmap(memory, len);
}

static bool is_queued(const struct link_impair *impair, enum impair_way way,
		      int64_t now_us)
{
	return impair_next_deadline(&impair->impair, way) <= now_us;
}

/* What is due on its way out. A full or failing link loses it: as a wire. */
static void send_due(struct link_impair *impair, int64_t now_us)
{
	struct pyt_frame frame;

	while (impair_output(&impair->impair, IMPAIR_OUT, &frame, now_us) == 1)
		link_send(impair->below, &frame, now_us);
}

static int impair_receive(struct link *link, struct pyt_frame *frame,
			  void *buffer, int64_t now_us)
{
	struct link_impair *impair = (struct link_impair *)link;
	int result;

	for (;;) {
		if (impair_output(&impair->impair, IMPAIR_IN, frame, now_us))
			return 1;
		result = link_receive(impair->below, frame, buffer, now_us);
		if (result <= 0)
			return result;
		impair_input(&impair->impair, IMPAIR_IN, frame, now_us);
	}
}

static int impair_send(struct link *link, struct pyt_frame *frame,
		       int64_t now_us)
{
	struct link_impair *impair = (struct link_impair *)link;

	if (impair_input(&impair->impair, IMPAIR_OUT, frame, now_us) > 0)
		frame->drop_reason = "impairment, wholly or in part";
	send_due(impair, now_us);
	return 1;
}

static bool impair_run(struct link *link, int64_t now_us)
{
	struct link_impair *impair = (struct link_impair *)link;
	bool below = link_run(impair->below, now_us);

	send_due(impair, now_us);
	return below || is_queued(impair, IMPAIR_IN, now_us);
}

static bool impair_came_back(struct link *link)
{
	return link_came_back(((struct link_impair *)link)->below);
}

static int64_t impair_deadline(const struct link *link)
{
	const struct link_impair *impair = (const struct link_impair *)link;
	int64_t deadline_us = link_next_deadline(impair->below);

	for (int way = 0; way < IMPAIR_WAYS; way++) {
		int64_t due_us = impair_next_deadline(&impair->impair, way);

		if (due_us < deadline_us)
			deadline_us = due_us;
	}
	return deadline_us;
}

static void impair_close(struct link *link)
{
	link_close(((struct link_impair *)link)->below);
}

static void impair_free(struct link *link)
{
	struct link_impair *impair = (struct link_impair *)link;

	link_free(impair->below);
	impair_clear(&impair->impair);
	arena_unmap(impair, sizeof(*impair));
}

static const struct link_ops impair_ops = {
	.receive = impair_receive,
	.send = impair_send,
	.run = impair_run,
	.next_deadline = impair_deadline,
	.came_back = impair_came_back,
	.close = impair_close,
	.free = impair_free,
};

/* A short number, so that people can hand it on. */
static uint64_t choose_seed(void)
{
	uint32_t seed = 1;

	kernel_call(SYS_getrandom, (long)&seed, sizeof(seed), 0, 0, 0, 0);
	return seed;
}

int link_impair_open(const char *text, const struct log *log,
		     struct link **link)
{
	static const struct pyt_allocator allocator = { .alloc = map,
							.free = unmap };
	uint32_t frame_len = (*link)->mtu + 64;
	struct impair_params params;
	struct link_impair *impair;
	const char *why;

	if (!impair_params_parse(text, &params, &why))
		return -EINVAL;
	if (!params.has_seed)
		params.seed = choose_seed();
	impair = map(NULL, sizeof(*impair));
	if (!impair)
		return -ENOMEM;
	if (impair_init(&impair->impair, &params, (*link)->medium,
			frame_len > FRAME_LEN_MIN ? frame_len : FRAME_LEN_MIN,
			&allocator) < 0) {
		arena_unmap(impair, sizeof(*impair));
		return -ENOMEM;
	}
	impair->below = *link;
	impair->link = **link;
	impair->link.ops = &impair_ops;
	impair->link.is_bare = false;
	*link = &impair->link;
	/* No run can be repeated without its seed: say a chosen one. */
	log_line(log, params.has_seed ? PYT_LOG_INFO : PYT_LOG_WARNING,
		 "impair", "seed=%llu (%s)", (unsigned long long)params.seed,
		 text);
	return 0;
}
