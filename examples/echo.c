/* Echo: sends back what comes, over TCP and UDP. RFC 862. */
#include "service.h"

int main(int argc, char **argv)
{
	static const struct service echo = {
		.name = "echo",
		.port = 7,
		.sends_back = 1,
	};

	return service_main(&echo, argc, argv);
}
