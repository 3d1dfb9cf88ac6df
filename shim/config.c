/* Gathering keys from the environment and a file, and complaining well. */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "config_file.h"
#include "kernel.h"

#define PREFIX "PYT_"
#define KEYS_MAX 32
#define ERROR_MAX 512

extern char **environ;

/* Where the value of a key comes from. */
struct choice {
	const char *value; /* value_len bytes, not terminated */
	size_t value_len;
	int line; /* of the file; 0: environment */
};

struct gathering {
	struct choice choice[KEYS_MAX]; /* by place in config_keys */
	const char *file_name;
	char *error;
	size_t error_size;
};

static int complain(struct gathering *g, int line, const char *what,
		    size_t what_len, const char *why)
{
	if (line)
		snprintf(g->error, g->error_size, "pyt: %s:%d: %.*s: %s\n",
			 g->file_name, line, (int)what_len, what, why);
	else
		snprintf(g->error, g->error_size, "pyt: %.*s: %s\n",
			 (int)what_len, what, why);
	return -EINVAL;
}

static int key_index(const char *name, size_t len)
{
	for (int i = 0; config_keys[i].name; i++)
		if (strlen(config_keys[i].name) == len &&
		    memcmp(config_keys[i].name, name, len) == 0)
			return i;
	return -1;
}

/* One "KEY=value" of len bytes. An empty value is as good as none. */
static int gather(struct gathering *g, const char *item, size_t len, int line)
{
	const char *equals = memchr(item, '=', len);
	size_t name_len = equals ? (size_t)(equals - item) : len;
	struct choice *choice;
	int index;

	if (!equals)
		return complain(g, line, item, len, "KEY=value is expected");
	while (name_len > 0 && item[name_len - 1] == ' ')
		name_len--;
	index = key_index(item, name_len);
	if (index < 0)
		return complain(
			g, line, item, name_len,
			"there is no such key; 'pyt --help' lists them");
	choice = &g->choice[index];
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
	"PYT_IP",   "PYT_GW",	  "PYT_MAC",	"PYT_MTU",
	"PYT_PCAP", "PYT_IMPAIR", "PYT_SYSCTL", "PYT_GRACE",
	"PYT_ACD",  "PYT_MEMORY", "PYT_CC",
};

static void note_setting(struct config_settings *settings, const char *name,
			 const char *value, bool asked)
{
	for (uint32_t i = 0; i < CONFIG_SETTINGS; i++) {
		if (strcmp(name, config_setting_names[i]) != 0)
			continue;
		settings->value[i] = XXH3_64bits(value, strlen(value));
		settings->asked |= (uint32_t)asked << i;
	}
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

static int apply(struct gathering *g, int index, struct config *config)
{
	const struct config_key *key = &config_keys[index];
	const struct choice *choice = &g->choice[index];
	const char *standard =
		config->link >= CONFIG_LINK_PACKET && key->lan_standard
			? key->lan_standard
			: key->standard;
	char value[CONFIG_TEXT_MAX], what[64 + CONFIG_TEXT_MAX];
	const char *why = "not understood";
	int what_len;

	if (choice->value_len == 0) {
		/* The standard gateway may not fit the addresses: then none. */
		if (!standard)
			return 0;
		key->parse(config, standard, &why);
		note_setting(&config->settings, key->name, standard, false);
		return 0;
	}
	what_len = snprintf(
		what, sizeof(what), "%s=%.*s", key->name,
		(int)(choice->value_len < 200 ? choice->value_len : 200),
		choice->value);
	if (choice->value_len >= sizeof(value))
		return complain(g, choice->line, what, (size_t)what_len,
				"the value is too long");
	memcpy(value, choice->value, choice->value_len);
	value[choice->value_len] = '\0';
	if (!key->parse(config, value, &why))
		return complain(g, choice->line, what, (size_t)what_len, why);
	note_setting(&config->settings, key->name, value, true);
	return 0;
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
		result = apply(&g, i, config);
	return result;
}

static void write_error(const char *error)
{
	static atomic_flag written = ATOMIC_FLAG_INIT;

	if (!atomic_flag_test_and_set(&written))
		kernel_write(2, error, strlen(error));
}

int config_load(struct config *config)
{
	char error[ERROR_MAX];
	struct config_file file;
	int result = config_file_read(&file, error, sizeof(error));

	if (result == 0)
		result = config_parse(config, (const char *const *)environ,
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
