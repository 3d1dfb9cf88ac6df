/* Capabilities of the stack thread, by libcap: capset(2) is per thread. */
#include "privilege.h"

#include <errno.h>
#include <string.h>
#include <sys/capability.h>

#include "kernel.h"
#include "log.h"

/* Clears what is not kept. What the thread does not have stays away. */
static int reduce(cap_t caps)
{
	static const cap_flag_t sets[] = { CAP_EFFECTIVE, CAP_PERMITTED,
					   CAP_INHERITABLE };
	int failed = 0;

	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++) {
		if (cap == CAP_SETUID || cap == CAP_SETGID)
			continue;
		for (int i = 0; i < 3; i++)
			failed |=
				cap_set_flag(caps, sets[i], 1, &cap, CAP_CLEAR);
	}
	return failed;
}

void privilege_drop(const struct log *log)
{
	int saved = errno;
	cap_t caps = cap_get_proc();

	if (!caps || reduce(caps) != 0 || cap_set_proc(caps) != 0)
		log_line(log, PYT_LOG_WARNING, "stack",
			 "capabilities could not be dropped: %s",
			 strerrordesc_np(errno));
	cap_free(caps);
	errno = saved;
}

void privilege_drop_all(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	kernel_call(SYS_capset, (long)&header, (long)none, 0, 0, 0, 0);
}
