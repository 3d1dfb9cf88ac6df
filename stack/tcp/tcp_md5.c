/* TCP-MD5, RFC 2385, with Linux's TCP_MD5SIG and TCP_MD5SIG_EXT. */
#include "tcp/tcp_md5.h"

#include <errno.h>
#include <linux/tcp.h>
#include <string.h>

/* RFC 2385, 2.0: a segment that is signed, is wanted signed, or is not. */
enum counter tcp_md5_verify(struct tcp_auth *auth,
			    const struct tcp_segment *segment)
{
	const struct tcp_auth_key *key =
		tcp_auth_key_find(auth, TCP_AUTH_MD5, &segment->src);
	struct iovec payload = { (void *)segment->payload,
				 segment->payload_len };
	struct tcp_auth_message message = {
		.src = segment->src,
		.dst = segment->dst,
		.header = segment->wire,
		.header_len = segment->wire_len,
		.payload = &payload,
		.payload_count = 1,
		.payload_len = segment->payload_len,
	};
	uint8_t digest[TCP_MD5_LEN];

	if (!key)
		return COUNTER_TCP_MD5_UNEXPECTED;
	if (!segment->wire)
		return COUNTER_TCP_MD5_FAILURE;
	tcp_auth_md5(&message, key->secret, key->secret_len, digest);
	return tcp_auth_equal(digest, segment->wire + segment->header.auth.at,
			      TCP_MD5_LEN)
		       ? COUNTER_NONE
		       : COUNTER_TCP_MD5_FAILURE;
}

static int set_key(struct tcp_connection *tcp, struct tcp_auth_key *wanted,
		   const struct tcp_md5sig *md5sig)
{
	struct tcp_auth_key *key = tcp_auth_key_find_same(tcp->auth, wanted);

	if (!md5sig->tcpm_keylen) {
		if (!key)
			return -ENOENT;
		tcp_auth_key_remove(tcp, key);
		return 0;
	}
	if (tcp_auth_key_find(tcp->auth, TCP_AUTH_AO, &wanted->peer))
		return -EKEYREJECTED; /* one kind for a peer */
	if (!key)
		key = tcp_auth_key_add(tcp, wanted);
	if (!key)
		return -ENOMEM;
	key->secret_len = (uint8_t)md5sig->tcpm_keylen;
	memcpy(key->secret, md5sig->tcpm_key, key->secret_len);
	return 0;
}

int tcp_md5_set_option(struct tcp_connection *tcp, int name, const void *value,
		       uint32_t value_len)
{
	struct tcp_auth_key wanted = { .kind = TCP_AUTH_MD5 };
	struct tcp_md5sig md5sig;
	bool extended = name == TCP_MD5SIG_EXT;
	int result;

	if (name != TCP_MD5SIG && !extended)
		return -ENOPROTOOPT;
	if (value_len < sizeof(md5sig))
		return -EINVAL;
	memcpy(&md5sig, value, sizeof(md5sig));
	result = tcp_auth_parse_peer(
		&md5sig.tcpm_addr,
		extended && (md5sig.tcpm_flags & TCP_MD5SIG_FLAG_PREFIX),
		md5sig.tcpm_prefixlen, &wanted);
	if (result < 0)
		return result;
	if (md5sig.tcpm_keylen > TCP_MD5SIG_MAXKEYLEN)
		return -EINVAL;
	if (extended && (md5sig.tcpm_flags & TCP_MD5SIG_FLAG_IFINDEX))
		wanted.ifindex = md5sig.tcpm_ifindex;
	result = set_key(tcp, &wanted, &md5sig);
	explicit_bzero(&md5sig, sizeof(md5sig));
	return result;
}
