/*
 * wire NETNS:TAP NETNS:TAP: a bad wire between two TAP devices, by the same
 * impairment that PYT_IMPAIR uses. So two systems can be put on equal wires.
 *
 * Each line of the input is a new impairment ("loss=5%,delay=10ms,seed=7"):
 * what is on its way then is lost. Answers "ok LATE FRAMES", how many frames
 * came out since the last line and how many of those more than 1 ms late, or
 * what is wrong. Out is from the first device to the second. Ends with its
 * input.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "link/impair.h"

#define FRAME_LEN_MAX 9216
#define LATE_US 1000

struct wire {
	int fd[IMPAIR_WAYS]; /* where a frame on this way comes from */
	struct impair impair;
	unsigned long frames, late;
};

static void *take(void *context, size_t len)
{
	return calloc(1, len);
}

static void give(void *context, void *memory, size_t len)
{
	free(memory);
}

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ll + now.tv_nsec / 1000;
}

static void fail(const char *what)
{
	fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_tap(const char *where)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	const char *name = strchr(where, ':');
	char path[128];
	int netns, fd;

	if (!name) {
		errno = EINVAL;
		fail(where);
	}
	snprintf(path, sizeof(path), "/run/netns/%.*s", (int)(name - where),
		 where);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	if (netns < 0 || setns(netns, CLONE_NEWNET) < 0)
		fail(path);
	close(netns);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name + 1);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		fail(where);
	return fd;
}

/* NULL, or what is wrong. */
static const char *set(struct wire *wire, const char *text)
{
	static const struct pyt_allocator allocator = { take, give, NULL };
	struct impair_params params;
	const char *why = "no memory";

	if (!impair_params_parse(text, &params, &why))
		return why;
	impair_clear(&wire->impair);
	if (impair_init(&wire->impair, &params, PYT_MEDIUM_ETHERNET,
			FRAME_LEN_MAX, &allocator) < 0)
		fail(why);
	return NULL;
}

static void receive(struct wire *wire, enum impair_way way)
{
	static uint8_t bytes[FRAME_LEN_MAX];
	ssize_t len;

	while ((len = read(wire->fd[way], bytes, sizeof(bytes))) > 0) {
		struct pyt_frame frame = { .part = { { bytes, (size_t)len } },
					   .part_count = 1,
					   .len = (uint32_t)len };

		impair_input(&wire->impair, way, &frame, now_us());
	}
}

/* A device that does not take a frame loses it, as any wire's end. */
static void send_due(struct wire *wire, enum impair_way way)
{
	int64_t due_us = impair_next_deadline(&wire->impair, way);
	struct pyt_frame frame;

	while (impair_output(&wire->impair, way, &frame, now_us())) {
		wire->frames++;
		wire->late += now_us() > due_us + LATE_US;
		due_us = impair_next_deadline(&wire->impair, way);
		if (writev(wire->fd[!way], frame.part, frame.part_count) < 0 &&
		    errno != EAGAIN && errno != EIO)
			fail("write");
	}
}

static void wait(const struct wire *wire, struct pollfd poll[3])
{
	int64_t deadline = TIME_NEVER, left;
	struct timespec timeout = { 0 };

	for (int way = 0; way < IMPAIR_WAYS; way++) {
		int64_t due = impair_next_deadline(&wire->impair, way);

		deadline = due < deadline ? due : deadline;
	}
	left = deadline - now_us();
	if (left > 0) {
		timeout.tv_sec = left / 1000000;
		timeout.tv_nsec = left % 1000000 * 1000;
	}
	if (ppoll(poll, 3, deadline == TIME_NEVER ? NULL : &timeout, NULL) <
		    0 &&
	    errno != EINTR)
		fail("poll");
}

/* False: the input has ended. */
static bool obey(struct wire *wire)
{
	char line[1024];
	const char *wrong;

	if (!fgets(line, sizeof(line), stdin))
		return false;
	line[strcspn(line, "\n")] = 0;
	wrong = set(wire, line);
	printf("%s %lu %lu\n", wrong ? wrong : "ok", wire->late, wire->frames);
	wire->late = wire->frames = 0;
	fflush(stdout);
	return true;
}

int main(int argc, char **argv)
{
	struct wire wire = { .fd = { -1, -1 } };
	struct pollfd poll[3] = { { .fd = STDIN_FILENO, .events = POLLIN } };
	bool more = true;

	if (argc != 3) {
		fputs("usage: wire NETNS:TAP NETNS:TAP\n", stderr);
		return 2;
	}
	for (int way = 0; way < IMPAIR_WAYS; way++) {
		wire.fd[way] = open_tap(argv[1 + way]);
		poll[1 + way] =
			(struct pollfd){ .fd = wire.fd[way], .events = POLLIN };
	}
	setvbuf(stdin, NULL, _IONBF, 0); /* poll(2) must see what is left */
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	set(&wire, "seed=1");
	while (more) {
		wait(&wire, poll);
		for (int way = 0; way < IMPAIR_WAYS; way++) {
			receive(&wire, way);
			send_due(&wire, way);
		}
		if (poll[0].revents)
			more = obey(&wire);
	}
	impair_clear(&wire.impair);
	return 0;
}
