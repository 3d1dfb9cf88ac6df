/* The policy table and gai.conf(5). RFC 6724, 2.1; 10.3. */
#include "policy.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* RFC 6724, 2.1 */
static const struct policy_row precedences[] = {
	{ { { [15] = 1 } }, 128, 50 },
	{ { { [10] = 0xff, [11] = 0xff } }, 96, 35 },
	{ { { 0 } }, 96, 1 },
	{ { { 0x20, 0x01 } }, 32, 5 },
	{ { { 0x20, 0x02 } }, 16, 30 },
	{ { { 0x3f, 0xfe } }, 16, 1 },
	{ { { 0xfe, 0xc0 } }, 10, 1 },
	{ { { 0xfc } }, 7, 3 },
	{ { { 0 } }, 0, 40 },
};

static const struct policy_row labels[] = {
	{ { { [15] = 1 } }, 128, 0 },
	{ { { [10] = 0xff, [11] = 0xff } }, 96, 4 },
	{ { { 0 } }, 96, 3 },
	{ { { 0x20, 0x01 } }, 32, 5 },
	{ { { 0x20, 0x02 } }, 16, 2 },
	{ { { 0x3f, 0xfe } }, 16, 12 },
	{ { { 0xfe, 0xc0 } }, 10, 11 },
	{ { { 0xfc } }, 7, 13 },
	{ { { 0 } }, 0, 1 },
};

/* RFC 6724, 3.2 */
static const struct policy_row scopes4[] = {
	{ { { [10] = 0xff, [11] = 0xff, [12] = 169, [13] = 254 } }, 112, 2 },
	{ { { [10] = 0xff, [11] = 0xff, [12] = 127 } }, 104, 2 },
	{ { { [10] = 0xff, [11] = 0xff } }, 96, 14 },
};

static bool is_in(const struct pyt_ip *ip, const struct policy_row *row)
{
	unsigned whole = row->prefix_len / 8;
	uint8_t mask = (uint8_t)(0xff00 >> (row->prefix_len % 8));

	return memcmp(ip->bytes, row->prefix.bytes, whole) == 0 &&
	       (row->prefix_len % 8 == 0 ||
		((ip->bytes[whole] ^ row->prefix.bytes[whole]) & mask) == 0);
}

int policy_value(const struct policy_table *table, const struct pyt_ip *ip)
{
	for (size_t i = 0; i < table->count; i++)
		if (is_in(ip, &table->row[i]))
			return table->row[i].value;
	return 0;
}

static void insert(struct policy_table *table, const struct policy_row *row)
{
	size_t at = 0;

	if (table->count == POLICY_ROWS_MAX)
		return;
	while (at < table->count &&
	       table->row[at].prefix_len >= row->prefix_len)
		at++;
	memmove(&table->row[at + 1], &table->row[at],
		(table->count - at) * sizeof(*row));
	table->row[at] = *row;
	table->count++;
}

/* "2002::/16"; IPv4's length counts its own 32 bits, as libc takes it. */
static bool parse_prefix(char *text, struct policy_row *row)
{
	char *slash = strchr(text, '/');
	unsigned long max;
	char *end;

	if (slash)
		*slash = '\0';
	if (!pyt_ip_parse(text, &row->prefix))
		return false;
	max = strchr(text, ':') ? 128 : 32;
	row->prefix_len = 128;
	if (slash) {
		row->prefix_len = (unsigned)strtoul(slash + 1, &end, 10);
		if (end == slash + 1 || *end || row->prefix_len > max)
			return false;
		row->prefix_len += (unsigned)(128 - max);
	}
	return true;
}

static bool parse_row(char *words, struct policy_row *row)
{
	char *rest = NULL, *end;
	char *prefix = strtok_r(words, " \t\r\n", &rest);
	char *value = strtok_r(NULL, " \t\r\n", &rest);

	if (!prefix || !value || !parse_prefix(prefix, row))
		return false;
	row->value = (int)strtol(value, &end, 10);
	return end != value && *end == '\0';
}

static void parse_line(char *line, struct policy *policy)
{
	struct policy_table *table = NULL;
	struct policy_row row;
	char *word, *rest = NULL;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, " \t\r\n", &rest);
	if (!word)
		return;
	if (strcmp(word, "label") == 0)
		table = &policy->label;
	else if (strcmp(word, "precedence") == 0)
		table = &policy->precedence;
	else if (strcmp(word, "scopev4") == 0)
		table = &policy->scope4;
	if (table && parse_row(rest, &row))
		insert(table, &row);
}

static void fill(struct policy_table *table, const struct policy_row *rows,
		 size_t count)
{
	for (size_t i = 0; table->count < count; i++)
		insert(table, &rows[i]);
}

void policy_read(struct policy *policy, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];

	policy->label.count = 0;
	policy->precedence.count = 0;
	policy->scope4.count = 0;
	while (file && fgets(line, sizeof(line), file))
		parse_line(line, policy);
	if (file)
		fclose(file);
	if (policy->label.count == 0)
		fill(&policy->label, labels, COUNT(labels));
	if (policy->precedence.count == 0)
		fill(&policy->precedence, precedences, COUNT(precedences));
	if (policy->scope4.count == 0)
		fill(&policy->scope4, scopes4, COUNT(scopes4));
}
