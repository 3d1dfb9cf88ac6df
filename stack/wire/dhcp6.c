/* DHCPv6 messages. RFC 8415, 8, 9 and 21. */
#include "wire/dhcp6.h"

#define MAX_RT_MIN 60u /* RFC 8415, 21.24, 21.25: others are ignored */
#define MAX_RT_MAX 86400u

struct option {
	uint16_t code;
	struct reader value;
};

/* False: the end. A cut option sets failed. */
static bool next(struct reader *r, struct option *option)
{
	if (r->failed || r->left == 0)
		return false;
	option->code = reader_u16(r);
	option->value = reader_split(r, reader_u16(r));
	return !option->value.failed;
}

static bool parse_lease(struct reader r, bool is_prefix,
			struct dhcp6_lease *lease)
{
	lease->prefix_len = 128;
	if (is_prefix) {
		lease->preferred = reader_u32(&r);
		lease->valid = reader_u32(&r);
		lease->prefix_len = reader_u8(&r);
		reader_copy(&r, lease->ip.bytes, sizeof(lease->ip.bytes));
	} else {
		reader_copy(&r, lease->ip.bytes, sizeof(lease->ip.bytes));
		lease->preferred = reader_u32(&r);
		lease->valid = reader_u32(&r);
	}
	/* RFC 8415, 21.6, 21.22 */
	return !r.failed && lease->preferred <= lease->valid &&
	       lease->prefix_len <= 128;
}

static bool parse_ia_options(struct reader r, bool is_prefix,
			     struct dhcp6_ia *ia)
{
	struct option option;
	int seen = 0;

	while (next(&r, &option) && seen++ < DHCP6_OPTIONS_MAX) {
		if (option.code == DHCP6_STATUS_CODE)
			ia->status = reader_u16(&option.value);
		if (option.code !=
			    (is_prefix ? DHCP6_IA_PREFIX : DHCP6_IA_ADDRESS) ||
		    ia->count == DHCP6_LEASES_MAX)
			continue;
		if (parse_lease(option.value, is_prefix, &ia->lease[ia->count]))
			ia->count++;
	}
	return !r.failed;
}

/* Others' identities and a second of ours are passed over. */
static bool parse_ia(struct reader r, bool is_prefix, const uint8_t iaid[4],
		     struct dhcp6_ia *ia)
{
	struct dhcp6_ia new = { .present = true };
	uint8_t id[4];

	reader_copy(&r, id, sizeof(id));
	new.t1 = reader_u32(&r);
	new.t2 = reader_u32(&r);
	if (r.failed)
		return false;
	if (ia->present || memcmp(id, iaid, sizeof(id)) != 0)
		return true;
	/* RFC 8415, 21.4: as if the option were not there */
	if (new.t1 > new.t2 &&new.t2 > 0)
		return true;
	if (!parse_ia_options(r, is_prefix, &new))
		return false;
	*ia = new;
	return true;
}

static void set_max(uint32_t *max, struct reader value)
{
	uint32_t seconds = reader_u32(&value);

	if (!value.failed && seconds >= MAX_RT_MIN && seconds <= MAX_RT_MAX)
		*max = seconds;
}

static bool parse_authentication(struct reader r,
				 struct dhcp6_authentication *authentication)
{
	authentication->protocol = reader_u8(&r);
	authentication->algorithm = reader_u8(&r);
	authentication->replay_method = reader_u8(&r);
	authentication->replay = (uint64_t)reader_u32(&r) << 32;
	authentication->replay |= reader_u32(&r);
	authentication->information = r;
	authentication->present = true;
	return !r.failed;
}

static bool parse_option(const struct option *option, const uint8_t iaid[4],
			 struct dhcp6_message *m)
{
	struct reader value = option->value;

	switch (option->code) {
	case DHCP6_CLIENT_ID:
		m->client_id = value;
		break;
	case DHCP6_SERVER_ID:
		m->server_id = value;
		return value.left > 0 && value.left <= DHCP6_DUID_MAX;
	case DHCP6_IA_NA:
		return parse_ia(value, false, iaid, &m->addresses);
	case DHCP6_IA_PD:
		return parse_ia(value, true, iaid, &m->prefixes);
	case DHCP6_PREFERENCE:
		m->preference = reader_u8(&value);
		break;
	case DHCP6_STATUS_CODE:
		m->status = reader_u16(&value);
		break;
	case DHCP6_RAPID_COMMIT:
		m->rapid_commit = true;
		break;
	case DHCP6_AUTHENTICATION:
		return parse_authentication(value, &m->authentication);
	case DHCP6_RECONFIGURE_MESSAGE:
		m->reconfigure = reader_u8(&value);
		break;
	case DHCP6_DNS_SERVERS:
		m->servers = value;
		return value.left % 16 == 0;
	case DHCP6_DOMAIN_LIST:
		m->domains = value;
		break;
	case DHCP6_INFORMATION_REFRESH_TIME:
		m->refresh_time = reader_u32(&value);
		break;
	case DHCP6_SOL_MAX_RT:
		set_max(&m->solicit_max, value);
		return true;
	case DHCP6_INF_MAX_RT:
		set_max(&m->inform_max, value);
		return true;
	case DHCP6_CAPTIVE_PORTAL:
		m->portal = value;
		break;
	default:
		break;
	}
	return !value.failed;
}

bool dhcp6_parse(struct reader bytes, const uint8_t iaid[4],
		 struct dhcp6_message *message)
{
	struct dhcp6_message m = { 0 };
	struct option option;
	int seen = 0;

	m.type = reader_u8(&bytes);
	m.transaction = (uint32_t)reader_u8(&bytes) << 16;
	m.transaction |= reader_u16(&bytes);
	if (bytes.failed)
		return false;
	while (next(&bytes, &option)) {
		if (seen++ == DHCP6_OPTIONS_MAX ||
		    !parse_option(&option, iaid, &m))
			return false;
	}
	if (bytes.failed)
		return false;
	*message = m;
	return true;
}

void dhcp6_build_header(struct writer *w, enum dhcp6_type type,
			uint32_t transaction)
{
	writer_u32(w, (uint32_t)type << 24 | (transaction & 0xffffff));
}

void dhcp6_build_option(struct writer *w, enum dhcp6_option_code code,
			const void *value, size_t len)
{
	writer_u16(w, (uint16_t)code);
	writer_u16(w, (uint16_t)len);
	if (len > 0)
		writer_copy(w, value, len);
}

void dhcp6_build_u16(struct writer *w, enum dhcp6_option_code code,
		     uint16_t value)
{
	writer_u16(w, (uint16_t)code);
	writer_u16(w, sizeof(value));
	writer_u16(w, value);
}

static void build_lease(struct writer *w, bool is_prefix,
			const struct dhcp6_lease *lease)
{
	writer_u16(w, is_prefix ? DHCP6_IA_PREFIX : DHCP6_IA_ADDRESS);
	writer_u16(w, is_prefix ? 25 : 24);
	if (is_prefix) {
		writer_u32(w, 0); /* lifetimes are the server's to choose */
		writer_u32(w, 0);
		writer_u8(w, lease->prefix_len);
	}
	writer_copy(w, lease->ip.bytes, sizeof(lease->ip.bytes));
	if (!is_prefix) {
		writer_u32(w, 0);
		writer_u32(w, 0);
	}
}

void dhcp6_build_ia(struct writer *w, enum dhcp6_option_code code,
		    const uint8_t iaid[4], const struct dhcp6_lease *leases,
		    int count)
{
	bool is_prefix = code == DHCP6_IA_PD;

	writer_u16(w, (uint16_t)code);
	writer_u16(w, (uint16_t)(12 + count * (is_prefix ? 29 : 28)));
	writer_copy(w, iaid, 4);
	writer_u32(w, 0); /* T1, T2: no wish */
	writer_u32(w, 0);
	for (int i = 0; i < count; i++)
		build_lease(w, is_prefix, &leases[i]);
}
