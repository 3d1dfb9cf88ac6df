/*
 * Calls that carry messages: the endpoint has a header in front of each, which
 * libpyt puts there and takes away.
 */
#ifndef SECCOMP_MESSAGE_CALLS_H
#define SECCOMP_MESSAGE_CALLS_H

#include "call.h"

call_handler message_call_read, message_call_write, message_call_sendto,
	message_call_recvfrom, message_call_sendmsg, message_call_recvmsg,
	message_call_sendmmsg, message_call_recvmmsg;

#endif
