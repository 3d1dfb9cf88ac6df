/* Interfaces as the stack has them. */
#include "calls_iface.h"

bool calls_iface_ioctl(unsigned long request, void *argument, int *result)
{
	return false;
}
