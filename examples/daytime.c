/* Daytime: the date and time as a line of text, over TCP and UDP. RFC 867. */
#include <time.h>

#include "service.h"

/* The RFC wants no certain form; this is its first example, in UTC. */
static int say_time(char *text, size_t size)
{
	time_t now = time(NULL);
	struct tm utc;

	if (!gmtime_r(&now, &utc))
		return 0;
	return (int)strftime(text, size, "%A, %B %d, %Y %H:%M:%S-UTC\r\n",
			     &utc);
}

int main(int argc, char **argv)
{
	static const struct service daytime = {
		.name = "daytime",
		.port = 13,
		.say = say_time,
	};

	return service_main(&daytime, argc, argv);
}
