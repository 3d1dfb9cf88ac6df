/* Real functions, resolved once and eagerly; raw calls until then. */
#include "libc_real.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define NO_NUMBER (-1)
#define FIRST_ARGUMENT (-2)
/* Younger machines (aarch64, riscv64) have only what followed these. */
#define OPEN (-3)
#define ACCESS (-4)
#define DUP2 (-5)
#define POLL (-6)

/* "return f()" in a void function: what lets one macro make all of them. */
#pragma GCC diagnostic ignored "-Wpedantic"

static atomic_bool resolved;
static atomic_bool resolving;

#if defined(__x86_64__)
NO_TSAN static long raw6(long number, const long argument[6])
{
	register long d __asm__("r10") = argument[3];
	register long e __asm__("r8") = argument[4];
	register long f __asm__("r9") = argument[5];
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(argument[0]), "S"(argument[1]),
			   "d"(argument[2]), "r"(d), "r"(e), "r"(f)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
NO_TSAN static long raw6(long number, const long argument[6])
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = argument[0];
	register long x1 __asm__("x1") = argument[1];
	register long x2 __asm__("x2") = argument[2];
	register long x3 __asm__("x3") = argument[3];
	register long x4 __asm__("x4") = argument[4];
	register long x5 __asm__("x5") = argument[5];

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#else
#error "no raw system call for this processor"
#endif

/*
 * Reads six, as syscall(2) does: the kernel ignores what it does not take.
 * Those that were not passed lie where the sanitizer wants nobody to read.
 */
__attribute__((no_sanitize("address"))) long libc_raw(long number, ...)
{
	long argument[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	return raw6(number, argument);
}

NO_TSAN long libc_result(long result)
{
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

/*
 * Our wrappers may be called before our constructor: by constructors of
 * libraries that are initialised first. Those that are system calls go to the
 * kernel, because the caller may be an allocator that holds its lock
 * (jemalloc reads a file when it starts) and dlsym() may allocate. The others
 * resolve; what this C library does not have stays with the kernel.
 */
NO_TSAN static bool must_go_raw(long number)
{
	if (number != NO_NUMBER || atomic_load(&resolved) ||
	    atomic_load(&resolving))
		return true;
	libc_real_resolve();
	return false;
}

NO_TSAN static long dup2_by_number(const long argument[6])
{
	if (argument[0] == argument[1]) /* dup3(2) calls that an error */
		return libc_raw(SYS_fcntl, argument[0], F_GETFD) < 0
			       ? -EBADF
			       : argument[0];
	return libc_raw(SYS_dup3, argument[0], argument[1], 0L);
}

NO_TSAN static long poll_by_number(const long argument[6])
{
	struct timespec timeout = {
		.tv_sec = (int)argument[2] / 1000,
		.tv_nsec = (int)argument[2] % 1000 * 1000000l,
	};

	return libc_raw(SYS_ppoll, argument[0], argument[1],
			(int)argument[2] < 0 ? NULL : &timeout, NULL, 0L);
}

NO_TSAN static long call_by_number(long number, const long argument[7])
{
	switch (number) {
	case FIRST_ARGUMENT:
		return raw6(argument[0], argument + 1);
	case OPEN:
		return libc_raw(SYS_openat, AT_FDCWD, argument[0], argument[1],
				argument[2]);
	case ACCESS:
		return libc_raw(SYS_faccessat, AT_FDCWD, argument[0],
				argument[1]);
	case DUP2:
		return dup2_by_number(argument);
	case POLL:
		return poll_by_number(argument);
	default:
		return raw6(number, argument);
	}
}

NO_TSAN static long early(long number, ...)
{
	long argument[7] = { 0 };
	va_list list;

	if (number == NO_NUMBER)
		return libc_result(-ENOSYS);
	va_start(list, number);
	for (int i = 0; i < 7; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	return libc_result(call_by_number(number, argument));
}

#define AFTER_NUMBER(...) , ##__VA_ARGS__

#define LIBC_CALL(type, name, parameters, arguments, number)               \
	NO_TSAN static type early_##name parameters                        \
	{                                                                  \
		if (must_go_raw(number))                                   \
			return (type)early(number AFTER_NUMBER arguments); \
		return libc_real.name arguments;                           \
	}
#include "libc_calls.h"

struct libc_real libc_real = {
#define LIBC_CALL(type, name, parameters, arguments, number) \
	.name = early_##name,
#include "libc_calls.h"
};

/* A missing one keeps its early form; then the kernel may still know it. */
void libc_real_resolve(void)
{
	void *found;

	if (atomic_exchange(&resolving, true))
		return;
#define LIBC_CALL(type, name, parameters, arguments, number) \
	found = dlsym(RTLD_NEXT, #name);                     \
	if (found)                                           \
		*(void **)&libc_real.name = found;
#include "libc_calls.h"
	atomic_store(&resolved, true);
}
