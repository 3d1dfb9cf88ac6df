/* Discard: throws away what comes, over TCP and UDP. RFC 863. */
#include "service.h"

int main(int argc, char **argv)
{
	static const struct service discard = {
		.name = "discard",
		.port = 9,
	};

	return service_main(&discard, argc, argv);
}
