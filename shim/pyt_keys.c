/*
 * pyt-keys: the keys of the configuration, from the table that parses them,
 * for 'pyt --help'; with --check, whether this environment is valid.
 */
#include <stdio.h>
#include <string.h>

#include "config.h"

static void print_key(const struct config_key *key)
{
	printf("  %s=%s\n", key->name, key->form);
	printf("      %s", key->help);
	if (key->standard)
		printf(" Standard: %s.", key->standard);
	putchar('\n');
}

int main(int argc, char **argv)
{
	static struct config config;

	if (argc > 1 && strcmp(argv[1], "--check") == 0)
		return config_load(&config) ? 1 : 0;
	for (const struct config_key *key = config_keys; key->name; key++)
		print_key(key);
	return 0;
}
