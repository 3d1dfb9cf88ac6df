/*
 * The fast lane: a thread of the program's enters the engine itself, while
 * the stack lives in this process. One lock lets one in at a time: the stack
 * thread during a turn, a program's thread (a visitor) during a call.
 *
 * A visitor has another table of descriptors than the stack thread. So inside
 * it may use the engine, the slots and the link, through a second descriptor
 * that is hidden in the program's table, and nothing else of the server's.
 *
 * Who would sleep in recv(2) drives instead: it reads the link, and runs the
 * engine until its own socket has something. Meanwhile the stack thread leaves
 * the link alone; an alarm wakes it when nobody has driven for a while.
 */
#ifndef SHIM_LANE_H
#define SHIM_LANE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct server;

#define LANE_ALARM_US 150 /* so long frames may lie there unread, */
#define LANE_ALARM_MAX_US 2000 /* or so long, once, where it never rang */
#define LANE_BLOCKED (~((uint64_t)3 << 31)) /* all but signals 32 and 33 */
#define LANE_LATE_US 250 /* as late a timer may run while someone drives */
#define LANE_UNTOLD 256 /* buckets */

enum lane_file {
	LANE_LINK,
	LANE_ALARM, /* a timer that wakes the stack thread */
	LANE_LENT, /* those two are the stack's */
	LANE_SIGNALS = LANE_LENT, /* signalfd(2) of who has the seat */
	LANE_FILES
};

/* Of this process; all but lock and asleep under the lock. */
struct lane {
	_Atomic uint32_t lock; /* a futex: 0 free, 1 taken, 2 and waited for */
	_Atomic int core; /* on which who has the lock took it */
	struct server *server; /* NULL: the lane is closed */
	bool ended; /* it was, or the stack has left before it opened */
	_Atomic uint32_t outside; /* visitors that left and still use fd[] */
	_Atomic int fd[LANE_FILES]; /* in the program's table; -1: none */
	int64_t driven_until_us; /* seat or not */
	int64_t alarm_us; /* for which the alarm is set */
	int64_t alarm_len_us; /* so much later than now it was set */
	uint32_t calm; /* times it was pushed on and did not ring */
	bool seat_taken; /* a thread sleeps until the link has a frame */
	_Atomic bool asleep; /* the stack thread, until wakes_us or a message */
	bool bell; /* there is something for it to do */
	int64_t wakes_us;
	uint64_t signals; /* that LANE_SIGNALS looks for; the seat's */
	uint32_t for_others; /* times it woke up for others' sake only */
	_Atomic uint32_t untold[LANE_UNTOLD]; /* messages, by their slots, that
						 the stack has not read yet */
	_Atomic bool crowded; /* threads on different cores want in */
	const void *last; /* thread that was inside, */
	int64_t last_us; /* then */
	_Atomic int64_t crowded_until_us;
};

extern struct lane lane;

void lane_lock(void);
void lane_unlock(void);
/* Unlocked for a moment if somebody waits. */
void lane_let_in(void);

/*
 * As server_output(), but small frames are written outside, so that others
 * can come in meanwhile: most of the time of a call is the kernel's, behind
 * the link. Inside again, or NULL: to a visitor, the lane has ended.
 */
struct server *lane_output(struct server *server);

/* ------------------------------------- the stack thread, under the lock */

/* A program's thread reads the link, or did so just now. */
bool lane_is_driven(int64_t now_us);
/* The alarm. */
void lane_alarm_rang(int64_t now_us);
/* About to sleep; until when at the latest. */
void lane_sleeps(int64_t wakes_us);
void lane_is_awake(void);
/* The stack is about to leave this process: nobody comes in any more. */
void lane_end(void);

/* ---------------------------------------------------- program's threads */

/*
 * What a message asks for comes before what a visit does to the same socket:
 * a bucket is not zero while messages about its sockets are on their way.
 */
_Atomic uint32_t *lane_untold(uint32_t slot);
/* A load: false where there is no lane, also in any other process. */
bool lane_is_open(void);
/*
 * The same, but false also while several threads would come in: then the
 * engine's memory travels between the cores, and threads wait for the lock,
 * which costs more than to let the stack thread do everything.
 */
bool lane_is_worth_it(void);
/* Before the stack thread starts: what other stacks were told is over. */
void lane_begin(void);
/* The files are the lane's from now on, also if it does not open. */
void lane_open(struct server *server, const int fd[LANE_LENT]);
/*
 * After the end of it, or before a fork: closes what is still open. Nobody is
 * on the way out of the engine when it returns, so that that can be given back.
 */
void lane_close(void);
/*
 * The program is about to forbid itself system calls that it does not make
 * (seccomp): everything goes by the endpoints from now on.
 */
void lane_give_up(void);
/* It was: few system calls are sure to be allowed from here on. */
bool lane_is_filtered(void);
/* In a forked child, however forked: whoever was inside does not exist here. */
void lane_become_child(void);
/* A hidden descriptor, or -1. */
int lane_fd(enum lane_file file);
bool lane_hides(int fd);
/*
 * Who has left may still write to the link, set the alarm or wake the stack,
 * by numbers that it has seen inside or sees outside; it waits for nobody.
 */
void lane_begin_outside(void);
void lane_end_outside(void);
/*
 * Under the lock, when our numbers have changed: nobody uses the old ones any
 * more, so that they can be closed and mean a file of the program's.
 */
void lane_wait_outside(void);
/*
 * The program wants this number. True: it was the lane's, which has another
 * now; it is to be closed. Under the lock.
 */
bool lane_make_way(int fd);

/*
 * While it may be inside no handler may run in a thread: it could call us
 * again, or jump out. All signals but the two of the C library's own, which
 * must reach a thread that it cancels. The mask before goes to restore.
 */
uint64_t lane_block_signals(void);
void lane_restore_signals(uint64_t before);
/*
 * Comes in, with signals blocked: the server, or NULL: the
 * lane has ended.
 */
struct server *lane_enter(void);
/*
 * The same, but NULL also if somebody is inside, or if frames are captured
 * (AF_PACKET): then a visitor may neither read nor write the link.
 */
struct server *lane_try_enter(void);
/* Inside: from now on, for a while, the lane is not worth it. */
void lane_is_crowded(int64_t now_us);
/* Inside: the link is read for a while, or by the stack thread at once. */
void lane_goes_on_driving(int64_t now_us);
void lane_stops_driving(void);
/* Out again, with what the engine has to send. Wakes the stack thread. */
void lane_leave(struct server *server);

#endif
