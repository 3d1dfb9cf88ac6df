/*
 * The system calls of the stack thread: results are >= 0 or -errno, nothing
 * of libc is touched, nothing can be interposed, not even by ourselves. A
 * stack that has stepped out can use these whatever became of libc's state.
 */
#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

static inline long kernel_call(long number, long a, long b, long c, long d,
			       long e, long f)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
#else
#error "system calls of this machine are not known here"
#endif
}

static inline ssize_t kernel_read(int fd, void *bytes, size_t len)
{
	return kernel_call(SYS_read, fd, (long)bytes, (long)len, 0, 0, 0);
}

static inline ssize_t kernel_write(int fd, const void *bytes, size_t len)
{
	return kernel_call(SYS_write, fd, (long)bytes, (long)len, 0, 0, 0);
}

static inline ssize_t kernel_readv(int fd, const struct iovec *iov, int count)
{
	return kernel_call(SYS_readv, fd, (long)iov, count, 0, 0, 0);
}

static inline ssize_t kernel_writev(int fd, const struct iovec *iov, int count)
{
	return kernel_call(SYS_writev, fd, (long)iov, count, 0, 0, 0);
}

static inline ssize_t kernel_sendmsg(int fd, const struct msghdr *message,
				     int flags)
{
	return kernel_call(SYS_sendmsg, fd, (long)message, flags, 0, 0, 0);
}

static inline ssize_t kernel_recvmsg(int fd, struct msghdr *message, int flags)
{
	return kernel_call(SYS_recvmsg, fd, (long)message, flags, 0, 0, 0);
}

static inline ssize_t kernel_send(int fd, const void *bytes, size_t len,
				  int flags)
{
	return kernel_call(SYS_sendto, fd, (long)bytes, (long)len, flags, 0, 0);
}

static inline ssize_t kernel_recv(int fd, void *bytes, size_t len, int flags)
{
	return kernel_call(SYS_recvfrom, fd, (long)bytes, (long)len, flags, 0,
			   0);
}

static inline int kernel_close(int fd)
{
	return (int)kernel_call(SYS_close, fd, 0, 0, 0, 0, 0);
}

static inline int kernel_open(const char *path, int flags)
{
	return (int)kernel_call(SYS_openat, -100 /* AT_FDCWD */, (long)path,
				flags, 0, 0, 0);
}

static inline int kernel_dup(int fd, int lowest)
{
	return (int)kernel_call(SYS_fcntl, fd, 1030 /* F_DUPFD_CLOEXEC */,
				lowest, 0, 0, 0);
}

static inline int kernel_socket(int family, int type, int protocol)
{
	return (int)kernel_call(SYS_socket, family, type, protocol, 0, 0, 0);
}

static inline int kernel_bind(int fd, const void *name, socklen_t len)
{
	return (int)kernel_call(SYS_bind, fd, (long)name, len, 0, 0, 0);
}

static inline int kernel_connect(int fd, const void *name, socklen_t len)
{
	return (int)kernel_call(SYS_connect, fd, (long)name, len, 0, 0, 0);
}

static inline int kernel_listen(int fd, int backlog)
{
	return (int)kernel_call(SYS_listen, fd, backlog, 0, 0, 0, 0);
}

static inline int kernel_accept(int fd, void *name, socklen_t *name_len)
{
	return (int)kernel_call(SYS_accept4, fd, (long)name, (long)name_len,
				SOCK_NONBLOCK | SOCK_CLOEXEC, 0, 0);
}

static inline int kernel_shutdown(int fd, int how)
{
	return (int)kernel_call(SYS_shutdown, fd, how, 0, 0, 0, 0);
}

static inline int kernel_getsockname(int fd, void *name, socklen_t *len)
{
	return (int)kernel_call(SYS_getsockname, fd, (long)name, (long)len, 0,
				0, 0);
}

static inline int kernel_getpeername(int fd, void *name, socklen_t *len)
{
	return (int)kernel_call(SYS_getpeername, fd, (long)name, (long)len, 0,
				0, 0);
}

static inline int kernel_getsockopt(int fd, int level, int name, void *value,
				    socklen_t *len)
{
	return (int)kernel_call(SYS_getsockopt, fd, level, name, (long)value,
				(long)len, 0);
}

static inline int kernel_setsockopt_int(int fd, int level, int name, int value)
{
	return (int)kernel_call(SYS_setsockopt, fd, level, name, (long)&value,
				sizeof(value), 0);
}

static inline int kernel_epoll_create(void)
{
	return (int)kernel_call(SYS_epoll_create1, EPOLL_CLOEXEC, 0, 0, 0, 0,
				0);
}

static inline int kernel_epoll_ctl(int epoll_fd, int op, int fd,
				   uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	return (int)kernel_call(SYS_epoll_ctl, epoll_fd, op, fd, (long)&event,
				0, 0);
}

/* timeout NULL: for ever. */
static inline int kernel_epoll_wait(int epoll_fd, struct epoll_event *events,
				    int max, const struct timespec *timeout)
{
	return (int)kernel_call(SYS_epoll_pwait2, epoll_fd, (long)events, max,
				(long)timeout, 0, 0);
}

/* -errno stands in the pointer's place; see kernel_mapped(). */
static inline void *kernel_mmap(size_t len, int protection, int flags, int fd)
{
	return (void *)kernel_call(SYS_mmap, 0, (long)len, protection, flags,
				   fd, 0);
}

static inline int kernel_mapped(const void *memory)
{
	return (unsigned long)memory < -4095ul;
}

static inline int kernel_munmap(void *memory, size_t len)
{
	return (int)kernel_call(SYS_munmap, (long)memory, (long)len, 0, 0, 0,
				0);
}

static inline int kernel_madvise(void *memory, size_t len, int advice)
{
	return (int)kernel_call(SYS_madvise, (long)memory, (long)len, advice, 0,
				0, 0);
}

#endif
