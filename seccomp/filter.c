/* The seccomp filter, as a table of rules that is made into classic BPF. */
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define X32_BIT 0x40000000u
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "the filter does not know this machine's system calls"
#endif

/* What a 32-bit program would reach the network with, i386's numbers. */
#define I386_SOCKETCALL 102
#define I386_SOCKET 359
#define IO_URING_SETUP 425 /* on all machines */

#define RANGE_LEN 256
#define RANGE_END 1024 /* FD_SETSIZE, and the usual limit */

enum when {
	ALWAYS,
	OF_FAMILY, /* socket(2): those that the stack has */
	IN_RANGE, /* the descriptor */
	WITH_NAME, /* in the range, an address is given, or special flags */
	WITH_FLAGS, /* in the range, or special flags */
	FCNTL_COPY, /* in the range, F_DUPFD */
	IOCTL_NET, /* SIOC*; in the range FIONREAD as well */
	NEVER_HERE, /* ENOSYS: would pass by the filter */
};

/* clang-format off */
/* Those that read and write come first: each looks through what is above. */
static const struct rule {
	unsigned number;
	enum when when;
} rules[] = {
	{ SYS_read, IN_RANGE },
	{ SYS_write, IN_RANGE },
	{ SYS_readv, IN_RANGE },
	{ SYS_writev, IN_RANGE },
	{ SYS_sendto, WITH_NAME },
	{ SYS_recvfrom, WITH_NAME },
	{ SYS_sendmsg, WITH_FLAGS },
	{ SYS_recvmsg, WITH_FLAGS },
	{ SYS_fcntl, FCNTL_COPY },
	{ SYS_ioctl, IOCTL_NET },
	{ SYS_sendmmsg, IN_RANGE },
	{ SYS_recvmmsg, IN_RANGE },
	{ SYS_dup, IN_RANGE },
	{ SYS_socket, OF_FAMILY },
	{ SYS_bind, ALWAYS },
	{ SYS_connect, ALWAYS },
	{ SYS_listen, ALWAYS },
	{ SYS_accept, ALWAYS },
	{ SYS_accept4, ALWAYS },
	{ SYS_getsockname, ALWAYS },
	{ SYS_getpeername, ALWAYS },
	{ SYS_getsockopt, ALWAYS },
	{ SYS_setsockopt, ALWAYS },
	{ SYS_shutdown, ALWAYS },
#ifdef SYS_open
	{ SYS_open, ALWAYS },
#endif
	{ SYS_openat, ALWAYS },
	{ IO_URING_SETUP, NEVER_HERE },
};
/* clang-format on */

#define RULES (sizeof(rules) / sizeof(rules[0]))
#define RULE_LEN_MAX 14
#define HEAD_LEN_MAX 16

_Static_assert(HEAD_LEN_MAX + RULES * RULE_LEN_MAX <= FILTER_LEN_MAX,
	       "the longest program fits");

struct program {
	struct sock_filter *code;
	unsigned short len;
};

#define ARGUMENT(n) ((uint32_t)offsetof(struct seccomp_data, args) + 8u * (n))
#define HIGH_HALF 4 /* little-endian */
#define NOTIFY SECCOMP_RET_USER_NOTIF
#define ALLOW SECCOMP_RET_ALLOW
#define REFUSE (SECCOMP_RET_ERRNO | ENOSYS)

static void add(struct program *program, uint16_t code, uint32_t k, uint8_t yes,
		uint8_t no)
{
	program->code[program->len++] =
		(struct sock_filter){ code, yes, no, k };
}

static void load(struct program *program, uint32_t offset)
{
	add(program, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void if_equal(struct program *program, uint32_t k, uint8_t yes,
		     uint8_t no)
{
	add(program, BPF_JMP | BPF_JEQ | BPF_K, k, yes, no);
}

static void if_at_least(struct program *program, uint32_t k, uint8_t yes,
			uint8_t no)
{
	add(program, BPF_JMP | BPF_JGE | BPF_K, k, yes, no);
}

static void give(struct program *program, uint32_t verdict)
{
	add(program, BPF_RET | BPF_K, verdict, 0, 0);
}

/* A descriptor in the range goes on behind this, others are allowed. */
static void only_in_range(struct program *program, struct filter_range range)
{
	load(program, ARGUMENT(0));
	if_at_least(program, range.first, 0, 1);
	if_at_least(program, range.end, 0, 1);
	give(program, ALLOW);
}

static void when_family(struct program *program)
{
	load(program, ARGUMENT(0));
	if_equal(program, AF_INET, 4, 0);
	if_equal(program, AF_INET6, 3, 0);
	if_equal(program, AF_NETLINK, 2, 0);
	if_equal(program, AF_PACKET, 1, 0);
	give(program, ALLOW);
	give(program, NOTIFY);
}

/* What AF_UNIX takes in another sense than TCP, or not at all. */
#define SPECIAL_FLAGS \
	(MSG_OOB | MSG_TRUNC | MSG_MORE | MSG_ERRQUEUE | MSG_FASTOPEN)

/* flags: which argument they are. */
static void when_flagged(struct program *program, struct filter_range range,
			 unsigned flags)
{
	load(program, ARGUMENT(flags));
	add(program, BPF_JMP | BPF_JSET | BPF_K, SPECIAL_FLAGS, 3, 0);
	load(program, ARGUMENT(0));
	if_at_least(program, range.first, 0, 2);
	if_at_least(program, range.end, 1, 0);
	give(program, NOTIFY);
	give(program, ALLOW);
}

static void when_named(struct program *program, struct filter_range range)
{
	load(program, ARGUMENT(4));
	if_equal(program, 0, 0, 2);
	load(program, ARGUMENT(4) + HIGH_HALF);
	if_equal(program, 0, 1, 0);
	give(program, NOTIFY);
	when_flagged(program, range, 3);
}

static void when_copied(struct program *program, struct filter_range range)
{
	only_in_range(program, range);
	load(program, ARGUMENT(1));
	if_equal(program, F_DUPFD, 1, 0);
	if_equal(program, F_DUPFD_CLOEXEC, 0, 1);
	give(program, NOTIFY);
	give(program, ALLOW);
}

#define FIONREAD_NUMBER 0x541b
#define TIOCOUTQ_NUMBER 0x5411 /* SIOCOUTQ */
#define SIOC_FIRST 0x8905 /* below: owners, which AF_UNIX has as well */
#define SIOC_END 0x8a00

static void when_ioctl(struct program *program, struct filter_range range)
{
	load(program, ARGUMENT(1));
	if_equal(program, TIOCOUTQ_NUMBER, 6, 0);
	if_equal(program, FIONREAD_NUMBER, 2, 0);
	if_at_least(program, SIOC_FIRST, 0, 5);
	if_at_least(program, SIOC_END, 4, 3);
	load(program, ARGUMENT(0));
	if_at_least(program, range.first, 0, 2);
	if_at_least(program, range.end, 1, 0);
	give(program, NOTIFY);
	give(program, ALLOW);
}

/* The rule's number has come: each way through it ends with a verdict. */
static void add_condition(struct program *program, enum when when,
			  struct filter_range range)
{
	switch (when) {
	case ALWAYS:
		give(program, NOTIFY);
		break;
	case OF_FAMILY:
		when_family(program);
		break;
	case IN_RANGE:
		only_in_range(program, range);
		give(program, NOTIFY);
		break;
	case WITH_NAME:
		when_named(program, range);
		break;
	case WITH_FLAGS:
		when_flagged(program, range, 2);
		break;
	case FCNTL_COPY:
		when_copied(program, range);
		break;
	case IOCTL_NET:
		when_ioctl(program, range);
		break;
	case NEVER_HERE:
		give(program, REFUSE);
		break;
	}
}

static void add_rule(struct program *program, const struct rule *rule,
		     struct filter_range range)
{
	unsigned short at = program->len;

	if_equal(program, rule->number, 0, 0);
	add_condition(program, rule->when, range);
	program->code[at].jf = (uint8_t)(program->len - at - 1);
}

/* Other ways into the kernel than this machine's own. */
static void add_head(struct program *program)
{
	load(program, offsetof(struct seccomp_data, arch));
	if_equal(program, ARCH, 6, 0);
	load(program, offsetof(struct seccomp_data, nr));
	if_equal(program, I386_SOCKETCALL, 2, 0);
	if_equal(program, I386_SOCKET, 1, 0);
	if_equal(program, IO_URING_SETUP, 0, 1);
	give(program, REFUSE);
	give(program, ALLOW);
	load(program, offsetof(struct seccomp_data, nr));
#ifdef X32_BIT
	if_at_least(program, X32_BIT, 0, 1);
	give(program, REFUSE);
#endif
}

struct filter_range filter_range_of_limit(void)
{
	struct rlimit limit = { .rlim_cur = RANGE_END };
	struct filter_range range;

	getrlimit(RLIMIT_NOFILE, &limit);
	range.end = limit.rlim_cur < RANGE_END ? (unsigned)limit.rlim_cur
					       : RANGE_END;
	range.first = range.end -
		      (range.end / 4 < RANGE_LEN ? range.end / 4 : RANGE_LEN);
	return range;
}

/*
 * WAIT_KILLABLE_RECV: a call that the supervisor has begun is not begun a
 * second time because a signal came in between.
 */
static int set_filter(const struct sock_fprog *program)
{
	long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			      SECCOMP_FILTER_FLAG_NEW_LISTENER |
				      SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			      program);

	return result < 0 ? -errno : (int)result;
}

unsigned short filter_build(struct sock_filter code[FILTER_LEN_MAX],
			    struct filter_range range)
{
	struct program program = { .code = code };

	add_head(&program);
	for (size_t i = 0; i < RULES; i++)
		add_rule(&program, &rules[i], range);
	give(&program, ALLOW);
	return program.len;
}

int filter_install(struct filter_range range)
{
	struct sock_filter code[FILTER_LEN_MAX];
	struct sock_fprog program = { filter_build(code, range), code };
	int result = set_filter(&program);

	if (result != -EACCES)
		return result;
	/* Without CAP_SYS_ADMIN only who gains no privileges by exec may. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0)
		return -errno;
	return set_filter(&program);
}
