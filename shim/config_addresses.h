/*
 * Parsers of the keys that hold addresses, for the table in config_keys.c;
 * and what all parsers of numbers use.
 */
#ifndef SHIM_CONFIG_ADDRESSES_H
#define SHIM_CONFIG_ADDRESSES_H

#include "config.h"

/* Digits only, up to max; *end is what follows. */
bool config_parse_number(const char *text, uint64_t max, uint64_t *value,
			 const char **end);

/* As struct config_key has it. */
bool config_parse_address(struct config_link *link, const char *value,
			  const char **why);
bool config_parse_gateway(struct config_link *link, const char *value,
			  const char **why);
bool config_parse_dns(struct config *config, const char *value,
		      const char **why);
bool config_parse_bypass(struct config *config, const char *value,
			 const char **why);

#endif
