/* /proc/sys/net and /sys/class/net: files and directories. */
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#include "ifaces.h"
#include "proc_file.h"
#include "rtnl.h"

#define DIRECTORIES_MAX 32 /* an interface each, and a few */
#define NAME_MAX_LEN 128
#define VALUE_MAX_LEN 400
#define TX_QUEUE_LEN 1000

/* ---------------------------------------------------------------- settings */

/* "ipv4/conf/all/x" -> "net.ipv4.conf.all.x"; interfaces may have dots. */
static bool name_of(const char *rest, char name[NAME_MAX_LEN])
{
	int len = snprintf(name, NAME_MAX_LEN, "net.%s", rest);

	if (len >= NAME_MAX_LEN)
		return false;
	for (char *at = name; *at; at++)
		if (*at == '/')
			*at = '.';
	return true;
}

int proc_setting(struct proc_text *text, const char *rest)
{
	const struct pyt_stack *stack = text->server->stack;
	char name[NAME_MAX_LEN], value[VALUE_MAX_LEN];

	if (!name_of(rest, name) ||
	    pyt_sysctl_get(stack, name, value, sizeof(value)) < 0)
		return -ENOENT;
	proc_print(text, "%s\n", value);
	return 0;
}

/* A directory while its names are gathered. */
struct gathering {
	char *names;
	size_t room, len;
	int from, count; /* entries */
	bool full, found;
	char seen[DIRECTORIES_MAX][PYT_IFACE_NAME_MAX]; /* directories */
	int seen_count;
};

/* Whether this directory had its turn; else it has it now. */
static bool was_seen(struct gathering *g, const char *name, size_t len)
{
	for (int i = 0; i < g->seen_count; i++)
		if (strncmp(g->seen[i], name, len) == 0 && !g->seen[i][len])
			return true;
	if (g->seen_count == DIRECTORIES_MAX || len >= sizeof(*g->seen))
		return false;
	memcpy(g->seen[g->seen_count], name, len);
	g->seen[g->seen_count++][len] = '\0';
	return false;
}

/* False: there is no room for it. */
static bool put(struct gathering *g, char type, const char *name, size_t len)
{
	if (g->count++ < g->from)
		return true;
	if (g->room - g->len < len + 2) {
		g->count--;
		g->full = true;
		return false;
	}
	g->names[g->len] = type;
	memcpy(g->names + g->len + 1, name, len);
	g->names[g->len + 1 + len] = '\0';
	g->len += len + 2;
	return true;
}

/* A directory's next entry in the order of names, as Linux has them. */
struct search {
	const char *prefix; /* "net.ipv4." */
	size_t prefix_len;
	char last[NAME_MAX_LEN]; /* the one before it; "" at first */
	char next[NAME_MAX_LEN]; /* "": none yet */
	bool is_directory;
};

static bool compare(void *context, const char *name)
{
	struct search *s = context;
	char entry[NAME_MAX_LEN];
	size_t len;

	if (strncmp(name, s->prefix, s->prefix_len) != 0)
		return true;
	name += s->prefix_len;
	len = strcspn(name, ".");
	snprintf(entry, sizeof(entry), "%.*s", (int)len, name);
	if (strcmp(entry, s->last) <= 0 ||
	    (s->next[0] && strcmp(entry, s->next) >= 0))
		return true;
	memcpy(s->next, entry, sizeof(entry));
	s->is_directory = name[len];
	return true;
}

/* False: that was the last. */
static bool find_next(struct search *s, const struct pyt_stack *stack)
{
	memcpy(s->last, s->next, sizeof(s->last));
	s->next[0] = '\0';
	pyt_sysctls_visit(stack, compare, s);
	return s->next[0];
}

int proc_settings_list(struct server *server, const char *rest, int from,
		       char *names, size_t room, uint32_t *len)
{
	struct gathering g = { .names = names, .room = room, .from = from };
	char prefix[NAME_MAX_LEN];
	struct search s = { .prefix = prefix };

	if (!name_of(rest, prefix))
		return -ENOENT;
	s.prefix_len = strlen(prefix);
	if (prefix[s.prefix_len - 1] != '.' &&
	    s.prefix_len + 1 < sizeof(prefix)) {
		prefix[s.prefix_len++] = '.';
		prefix[s.prefix_len] = '\0';
	}
	while (!g.full && find_next(&s, server->stack)) {
		g.found = true;
		put(&g, s.is_directory ? 'd' : 'f', s.next, strlen(s.next));
	}
	*len = (uint32_t)g.len;
	if (!g.found)
		return -ENOENT;
	return g.full ? g.count : 0;
}

/* --------------------------------------------------------------- class/net */

enum class_file {
	CLASS_ADDR_LEN,
	CLASS_ADDRESS,
	CLASS_BROADCAST,
	CLASS_CARRIER,
	CLASS_FLAGS,
	CLASS_IFINDEX,
	CLASS_IFLINK,
	CLASS_MTU,
	CLASS_OPERSTATE,
	CLASS_TX_QUEUE_LEN,
	CLASS_TYPE,
	CLASS_UEVENT,
	CLASS_RX_BYTES,
	CLASS_RX_DROPPED,
	CLASS_RX_PACKETS,
	CLASS_TX_BYTES,
	CLASS_TX_DROPPED,
	CLASS_TX_PACKETS,
	CLASS_FILES
};

static const char *const class_files[CLASS_FILES] = {
	"addr_len",
	"address",
	"broadcast",
	"carrier",
	"flags",
	"ifindex",
	"iflink",
	"mtu",
	"operstate",
	"tx_queue_len",
	"type",
	"uevent",
	"statistics/rx_bytes",
	"statistics/rx_dropped",
	"statistics/rx_packets",
	"statistics/tx_bytes",
	"statistics/tx_dropped",
	"statistics/tx_packets",
};

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

static int put_count(struct proc_text *text, uint64_t value)
{
	proc_print(text, "%llu\n", (unsigned long long)value);
	return 0;
}

static int put_hardware(struct proc_text *text, enum class_file file,
			const struct pyt_iface_info *info)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	bool has_mac = info->config.medium != PYT_MEDIUM_IP;
	bool is_ethernet = info->config.medium == PYT_MEDIUM_ETHERNET;
	static const uint8_t none[6];

	if (file == CLASS_ADDR_LEN)
		return put_count(text, has_mac ? 6 : 0);
	if (!has_mac)
		proc_print(text, "\n");
	else if (file == CLASS_ADDRESS)
		put_mac(text, info->config.mac);
	else
		put_mac(text, is_ethernet ? all : none);
	return 0;
}

static int put_statistic(struct proc_text *text, enum class_file file,
			 const struct pyt_iface_info *info)
{
	uint64_t value = 0;

	if (file == CLASS_RX_BYTES)
		value = info->rx_bytes;
	else if (file == CLASS_RX_DROPPED)
		value = info->rx_dropped;
	else if (file == CLASS_RX_PACKETS)
		value = info->rx_packets;
	else if (file == CLASS_TX_BYTES)
		value = info->tx_bytes;
	else if (file == CLASS_TX_DROPPED)
		value = info->tx_dropped;
	else if (file == CLASS_TX_PACKETS)
		value = info->tx_packets;
	return put_count(text, value);
}

static int put_class_file(struct proc_text *text, enum class_file file,
			  const struct pyt_iface_info *info, bool up)
{
	bool is_lo = info->config.medium == PYT_MEDIUM_LOOPBACK;

	switch ((int)file) {
	case CLASS_ADDR_LEN:
	case CLASS_ADDRESS:
	case CLASS_BROADCAST:
		return put_hardware(text, file, info);
	case CLASS_CARRIER:
		return up ? put_count(text, 1) : -EINVAL; /* as Linux */
	case CLASS_FLAGS:
		proc_print(text, "0x%x\n", flags_of(info));
		return 0;
	case CLASS_IFINDEX:
	case CLASS_IFLINK:
		return put_count(text, (uint64_t)info->ifindex);
	case CLASS_MTU:
		return put_count(text, info->config.mtu);
	case CLASS_OPERSTATE:
		proc_print(text, "%s\n",
			   !up	   ? "down"
			   : is_lo ? "unknown"
				   : "up");
		return 0;
	case CLASS_TX_QUEUE_LEN:
		return put_count(text, TX_QUEUE_LEN);
	case CLASS_TYPE:
		return put_count(text, ifaces_hardware_type(info));
	case CLASS_UEVENT:
		proc_print(text, "INTERFACE=%s\nIFINDEX=%d\n",
			   info->config.name, info->ifindex);
		return 0;
	default:
		return put_statistic(text, file, info);
	}
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
	for (int i = 0; i < CLASS_FILES; i++)
		if (strcmp(class_files[i], file) == 0)
			return put_class_file(text, (enum class_file)i, &info,
					      info.is_up);
	return -ENOENT;
}

static void gather_links(struct server *server, struct gathering *g)
{
	struct pyt_iface_info info;

	g->found = true;
	for (int i = 0; pyt_iface_get(server->stack, i, &info) == 0; i++)
		put(g, 'd', info.config.name, strlen(info.config.name));
}

static void gather_files(struct gathering *g, const char *directory)
{
	size_t len = strlen(directory);

	for (int i = 0; i < CLASS_FILES; i++) {
		const char *name = class_files[i];
		const char *slash = strchr(name, '/');

		if (len &&
		    (strncmp(name, directory, len) != 0 || name[len] != '/'))
			continue;
		g->found = true;
		if (len)
			put(g, 'f', name + len + 1, strlen(name + len + 1));
		else if (!slash)
			put(g, 'f', name, strlen(name));
		else if (!was_seen(g, name, (size_t)(slash - name)))
			put(g, 'd', name, (size_t)(slash - name));
	}
}

int proc_class_net_list(struct server *server, const char *rest, int from,
			char *names, size_t room, uint32_t *len)
{
	struct gathering g = { .names = names, .room = room, .from = from };
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
