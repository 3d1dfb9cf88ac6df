/* A server asks its client to ask. RFC 8415, 16.11, 18.2.11, 20.4, 21.11. */
#include <nettle/hmac.h>
#include <nettle/memops.h>

#include "autoconf/dhcp6_internal.h"

#define PROTOCOL_RKAP 3
#define ALGORITHM_HMAC_MD5 1
#define REPLAY_COUNTER 0 /* it only ever grows */
#define TYPE_KEY 1
#define TYPE_DIGEST 2
#define INFORMATION_LEN (1 + DHCP6_KEY_LEN)

/* The 16 bytes of this type, or NULL. */
static const uint8_t *information_of(const struct dhcp6_authentication *a,
				     uint8_t type)
{
	if (!a->present || a->protocol != PROTOCOL_RKAP ||
	    a->algorithm != ALGORITHM_HMAC_MD5 ||
	    a->replay_method != REPLAY_COUNTER ||
	    a->information.left != INFORMATION_LEN ||
	    a->information.at[0] != type)
		return NULL;
	return a->information.at + 1;
}

void dhcp6_note_key(struct dhcp6 *dhcp6, const struct dhcp6_message *m)
{
	const uint8_t *key = information_of(&m->authentication, TYPE_KEY);
	struct dhcp6_key *kept = &dhcp6->key;

	if (!key)
		return;
	kept->server = dhcp6_server_of(m);
	kept->replay = m->authentication.replay;
	memcpy(kept->bytes, key, sizeof(kept->bytes));
}

/* 20.4.3: over the message, with zeros in place of the digest itself. */
static bool is_signed(const struct dhcp6_key *key, struct reader message,
		      const uint8_t *digest)
{
	static const uint8_t zeros[DHCP6_KEY_LEN];
	size_t before = (size_t)(digest - message.at);
	struct hmac_md5_ctx hmac;
	uint8_t ours[DHCP6_KEY_LEN];

	hmac_md5_set_key(&hmac, sizeof(key->bytes), key->bytes);
	hmac_md5_update(&hmac, before, message.at);
	hmac_md5_update(&hmac, sizeof(zeros), zeros);
	hmac_md5_update(&hmac, message.left - before - sizeof(zeros),
			digest + sizeof(zeros));
	hmac_md5_digest(&hmac, sizeof(ours), ours);
	return memeql_sec(ours, digest, sizeof(ours));
}

static bool is_of_server(const struct dhcp6_server *server,
			 const struct dhcp6_message *m)
{
	return server->id_len > 0 && server->id_len == m->server_id.left &&
	       memcmp(server->id, m->server_id.at, server->id_len) == 0;
}

static bool is_authentic(const struct dhcp6_key *key,
			 const struct dhcp6_message *m, struct reader message)
{
	const uint8_t *digest = information_of(&m->authentication, TYPE_DIGEST);

	return digest && is_of_server(&key->server, m) &&
	       m->authentication.replay > key->replay &&
	       is_signed(key, message, digest);
}

/* What is to be done; OFF: nothing of what a client can do now. */
static enum dhcp6_state wanted(const struct dhcp6 *dhcp6, uint8_t type)
{
	bool bound = dhcp6->state == DHCP6_STATE_BOUND;

	if (type == DHCP6_RENEW && bound)
		return DHCP6_STATE_RENEWING;
	if (type == DHCP6_REBIND && bound)
		return DHCP6_STATE_REBINDING;
	if (type == DHCP6_INFORMATION_REQUEST &&
	    (bound || dhcp6->state == DHCP6_STATE_INFORMED))
		return DHCP6_STATE_INFORMING;
	return DHCP6_STATE_OFF;
}

enum counter dhcp6_on_reconfigure(struct autoconf_link *link,
				  const struct dhcp6_message *m,
				  struct reader message, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);
	enum dhcp6_state next = wanted(dhcp6, m->reconfigure);

	if (!is_authentic(&dhcp6->key, m, message))
		return COUNTER_DHCP6_UNAUTHENTIC;
	dhcp6->key.replay = m->authentication.replay;
	if (next == DHCP6_STATE_OFF) /* it is being asked already */
		return COUNTER_DHCP6_UNEXPECTED;
	counter_hit(&link->engine->counters, COUNTER_DHCP6_RECONFIGURES);
	engine_log(link->engine, PYT_LOG_INFO, "dhcp6",
		   "%s: the server has news, it is asked",
		   link->iface->config.name);
	dhcp6_enter(link, next, now_us);
	return COUNTER_NONE;
}
