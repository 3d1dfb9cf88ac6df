/* Start and end of the stack thread. */
#include <errno.h>

#include "driver.h"

int driver_start(const struct config *config)
{
	return -ENOSYS;
}

void driver_release(void)
{
}

void driver_forget(void)
{
}
