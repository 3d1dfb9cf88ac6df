/* The text of an impairment. */
#include "link/impair_params.h"

#include <stddef.h>
#include <string.h>

/* A decimal number; the seventh digit behind the point and later are cut. */
struct number {
	uint64_t whole;
	uint64_t millionths; /* behind the point */
	const char *unit; /* what follows; unit_len bytes */
	size_t unit_len;
};

#define WHOLE_MAX 1000000000000ull

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit time_units[] = {
	{ "us", 1 }, { "ms", 1000 }, { "s", 1000000 }, { NULL, 0 }
};
static const struct unit rate_units[] = { { "bit", 1 },
					  { "kbit", 1000 },
					  { "mbit", 1000000 },
					  { "gbit", 1000000000 },
					  { NULL, 0 } };
static const struct unit percent_units[] = { { "%", 10000 }, { NULL, 0 } };
static const struct unit count_units[] = { { "", 1 }, { NULL, 0 } };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool parse_number(const char *text, size_t len, struct number *number)
{
	const char *end = text + len;
	uint64_t whole = 0, part = 0, scale = 1000000;
	const char *at = text;

	for (; at < end && is_digit(*at); at++) {
		whole = whole * 10 + (uint64_t)(*at - '0');
		if (whole > WHOLE_MAX)
			return false;
	}
	if (at == text)
		return false;
	if (at < end && *at == '.') {
		for (at++; at < end && is_digit(*at); at++) {
			scale /= 10;
			part += scale * (uint64_t)(*at - '0');
		}
	}
	number->whole = whole;
	number->millionths = part;
	number->unit = at;
	number->unit_len = (size_t)(end - at);
	return true;
}

/* In units' smallest; false if the unit is not one of them. */
static bool parse_quantity(const char *text, size_t len,
			   const struct unit *units, uint64_t max,
			   uint64_t *value)
{
	struct number number;
	uint64_t scaled;

	if (!parse_number(text, len, &number))
		return false;
	for (; units->name; units++) {
		if (strlen(units->name) != number.unit_len ||
		    memcmp(units->name, number.unit, number.unit_len) != 0)
			continue;
		if (number.whole > max / units->factor)
			return false;
		scaled = number.whole * units->factor +
			 number.millionths * units->factor / 1000000;
		*value = scaled;
		return scaled <= max;
	}
	return false;
}

enum member_size { MEMBER_U32, MEMBER_U64 };

/* A name of a direction's parameter and where its value goes. */
static const struct setting {
	const char *name;
	const struct unit *units;
	uint64_t min, max;
	size_t offset; /* in struct impair_way_params */
	enum member_size size;
	const char *why;
} settings[] = {
#define PERCENT(name, member)                                               \
	{                                                                   \
		name, percent_units, 0, IMPAIR_PPM,                         \
			offsetof(struct impair_way_params, member),         \
			MEMBER_U32, name " is a percentage from 0% to 100%" \
	}
#define TIME(name, member)                                                   \
	{                                                                    \
		name, time_units, 0, 60000000,                               \
			offsetof(struct impair_way_params, member),          \
			MEMBER_U64, name " is a time up to 60s: us, ms or s" \
	}
	PERCENT("loss", loss_ppm),
	PERCENT("reorder", reorder_ppm),
	PERCENT("duplicate", duplicate_ppm),
	PERCENT("corrupt", corrupt_ppm),
	TIME("delay", delay_us),
	TIME("jitter", jitter_us),
	{ "burst", count_units, 1, 1000,
	  offsetof(struct impair_way_params, burst), MEMBER_U32,
	  "burst is a number of frames from 1 to 1000" },
	{ "rate", rate_units, 1000, 1000000000000,
	  offsetof(struct impair_way_params, rate_bps), MEMBER_U64,
	  "rate is from 1kbit to 1000gbit: bit, kbit, mbit or gbit" },
};

static bool store(struct impair_way_params *way, const struct setting *setting,
		  const char *value, size_t len)
{
	char *member = (char *)way + setting->offset;
	uint64_t number;
	uint32_t number32;

	if (!parse_quantity(value, len, setting->units, setting->max,
			    &number) ||
	    number < setting->min)
		return false;
	number32 = (uint32_t)number;
	if (setting->size == MEMBER_U32)
		memcpy(member, &number32, sizeof(number32));
	else
		memcpy(member, &number, sizeof(number));
	return true;
}

static bool name_is(const char *name, size_t len, const char *wanted)
{
	return strlen(wanted) == len && memcmp(name, wanted, len) == 0;
}

/* "in." or "out." in front of a name chooses the directions [first, last]. */
static void cut_way(const char **name, size_t *len, int *first, int *last)
{
	*first = IMPAIR_OUT;
	*last = IMPAIR_IN;
	if (*len > 3 && memcmp(*name, "in.", 3) == 0) {
		*first = IMPAIR_IN;
		*name += 3;
		*len -= 3;
	} else if (*len > 4 && memcmp(*name, "out.", 4) == 0) {
		*last = IMPAIR_OUT;
		*name += 4;
		*len -= 4;
	}
}

static bool apply_way(struct impair_params *params, const char *name,
		      size_t name_len, const char *value, size_t value_len,
		      const char **why)
{
	int first, last;

	cut_way(&name, &name_len, &first, &last);
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		if (!name_is(name, name_len, settings[i].name))
			continue;
		*why = settings[i].why;
		for (int way = first; way <= last; way++)
			if (!store(&params->way[way], &settings[i], value,
				   value_len))
				return false;
		return true;
	}
	*why = "the names are loss, burst, delay, jitter, reorder, duplicate, "
	       "corrupt, rate, limit and seed";
	return false;
}

static bool apply(struct impair_params *params, const char *item, size_t len,
		  const char **why)
{
	const char *equals = memchr(item, '=', len);
	size_t name_len = equals ? (size_t)(equals - item) : len;
	const char *value = item + name_len + 1;
	size_t value_len = equals ? len - name_len - 1 : 0;
	uint64_t number;

	*why = "each item is name=value";
	if (!equals)
		return false;
	if (name_is(item, name_len, "seed")) {
		*why = "seed is a whole number";
		params->has_seed = true;
		return parse_quantity(value, value_len, count_units, WHOLE_MAX,
				      &params->seed);
	}
	if (name_is(item, name_len, "limit")) {
		*why = "limit is a number of frames from 1 to 100000";
		if (!parse_quantity(value, value_len, count_units,
				    IMPAIR_LIMIT_MAX, &number) ||
		    number == 0)
			return false;
		params->limit = (uint32_t)number;
		return true;
	}
	return apply_way(params, item, name_len, value, value_len, why);
}

static bool is_consistent(const struct impair_params *params, const char **why)
{
	for (int i = 0; i < IMPAIR_WAYS; i++) {
		const struct impair_way_params *way = &params->way[i];

		if (way->jitter_us > way->delay_us) {
			*why = "jitter is at most the delay";
			return false;
		}
		/* Between bursts there is at least one frame that survives. */
		if (way->burst > 1 && way->loss_ppm > 0 &&
		    (uint64_t)way->loss_ppm >
			    (uint64_t)way->burst *
				    (IMPAIR_PPM - way->loss_ppm)) {
			*why = "with bursts of this length that much loss is "
			       "not possible";
			return false;
		}
	}
	return true;
}

bool impair_params_parse(const char *text, struct impair_params *params,
			 const char **why)
{
	struct impair_params parsed = { .limit = IMPAIR_LIMIT };

	for (int i = 0; i < IMPAIR_WAYS; i++)
		parsed.way[i].burst = 1;
	for (;;) {
		size_t len = strcspn(text, ",");

		if (!apply(&parsed, text, len, why))
			return false;
		text += len;
		if (*text == '\0')
			break;
		text++;
	}
	if (!is_consistent(&parsed, why))
		return false;
	*params = parsed;
	return true;
}
