/* The growing answer of a lookup. */
#include "names.h"

#include <stdlib.h>
#include <string.h>

bool names_set_name(struct names_answer *answer, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return false;
	free(answer->name);
	answer->name = copy;
	return true;
}

bool names_add_alias(struct names_answer *answer, const char *name)
{
	char **grown = reallocarray(answer->alias, answer->alias_count + 1,
				    sizeof(*grown));

	if (!grown)
		return false;
	answer->alias = grown;
	grown[answer->alias_count] = strdup(name);
	if (!grown[answer->alias_count])
		return false;
	answer->alias_count++;
	return true;
}

bool names_add_ip(struct names_answer *answer, const struct pyt_ip *ip)
{
	struct pyt_ip *grown =
		reallocarray(answer->ip, answer->ip_count + 1, sizeof(*grown));

	if (!grown)
		return false;
	answer->ip = grown;
	grown[answer->ip_count++] = *ip;
	return true;
}

void names_clear(struct names_answer *answer)
{
	for (size_t i = 0; i < answer->alias_count; i++)
		free(answer->alias[i]);
	free(answer->alias);
	free(answer->name);
	free(answer->ip);
	*answer = (struct names_answer){ 0 };
}
