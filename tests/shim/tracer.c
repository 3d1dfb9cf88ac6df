/*
 * tracer: traces a program whose stack becomes a process of its own, and asks
 * that stack while it may run, while only its new process is held, before
 * anybody is told of that, and while what it owns is held in other calls.
 * Preloaded, like the program. Says a line each.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OPTIONS                                                           \
	(PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
	 PTRACE_O_EXITKILL)

static void must(bool true_, const char *what)
{
	if (true_)
		return;
	fprintf(stderr, "tracer: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static void say(const char *what, long result)
{
	printf("%s: %s\n", what, result < 0 ? strerrorname_np(errno) : "done");
}

/* Reads what a file of the stack's says. */
static int open_file(void)
{
	int fd = open("/proc/net/dev", O_RDONLY);

	if (fd >= 0)
		close(fd);
	return fd;
}

static void pass(int fd)
{
	must(write(fd, "", 1) == 1, "pipe");
}

static void take(int fd)
{
	char byte;

	must(read(fd, &byte, 1) == 1, "pipe");
}

/* A socket, which starts the stack; a fork, before which it steps out. */
static void be_traced(int begin, int up)
{
	take(begin);
	must(socket(AF_INET, SOCK_DGRAM, 0) >= 0, "socket");
	pass(up);
	take(begin);
	if (fork() == 0)
		_exit(0);
	wait(NULL);
	pass(up);
	take(begin);
	_exit(0);
}

struct family {
	pid_t program;
	pid_t thread; /* the stack's, in the program */
	pid_t stack; /* its process, a grandchild of the program */
	bool thread_ended;
};

static bool is_stack(pid_t tid, pid_t *parent)
{
	char path[64], text[256] = "", name[32] = "";
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	return len > 0 &&
	       sscanf(text, "%*d (%31[^)]) %*c %d", name, parent) == 2 &&
	       strcmp(name, "pyt") == 0;
}

/* What its thread forks forks it in turn, and may have ended by now. */
static void meet(struct family *family, pid_t tid)
{
	char path[64];
	pid_t parent;

	snprintf(path, sizeof(path), "/proc/%d/task/%d", family->program, tid);
	if (!is_stack(tid, &parent))
		return;
	if (access(path, F_OK) == 0)
		family->thread = tid;
	else if (parent != family->program)
		family->stack = tid;
}

static void go_on(pid_t tid, int status)
{
	int signal = status >> 16 ? 0 : WSTOPSIG(status);

	ptrace(PTRACE_CONT, tid, 0, (long)signal);
}

/* Lets everybody go on; false: nothing has happened. */
static bool serve(struct family *family, bool holds, int flags)
{
	int status;
	pid_t tid = waitpid(-1, &status, __WALL | flags);

	must(tid >= 0, "waitpid");
	if (tid == 0)
		return false;
	if (!WIFSTOPPED(status)) {
		family->thread_ended |= tid == family->thread;
		return true;
	}
	meet(family, tid);
	if (!holds || tid != family->stack)
		go_on(tid, status);
	return true;
}

static void serve_until_readable(struct family *family, int fd)
{
	struct timespec pause = { .tv_nsec = 1000000 };

	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (char byte; read(fd, &byte, 1) != 1;) {
		if (!serve(family, false, WNOHANG))
			nanosleep(&pause, NULL);
	}
}

/* Stopped from here on, not seen by waitpid(2) before that. */
static void hold(pid_t pid)
{
	int status;

	must(ptrace(PTRACE_INTERRUPT, pid, 0, 0) == 0, "interrupt");
	must(waitpid(pid, &status, __WALL) == pid, "waitpid");
}

/* Each waits in another place: for its answer, an address or a reply. */
static void ask_held(pid_t stack, const char *host)
{
	struct sockaddr_in far = { .sin_family = AF_INET,
				   .sin_port = htons(9) };
	int datagram, connecting;

	inet_aton(host, &far.sin_addr);
	connecting = socket(AF_INET, SOCK_STREAM, 0);
	must(connecting >= 0, "socket");
	hold(stack);
	say("connect",
	    connect(connecting, (struct sockaddr *)&far, sizeof(far)));
	ptrace(PTRACE_CONT, stack, 0, 0);
	datagram = socket(AF_INET, SOCK_DGRAM, 0);
	must(datagram >= 0, "socket");
	hold(stack);
	say("sendto",
	    sendto(datagram, "", 1, 0, (struct sockaddr *)&far, sizeof(far)));
	ptrace(PTRACE_CONT, stack, 0, 0);
	say("let go", socket(AF_INET, SOCK_DGRAM, 0));
}

int main(int count, char **arguments)
{
	struct family family = { 0 };
	int begin[2], up[2];
	pid_t child;

	must(count == 2 && pipe(begin) == 0 && pipe(up) == 0, "usage");
	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(30);
	child = fork();
	if (child == 0)
		be_traced(begin[0], up[1]);
	family.program = child;
	must(ptrace(PTRACE_SEIZE, child, 0, (long)OPTIONS) == 0, "seize");
	pass(begin[1]);
	serve_until_readable(&family, up[0]);
	say("free", open_file());

	pass(begin[1]);
	while (!family.thread_ended || !family.stack)
		serve(&family, true, 0);
	say("stepping out", open_file());
	while (ptrace(PTRACE_CONT, family.stack, 0, 0) < 0)
		serve(&family, false, 0);
	serve_until_readable(&family, up[0]);
	say("free again", open_file());
	ask_held(family.stack, arguments[1]);
	return 0;
}
