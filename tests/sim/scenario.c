/* Dice. */
#include "sim/scenario.h"

#include <string.h>

#define KIB 1024u

static uint64_t roll(struct sim *dice, uint64_t sides)
{
	return sim_below(dice, sides);
}

static bool one_in(struct sim *dice, uint64_t sides)
{
	return roll(dice, sides) == 0;
}

/* ---------------------------------------------------------------- settings */

static void set(struct scenario *scenario, const char *name, const char *value)
{
	struct scenario_setting *setting =
		&scenario->setting[scenario->setting_count++];

	if (scenario->setting_count > SCENARIO_SETTINGS_MAX)
		sim_die("too many settings");
	setting->name = name;
	snprintf(setting->value, sizeof(setting->value), "%s", value);
}

static void set_number(struct scenario *scenario, const char *name,
		       uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	set(scenario, name, text);
}

/* At 30 % loss both ways the usual number of tries is not always enough. */
static void be_patient(struct scenario *scenario)
{
	set(scenario, "net.ipv4.tcp_syn_retries", "60");
	set(scenario, "net.ipv4.tcp_synack_retries", "60");
	set(scenario, "net.ipv4.tcp_retries2", "255");
	set(scenario, "net.ipv4.tcp_orphan_retries", "255");
	set(scenario, "net.ipv4.neigh.default.mcast_solicit", "60");
	set(scenario, "net.ipv4.neigh.default.ucast_solicit", "60");
	set(scenario, "net.ipv4.tcp_fin_timeout", "600");
	/* Who is remembered by a cookie alone is refused where his first data
	 * is lost, or comes twice. */
	set(scenario, "net.ipv4.tcp_syncookies", "0");
	/* Heavy loss looks like a hop of small MTU, down to 48 bytes. */
	set(scenario, "net.ipv4.tcp_mtu_probe_floor", "256");
}

static void roll_options(struct scenario *scenario, struct sim *dice)
{
	set_number(scenario, "net.ipv4.tcp_sack", !one_in(dice, 5));
	set_number(scenario, "net.ipv4.tcp_timestamps", !one_in(dice, 4));
	set_number(scenario, "net.ipv4.tcp_window_scaling", !one_in(dice, 5));
	set_number(scenario, "net.ipv4.tcp_early_retrans",
		   one_in(dice, 5) ? 0 : 3);
	set_number(scenario, "net.ipv4.tcp_tail_probes", 1 + roll(dice, 3));
	set_number(scenario, "net.ipv4.tcp_slow_start_after_idle",
		   roll(dice, 2));
	set_number(scenario, "net.ipv4.tcp_ecn", roll(dice, 4));
	set_number(scenario, "net.ipv4.tcp_mtu_probing", roll(dice, 3));
	set_number(scenario, "net.ipv4.tcp_frto", one_in(dice, 4) ? 0 : 2);
	set_number(scenario, "net.ipv4.tcp_dsack", !one_in(dice, 4));
	set_number(scenario, "net.ipv4.tcp_shrink_window", one_in(dice, 8));
	set_number(scenario, "net.ipv4.tcp_limit_output_bytes",
		   one_in(dice, 4) ? 65536 : 1048576);
	if (one_in(dice, 5))
		set_number(scenario, "net.ipv4.tcp_notsent_lowat",
			   4096u << roll(dice, 6));
	scenario->nodelay = roll(dice, 2);
	scenario->backlog = one_in(dice, 6) ? 1 : 64;
}

static void roll_buffers(struct scenario *scenario, struct sim *dice)
{
	static const char *const sizes[] = {
		"4096 4096 4096",      "4096 16384 16384",
		"4096 16384 262144",   "4096 131072 6291456",
		"4096 131072 6291456", "4096 65536 1048576",
	};

	set(scenario, "net.ipv4.tcp_rmem", sizes[roll(dice, 6)]);
	set(scenario, "net.ipv4.tcp_wmem", sizes[roll(dice, 6)]);
}

/* A number: which of those that there are is seen when it is applied. */
static void roll_congestion(struct scenario *scenario, struct sim *dice)
{
	set_number(scenario, "net.ipv4.tcp_congestion_control",
		   roll(dice, 5040));
}

/* -------------------------------------------------------------------- path */

static void roll_losses(struct sim_link *link, struct sim *dice)
{
	static const uint32_t losses[] = { 1, 1, 20000, 100000, 300001 };

	link->loss = (uint32_t)roll(dice, losses[roll(dice, 5)]);
	if (one_in(dice, 3))
		link->duplicate = 20000;
	if (one_in(dice, 3))
		link->corrupt = 10000;
	if (one_in(dice, 4)) {
		link->burst_start = 1000 + (uint32_t)roll(dice, 10000);
		link->burst_end = 50000 + (uint32_t)roll(dice, 400000);
		link->burst_loss = 300000 + (uint32_t)roll(dice, 700000);
	}
	if (one_in(dice, 5))
		link->ack_loss = (uint32_t)roll(dice, 500000);
}

static void roll_delays(struct sim_link *link, struct sim *dice)
{
	link->delay_us =
		(int64_t)roll(dice, 50000) * (one_in(dice, 10) ? 10 : 1);
	if (one_in(dice, 3))
		link->jitter_us = 1 + (int64_t)roll(dice, 5000);
	if (one_in(dice, 3)) {
		link->reorder = 1000u << roll(dice, 9);
		link->reorder_us = 1000 + (int64_t)roll(dice, 30000);
	}
	if (one_in(dice, 5))
		link->gate_us = 500 + (int64_t)roll(dice, 20000);
}

static void roll_line(struct sim_link *link, struct sim *dice)
{
	if (one_in(dice, 2))
		return;
	link->rate = (uint64_t)SIM_MILLION << roll(dice, 8);
	if (one_in(dice, 2))
		link->queue_len = (16 * KIB) << roll(dice, 6);
	if (one_in(dice, 3))
		link->queue_frames = 2u << roll(dice, 8);
	if ((link->queue_len || link->queue_frames) && one_in(dice, 2))
		link->mark_len = (4 * KIB) << roll(dice, 6);
}

static void roll_outage(struct scenario *scenario, struct sim *dice)
{
	struct sim_link *link = scenario->config.link;
	int64_t at_us = (int64_t)roll(dice, 3000000);
	int64_t len_us = 1000 + (int64_t)roll(dice, 20000000);
	bool only_one = one_in(dice, 3);
	int first = (int)roll(dice, 2);

	for (int i = 0; i < SIM_HOSTS; i++) {
		if (only_one && i != first)
			continue;
		link[i].down_at_us = at_us;
		link[i].down_us = len_us;
		if (one_in(dice, 3))
			link[i].down_every_us = 10 * len_us;
	}
}

/* A hop in the middle, the same both ways. It is silent only where TCP can
 * find that out by itself: with net.ipv4.tcp_mtu_probing. */
static void roll_hop(struct scenario *scenario, struct sim *dice)
{
	static const uint32_t mtus[] = { 1280, 1400, 1006, 576 };
	uint32_t mtu = mtus[roll(dice, 4)];
	bool is_silent = one_in(dice, 2);

	for (int i = 0; i < SIM_HOSTS; i++) {
		scenario->config.link[i].mtu = mtu;
		scenario->config.link[i].is_silent = is_silent;
	}
	if (is_silent)
		set_number(scenario, "net.ipv4.tcp_mtu_probing",
			   1 + roll(dice, 2));
}

static void roll_path(struct scenario *scenario, struct sim *dice)
{
	static const uint32_t mtus[] = { 1500, 1500, 576, 9000, 65535, 296 };
	struct sim_link *link = scenario->config.link;
	bool cuts = roll(dice, 2);

	scenario->config.mtu = mtus[roll(dice, 6)];
	if (one_in(dice, 4))
		scenario->config.medium = PYT_MEDIUM_IP;
	if (roll(dice, 2))
		scenario->config.offloads = PYT_OFFLOAD_CSUM | PYT_OFFLOAD_TSO4;
	roll_losses(&link[0], dice);
	roll_delays(&link[0], dice);
	roll_line(&link[0], dice);
	link[0].cuts = cuts;
	link[1] = link[0];
	if (roll(dice, 2)) { /* the way back is another one */
		link[1] = (struct sim_link){ .cuts = cuts };
		roll_losses(&link[1], dice);
		roll_delays(&link[1], dice);
		roll_line(&link[1], dice);
	}
	if (one_in(dice, 8))
		roll_outage(scenario, dice);
	if (one_in(dice, 8))
		roll_hop(scenario, dice);
}

struct scenario scenario_of_seed(uint64_t seed)
{
	struct sim dice = { .random = seed * 2 + 1 };
	struct scenario scenario = { .config.seed = seed, .pairs = 1 };

	be_patient(&scenario);
	roll_options(&scenario, &dice);
	roll_buffers(&scenario, &dice);
	roll_congestion(&scenario, &dice);
	roll_path(&scenario, &dice);
	/* Half-open connections are given up early where they are many. */
	if (scenario.config.link[0].down_us || scenario.config.link[1].down_us)
		scenario.backlog = 1024;
	if (one_in(&dice, 6))
		scenario.pairs = 2 + (int)roll(&dice, 4);
	else if (one_in(&dice, 20))
		scenario.pairs = 6 + (int)roll(&dice, SCENARIO_PAIRS_MAX - 5);
	return scenario;
}

/* ---------------------------------------------------------------- applying */

static void apply_congestion(struct pyt_stack *stack, const char *name,
			     const char *value)
{
	unsigned long number = strtoul(value, NULL, 10), count = 0;
	char names[128] = "", *word, *rest = names;
	const char *known[16];

	pyt_sysctl_get(stack, "net.ipv4.tcp_available_congestion_control",
		       names, sizeof(names));
	while ((word = strsep(&rest, " ")) && count < 16)
		known[count++] = word;
	if (!count || pyt_sysctl_set(stack, name, known[number % count]) != 0)
		sim_die("no congestion control");
}

void scenario_apply(const struct scenario *scenario, struct sim *sim)
{
	for (int i = 0; i < SIM_HOSTS; i++)
		for (int j = 0; j < scenario->setting_count; j++) {
			const struct scenario_setting *setting =
				&scenario->setting[j];

			if (strstr(setting->name, "congestion"))
				apply_congestion(sim->host[i].stack,
						 setting->name, setting->value);
			else
				pyt_sysctl_set(sim->host[i].stack,
					       setting->name, setting->value);
		}
}

/* ---------------------------------------------------------------- programs */

static bool is_lossy(const struct scenario *scenario)
{
	for (int i = 0; i < SIM_HOSTS; i++) {
		const struct sim_link *link = &scenario->config.link[i];

		if (link->loss > 50000 || link->burst_start ||
		    link->down_every_us)
			return true;
	}
	return false;
}

/* Mostly small, with a tail of large ones. */
static uint64_t random_len(const struct scenario *scenario, struct sim *sim)
{
	unsigned bits = one_in(sim, 24) && !is_lossy(scenario) ? 22 : 16;

	if (scenario->pairs > 5)
		bits = 13;
	bits = 1 + (unsigned)roll(sim, bits);
	return one_in(sim, 8) ? 0 : roll(sim, 1u << bits);
}

/* Not so small pieces that a long stream becomes very many. */
static uint32_t random_piece(struct sim *sim, uint64_t total)
{
	uint32_t most = 1u << roll(sim, 17);
	uint32_t piece = 1 + (uint32_t)roll(sim, most);

	return piece > total / 500 ? piece : (uint32_t)(total / 500) + 1;
}

static void roll_habits(struct app *app, struct sim *sim)
{
	app->write_max = random_piece(sim, app->to_send);
	app->read_max = random_piece(sim, app->to_receive);
	if (one_in(sim, 4))
		app->write_pause_us = (int64_t)roll(sim, 20000);
	if (one_in(sim, 4))
		app->read_pause_us = (int64_t)roll(sim, 20000);
	if (one_in(sim, 10) && app->to_send < 100000) { /* a trickle */
		app->write_max = 1 + (uint32_t)(app->to_send / 100);
		app->write_pause_us = (int64_t)roll(sim, 500000);
	}
	if (one_in(sim, 10)) { /* a slow reader */
		app->read_max = 1 + (uint32_t)(app->to_receive / 50);
		app->read_pause_us = (int64_t)roll(sim, 1000000);
	}
	if (one_in(sim, 8)) {
		app->gap_every = 1 + app->to_send / (1 + roll(sim, 5));
		app->gap_us = (int64_t)roll(sim, 100000000);
	}
	if (one_in(sim, 6))
		app->more = (uint32_t)roll(sim, SIM_MILLION);
}

static void make_dialogue(struct app pair[SIM_HOSTS], struct sim *sim)
{
	uint32_t rounds = 1 + (uint32_t)roll(sim, 20);
	uint32_t request = 1 + (uint32_t)roll(sim, 1u << (1 + roll(sim, 12)));
	uint32_t answer = 1 + (uint32_t)roll(sim, 1u << (1 + roll(sim, 15)));

	for (int i = 0; i < SIM_HOSTS; i++) {
		pair[i].pattern = APP_DIALOGUE;
		pair[i].request_len = request;
		pair[i].answer_len = answer;
	}
	pair[0].to_send = (uint64_t)rounds * request;
	pair[1].to_send = (uint64_t)rounds * answer;
}

/* The client waits until the server has said something: it is accepted. */
static void break_in_the_middle(struct app pair[SIM_HOSTS], struct sim *sim)
{
	int who = (int)roll(sim, 2);

	pair[1].to_send += 1000;
	pair[who].end = one_in(sim, 2) ? APP_END_RESET : APP_END_CLOSE_EARLY;
	pair[who].break_at = 1 + roll(sim, pair[1].to_send);
	if (who == 0)
		pair[0].break_at += pair[0].to_send;
	pair[1 - who].peer_breaks_off = true;
}

static void roll_end(struct app pair[SIM_HOSTS], struct sim *sim)
{
	int closer = (int)roll(sim, 2);

	switch (roll(sim, 12)) {
	case 0:
		break_in_the_middle(pair, sim);
		break;
	case 1:
	case 2:
	case 3:
		pair[closer].end = APP_END_AT_ONCE;
		pair[1 - closer].to_send = 0;
		break;
	case 4:
	case 5:
		pair[0].pattern = pair[1].pattern = APP_ANSWER_AT_END;
		break;
	default:
		break;
	}
}

void scenario_apps(const struct scenario *scenario, struct sim *sim,
		   struct app pair[SIM_HOSTS])
{
	for (int i = 0; i < SIM_HOSTS; i++) {
		app_init(&pair[i], sim, i);
		pair[i].peer = &pair[1 - i];
		pair[i].to_send = random_len(scenario, sim);
	}
	if (one_in(sim, 4))
		make_dialogue(pair, sim);
	else
		roll_end(pair, sim);
	pair[0].to_receive = pair[1].to_send;
	pair[1].to_receive = pair[0].to_send;
	roll_habits(&pair[0], sim);
	roll_habits(&pair[1], sim);
}
