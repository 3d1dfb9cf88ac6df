/*
 * The ONE list of interposed calls. No include guard: whoever includes it
 * defines LIBC_CALL(type, name, parameters, arguments, number) first, and it
 * is undefined at the end.
 *
 * number is the system call that does the same, for calls that come before
 * the real functions are known; NO_NUMBER: there is none; FIRST_ARGUMENT: it
 * is the first of the arguments.
 * Of variadic functions the table holds the fixed form that glibc's own code
 * reads (one argument of a register's size, six for syscall()).
 */
/* clang-format off */

/* ------------------------------------------------- sockets: state, names */
LIBC_CALL(int, socket, (int family, int type, int protocol),
	  (family, type, protocol), SYS_socket)
LIBC_CALL(int, bind, (int fd, const struct sockaddr *name, socklen_t name_len),
	  (fd, name, name_len), SYS_bind)
LIBC_CALL(int, connect,
	  (int fd, const struct sockaddr *peer, socklen_t peer_len),
	  (fd, peer, peer_len), SYS_connect)
LIBC_CALL(int, __connect,
	  (int fd, const struct sockaddr *peer, socklen_t peer_len),
	  (fd, peer, peer_len), SYS_connect)
LIBC_CALL(int, listen, (int fd, int backlog), (fd, backlog), SYS_listen)
LIBC_CALL(int, accept, (int fd, struct sockaddr *peer, socklen_t *peer_len),
	  (fd, peer, peer_len), SYS_accept)
LIBC_CALL(int, accept4,
	  (int fd, struct sockaddr *peer, socklen_t *peer_len, int flags),
	  (fd, peer, peer_len, flags), SYS_accept4)
LIBC_CALL(int, getsockname,
	  (int fd, struct sockaddr *name, socklen_t *name_len),
	  (fd, name, name_len), SYS_getsockname)
LIBC_CALL(int, getpeername,
	  (int fd, struct sockaddr *name, socklen_t *name_len),
	  (fd, name, name_len), SYS_getpeername)
LIBC_CALL(int, getsockopt,
	  (int fd, int level, int option, void *value, socklen_t *value_len),
	  (fd, level, option, value, value_len), SYS_getsockopt)
LIBC_CALL(int, setsockopt,
	  (int fd, int level, int option, const void *value,
	   socklen_t value_len),
	  (fd, level, option, value, value_len), SYS_setsockopt)
LIBC_CALL(int, setipv4sourcefilter,
	  (int fd, struct in_addr interface, struct in_addr group,
	   uint32_t mode, uint32_t count, const struct in_addr *sources),
	  (fd, interface, group, mode, count, sources), NO_NUMBER)
LIBC_CALL(int, getipv4sourcefilter,
	  (int fd, struct in_addr interface, struct in_addr group,
	   uint32_t *mode, uint32_t *count, struct in_addr *sources),
	  (fd, interface, group, mode, count, sources), NO_NUMBER)
LIBC_CALL(int, setsourcefilter,
	  (int fd, uint32_t ifindex, const struct sockaddr *group,
	   socklen_t group_len, uint32_t mode, uint32_t count,
	   const struct sockaddr_storage *sources),
	  (fd, ifindex, group, group_len, mode, count, sources), NO_NUMBER)
LIBC_CALL(int, getsourcefilter,
	  (int fd, uint32_t ifindex, const struct sockaddr *group,
	   socklen_t group_len, uint32_t *mode, uint32_t *count,
	   struct sockaddr_storage *sources),
	  (fd, ifindex, group, group_len, mode, count, sources), NO_NUMBER)
LIBC_CALL(int, shutdown, (int fd, int how), (fd, how), SYS_shutdown)

/* ------------------------------------------------------ input and output */
LIBC_CALL(ssize_t, send, (int fd, const void *data, size_t len, int flags),
	  (fd, data, len, flags), NO_NUMBER)
LIBC_CALL(ssize_t, __send, (int fd, const void *data, size_t len, int flags),
	  (fd, data, len, flags), NO_NUMBER)
LIBC_CALL(ssize_t, sendto,
	  (int fd, const void *data, size_t len, int flags,
	   const struct sockaddr *peer, socklen_t peer_len),
	  (fd, data, len, flags, peer, peer_len), SYS_sendto)
LIBC_CALL(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags),
	  (fd, message, flags), SYS_sendmsg)
LIBC_CALL(int, sendmmsg,
	  (int fd, struct mmsghdr *messages, unsigned count, int flags),
	  (fd, messages, count, flags), SYS_sendmmsg)
LIBC_CALL(ssize_t, recv, (int fd, void *data, size_t len, int flags),
	  (fd, data, len, flags), NO_NUMBER)
LIBC_CALL(ssize_t, __recv, (int fd, void *data, size_t len, int flags),
	  (fd, data, len, flags), NO_NUMBER)
LIBC_CALL(ssize_t, __recv_chk,
	  (int fd, void *data, size_t len, size_t room, int flags),
	  (fd, data, len, room, flags), NO_NUMBER)
LIBC_CALL(ssize_t, recvfrom,
	  (int fd, void *data, size_t len, int flags, struct sockaddr *peer,
	   socklen_t *peer_len),
	  (fd, data, len, flags, peer, peer_len), SYS_recvfrom)
LIBC_CALL(ssize_t, __recvfrom_chk,
	  (int fd, void *data, size_t len, size_t room, int flags,
	   struct sockaddr *peer, socklen_t *peer_len),
	  (fd, data, len, room, flags, peer, peer_len), NO_NUMBER)
LIBC_CALL(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags),
	  (fd, message, flags), SYS_recvmsg)
LIBC_CALL(int, recvmmsg,
	  (int fd, struct mmsghdr *messages, unsigned count, int flags,
	   struct timespec *timeout),
	  (fd, messages, count, flags, timeout), SYS_recvmmsg)
LIBC_CALL(ssize_t, read, (int fd, void *data, size_t len),
	  (fd, data, len), SYS_read)
LIBC_CALL(ssize_t, __read, (int fd, void *data, size_t len),
	  (fd, data, len), SYS_read)
LIBC_CALL(ssize_t, __read_chk, (int fd, void *data, size_t len, size_t room),
	  (fd, data, len, room), NO_NUMBER)
LIBC_CALL(ssize_t, readv, (int fd, const struct iovec *iov, int iov_count),
	  (fd, iov, iov_count), SYS_readv)
LIBC_CALL(ssize_t, write, (int fd, const void *data, size_t len),
	  (fd, data, len), SYS_write)
LIBC_CALL(ssize_t, __write, (int fd, const void *data, size_t len),
	  (fd, data, len), SYS_write)
LIBC_CALL(ssize_t, writev, (int fd, const struct iovec *iov, int iov_count),
	  (fd, iov, iov_count), SYS_writev)
LIBC_CALL(ssize_t, preadv2,
	  (int fd, const struct iovec *iov, int iov_count, off_t offset,
	   int flags),
	  (fd, iov, iov_count, offset, flags), NO_NUMBER)
LIBC_CALL(ssize_t, preadv64v2,
	  (int fd, const struct iovec *iov, int iov_count, off64_t offset,
	   int flags),
	  (fd, iov, iov_count, offset, flags), NO_NUMBER)
LIBC_CALL(ssize_t, pwritev2,
	  (int fd, const struct iovec *iov, int iov_count, off_t offset,
	   int flags),
	  (fd, iov, iov_count, offset, flags), NO_NUMBER)
LIBC_CALL(ssize_t, pwritev64v2,
	  (int fd, const struct iovec *iov, int iov_count, off64_t offset,
	   int flags),
	  (fd, iov, iov_count, offset, flags), NO_NUMBER)
LIBC_CALL(ssize_t, splice,
	  (int fd_in, off64_t *offset_in, int fd_out, off64_t *offset_out,
	   size_t len, unsigned flags),
	  (fd_in, offset_in, fd_out, offset_out, len, flags), SYS_splice)
LIBC_CALL(ssize_t, sendfile64,
	  (int fd_out, int fd_in, off64_t *offset, size_t len),
	  (fd_out, fd_in, offset, len), SYS_sendfile)
LIBC_CALL(ssize_t, sendfile, (int fd_out, int fd_in, off_t *offset, size_t len),
	  (fd_out, fd_in, offset, len), SYS_sendfile)
LIBC_CALL(int, aio_read, (struct aiocb *request), (request), NO_NUMBER)
LIBC_CALL(int, aio_read64, (struct aiocb64 *request), (request), NO_NUMBER)
LIBC_CALL(int, aio_write, (struct aiocb *request), (request), NO_NUMBER)
LIBC_CALL(int, aio_write64, (struct aiocb64 *request), (request), NO_NUMBER)
LIBC_CALL(int, lio_listio,
	  (int mode, struct aiocb *const list[], int count,
	   struct sigevent *event),
	  (mode, list, count, event), NO_NUMBER)
LIBC_CALL(int, lio_listio64,
	  (int mode, struct aiocb64 *const list[], int count,
	   struct sigevent *event),
	  (mode, list, count, event), NO_NUMBER)
LIBC_CALL(int, io_uring_setup,
	  (unsigned entries, struct io_uring_params *params),
	  (entries, params), NO_NUMBER)
LIBC_CALL(int, io_uring_queue_init,
	  (unsigned entries, struct io_uring *ring, unsigned flags),
	  (entries, ring, flags), NO_NUMBER)
LIBC_CALL(int, io_uring_queue_init_params,
	  (unsigned entries, struct io_uring *ring,
	   struct io_uring_params *params),
	  (entries, ring, params), NO_NUMBER)
LIBC_CALL(int, io_uring_queue_init_mem,
	  (unsigned entries, struct io_uring *ring,
	   struct io_uring_params *params, void *buffer, size_t buffer_len),
	  (entries, ring, params, buffer, buffer_len), NO_NUMBER)
LIBC_CALL(int, epoll_ctl,
	  (int epoll_fd, int op, int fd, struct epoll_event *event),
	  (epoll_fd, op, fd, event), SYS_epoll_ctl)
LIBC_CALL(int, epoll_wait,
	  (int epoll_fd, struct epoll_event *events, int count,
	   int timeout_ms),
	  (epoll_fd, events, count, timeout_ms), NO_NUMBER)
LIBC_CALL(int, epoll_pwait,
	  (int epoll_fd, struct epoll_event *events, int count, int timeout_ms,
	   const sigset_t *mask),
	  (epoll_fd, events, count, timeout_ms, mask), NO_NUMBER)
LIBC_CALL(int, epoll_pwait2,
	  (int epoll_fd, struct epoll_event *events, int count,
	   const struct timespec *timeout, const sigset_t *mask),
	  (epoll_fd, events, count, timeout, mask), NO_NUMBER)
LIBC_CALL(int, poll, (struct pollfd *fds, nfds_t count, int timeout_ms),
	  (fds, count, timeout_ms), POLL)
LIBC_CALL(int, __poll, (struct pollfd *fds, nfds_t count, int timeout_ms),
	  (fds, count, timeout_ms), POLL)
LIBC_CALL(int, __poll_chk,
	  (struct pollfd *fds, nfds_t count, int timeout_ms, size_t room),
	  (fds, count, timeout_ms, room), NO_NUMBER)
LIBC_CALL(int, ppoll,
	  (struct pollfd *fds, nfds_t count, const struct timespec *timeout,
	   const sigset_t *mask),
	  (fds, count, timeout, mask), NO_NUMBER)
LIBC_CALL(int, __ppoll_chk,
	  (struct pollfd *fds, nfds_t count, const struct timespec *timeout,
	   const sigset_t *mask, size_t room),
	  (fds, count, timeout, mask, room), NO_NUMBER)
LIBC_CALL(int, ioctl, (int fd, unsigned long request, void *argument),
	  (fd, request, argument), SYS_ioctl)

/* ----------------------------------------------------------- descriptors */
LIBC_CALL(int, close, (int fd), (fd), SYS_close)
LIBC_CALL(int, __close, (int fd), (fd), SYS_close)
LIBC_CALL(int, fclose, (FILE *stream), (stream), NO_NUMBER)
LIBC_CALL(int, dup, (int fd), (fd), SYS_dup)
LIBC_CALL(int, dup2, (int fd, int to), (fd, to), DUP2)
LIBC_CALL(int, __dup2, (int fd, int to), (fd, to), DUP2)
LIBC_CALL(int, dup3, (int fd, int to, int flags), (fd, to, flags), SYS_dup3)
LIBC_CALL(int, fcntl, (int fd, int command, void *argument),
	  (fd, command, argument), SYS_fcntl)
LIBC_CALL(int, __fcntl, (int fd, int command, void *argument),
	  (fd, command, argument), SYS_fcntl)
LIBC_CALL(int, fcntl64, (int fd, int command, void *argument),
	  (fd, command, argument), SYS_fcntl)
LIBC_CALL(int, close_range, (unsigned first, unsigned last, int flags),
	  (first, last, flags), SYS_close_range)
LIBC_CALL(void, closefrom, (int first), (first), NO_NUMBER)
LIBC_CALL(int, pidfd_getfd, (int pidfd, int fd, unsigned flags),
	  (pidfd, fd, flags), SYS_pidfd_getfd)

/* -------------------------------------------------------------- the user */
LIBC_CALL(int, setuid, (uid_t user), (user), SYS_setuid)
LIBC_CALL(int, seteuid, (uid_t user), (user), NO_NUMBER)
LIBC_CALL(int, setreuid, (uid_t real, uid_t user), (real, user), SYS_setreuid)
LIBC_CALL(int, setresuid, (uid_t real, uid_t user, uid_t saved),
	  (real, user, saved), SYS_setresuid)

/* ------------------------------------------------------------- processes */
LIBC_CALL(pid_t, fork, (void), (), NO_NUMBER)
LIBC_CALL(pid_t, __fork, (void), (), NO_NUMBER)
LIBC_CALL(pid_t, _Fork, (void), (), NO_NUMBER)
LIBC_CALL(pid_t, forkpty,
	  (int *fd, char *name, const struct termios *termios,
	   const struct winsize *size),
	  (fd, name, termios, size), NO_NUMBER)
LIBC_CALL(int, login_tty, (int fd), (fd), NO_NUMBER)
LIBC_CALL(int, daemon, (int keep_directory, int keep_stdio),
	  (keep_directory, keep_stdio), NO_NUMBER)
LIBC_CALL(int, execve,
	  (const char *path, char *const argv[], char *const envp[]),
	  (path, argv, envp), SYS_execve)
LIBC_CALL(int, execv, (const char *path, char *const argv[]),
	  (path, argv), NO_NUMBER)
LIBC_CALL(int, execvp, (const char *file, char *const argv[]),
	  (file, argv), NO_NUMBER)
LIBC_CALL(int, execvpe,
	  (const char *file, char *const argv[], char *const envp[]),
	  (file, argv, envp), NO_NUMBER)
LIBC_CALL(int, execl, (const char *path, const char *argument),
	  (path, argument), NO_NUMBER)
LIBC_CALL(int, execlp, (const char *file, const char *argument),
	  (file, argument), NO_NUMBER)
LIBC_CALL(int, execle, (const char *path, const char *argument),
	  (path, argument), NO_NUMBER)
LIBC_CALL(int, fexecve, (int fd, char *const argv[], char *const envp[]),
	  (fd, argv, envp), NO_NUMBER)
LIBC_CALL(int, execveat,
	  (int directory, const char *path, char *const argv[],
	   char *const envp[], int flags),
	  (directory, path, argv, envp, flags), SYS_execveat)
LIBC_CALL(int, posix_spawn,
	  (pid_t *pid, const char *path,
	   const posix_spawn_file_actions_t *actions,
	   const posix_spawnattr_t *attributes, char *const argv[],
	   char *const envp[]),
	  (pid, path, actions, attributes, argv, envp), NO_NUMBER)
LIBC_CALL(int, posix_spawnp,
	  (pid_t *pid, const char *file,
	   const posix_spawn_file_actions_t *actions,
	   const posix_spawnattr_t *attributes, char *const argv[],
	   char *const envp[]),
	  (pid, file, actions, attributes, argv, envp), NO_NUMBER)
LIBC_CALL(void, _exit, (int status), (status), SYS_exit_group)
LIBC_CALL(void, _Exit, (int status), (status), SYS_exit_group)
LIBC_CALL(void, quick_exit, (int status), (status), NO_NUMBER)
LIBC_CALL(int, prctl,
	  (int option, unsigned long a, unsigned long b, unsigned long c,
	   unsigned long d),
	  (option, a, b, c, d), SYS_prctl)
LIBC_CALL(long, syscall,
	  (long number, long a, long b, long c, long d, long e, long f),
	  (number, a, b, c, d, e, f), FIRST_ARGUMENT)

/* ----------------------------------------------------------------- names */
LIBC_CALL(int, getaddrinfo,
	  (const char *name, const char *service, const struct addrinfo *hints,
	   struct addrinfo **result),
	  (name, service, hints, result), NO_NUMBER)
LIBC_CALL(void, freeaddrinfo, (struct addrinfo *list), (list), NO_NUMBER)
LIBC_CALL(int, getaddrinfo_a,
	  (int mode, struct gaicb *list[], int count, struct sigevent *notify),
	  (mode, list, count, notify), NO_NUMBER)
LIBC_CALL(int, getnameinfo,
	  (const struct sockaddr *address, socklen_t address_len, char *name,
	   socklen_t name_len, char *service, socklen_t service_len,
	   int flags),
	  (address, address_len, name, name_len, service, service_len, flags),
	  NO_NUMBER)
LIBC_CALL(struct hostent *, gethostbyname, (const char *name), (name),
	  NO_NUMBER)
LIBC_CALL(struct hostent *, gethostbyname2, (const char *name, int family),
	  (name, family), NO_NUMBER)
LIBC_CALL(struct hostent *, gethostbyaddr,
	  (const void *address, socklen_t address_len, int family),
	  (address, address_len, family), NO_NUMBER)
LIBC_CALL(int, gethostbyname_r,
	  (const char *name, struct hostent *hostent, char *buffer,
	   size_t buffer_len, struct hostent **result, int *h_error),
	  (name, hostent, buffer, buffer_len, result, h_error), NO_NUMBER)
LIBC_CALL(int, gethostbyname2_r,
	  (const char *name, int family, struct hostent *hostent,
	   char *buffer, size_t buffer_len, struct hostent **result,
	   int *h_error),
	  (name, family, hostent, buffer, buffer_len, result, h_error),
	  NO_NUMBER)
LIBC_CALL(int, gethostbyaddr_r,
	  (const void *address, socklen_t address_len, int family,
	   struct hostent *hostent, char *buffer, size_t buffer_len,
	   struct hostent **result, int *h_error),
	  (address, address_len, family, hostent, buffer, buffer_len, result,
	   h_error), NO_NUMBER)
LIBC_CALL(int, res_query,
	  (const char *name, int class, int type, unsigned char *answer,
	   int room),
	  (name, class, type, answer, room), NO_NUMBER)
LIBC_CALL(int, res_nquery,
	  (res_state state, const char *name, int class, int type,
	   unsigned char *answer, int room),
	  (state, name, class, type, answer, room), NO_NUMBER)
LIBC_CALL(int, res_search,
	  (const char *name, int class, int type, unsigned char *answer,
	   int room),
	  (name, class, type, answer, room), NO_NUMBER)
LIBC_CALL(int, res_nsearch,
	  (res_state state, const char *name, int class, int type,
	   unsigned char *answer, int room),
	  (state, name, class, type, answer, room), NO_NUMBER)
LIBC_CALL(int, res_querydomain,
	  (const char *name, const char *domain, int class, int type,
	   unsigned char *answer, int room),
	  (name, domain, class, type, answer, room), NO_NUMBER)
LIBC_CALL(int, res_nquerydomain,
	  (res_state state, const char *name, const char *domain, int class,
	   int type, unsigned char *answer, int room),
	  (state, name, domain, class, type, answer, room), NO_NUMBER)
LIBC_CALL(int, res_send,
	  (const unsigned char *message, int message_len,
	   unsigned char *answer, int room),
	  (message, message_len, answer, room), NO_NUMBER)
LIBC_CALL(int, res_nsend,
	  (res_state state, const unsigned char *message, int message_len,
	   unsigned char *answer, int room),
	  (state, message, message_len, answer, room), NO_NUMBER)
LIBC_CALL(int, __res_query,
	  (const char *name, int class, int type, unsigned char *answer,
	   int room),
	  (name, class, type, answer, room), NO_NUMBER)
LIBC_CALL(int, __res_nquery,
	  (res_state state, const char *name, int class, int type,
	   unsigned char *answer, int room),
	  (state, name, class, type, answer, room), NO_NUMBER)
LIBC_CALL(int, __res_search,
	  (const char *name, int class, int type, unsigned char *answer,
	   int room),
	  (name, class, type, answer, room), NO_NUMBER)
LIBC_CALL(int, __res_nsearch,
	  (res_state state, const char *name, int class, int type,
	   unsigned char *answer, int room),
	  (state, name, class, type, answer, room), NO_NUMBER)
LIBC_CALL(int, __res_querydomain,
	  (const char *name, const char *domain, int class, int type,
	   unsigned char *answer, int room),
	  (name, domain, class, type, answer, room), NO_NUMBER)
LIBC_CALL(int, __res_nquerydomain,
	  (res_state state, const char *name, const char *domain, int class,
	   int type, unsigned char *answer, int room),
	  (state, name, domain, class, type, answer, room), NO_NUMBER)
LIBC_CALL(int, __res_send,
	  (const unsigned char *message, int message_len,
	   unsigned char *answer, int room),
	  (message, message_len, answer, room), NO_NUMBER)
LIBC_CALL(int, __res_nsend,
	  (res_state state, const unsigned char *message, int message_len,
	   unsigned char *answer, int room),
	  (state, message, message_len, answer, room), NO_NUMBER)

/* ------------------------------------------------------------ interfaces */
LIBC_CALL(int, getifaddrs, (struct ifaddrs **list), (list), NO_NUMBER)
LIBC_CALL(void, freeifaddrs, (struct ifaddrs *list), (list), NO_NUMBER)
LIBC_CALL(unsigned, if_nametoindex, (const char *name), (name), NO_NUMBER)
LIBC_CALL(char *, if_indextoname, (unsigned ifindex, char *name),
	  (ifindex, name), NO_NUMBER)
LIBC_CALL(struct if_nameindex *, if_nameindex, (void), (), NO_NUMBER)
LIBC_CALL(void, if_freenameindex, (struct if_nameindex *list), (list),
	  NO_NUMBER)

/* ------------------------------------------------------------------ files */
LIBC_CALL(int, open, (const char *path, int flags, unsigned mode),
	  (path, flags, mode), OPEN)
LIBC_CALL(int, open64, (const char *path, int flags, unsigned mode),
	  (path, flags, mode), OPEN)
LIBC_CALL(int, __open, (const char *path, int flags, unsigned mode),
	  (path, flags, mode), OPEN)
LIBC_CALL(int, __open64, (const char *path, int flags, unsigned mode),
	  (path, flags, mode), OPEN)
LIBC_CALL(int, __open_2, (const char *path, int flags), (path, flags),
	  OPEN)
LIBC_CALL(int, __open64_2, (const char *path, int flags), (path, flags),
	  OPEN)
LIBC_CALL(int, openat,
	  (int directory, const char *path, int flags, unsigned mode),
	  (directory, path, flags, mode), SYS_openat)
LIBC_CALL(int, openat64,
	  (int directory, const char *path, int flags, unsigned mode),
	  (directory, path, flags, mode), SYS_openat)
LIBC_CALL(int, __openat_2, (int directory, const char *path, int flags),
	  (directory, path, flags), SYS_openat)
LIBC_CALL(int, __openat64_2, (int directory, const char *path, int flags),
	  (directory, path, flags), SYS_openat)
LIBC_CALL(FILE *, fopen, (const char *path, const char *mode), (path, mode),
	  NO_NUMBER)
LIBC_CALL(FILE *, fopen64, (const char *path, const char *mode), (path, mode),
	  NO_NUMBER)
LIBC_CALL(FILE *, freopen,
	  (const char *path, const char *mode, FILE *stream),
	  (path, mode, stream), NO_NUMBER)
LIBC_CALL(FILE *, freopen64,
	  (const char *path, const char *mode, FILE *stream),
	  (path, mode, stream), NO_NUMBER)
LIBC_CALL(int, fflush, (FILE *stream), (stream), NO_NUMBER)
LIBC_CALL(int, access, (const char *path, int mode), (path, mode), ACCESS)
LIBC_CALL(int, faccessat,
	  (int directory, const char *path, int mode, int flags),
	  (directory, path, mode, flags), NO_NUMBER)
LIBC_CALL(int, stat, (const char *path, struct stat *status), (path, status),
	  NO_NUMBER)
LIBC_CALL(int, stat64, (const char *path, struct stat64 *status),
	  (path, status), NO_NUMBER)
LIBC_CALL(int, lstat, (const char *path, struct stat *status), (path, status),
	  NO_NUMBER)
LIBC_CALL(int, lstat64, (const char *path, struct stat64 *status),
	  (path, status), NO_NUMBER)
LIBC_CALL(int, fstatat,
	  (int directory, const char *path, struct stat *status, int flags),
	  (directory, path, status, flags), NO_NUMBER)
LIBC_CALL(int, fstatat64,
	  (int directory, const char *path, struct stat64 *status, int flags),
	  (directory, path, status, flags), NO_NUMBER)
LIBC_CALL(int, __xstat, (int version, const char *path, struct stat *status),
	  (version, path, status), NO_NUMBER)
LIBC_CALL(int, __xstat64,
	  (int version, const char *path, struct stat64 *status),
	  (version, path, status), NO_NUMBER)
LIBC_CALL(int, statx,
	  (int directory, const char *path, int flags, unsigned mask,
	   struct statx *status),
	  (directory, path, flags, mask, status), NO_NUMBER)
LIBC_CALL(char *, realpath, (const char *path, char *to), (path, to),
	  NO_NUMBER)
LIBC_CALL(char *, __realpath_chk, (const char *path, char *to, size_t room),
	  (path, to, room), NO_NUMBER)
LIBC_CALL(char *, canonicalize_file_name, (const char *path), (path),
	  NO_NUMBER)
LIBC_CALL(DIR *, opendir, (const char *path), (path), NO_NUMBER)
LIBC_CALL(struct dirent *, readdir, (DIR *directory), (directory), NO_NUMBER)
LIBC_CALL(struct dirent64 *, readdir64, (DIR *directory), (directory),
	  NO_NUMBER)
LIBC_CALL(int, closedir, (DIR *directory), (directory), NO_NUMBER)
LIBC_CALL(int, readdir_r,
	  (DIR *directory, struct dirent *entry, struct dirent **result),
	  (directory, entry, result), NO_NUMBER)
LIBC_CALL(int, readdir64_r,
	  (DIR *directory, struct dirent64 *entry, struct dirent64 **result),
	  (directory, entry, result), NO_NUMBER)
LIBC_CALL(void, rewinddir, (DIR *directory), (directory), NO_NUMBER)
LIBC_CALL(long, telldir, (DIR *directory), (directory), NO_NUMBER)
LIBC_CALL(void, seekdir, (DIR *directory, long place), (directory, place),
	  NO_NUMBER)
LIBC_CALL(int, dirfd, (DIR *directory), (directory), NO_NUMBER)

/* ---------------------------------------------------------- rings of frames */
LIBC_CALL(void *, mmap,
	  (void *address, size_t len, int protection, int flags, int fd,
	   off_t offset),
	  (address, len, protection, flags, fd, offset), SYS_mmap)
LIBC_CALL(void *, mmap64,
	  (void *address, size_t len, int protection, int flags, int fd,
	   off64_t offset),
	  (address, len, protection, flags, fd, offset), SYS_mmap)

/* clang-format on */
#undef LIBC_CALL
