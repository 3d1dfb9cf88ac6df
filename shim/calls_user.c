/*
 * Interposed calls that change the user: a stack serves its own user alone, so
 * what a program execs as another one comes in by a door, see client_door.c.
 */
#include "calls.h"

#include <unistd.h>

#include "client.h"
#include "libc_real.h"

#define AS_USER(user, call)                                                 \
	({                                                                  \
		bool changes_ = (user) != (uid_t)-1 && (user) != geteuid(); \
		int result_;                                                \
                                                                            \
		if (changes_)                                               \
			client_before_user();                               \
		result_ = (call);                                           \
		if (changes_)                                               \
			client_after_user();                                \
		result_;                                                    \
	})

INTERPOSED int setuid(uid_t user)
{
	return AS_USER(user, libc_real.setuid(user));
}

INTERPOSED int seteuid(uid_t user)
{
	return AS_USER(user, libc_real.seteuid(user));
}

INTERPOSED int setreuid(uid_t real, uid_t user)
{
	return AS_USER(user, libc_real.setreuid(real, user));
}

INTERPOSED int setresuid(uid_t real, uid_t user, uid_t saved)
{
	return AS_USER(user, libc_real.setresuid(real, user, saved));
}
