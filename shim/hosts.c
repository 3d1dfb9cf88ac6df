/*
 * The hosts file. As glibc with "multi on" (Debian's host.conf): a name has
 * the addresses of all its lines; the canonical name is that of the first.
 */
#include "hosts.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"
#define LINE_NAMES_MAX 64

struct line {
	struct pyt_ip ip;
	char *name[LINE_NAMES_MAX]; /* the first is the canonical one */
	size_t name_count;
};

/* Cuts text into *line. False: empty, a comment, not an address. */
static bool line_parse(char *text, struct line *line)
{
	char *rest = text, *word, *scope;

	text[strcspn(text, "#\n")] = '\0';
	rest += strspn(rest, BLANKS);
	word = strsep(&rest, BLANKS);
	scope = strchr(word, '%');
	if (scope)
		*scope = '\0';
	if (!pyt_ip_parse(word, &line->ip))
		return false;

	line->name_count = 0;
	while ((word = strsep(&rest, BLANKS)) &&
	       line->name_count < LINE_NAMES_MAX) {
		if (*word)
			line->name[line->name_count++] = word;
	}
	return line->name_count > 0;
}

static bool line_has(const struct line *line, const char *name)
{
	for (size_t i = 0; i < line->name_count; i++)
		if (strcasecmp(line->name[i], name) == 0)
			return true;
	return false;
}

/* The first line gives the names, the others addresses only. */
static bool take_line(const struct line *line, struct names_answer *answer)
{
	if (!answer->name) {
		if (!names_set_name(answer, line->name[0]))
			return false;
		for (size_t i = 1; i < line->name_count; i++)
			if (!names_add_alias(answer, line->name[i]))
				return false;
	}
	return names_add_ip(answer, &line->ip);
}

static bool is_wanted(const struct pyt_ip *ip, unsigned families)
{
	return families & (pyt_ip_is_v4(ip) ? NAMES_V4 : NAMES_V6);
}

int hosts_by_name(const char *path, const char *name, unsigned families,
		  struct names_answer *answer)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t text_size = 0;
	size_t before = answer->ip_count;
	struct line line;
	bool ok = true;

	if (!file)
		return HOST_NOT_FOUND;
	while (ok && getline(&text, &text_size, file) >= 0) {
		if (line_parse(text, &line) && is_wanted(&line.ip, families) &&
		    line_has(&line, name))
			ok = take_line(&line, answer);
	}
	free(text);
	fclose(file);
	if (!ok)
		return NETDB_INTERNAL;
	return answer->ip_count > before ? 0 : HOST_NOT_FOUND;
}

int hosts_by_ip(const char *path, const struct pyt_ip *ip,
		struct names_answer *answer)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t text_size = 0;
	struct line line;
	bool ok = true;

	if (!file)
		return HOST_NOT_FOUND;
	while (ok && !answer->name && getline(&text, &text_size, file) >= 0) {
		if (line_parse(text, &line) && pyt_ip_equal(&line.ip, ip))
			ok = take_line(&line, answer);
	}
	free(text);
	fclose(file);
	if (!ok)
		return NETDB_INTERNAL;
	return answer->name ? 0 : HOST_NOT_FOUND;
}
