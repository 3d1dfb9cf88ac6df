/* Automatic configuration as include/pyt/stack.h has it. */
#include "stack.h"

int pyt_autoconf_start(struct pyt_stack *stack, int ifindex,
		       const struct pyt_autoconf_config *config, int64_t now_us)
{
	int result;

	stack_start_call(stack, now_us);
	result = autoconf_start(stack->autoconf, ifindex, config, now_us);
	stack_end_call(stack);
	return result;
}

void pyt_autoconf_stop(struct pyt_stack *stack, int ifindex, bool release,
		       int64_t now_us)
{
	stack_start_call(stack, now_us);
	autoconf_stop(stack->autoconf, ifindex, release, now_us);
	stack_end_call(stack);
}

enum pyt_configured pyt_configured(const struct pyt_stack *stack, int family)
{
	return autoconf_configured(stack->autoconf, family);
}

int pyt_name_server_get(const struct pyt_stack *stack, int ordinal,
			struct pyt_name_server *server)
{
	return autoconf_name_server_get(stack->autoconf, ordinal, server);
}

int pyt_search_domain_get(const struct pyt_stack *stack, int ordinal,
			  struct pyt_search_domain *domain)
{
	return autoconf_search_domain_get(stack->autoconf, ordinal, domain);
}

bool pyt_name_server_is_awaited(const struct pyt_stack *stack)
{
	return autoconf_awaits_names(stack->autoconf);
}

int pyt_captive_portal_get(const struct pyt_stack *stack, char *text,
			   size_t text_len)
{
	return autoconf_captive_portal_get(stack->autoconf, text, text_len);
}

uint32_t pyt_autoconf_changes(const struct pyt_stack *stack)
{
	return autoconf_changes(stack->autoconf);
}

int pyt_lease_put(struct pyt_stack *stack, const struct pyt_lease *lease)
{
	return autoconf_lease_put(stack->autoconf, lease);
}

int pyt_lease_get(const struct pyt_stack *stack, int ifindex,
		  enum pyt_method method, struct pyt_lease *lease)
{
	return autoconf_lease_get(stack->autoconf, ifindex, method, lease);
}
