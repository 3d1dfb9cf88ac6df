/* SA_RESTART of all handlers that the program has installed. */
#include "restart.h"

#include <signal.h>

#define C_LIBRARYS_FIRST 32 /* up to SIGRTMIN */

bool restart_is_wanted(void)
{
	for (int number = 1; number <= SIGRTMAX; number++) {
		struct sigaction action;

		if (number >= C_LIBRARYS_FIRST && number < SIGRTMIN)
			continue; /* not ours to ask about: errno */
		if (sigaction(number, NULL, &action) < 0 ||
		    action.sa_handler == SIG_DFL ||
		    action.sa_handler == SIG_IGN)
			continue;
		if (!(action.sa_flags & SA_RESTART))
			return false;
	}
	return true;
}
