/* Options, keys and settings of the hosts between which segments are forged. */
#include "knobs.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "tcp/tcp_ao_abi.h"

#define NAMES_MAX 64 /* numbers of options go so far */

static struct pyt_stack *stack_of(const struct sim *sim, int host)
{
	return sim->host[host].stack;
}

void knobs_ask(struct sim *sim, int host, int handle, uint8_t room)
{
	static const int levels[] = { IPPROTO_TCP, SOL_SOCKET, IPPROTO_IP };
	uint64_t value[64];
	uint32_t len = room < 250 ? room : sizeof(value);

	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
		for (int name = 0; name < NAMES_MAX; name++) {
			memset(value, 0, sizeof(value));
			pyt_socket_get_option(stack_of(sim, host), handle,
					      levels[i], name, value, len,
					      sim->now_us);
		}
}

void knobs_set(struct sim *sim, uint8_t which)
{
	static const char *const settings[][2] = {
		{ "tcp_fastopen", "3" },
		{ "tcp_fastopen", "1543" }, /* without cookies */
		{ "tcp_fastopen_blackhole_timeout_sec", "10" },
		{ "tcp_frto", "0" },
		{ "tcp_tail_probes", "3" },
		{ "tcp_early_retrans", "0" },
		{ "tcp_recovery", "5" },
		{ "tcp_dsack", "0" },
		{ "tcp_thin_linear_timeouts", "1" },
		{ "tcp_slow_start_after_idle", "0" },
		{ "tcp_abort_on_overflow", "1" },
		{ "tcp_rfc1337", "1" },
		{ "tcp_syncookies", "2" },
		{ "tcp_no_ssthresh_metrics_save", "0" },
		{ "tcp_comp_sack_nr", "0" },
		{ "tcp_mtu_probing", "2" },
		{ "tcp_tw_reuse", "1" },
		{ "tcp_mem", "4 8 16" },
		{ "tcp_ecn_fallback", "0" },
		{ "tcp_retries2", "2" },
	};
	const size_t count = sizeof(settings) / sizeof(*settings);
	char name[64];

	snprintf(name, sizeof(name), "net.ipv4.%s", settings[which % count][0]);
	for (int i = 0; i < SIM_HOSTS; i++)
		pyt_sysctl_set(stack_of(sim, i), name,
			       settings[which % count][1]);
}

void knobs_set_option(struct sim *sim, int host, int handle, uint8_t which)
{
	static const struct {
		int level, name;
		const char *text; /* NULL: the number */
		int number;
	} options[] = {
		{ IPPROTO_TCP, TCP_CONGESTION, "reno", 0 },
		{ IPPROTO_TCP, TCP_CONGESTION, "bbr", 0 },
		{ IPPROTO_TCP, TCP_CONGESTION, "dctcp", 0 },
		{ IPPROTO_TCP, TCP_FASTOPEN, NULL, 4 },
		{ IPPROTO_TCP, TCP_FASTOPEN_KEY, "0123456789abcdef", 0 },
		{ IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, NULL, 1 },
		{ IPPROTO_TCP, TCP_DEFER_ACCEPT, NULL, 2 },
		{ IPPROTO_TCP, TCP_SAVE_SYN, NULL, 1 },
		{ IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, NULL, 1 },
		{ IPPROTO_TCP, TCP_SYNCNT, NULL, 1 },
		{ IPPROTO_TCP, TCP_INQ, NULL, 1 },
		{ SOL_SOCKET, SO_MAX_PACING_RATE, NULL, 100000 },
	};
	size_t i = which % (sizeof(options) / sizeof(*options));
	const char *text = options[i].text;
	const void *value = text ? (const void *)text : &options[i].number;
	size_t len = text ? strlen(text) : sizeof(int);

	pyt_socket_set_option(stack_of(sim, host), handle, options[i].level,
			      options[i].name, value, (uint32_t)len,
			      sim->now_us);
}

/* ------------------------------------------------------------------ keys */

static void fill_peer(const struct sim *sim, int host,
		      struct sockaddr_storage *storage)
{
	struct sockaddr_in *peer = (struct sockaddr_in *)storage;

	peer->sin_family = AF_INET;
	memcpy(&peer->sin_addr, sim->host[1 - host].ip.bytes + 12, 4);
}

static void add_md5(struct sim *sim, int host, int handle)
{
	struct tcp_md5sig key = { .tcpm_keylen = 6, .tcpm_key = "secret" };

	fill_peer(sim, host, (struct sockaddr_storage *)&key.tcpm_addr);
	pyt_socket_set_option(stack_of(sim, host), handle, IPPROTO_TCP,
			      TCP_MD5SIG, &key, sizeof(key), sim->now_us);
}

static void add_ao(struct sim *sim, int host, int handle, uint8_t id)
{
	struct ao_add_key key = { .algorithm = "hmac(sha1)",
				  .prefix_len = 32,
				  .send_id = id,
				  .receive_id = id,
				  .secret_len = 6,
				  .secret = "secret" };

	if (id > 1)
		strcpy(key.algorithm, "cmac(aes128)");
	fill_peer(sim, host, &key.peer);
	pyt_socket_set_option(stack_of(sim, host), handle, IPPROTO_TCP,
			      TCP_AO_ADD_KEY, &key, sizeof(key), sim->now_us);
}

/* The second key is the one to come; the first may go then. */
static void change_ao(struct sim *sim, int host, int handle)
{
	struct ao_info info = { .flags = AO_SET_NEXT | AO_SET_COUNTERS,
				.next_id = 2 };
	struct ao_delete_key gone = { .flags = AO_DELETE_ASYNC,
				      .prefix_len = 32,
				      .send_id = 1,
				      .receive_id = 1 };

	add_ao(sim, host, handle, 2);
	pyt_socket_set_option(stack_of(sim, host), handle, IPPROTO_TCP,
			      TCP_AO_INFO, &info, sizeof(info), sim->now_us);
	fill_peer(sim, host, &gone.peer);
	pyt_socket_set_option(stack_of(sim, host), handle, IPPROTO_TCP,
			      TCP_AO_DEL_KEY, &gone, sizeof(gone), sim->now_us);
}

void knobs_sign(struct sim *sim, int host, int handle, enum knobs_keys keys)
{
	switch (keys) {
	case KNOBS_NO_KEY:
		break;
	case KNOBS_MD5:
		add_md5(sim, host, handle);
		break;
	case KNOBS_AO:
		add_ao(sim, host, handle, 1);
		break;
	case KNOBS_AO_OTHER:
		change_ao(sim, host, handle);
		break;
	}
}
