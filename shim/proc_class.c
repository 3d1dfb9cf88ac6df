/*
 * /sys/class/net, and /sys/devices/virtual/net, which is the same: a link's
 * files as Linux 6 has them. What does not arise here is what it is on a link
 * where nobody has touched it.
 */
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ethtool.h"
#include "ifaces.h"
#include "proc_file.h"
#include "proc_names.h"
#include "rtnl.h"

#define TX_QUEUE_LEN 1000

enum class_file {
	CLASS_FIXED, /* the text of the table */
	CLASS_RUNNING, /* the same, EINVAL while the link is down */
	CLASS_STATISTIC,
	CLASS_ADDR_LEN,
	CLASS_ADDRESS,
	CLASS_ASSIGN_TYPE,
	CLASS_BROADCAST,
	CLASS_CARRIER,
	CLASS_DUPLEX,
	CLASS_FLAGS,
	CLASS_IFINDEX,
	CLASS_MTU,
	CLASS_OPERSTATE,
	CLASS_SPEED,
	CLASS_TYPE,
	CLASS_UEVENT,
};

#define STATISTIC(name, member)                                    \
	{                                                          \
		"statistics/" name, CLASS_STATISTIC, NULL,         \
			offsetof(struct rtnl_link_stats64, member) \
	}

static const struct {
	const char *name;
	enum class_file kind;
	const char *text;
	size_t offset;
} files[] = {
	{ "addr_assign_type", CLASS_ASSIGN_TYPE, NULL, 0 },
	{ "addr_len", CLASS_ADDR_LEN, NULL, 0 },
	{ "address", CLASS_ADDRESS, NULL, 0 },
	{ "broadcast", CLASS_BROADCAST, NULL, 0 },
	{ "carrier", CLASS_CARRIER, NULL, 0 },
	{ "carrier_changes", CLASS_FIXED, "0\n", 0 },
	{ "carrier_down_count", CLASS_FIXED, "0\n", 0 },
	{ "carrier_up_count", CLASS_FIXED, "0\n", 0 },
	{ "dev_id", CLASS_FIXED, "0x0\n", 0 },
	{ "dev_port", CLASS_FIXED, "0\n", 0 },
	{ "dormant", CLASS_RUNNING, "0\n", 0 },
	{ "duplex", CLASS_DUPLEX, NULL, 0 },
	{ "flags", CLASS_FLAGS, NULL, 0 },
	{ "gro_flush_timeout", CLASS_FIXED, "0\n", 0 },
	{ "ifalias", CLASS_FIXED, "", 0 },
	{ "ifindex", CLASS_IFINDEX, NULL, 0 },
	{ "iflink", CLASS_IFINDEX, NULL, 0 },
	{ "link_mode", CLASS_FIXED, "0\n", 0 },
	{ "mtu", CLASS_MTU, NULL, 0 },
	{ "name_assign_type", CLASS_FIXED, "3\n", 0 },
	{ "napi_defer_hard_irqs", CLASS_FIXED, "0\n", 0 },
	{ "netdev_group", CLASS_FIXED, "0\n", 0 },
	{ "operstate", CLASS_OPERSTATE, NULL, 0 },
	{ "proto_down", CLASS_FIXED, "0\n", 0 },
	{ "queues/rx-0/rps_cpus", CLASS_FIXED, "0\n", 0 },
	{ "queues/rx-0/rps_flow_cnt", CLASS_FIXED, "0\n", 0 },
	{ "queues/tx-0/tx_maxrate", CLASS_FIXED, "0\n", 0 },
	{ "queues/tx-0/tx_timeout", CLASS_FIXED, "0\n", 0 },
	{ "speed", CLASS_SPEED, NULL, 0 },
	STATISTIC("collisions", collisions),
	STATISTIC("multicast", multicast),
	STATISTIC("rx_bytes", rx_bytes),
	STATISTIC("rx_compressed", rx_compressed),
	STATISTIC("rx_crc_errors", rx_crc_errors),
	STATISTIC("rx_dropped", rx_dropped),
	STATISTIC("rx_errors", rx_errors),
	STATISTIC("rx_fifo_errors", rx_fifo_errors),
	STATISTIC("rx_frame_errors", rx_frame_errors),
	STATISTIC("rx_length_errors", rx_length_errors),
	STATISTIC("rx_missed_errors", rx_missed_errors),
	STATISTIC("rx_nohandler", rx_nohandler),
	STATISTIC("rx_over_errors", rx_over_errors),
	STATISTIC("rx_packets", rx_packets),
	STATISTIC("tx_aborted_errors", tx_aborted_errors),
	STATISTIC("tx_bytes", tx_bytes),
	STATISTIC("tx_carrier_errors", tx_carrier_errors),
	STATISTIC("tx_compressed", tx_compressed),
	STATISTIC("tx_dropped", tx_dropped),
	STATISTIC("tx_errors", tx_errors),
	STATISTIC("tx_fifo_errors", tx_fifo_errors),
	STATISTIC("tx_heartbeat_errors", tx_heartbeat_errors),
	STATISTIC("tx_packets", tx_packets),
	STATISTIC("tx_window_errors", tx_window_errors),
	{ "testing", CLASS_RUNNING, "0\n", 0 },
	{ "threaded", CLASS_FIXED, "0\n", 0 },
	{ "tx_queue_len", CLASS_FIXED, "1000\n", 0 },
	{ "type", CLASS_TYPE, NULL, 0 },
	{ "uevent", CLASS_UEVENT, NULL, 0 },
};
#define FILES (sizeof(files) / sizeof(*files))

/* ------------------------------------------------------------------- files */

static void put_mac(struct proc_text *text, const uint8_t *mac)
{
	proc_print(text, "%02x:%02x:%02x:%02x:%02x:%02x\n", mac[0], mac[1],
		   mac[2], mac[3], mac[4], mac[5]);
}

/* As Linux shows them there: without those that it works out when asked. */
#define KEPT_FLAGS                                               \
	(IFF_UP | IFF_LOOPBACK | IFF_BROADCAST | IFF_MULTICAST | \
	 IFF_POINTOPOINT | IFF_NOARP)

static unsigned flags_of(const struct pyt_iface_info *info)
{
	return ifaces_flags(info) & KEPT_FLAGS;
}

static int put_number(struct proc_text *text, uint64_t value)
{
	proc_print(text, "%llu\n", (unsigned long long)value);
	return 0;
}

static int put_text(struct proc_text *text, const char *line)
{
	proc_print(text, "%s", line);
	return 0;
}

static int put_hardware(struct proc_text *text, enum class_file file,
			const struct pyt_iface_info *info)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	bool has_mac = info->config.medium != PYT_MEDIUM_IP;
	bool is_ethernet = info->config.medium == PYT_MEDIUM_ETHERNET;
	static const uint8_t none[6];

	if (file == CLASS_ASSIGN_TYPE) /* NET_ADDR_SET */
		return put_number(text, is_ethernet ? 3 : 0);
	if (file == CLASS_ADDR_LEN)
		return put_number(text, has_mac ? 6 : 0);
	if (!has_mac)
		proc_print(text, "\n");
	else if (file == CLASS_ADDRESS)
		put_mac(text, info->config.mac);
	else
		put_mac(text, is_ethernet ? all : none);
	return 0;
}

/* Those that Linux answers with EINVAL while the link is down; of lo some
 * always. */
static int put_running(struct proc_text *text, size_t i,
		       const struct pyt_iface_info *info)
{
	bool is_lo = info->config.medium == PYT_MEDIUM_LOOPBACK;

	if (!info->is_up)
		return -EINVAL;
	switch ((int)files[i].kind) {
	case CLASS_CARRIER:
		return put_number(text, 1);
	case CLASS_SPEED:
		return is_lo ? -EINVAL : put_number(text, ETHTOOL_SPEED);
	case CLASS_DUPLEX:
		return is_lo ? -EINVAL : put_text(text, "full\n");
	default:
		return put_text(text, files[i].text);
	}
}

static int put_statistic(struct proc_text *text, size_t i,
			 const struct pyt_iface_info *info)
{
	struct rtnl_link_stats64 stats = ifaces_statistics(info);
	uint64_t value;

	memcpy(&value, (const char *)&stats + files[i].offset, sizeof(value));
	return put_number(text, value);
}

static int put_state(struct proc_text *text, const struct pyt_iface_info *info)
{
	if (!info->is_up)
		return put_text(text, "down\n");
	return put_text(text, info->config.medium == PYT_MEDIUM_LOOPBACK
				      ? "unknown\n"
				      : "up\n");
}

static int put_file(struct proc_text *text, size_t i,
		    const struct pyt_iface_info *info)
{
	switch (files[i].kind) {
	case CLASS_FIXED:
		return put_text(text, files[i].text);
	case CLASS_STATISTIC:
		return put_statistic(text, i, info);
	case CLASS_RUNNING:
	case CLASS_CARRIER:
	case CLASS_DUPLEX:
	case CLASS_SPEED:
		return put_running(text, i, info);
	case CLASS_ADDR_LEN:
	case CLASS_ADDRESS:
	case CLASS_ASSIGN_TYPE:
	case CLASS_BROADCAST:
		return put_hardware(text, files[i].kind, info);
	case CLASS_FLAGS:
		proc_print(text, "0x%x\n", flags_of(info));
		return 0;
	case CLASS_IFINDEX:
		return put_number(text, (uint64_t)info->ifindex);
	case CLASS_MTU:
		return put_number(text, info->config.mtu);
	case CLASS_OPERSTATE:
		return put_state(text, info);
	case CLASS_TYPE:
		return put_number(text, ifaces_hardware_type(info));
	case CLASS_UEVENT:
		proc_print(text, "INTERFACE=%s\nIFINDEX=%d\n",
			   info->config.name, info->ifindex);
		return 0;
	}
	return -ENOENT;
}

/* "pyt0/mtu" -> its link and "mtu"; NULL: no such link. */
static const char *find_link(const struct pyt_stack *stack, const char *rest,
			     struct pyt_iface_info *info)
{
	size_t len = strcspn(rest, "/");
	char name[PYT_IFACE_NAME_MAX];

	if (!len || len >= sizeof(name))
		return NULL;
	memcpy(name, rest, len);
	name[len] = '\0';
	if (rtnl_find_link(stack, 0, name, info) < 0)
		return NULL;
	return rest + len + (rest[len] == '/');
}

int proc_class_net(struct proc_text *text, const char *rest)
{
	const struct pyt_stack *stack = text->server->stack;
	struct pyt_iface_info info;
	const char *file = find_link(stack, rest, &info);

	if (!file)
		return -ENOENT;
	for (size_t i = 0; i < FILES; i++)
		if (strcmp(files[i].name, file) == 0)
			return put_file(text, i, &info);
	return -ENOENT;
}

/* ------------------------------------------------------------------- write */

int proc_class_set(struct pyt_stack *stack, const char *rest, const char *value)
{
	struct pyt_iface_info info;
	const char *file = find_link(stack, rest, &info);
	unsigned long number;
	char *end;

	if (!file)
		return -ENOENT;
	if (strcmp(file, "mtu") != 0 && strcmp(file, "tx_queue_len") != 0)
		return -EACCES;
	if (!value)
		return 0;
	number = strtoul(value, &end, 0);
	if (end == value || *end || number > INT32_MAX)
		return -EINVAL;
	if (strcmp(file, "mtu") == 0)
		return pyt_iface_set_mtu(stack, info.ifindex, (uint32_t)number);
	return number == TX_QUEUE_LEN ? 0 : -EINVAL;
}

/* -------------------------------------------------------------------- list */

static void gather_links(struct server *server, struct proc_names *names)
{
	struct pyt_iface_info info;

	names->found = true;
	for (int i = 0; pyt_iface_get(server->stack, i, &info) == 0; i++)
		proc_names_put(names, 'd', info.config.name,
			       strlen(info.config.name));
}

static void gather_files(struct proc_names *names, const char *directory)
{
	size_t len = strlen(directory);

	for (size_t i = 0; i < FILES; i++) {
		const char *name = files[i].name;
		size_t entry_len;

		if (len &&
		    (strncmp(name, directory, len) != 0 || name[len] != '/'))
			continue;
		names->found = true;
		name += len ? len + 1 : 0;
		entry_len = strcspn(name, "/");
		if (!name[entry_len])
			proc_names_put(names, 'f', name, entry_len);
		else if (!proc_names_seen(names, name, entry_len))
			proc_names_put(names, 'd', name, entry_len);
	}
}

int proc_class_net_list(struct server *server, const char *rest, int from,
			char *names, size_t room, uint32_t *len)
{
	struct proc_names g = { .names = names, .room = room, .from = from };
	struct pyt_iface_info info;
	const char *directory;

	if (!*rest) {
		gather_links(server, &g);
	} else {
		directory = find_link(server->stack, rest, &info);
		if (directory)
			gather_files(&g, directory);
	}
	*len = (uint32_t)g.len;
	if (!g.found)
		return -ENOENT;
	return g.full ? g.count : 0;
}
