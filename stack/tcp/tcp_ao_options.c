/* Linux's socket options of TCP-AO: keys are added, chosen, removed, shown. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "tcp/tcp_ao.h"

#define MAC_LEN_DEFAULT 12 /* RFC 5926, 3.2 */
/* Beside MSS, timestamps and window scale in a SYN, as Linux reckons. */
#define OPTION_LEN_MAX 20
#define OPTION_HEAD 4

static const struct algorithm {
	const char *name;
	enum tcp_ao_algorithm algorithm;
} algorithms[] = {
	{ "hmac(sha1)", TCP_AO_HMAC_SHA1 },
	{ "cmac(aes128)", TCP_AO_CMAC_AES128 }, /* RFC 5926's name */
	{ "cmac(aes)", TCP_AO_CMAC_AES128 }, /* Linux's own */
};

static const char *name_of(enum tcp_ao_algorithm algorithm)
{
	return algorithm == TCP_AO_HMAC_SHA1 ? "hmac(sha1)" : "cmac(aes)";
}

static bool find_algorithm(const char name[AO_NAME_MAX],
			   enum tcp_ao_algorithm *algorithm)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
		if (strncmp(name, algorithms[i].name, AO_NAME_MAX - 1) == 0) {
			*algorithm = algorithms[i].algorithm;
			return true;
		}
	return false;
}

/* Linux: the first call comes before the connection is begun. */
static bool comes_too_late(const struct tcp_connection *tcp)
{
	bool has_ao = tcp->auth && tcp->auth->has_ao;

	return tcp->state != TCP_STATE_CLOSED &&
	       tcp->state != TCP_STATE_LISTEN && !has_ao;
}

/* ------------------------------------------------------------------ add */

static int check_add(const struct ao_add_key *add)
{
	uint8_t known = TCP_AO_KEYF_IFINDEX | TCP_AO_KEYF_EXCLUDE_OPT;

	if ((add->flags & ~(AO_SET_CURRENT | AO_SET_NEXT)) || add->reserved ||
	    (add->key_flags & ~known) || add->secret_len > AO_SECRET_MAX)
		return -EINVAL;
	if (add->ifindex && !(add->key_flags & TCP_AO_KEYF_IFINDEX))
		return -EINVAL;
	return 0;
}

static int check_mac_len(uint32_t mac_len, enum tcp_ao_algorithm algorithm)
{
	if (mac_len > tcp_ao_mac_max(algorithm))
		return -EINVAL;
	return ((OPTION_HEAD + mac_len + 3) & ~3u) > OPTION_LEN_MAX ? -EMSGSIZE
								    : 0;
}

static int parse_add(const struct ao_add_key *add, struct tcp_auth_key *key)
{
	int result = check_add(add);

	if (result == 0)
		result = tcp_auth_parse_peer(&add->peer, true, add->prefix_len,
					     key);
	if (result < 0)
		return result;
	if (!find_algorithm(add->algorithm, &key->algorithm))
		return -ENOENT;
	key->kind = TCP_AUTH_AO;
	key->ifindex = add->ifindex;
	key->flags = add->key_flags;
	key->send_id = add->send_id;
	key->receive_id = add->receive_id;
	key->mac_len = add->mac_len ? add->mac_len : MAC_LEN_DEFAULT;
	key->secret_len = add->secret_len;
	memcpy(key->secret, add->secret, add->secret_len);
	return check_mac_len(key->mac_len, key->algorithm);
}

static int add_parsed(struct tcp_connection *tcp,
		      const struct tcp_auth_key *parsed, uint32_t flags)
{
	struct tcp_auth *auth = tcp_auth_get(tcp);
	struct tcp_auth_key *key;

	if (!auth)
		return -ENOMEM;
	if (tcp_auth_key_find(auth, TCP_AUTH_MD5, &parsed->peer))
		return -EKEYREJECTED;
	/* Two that one peer may use need ids of their own; RFC 5925, 3.1. */
	if (tcp_auth_key_is_taken(auth, parsed))
		return -EEXIST;
	key = tcp_auth_key_add(tcp, parsed);
	if (!key)
		return -ENOMEM;
	auth->has_ao = true;
	if (flags & AO_SET_CURRENT)
		auth->current = key;
	if (flags & AO_SET_NEXT)
		auth->next = key;
	return 0;
}

static int add_key(struct tcp_connection *tcp, const void *value,
		   uint32_t value_len)
{
	struct tcp_auth_key key = { 0 };
	struct ao_add_key add;
	int result;

	if (value_len < sizeof(add))
		return -EINVAL;
	memcpy(&add, value, sizeof(add));
	/* A listener has no connection that a key could be chosen for. */
	result = tcp->state == TCP_STATE_LISTEN && add.flags
			 ? -EINVAL
			 : parse_add(&add, &key);
	if (result == 0)
		result = add_parsed(tcp, &key, add.flags);
	explicit_bzero(&add, sizeof(add));
	explicit_bzero(&key, sizeof(key));
	return result;
}

/* --------------------------------------------------------- choose, remove */

/* Both or neither. */
static int choose(struct tcp_connection *tcp, uint32_t flags,
		  uint8_t current_id, uint8_t next_id)
{
	struct tcp_auth *auth = tcp->auth;
	const struct pyt_ip *peer = &tcp->peer.ip;
	struct tcp_auth_key *current = auth->current, *next = auth->next;

	if (flags & AO_SET_CURRENT)
		current = tcp_ao_find_send(auth, peer, current_id);
	if (flags & AO_SET_NEXT)
		next = tcp_ao_find_receive(auth, peer, next_id);
	if (((flags & AO_SET_CURRENT) && !current) ||
	    ((flags & AO_SET_NEXT) && !next))
		return -ENOENT;
	auth->current = current;
	auth->next = next;
	return 0;
}

static struct tcp_auth_key *find_exact(struct tcp_auth *auth,
				       const struct ao_delete_key *wanted)
{
	struct tcp_auth_key key = { .kind = TCP_AUTH_AO,
				    .send_id = wanted->send_id,
				    .receive_id = wanted->receive_id,
				    .ifindex = wanted->ifindex };

	if (tcp_auth_parse_peer(&wanted->peer, true, wanted->prefix_len, &key) <
	    0)
		return NULL;
	return tcp_auth_key_find_same(auth, &key);
}

static bool is_in_use(const struct tcp_connection *tcp,
		      const struct tcp_auth_key *key)
{
	return tcp->state != TCP_STATE_CLOSED &&
	       tcp->state != TCP_STATE_LISTEN &&
	       (key == tcp->auth->current || key == tcp->auth->next);
}

static int delete_key(struct tcp_connection *tcp, const void *value,
		      uint32_t value_len)
{
	struct ao_delete_key wanted;
	struct tcp_auth_key *key;
	int result;

	if (value_len < sizeof(wanted))
		return -EINVAL;
	memcpy(&wanted, value, sizeof(wanted));
	if ((wanted.flags &
	     ~(AO_SET_CURRENT | AO_SET_NEXT | AO_DELETE_ASYNC)) ||
	    wanted.reserved || (wanted.key_flags & ~TCP_AO_KEYF_IFINDEX))
		return -EINVAL;
	if (!tcp->auth || !tcp->auth->has_ao)
		return -ENOENT;
	key = find_exact(tcp->auth, &wanted);
	if (!key)
		return -ENOENT;
	result = choose(tcp, wanted.flags, wanted.current_id, wanted.next_id);
	if (result < 0)
		return result;
	if (is_in_use(tcp, key))
		return -EBUSY;
	if (tcp->auth->current == key)
		tcp->auth->current = NULL;
	if (tcp->auth->next == key)
		tcp->auth->next = NULL;
	tcp_auth_key_remove(tcp, key);
	return 0;
}

/* ----------------------------------------------------------------- info */

static int set_info(struct tcp_connection *tcp, const void *value,
		    uint32_t value_len)
{
	uint32_t known = AO_SET_CURRENT | AO_SET_NEXT | AO_REQUIRED |
			 AO_SET_COUNTERS | AO_ACCEPT_ICMPS;
	struct tcp_auth *auth = tcp_auth_get(tcp);
	struct ao_info info;
	int result;

	if (value_len < sizeof(info))
		return -EINVAL;
	memcpy(&info, value, sizeof(info));
	if ((info.flags & ~known) || info.reserved)
		return -EINVAL;
	if (!auth)
		return -ENOMEM;
	if ((info.flags & AO_REQUIRED) &&
	    tcp_auth_key_find(auth, TCP_AUTH_MD5, &tcp->peer.ip))
		return -EKEYREJECTED;
	result = choose(tcp, info.flags, info.current_id, info.next_id);
	if (result < 0)
		return result;
	auth->has_ao = true;
	auth->ao_required = info.flags & AO_REQUIRED;
	auth->accepts_icmp = info.flags & AO_ACCEPT_ICMPS;
	if (info.flags & AO_SET_COUNTERS) {
		auth->good_count = info.good;
		auth->bad_count = info.bad;
		auth->key_not_found_count = info.key_not_found;
		auth->required_count = info.required;
		auth->dropped_icmp_count = info.dropped_icmp;
	}
	return 0;
}

static int get_info(const struct tcp_connection *tcp, void *value,
		    uint32_t value_len)
{
	const struct tcp_auth *auth = tcp->auth;
	struct ao_info info = { 0 };

	if (!auth || !auth->has_ao)
		return -ENOENT;
	if (auth->current) {
		info.flags |= AO_SET_CURRENT;
		info.current_id = auth->current->send_id;
	}
	if (auth->next) {
		info.flags |= AO_SET_NEXT;
		info.next_id = auth->next->receive_id;
	}
	info.flags |= auth->ao_required ? AO_REQUIRED : 0;
	info.flags |= auth->accepts_icmp ? AO_ACCEPT_ICMPS : 0;
	info.good = auth->good_count;
	info.bad = auth->bad_count;
	info.key_not_found = auth->key_not_found_count;
	info.required = auth->required_count;
	info.dropped_icmp = auth->dropped_icmp_count;
	if (value_len > sizeof(info))
		value_len = sizeof(info);
	memcpy(value, &info, value_len);
	return (int)value_len;
}

/* ----------------------------------------------------------------- keys */

static void show_peer(const struct tcp_auth_key *key,
		      struct sockaddr_storage *to)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };

	memset(to, 0, sizeof(*to));
	if (pyt_ip_is_v4(&key->peer)) {
		sin.sin_addr.s_addr = htonl(pyt_ip_to_v4(&key->peer));
		memcpy(to, &sin, sizeof(sin));
	} else {
		memcpy(&sin6.sin6_addr, key->peer.bytes, 16);
		memcpy(to, &sin6, sizeof(sin6));
	}
}

static void show_key(const struct tcp_auth *auth,
		     const struct tcp_auth_key *key, struct ao_get_keys *shown)
{
	const char *name = name_of(key->algorithm);

	memset(shown, 0, sizeof(*shown));
	show_peer(key, &shown->peer);
	memcpy(shown->algorithm, name, strlen(name));
	memcpy(shown->secret, key->secret, key->secret_len);
	shown->secret_len = key->secret_len;
	shown->flags |= key == auth->current ? AO_IS_CURRENT : 0;
	shown->flags |= key == auth->next ? AO_IS_NEXT : 0;
	shown->send_id = key->send_id;
	shown->receive_id = key->receive_id;
	shown->prefix_len = key->prefix_len;
	shown->mac_len = key->mac_len;
	shown->key_flags = key->flags;
	shown->ifindex = key->ifindex;
	shown->good = key->good_count;
	shown->bad = key->bad_count;
}

static bool is_wanted(const struct tcp_auth *auth,
		      const struct tcp_auth_key *key,
		      const struct ao_get_keys *wanted,
		      const struct tcp_auth_key *peer)
{
	if (key->kind != TCP_AUTH_AO)
		return false;
	if (wanted->flags & AO_GET_ALL)
		return true;
	if (wanted->flags & (AO_IS_CURRENT | AO_IS_NEXT))
		return ((wanted->flags & AO_IS_CURRENT) &&
			key == auth->current) ||
		       ((wanted->flags & AO_IS_NEXT) && key == auth->next);
	return key->send_id == wanted->send_id &&
	       key->receive_id == wanted->receive_id &&
	       key->prefix_len == peer->prefix_len &&
	       pyt_ip_equal(&key->peer, &peer->peer);
}

/* The first record says how many match, of which those that fit are shown. */
static int get_keys(const struct tcp_connection *tcp, void *value,
		    uint32_t value_len)
{
	const struct tcp_auth *auth = tcp->auth;
	uint32_t room = value_len / sizeof(struct ao_get_keys), count = 0;
	struct ao_get_keys wanted, shown;
	struct tcp_auth_key peer = { 0 }, *key;
	uint8_t *to = value;

	if (!auth || !auth->has_ao)
		return -ENOENT;
	if (!room)
		return -EINVAL;
	memcpy(&wanted, value, sizeof(wanted));
	if (wanted.flags & ~(AO_IS_CURRENT | AO_IS_NEXT | AO_GET_ALL))
		return -EINVAL;
	if (!(wanted.flags) &&
	    tcp_auth_parse_peer(&wanted.peer, true, wanted.prefix_len, &peer))
		return -EINVAL;
	TAILQ_FOREACH (key, &auth->keys, link) {
		if (!is_wanted(auth, key, &wanted, &peer))
			continue;
		show_key(auth, key, &shown);
		if (count < room)
			memcpy(to + count * sizeof(shown), &shown,
			       sizeof(shown));
		count++;
	}
	explicit_bzero(&shown, sizeof(shown));
	memcpy(to + offsetof(struct ao_get_keys, key_count), &count,
	       sizeof(count));
	return (int)((count && count < room ? count : room) * sizeof(shown));
}

/* ------------------------------------------------------------- dispatch */

int tcp_ao_set_option(struct tcp_connection *tcp, int name, const void *value,
		      uint32_t value_len)
{
	switch (name) {
	case TCP_AO_ADD_KEY:
		return comes_too_late(tcp) ? -EISCONN
					   : add_key(tcp, value, value_len);
	case TCP_AO_DEL_KEY:
		return comes_too_late(tcp) ? -EISCONN
					   : delete_key(tcp, value, value_len);
	case TCP_AO_INFO:
		return comes_too_late(tcp) ? -EISCONN
					   : set_info(tcp, value, value_len);
	case TCP_AO_REPAIR:
		return -EPERM; /* for checkpointing, which is not done here */
	default:
		return -ENOPROTOOPT;
	}
}

int tcp_ao_get_option(const struct tcp_connection *tcp, int name, void *value,
		      uint32_t value_len)
{
	switch (name) {
	case TCP_AO_INFO:
		return get_info(tcp, value, value_len);
	case TCP_AO_GET_KEYS:
		return get_keys(tcp, value, value_len);
	case TCP_AO_REPAIR:
		return -EPERM;
	default:
		return -ENOPROTOOPT;
	}
}
