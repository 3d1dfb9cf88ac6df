/* Gathering keys from the environment and a file, and complaining well. */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "config_file.h"
#include "environment.h"
#include "kernel.h"
#include "log.h"

#define PREFIX "PYT_"
#define KEYS_MAX 32
#define LINK_INDEX 0 /* of PYT_LINK in config_keys */
#define ERROR_MAX 512
#define LINK_NUMBERS                                                          \
	"a stack has up to 8 links: the keys of the second end in 2, and so " \
	"on up to 8"

extern char **environ;

/* Where the value of a key comes from. */
struct choice {
	const char *value; /* value_len bytes, not terminated */
	size_t value_len;
	int line; /* of the file; 0: environment */
};

struct gathering {
	/* by the link's number, 0 the first's, and place in config_keys */
	struct choice choice[CONFIG_LINKS_MAX][KEYS_MAX];
	const char *file_name;
	char *error;
	size_t error_size;
};

static int complain(struct gathering *g, int line, const char *what,
		    size_t what_len, const char *why)
{
	if (line)
		snprintf(g->error, g->error_size, "%s:%d: %.*s: %s",
			 g->file_name, line, (int)what_len, what, why);
	else
		snprintf(g->error, g->error_size, "%.*s: %s", (int)what_len,
			 what, why);
	return -EINVAL;
}

/* The digit behind the key of a link but the first; 0: there is none. */
static int number_behind(const char *name, size_t len)
{
	if (len < 2 || name[len - 1] < '0' || name[len - 1] > '9')
		return 0;
	return name[len - 1] - '0';
}

/* Of the link with this number less one; -1: there is no such key. */
static int key_index(const char *name, size_t len, int *link)
{
	int number = number_behind(name, len);

	*link = number ? number - 1 : 0;
	for (int i = 0; config_keys[i].name; i++) {
		size_t key_len = strlen(config_keys[i].name);

		if (key_len != len - (number > 0) ||
		    memcmp(config_keys[i].name, name, key_len) != 0)
			continue;
		if (number && !config_keys[i].parse_link)
			return -1;
		return i;
	}
	return -1;
}

/* One "KEY=value" of len bytes. An empty value is as good as none. */
static int gather(struct gathering *g, const char *item, size_t len, int line)
{
	const char *equals = memchr(item, '=', len);
	size_t name_len = equals ? (size_t)(equals - item) : len;
	struct choice *choice;
	int index, link;

	if (!equals)
		return complain(g, line, item, len, "KEY=value is expected");
	while (name_len > 0 && item[name_len - 1] == ' ')
		name_len--;
	index = key_index(item, name_len, &link);
	if (index < 0)
		return complain(
			g, line, item, name_len,
			"there is no such key; 'pyt --help' lists them");
	if (number_behind(item, name_len) == 1 || link >= CONFIG_LINKS_MAX)
		return complain(g, line, item, name_len, LINK_NUMBERS);
	choice = &g->choice[link][index];
	if (line && choice->line)
		return complain(g, line, item, name_len,
				"this key stands here twice");
	choice->value = equals + 1;
	choice->value_len = len - (size_t)(equals + 1 - item);
	choice->line = line;
	while (line && choice->value_len > 0 && *choice->value == ' ') {
		choice->value++;
		choice->value_len--;
	}
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static int gather_file(struct gathering *g, const char *text)
{
	for (int line = 1; *text; line++) {
		size_t whole = strcspn(text, "\n");
		const char *start = text;
		size_t len = whole;
		int result;

		text += whole + (text[whole] == '\n');
		while (len > 0 && is_blank(*start)) {
			start++;
			len--;
		}
		while (len > 0 && is_blank(start[len - 1]))
			len--;
		if (len == 0 || *start == '#')
			continue;
		result = gather(g, start, len, line);
		if (result < 0)
			return result;
	}
	return 0;
}

static int gather_environment(struct gathering *g,
			      const char *const *environment)
{
	for (; *environment; environment++) {
		int result;

		if (strncmp(*environment, PREFIX, strlen(PREFIX)) != 0)
			continue;
		result = gather(g, *environment, strlen(*environment), 0);
		if (result < 0)
			return result;
	}
	return 0;
}

const char *const config_setting_names[CONFIG_SETTINGS] = {
	"PYT_IP",     "PYT_GW",	    "PYT_MAC",	 "PYT_MTU",   "PYT_PCAP",
	"PYT_IMPAIR", "PYT_SYSCTL", "PYT_GRACE", "PYT_ACD",   "PYT_MEMORY",
	"PYT_CC",     "PYT_LINK2",  "PYT_LINK3", "PYT_LINK4", "PYT_LINK5",
	"PYT_LINK6",  "PYT_LINK7",  "PYT_LINK8",
};

static void note_setting(struct config_settings *settings, const char *name,
			 const char *value, bool asked)
{
	for (uint32_t i = 0; i < CONFIG_SETTING_LINK2; i++) {
		if (strcmp(name, config_setting_names[i]) != 0)
			continue;
		settings->value[i] = XXH3_64bits(value, strlen(value));
		settings->asked |= (uint32_t)asked << i;
	}
}

/* All keys of a link that is not the first are one setting. */
static void note_of_link(struct config_settings *settings, int link,
			 const char *name, const char *value, bool asked)
{
	uint32_t i = CONFIG_SETTING_LINK2 + (uint32_t)link - 1;
	uint64_t hash;

	if (link == 0) {
		note_setting(settings, name, value, asked);
		return;
	}
	hash = XXH3_64bits_withSeed(name, strlen(name), settings->value[i]);
	settings->value[i] = XXH3_64bits_withSeed(value, strlen(value), hash);
	settings->asked |= (uint32_t)asked << i;
}

uint32_t config_settings_differ(const struct config_settings *asked,
				const struct config_settings *have)
{
	uint32_t differ = 0;

	for (uint32_t i = 0; i < CONFIG_SETTINGS; i++) {
		if (asked->asked >> i & 1 && asked->value[i] != have->value[i])
			differ |= 1u << i;
	}
	return differ;
}

/* "PYT_IP=dhcp", cut, as errors name it. */
struct named {
	char text[64 + 200];
	int len;
};

static struct named name_choice(const struct choice *choice, const char *key,
				int link)
{
	struct named named;
	char number[2] = { (char)(link ? '1' + link : '\0') };
	size_t len = choice->value_len < 200 ? choice->value_len : 200;

	named.len = snprintf(named.text, sizeof(named.text), "%s%s=%.*s", key,
			     number, (int)len, choice->value);
	return named;
}

static int refuse(struct gathering *g, int index, int link, const char *why)
{
	const struct choice *choice = &g->choice[link][index];
	struct named named = name_choice(choice, config_keys[index].name, link);

	return complain(g, choice->line, named.text, (size_t)named.len, why);
}

static bool parse(const struct config_key *key, struct config *config, int link,
		  const char *value, const char **why)
{
	return key->parse ? key->parse(config, value, why)
			  : key->parse_link(&config->link[link], value, why);
}

/* Links but the first have a network of their own, and no gateway. */
static const char *standard_of(const struct config_key *key,
			       const struct config *config, int link,
			       char *text, size_t size)
{
	if (config->link[link].kind >= CONFIG_LINK_PACKET && key->lan_standard)
		return key->lan_standard;
	if (link == 0)
		return key->standard;
	if (!key->lan_standard)
		return NULL;
	snprintf(text, size, "10.77.%d.2/24", link);
	return text;
}

static int apply_standard(const struct config_key *key, struct config *config,
			  int link)
{
	char text[24];
	const char *standard =
		standard_of(key, config, link, text, sizeof(text));
	const char *why;

	/* The standard gateway may not fit the addresses: then none. */
	if (!standard)
		return 0;
	parse(key, config, link, standard, &why);
	note_of_link(&config->settings, link, key->name, standard, false);
	return 0;
}

static int apply(struct gathering *g, int index, int link,
		 struct config *config)
{
	const struct config_key *key = &config_keys[index];
	const struct choice *choice = &g->choice[link][index];
	char value[CONFIG_TEXT_MAX];
	const char *why = "not understood";

	if (choice->value_len == 0)
		return apply_standard(key, config, link);
	if (choice->value_len >= sizeof(value))
		return refuse(g, index, link, "the value is too long");
	memcpy(value, choice->value, choice->value_len);
	value[choice->value_len] = '\0';
	if (!parse(key, config, link, value, &why))
		return refuse(g, index, link, why);
	note_of_link(&config->settings, link, key->name, value, true);
	return 0;
}

/* A link without a device has no name yet. */
static int name_link(struct gathering *g, struct config *config, int number)
{
	struct config_link *link = &config->link[number];

	if (link->kind == CONFIG_LINK_UNIX)
		snprintf(link->name, sizeof(link->name), "pyt%d", number);
	for (int i = 0; i < number; i++) {
		if (strcmp(config->link[i].text, link->text) == 0)
			return refuse(g, LINK_INDEX, number,
				      "the same link stands here twice");
		if (strcmp(config->link[i].name, link->name) == 0)
			return refuse(g, LINK_INDEX, number,
				      "another link has this interface's name");
	}
	return 0;
}

/* Whose captures would be written over one another. */
static int check_capture(struct gathering *g, const struct config *config,
			 int number)
{
	const char *path = config->link[number].pcap_path;

	for (int i = 0; i < number && path[0]; i++) {
		if (strcmp(config->link[i].pcap_path, path) == 0)
			return refuse(g, LINK_INDEX, number,
				      "another link's capture is this file, "
				      "too");
	}
	return 0;
}

/* The keys of a link are there, but the link itself is not. */
static int check_absent(struct gathering *g, int number)
{
	for (int i = 0; config_keys[i].name; i++) {
		if (g->choice[number][i].value_len > 0)
			return refuse(g, i, number,
				      i == LINK_INDEX
					      ? "links are numbered without a "
						"gap: the one before is missing"
					      : "there is no PYT_LINK of this "
						"number");
	}
	return 0;
}

static int apply_link(struct gathering *g, int number, struct config *config)
{
	bool is_there = g->choice[number][LINK_INDEX].value_len > 0;
	int result = 0;

	if (!is_there || config->link_count < number)
		return check_absent(g, number);
	for (int i = 0; config_keys[i].name && result == 0; i++) {
		if (config_keys[i].parse_link)
			result = apply(g, i, number, config);
		if (result == 0 && i == LINK_INDEX)
			result = name_link(g, config, number);
	}
	if (result == 0)
		result = check_capture(g, config, number);
	config->link_count = number + 1;
	return result;
}

int config_parse(struct config *config, const char *const *environment,
		 const char *file_text, const char *file_name, char *error,
		 size_t error_size)
{
	struct gathering g = { .file_name = file_name,
			       .error = error,
			       .error_size = error_size };
	int result = file_text ? gather_file(&g, file_text) : 0;

	if (result == 0)
		result = gather_environment(&g, environment);
	memset(config, 0, sizeof(*config));
	for (int i = 0; config_keys[i].name && result == 0; i++)
		result = apply(&g, i, 0, config);
	config->link_count = 1;
	if (result == 0)
		result = name_link(&g, config, 0);
	for (int i = 1; i < CONFIG_LINKS_MAX && result == 0; i++)
		result = apply_link(&g, i, config);
	return result;
}

static void write_error(const char *error)
{
	static atomic_flag written = ATOMIC_FLAG_INIT;

	if (!atomic_flag_test_and_set(&written))
		log_to_program(NULL, "%s", error);
}

int config_load(struct config *config)
{
	char error[ERROR_MAX];
	size_t count = environment_room(environ);
	char *room[count];
	char *const *environment = environment_filled(environ, room, count);
	struct config_file file;
	int result = config_file_read(&file, error, sizeof(error));

	if (result == 0)
		result = config_parse(config, (const char *const *)environment,
				      file.text, file.path, error,
				      sizeof(error));
	if (result < 0 && !config_lacked_means(result))
		write_error(error);
	config_file_release(&file);
	return result;
}

struct loaded {
	struct config config;
	int result;
};

/* Nothing is wrong with the configuration: the next call looks again. */
static int give_up(struct loaded *loaded)
{
	int result = loaded->result;

	kernel_munmap(loaded, sizeof(*loaded));
	return result;
}

/*
 * Two threads may load at once; one of them publishes what it has, the other
 * takes that. No lock, because a signal handler may open a socket, too.
 */
int config_get(const struct config **config)
{
	static struct loaded *_Atomic published;
	struct loaded *loaded = atomic_load(&published);
	struct loaded *none = NULL;

	if (!loaded) {
		loaded = kernel_mmap(sizeof(*loaded), PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1);
		if (!kernel_mapped(loaded))
			return -ENOMEM;
		loaded->result = config_load(&loaded->config);
		if (config_lacked_means(loaded->result))
			return give_up(loaded);
		if (!atomic_compare_exchange_strong(&published, &none,
						    loaded)) {
			kernel_munmap(loaded, sizeof(*loaded));
			loaded = none;
		}
	}
	*config = &loaded->config;
	return loaded->result;
}

unsigned config_methods(const struct config *config)
{
	unsigned methods = 0;

	for (int i = 0; i < config->link_count; i++)
		methods |= config->link[i].methods;
	return methods;
}

bool config_bypasses(const struct config *config,
		     const struct pyt_sockaddr *peer)
{
	for (int i = 0; i < config->bypass_count; i++) {
		const struct config_prefix *bypass = &config->bypass[i];

		if (bypass->port && bypass->port != peer->port)
			continue;
		if (pyt_ip_in_prefix(&peer->ip, &bypass->ip,
				     bypass->prefix_len))
			return true;
	}
	return false;
}
