/* rtnetlink: a link as IPv6 sees it, for ip-token(8) and ip -6 link. */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>

#include "ifaces.h"
#include "rtnl.h"

#define NAME_LEN 80
#define VALUE_LEN 32
#define NESTED_LEN 128
#define IF_READY 0x80000000 /* net/if_inet6.h of Linux */

static uint8_t gen_mode(const struct pyt_stack *stack, const char *link)
{
	char name[NAME_LEN], value[VALUE_LEN];

	snprintf(name, sizeof(name), "net.ipv6.conf.%s.addr_gen_mode", link);
	if (pyt_sysctl_get(stack, name, value, sizeof(value)) < 0)
		return 0;
	return (uint8_t)strtoul(value, NULL, 10);
}

void rtnl_put_af_spec(struct nl_writer *w, const struct pyt_stack *stack,
		      const struct pyt_iface_info *iface)
{
	uint8_t bytes[2][NESTED_LEN];
	struct nl_writer spec, of_ip6;

	nl_writer_init(&spec, bytes[0], NESTED_LEN);
	nl_writer_init(&of_ip6, bytes[1], NESTED_LEN);
	nl_put_u8(&of_ip6, IFLA_INET6_ADDR_GEN_MODE,
		  gen_mode(stack, iface->config.name));
	nl_put(&spec, AF_INET6, bytes[1], of_ip6.len);
	nl_put(w, IFLA_AF_SPEC, bytes[0], spec.len);
}

/* A token is an identifier that is given; here it is always made. */
bool rtnl_put_link6(struct nl_writer *w, const struct rtnl_header *header,
		    const struct pyt_stack *stack,
		    const struct pyt_iface_info *iface)
{
	static const struct pyt_ip no_token;
	uint8_t bytes[NESTED_LEN];
	struct nl_writer nested;
	struct ifinfomsg *body =
		nl_begin(w, header->type, header->flags, header->seq,
			 header->pid, sizeof(*body));

	if (body) {
		body->ifi_family = AF_INET6;
		body->ifi_type = ifaces_hardware_type(iface);
		body->ifi_index = iface->ifindex;
		body->ifi_flags = ifaces_flags(iface);
	}
	nl_put_text(w, IFLA_IFNAME, iface->config.name);
	if (iface->config.medium != PYT_MEDIUM_IP)
		nl_put(w, IFLA_ADDRESS, iface->config.mac, 6);
	nl_put_u32(w, IFLA_MTU, iface->config.mtu);
	nl_writer_init(&nested, bytes, sizeof(bytes));
	nl_put_u32(&nested, IFLA_INET6_FLAGS, iface->is_up ? IF_READY : 0);
	nl_put(&nested, IFLA_INET6_TOKEN, no_token.bytes,
	       sizeof(no_token.bytes));
	nl_put_u8(&nested, IFLA_INET6_ADDR_GEN_MODE,
		  gen_mode(stack, iface->config.name));
	nl_put(w, IFLA_PROTINFO, bytes, nested.len);
	return nl_end(w);
}
