/* Headers that declare what the list of interposed calls mentions. */
#ifndef SHIM_LIBC_TYPES_H
#define SHIM_LIBC_TYPES_H

#include <aio.h>
#include <dirent.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <termios.h>
#include <time.h>

struct io_uring; /* of liburing.h, which nobody needs to have */
struct io_uring_params;

#endif
