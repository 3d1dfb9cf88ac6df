/* Events of the program: keys of TCP-MD5 and TCP-AO, what became of them. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/script.h"
#include "tcp/tcp_ao_abi.h"

/* What the words of a line say of a key. */
struct key {
	const char *secret;
	struct sockaddr_in peer;
	uint8_t prefix_len;
	uint8_t send_id, receive_id, mac_len, key_flags;
	uint8_t current_id, next_id;
	uint32_t flags; /* AO_SET_CURRENT ... */
	const char *algorithm;
};

static int handle_of(struct host *host)
{
	char *socket[] = { "socket", NULL };

	if (!host->current)
		program_event("socket")(host, socket);
	return host->current->handle;
}

static void set(struct host *host, const char *wanted, int name,
		const void *value, uint32_t len)
{
	int number = wanted ? parse_errno(wanted) : 0;
	int result =
		pyt_socket_set_option(host->stack, handle_of(host), IPPROTO_TCP,
				      name, value, len, host->now_us);

	if (wanted ? result != number : result < 0)
		host_fail(host, "another result\n  want:  %s\n  came:  %s",
			  wanted ? wanted : "success",
			  result < 0 ? errno_name(-result) : "success");
}

/* ADDRESS or ADDRESS/LENGTH */
static void parse_peer(struct host *host, const char *text, struct key *key)
{
	char copy[32], *slash;

	snprintf(copy, sizeof(copy), "%s", text);
	slash = strchr(copy, '/');
	if (slash) {
		*slash = '\0';
		key->prefix_len = (uint8_t)parse_number(host, slash + 1);
	}
	if (inet_pton(AF_INET, copy, &key->peer.sin_addr) != 1)
		host_fail(host, "no address: %s", text);
}

static bool parse_flag(const char *word, struct key *key)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} flags[] = {
		{ "required", AO_REQUIRED },
		{ "icmp", AO_ACCEPT_ICMPS },
	};

	if (strcmp(word, "without-options") == 0) {
		key->key_flags |= TCP_AO_KEYF_EXCLUDE_OPT;
		return true;
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (strcmp(word, flags[i].name) == 0) {
			key->flags |= flags[i].flag;
			return true;
		}
	return false;
}

static void parse_pair(struct host *host, char **word, struct key *key)
{
	const struct {
		const char *name;
		uint8_t *to;
		uint32_t flag;
	} numbers[] = {
		{ "send", &key->send_id, 0 },
		{ "receive", &key->receive_id, 0 },
		{ "mac", &key->mac_len, 0 },
		{ "current", &key->current_id, AO_SET_CURRENT },
		{ "next", &key->next_id, AO_SET_NEXT },
	};

	if (!word[1])
		host_fail(host, "%s: no value", word[0]);
	if (strcmp(word[0], "of") == 0) {
		parse_peer(host, word[1], key);
		return;
	}
	if (strcmp(word[0], "by") == 0) {
		key->algorithm = word[1];
		return;
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (strcmp(word[0], numbers[i].name) == 0) {
			*numbers[i].to = (uint8_t)parse_number(host, word[1]);
			key->flags |= numbers[i].flag;
			return;
		}
	host_fail(host, "'%s' is nothing that a key has", word[0]);
}

static struct key parse_key(struct host *host, char **word)
{
	struct key key = { .prefix_len = 32, .algorithm = "hmac(sha1)" };

	key.peer.sin_family = AF_INET;
	key.peer.sin_addr.s_addr = htonl(PEER_IP);
	while (*word) {
		if (parse_flag(*word, &key)) {
			word++;
			continue;
		}
		parse_pair(host, word, &key);
		word += 2;
	}
	return key;
}

/* ------------------------------------------------------------------- keys */

static void set_md5(struct host *host, const char *wanted,
		    const struct key *key)
{
	struct tcp_md5sig md5sig = { .tcpm_flags = TCP_MD5SIG_FLAG_PREFIX };
	size_t len = key->secret ? strlen(key->secret) : 0;

	memcpy(&md5sig.tcpm_addr, &key->peer, sizeof(key->peer));
	md5sig.tcpm_prefixlen = key->prefix_len;
	md5sig.tcpm_keylen = (uint16_t)len;
	memcpy(md5sig.tcpm_key, key->secret ? key->secret : "", len);
	set(host, wanted, TCP_MD5SIG_EXT, &md5sig, sizeof(md5sig));
}

static void add_ao(struct host *host, const char *wanted, const struct key *key)
{
	struct ao_add_key add = {
		.flags = key->flags,
		.prefix_len = key->prefix_len,
		.send_id = key->send_id,
		.receive_id = key->receive_id,
		.mac_len = key->mac_len,
		.key_flags = key->key_flags,
		.secret_len = (uint8_t)strlen(key->secret),
	};

	memcpy(&add.peer, &key->peer, sizeof(key->peer));
	snprintf(add.algorithm, sizeof(add.algorithm), "%s", key->algorithm);
	memcpy(add.secret, key->secret, add.secret_len);
	set(host, wanted, TCP_AO_ADD_KEY, &add, sizeof(add));
}

static void delete_ao(struct host *host, const char *wanted,
		      const struct key *key)
{
	struct ao_delete_key gone = {
		.flags = key->flags,
		.prefix_len = key->prefix_len,
		.send_id = key->send_id,
		.receive_id = key->receive_id,
		.current_id = key->current_id,
		.next_id = key->next_id,
	};

	memcpy(&gone.peer, &key->peer, sizeof(key->peer));
	set(host, wanted, TCP_AO_DEL_KEY, &gone, sizeof(gone));
}

/* key md5 SECRET ..., key ao SECRET ... */
static void event_key(struct host *host, char **word)
{
	char *wanted = cut_result(host, word);
	struct key key;

	host_start(host);
	if (!word[1] || !word[2])
		host_fail(host, "key md5 | ao SECRET");
	key = parse_key(host, word + 3);
	key.secret = word[2];
	if (strcmp(word[1], "md5") == 0)
		set_md5(host, wanted, &key);
	else
		add_ao(host, wanted, &key);
}

/* unkey md5 ..., unkey ao ... */
static void event_unkey(struct host *host, char **word)
{
	char *wanted = cut_result(host, word);
	struct key key;

	host_start(host);
	if (!word[1])
		host_fail(host, "unkey md5 | ao");
	key = parse_key(host, word + 2);
	if (strcmp(word[1], "md5") == 0)
		set_md5(host, wanted, &key);
	else
		delete_ao(host, wanted, &key);
}

/* ------------------------------------------------------------ TCP_AO_INFO */

/* ao current ID next ID required icmp: what the program wants. */
static void event_ao(struct host *host, char **word)
{
	char *wanted = cut_result(host, word);
	struct key key;
	struct ao_info info;

	host_start(host);
	key = parse_key(host, word + 1);
	info = (struct ao_info){ .flags = key.flags,
				 .current_id = key.current_id,
				 .next_id = key.next_id };
	set(host, wanted, TCP_AO_INFO, &info, sizeof(info));
}

static int64_t field_of(struct host *host, const struct ao_info *info,
			const char *name)
{
	const struct {
		const char *name;
		uint64_t value;
	} fields[] = {
		{ "current", info->current_id },
		{ "next", info->next_id },
		{ "good", info->good },
		{ "bad", info->bad },
		{ "key_not_found", info->key_not_found },
		{ "required", info->required },
		{ "dropped_icmp", info->dropped_icmp },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (strcmp(fields[i].name, name) == 0)
			return (int64_t)fields[i].value;
	host_fail(host, "no field of TCP_AO_INFO: %s", name);
}

/* aoinfo FIELD VALUE ...: what the program is told. */
static void event_aoinfo(struct host *host, char **word)
{
	struct ao_info info = { 0 };
	int len;

	host_start(host);
	len = pyt_socket_get_option(host->stack, handle_of(host), IPPROTO_TCP,
				    TCP_AO_INFO, &info, sizeof(info),
				    host->now_us);
	if (len < 0)
		host_fail(host, "no TCP_AO_INFO: %s", errno_name(-len));
	for (word++; *word; word += 2) {
		if (!word[1])
			host_fail(host, "%s: no value", *word);
		if (field_of(host, &info, word[0]) !=
		    parse_number(host, word[1]))
			host_fail(host,
				  "%s is another\n  want:  %s\n  came:  %lld",
				  word[0], word[1],
				  (long long)field_of(host, &info, word[0]));
	}
}

event_function *key_event(const char *verb)
{
	static const struct {
		const char *verb;
		event_function *function;
	} events[] = {
		{ "key", event_key },
		{ "unkey", event_unkey },
		{ "ao", event_ao },
		{ "aoinfo", event_aoinfo },
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (strcmp(events[i].verb, verb) == 0)
			return events[i].function;
	return NULL;
}
