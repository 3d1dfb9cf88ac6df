/*
 * From files to cases: include, define ... end, do, case, rows. What is read
 * here lives as long as the program.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/script.h"

#define TABLES_MAX 4
#define COLUMNS_MAX 16
#define DEPTH_MAX 8

struct table {
	struct lines rows; /* the first names the columns */
};

/* A case before its rows are put in. */
struct draft {
	struct line origin;
	char *name;
	struct lines body;
	struct table table[TABLES_MAX];
	int table_count;
};

struct define {
	char *name;
	char *defaults;
	struct lines body;
	struct define *next;
};

struct value {
	const char *name, *text;
	size_t name_len, text_len;
};

struct values {
	struct value at[TABLES_MAX * COLUMNS_MAX];
	int count;
};

struct loader {
	struct cases *cases;
	struct draft draft;
	struct define *define; /* that is being read; or NULL */
	bool in_case, in_rows;
	int depth;
};

static struct define *defines;
static void *kept; /* so that nothing that stays looks lost */

static void *keep(size_t len)
{
	void **memory = calloc(1, sizeof(void *) + len);

	if (!memory)
		abort();
	*memory = kept;
	kept = memory;
	return memory + 1;
}

static char *keep_text(const char *text, size_t len)
{
	char *copy = keep(len + 1);

	memcpy(copy, text, len);
	return copy;
}

static void __attribute__((noreturn, format(printf, 2, 3)))
bad_line(const struct line *line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "%s:%d: ", line->file, line->number);
	vfprintf(stderr, format, arguments);
	fprintf(stderr, "\n");
	va_end(arguments);
	exit(2);
}

static void add_line(struct lines *lines, const struct line *line)
{
	if (lines->count == lines->size) {
		size_t size = lines->size ? 2 * lines->size : 16;
		struct line *grown = keep(size * sizeof(*grown));

		if (lines->count)
			memcpy(grown, lines->line,
			       lines->count * sizeof(*grown));
		lines->line = grown;
		lines->size = size;
	}
	lines->line[lines->count++] = *line;
}

static char *trim(char *text)
{
	size_t len;

	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	return text;
}

/* Cuts at a # that begins a word, outside of quotes. */
static void cut_comment(char *text)
{
	bool quoted = false;

	for (char *at = text; *at; at++) {
		if (*at == '"')
			quoted = !quoted;
		if (*at == '#' && !quoted &&
		    (at == text || isspace((unsigned char)at[-1]))) {
			*at = '\0';
			return;
		}
	}
}

/* The first word; *rest goes on behind it. */
static char *first_word(char *text, char **rest)
{
	size_t len = strcspn(text, " \t");
	char *word = keep_text(text, len);

	*rest = trim(text + len);
	return word;
}

/* ------------------------------------------------------- substitution */

static bool is_name_char(char c)
{
	return islower((unsigned char)c) || isdigit((unsigned char)c) ||
	       c == '_';
}

static const struct value *find_value(const struct values *values,
				      const char *name, size_t len)
{
	for (int i = values->count - 1; i >= 0; i--)
		if (values->at[i].name_len == len &&
		    strncmp(values->at[i].name, name, len) == 0)
			return &values->at[i];
	return NULL;
}

static void add_value(struct values *values, const struct line *line,
		      const char *name, size_t name_len, const char *text,
		      size_t text_len)
{
	if (values->count == TABLES_MAX * COLUMNS_MAX)
		bad_line(line, "too many names");
	values->at[values->count++] =
		(struct value){ name, text, name_len, text_len };
}

/* $name by its value; a name that has none stays as it is. */
static char *substitute(const char *text, const struct values *values)
{
	size_t size = strlen(text) + 1, len = 0;
	const char *at;
	char *to;

	for (at = text; *at; at++)
		if (*at == '$')
			for (int i = 0; i < values->count; i++)
				size += values->at[i].text_len;
	to = keep(size);
	for (at = text; *at;) {
		const struct value *value = NULL;
		size_t name_len = 0;

		if (*at == '$')
			while (is_name_char(at[1 + name_len]))
				name_len++;
		if (name_len)
			value = find_value(values, at + 1, name_len);
		if (!value) {
			to[len++] = *at++;
			continue;
		}
		memcpy(to + len, value->text, value->text_len);
		len += value->text_len;
		at += 1 + name_len;
	}
	return to;
}

/* a=b c="d e" */
static void parse_arguments(const struct line *line, const char *text,
			    struct values *values)
{
	for (;;) {
		const char *name, *end;
		size_t name_len;

		text += strspn(text, " \t");
		if (!*text)
			return;
		name = text;
		name_len = strcspn(text, "= \t");
		if (name[name_len] != '=')
			bad_line(line, "name=value was expected: %s", name);
		text += name_len + 1;
		if (*text == '"') {
			end = strchr(++text, '"');
			if (!end)
				bad_line(line, "no closing quote");
			add_value(values, line, name, name_len, text,
				  (size_t)(end - text));
			text = end + 1;
			continue;
		}
		end = text + strcspn(text, " \t");
		add_value(values, line, name, name_len, text,
			  (size_t)(end - text));
		text = end;
	}
}

/* ----------------------------------------------------------- expansion */

static void expand(struct lines *to, const struct line *line,
		   const struct values *values, int depth);

static void expand_do(struct lines *to, const struct line *line, char *name,
		      const char *arguments, int depth)
{
	struct line *caller = keep(sizeof(*caller));
	struct values values = { .count = 0 };
	const struct define *define = defines;

	while (define && strcmp(define->name, name) != 0)
		define = define->next;
	if (!define)
		bad_line(line, "no 'define %s'", name);
	if (depth == DEPTH_MAX)
		bad_line(line, "'do' is nested too deeply");
	parse_arguments(line, define->defaults, &values);
	parse_arguments(line, arguments, &values);
	*caller = *line;
	for (size_t i = 0; i < define->body.count; i++) {
		struct line copy = define->body.line[i];

		copy.caller = caller;
		expand(to, &copy, &values, depth + 1);
	}
}

static void expand_event(struct lines *to, const struct line *line, char *text,
			 int depth)
{
	struct line event = *line;
	char *rest, *word;

	text = trim(text);
	if (!*text || strcmp(text, "-") == 0)
		return;
	event.text = text;
	word = first_word(text, &rest);
	if (strcmp(word, "do") != 0) {
		add_line(to, &event);
		return;
	}
	word = first_word(rest, &rest);
	expand_do(to, &event, word, rest, depth);
}

/* One line of text is one event or several with ; between them. */
static void expand(struct lines *to, const struct line *line,
		   const struct values *values, int depth)
{
	char *text = substitute(line->text, values);
	bool quoted = false;
	char *begin = text;

	for (char *at = text;; at++) {
		bool is_end = !*at;

		if (*at == '"')
			quoted = !quoted;
		if (!is_end && (*at != ';' || quoted))
			continue;
		*at = '\0';
		expand_event(to, line, begin, depth);
		if (is_end)
			return;
		begin = at + 1;
	}
}

static void add_case(struct cases *cases, const struct draft *draft,
		     const struct values *values, const struct line *origin)
{
	struct script_case *made;

	if (cases->count == cases->size) {
		size_t size = cases->size ? 2 * cases->size : 64;
		struct script_case *grown = keep(size * sizeof(*grown));

		if (cases->count)
			memcpy(grown, cases->at, cases->count * sizeof(*grown));
		cases->at = grown;
		cases->size = size;
	}
	made = &cases->at[cases->count++];
	made->name = substitute(draft->name, values);
	made->origin = *origin;
	for (size_t i = 0; i < draft->body.count; i++)
		expand(&made->lines, &draft->body.line[i], values, 0);
}

static int split_cells(char *text, char *cell[COLUMNS_MAX])
{
	int count = 0;

	while (text && count < COLUMNS_MAX) {
		char *end = strchr(text, '|');

		if (end)
			*end = '\0';
		cell[count++] = trim(text);
		text = end ? end + 1 : NULL;
	}
	return count;
}

/* Every row of each table with every row of the others. */
static void add_rows(struct cases *cases, const struct draft *draft, int number,
		     const struct values *before, const struct line *origin)
{
	const struct lines *rows;
	char *name[COLUMNS_MAX];
	int columns;

	if (number == TABLES_MAX || number == draft->table_count) {
		add_case(cases, draft, before, origin);
		return;
	}
	rows = &draft->table[number].rows;
	if (rows->count < 2)
		bad_line(&draft->origin, "'rows' without rows");
	columns = split_cells(
		keep_text(rows->line[0].text, strlen(rows->line[0].text)),
		name);
	for (size_t i = 1; i < rows->count; i++) {
		const struct line *row = &rows->line[i];
		struct values values = *before;
		char *cell[COLUMNS_MAX];

		if (split_cells(keep_text(row->text, strlen(row->text)),
				cell) != columns)
			bad_line(row, "%d columns were expected", columns);
		for (int c = 0; c < columns; c++)
			add_value(&values, row, name[c], strlen(name[c]),
				  cell[c], strlen(cell[c]));
		add_rows(cases, draft, number + 1, &values, row);
	}
}

static void finish_case(struct loader *loader)
{
	struct values none = { .count = 0 };

	if (loader->in_case)
		add_rows(loader->cases, &loader->draft, 0, &none,
			 &loader->draft.origin);
	loader->in_case = loader->in_rows = false;
	loader->draft = (struct draft){ 0 };
}

/* -------------------------------------------------------------- reading */

static void read_file(struct loader *loader, const char *path);

static void include_file(struct loader *loader, const struct line *line,
			 const char *name)
{
	const char *slash = strrchr(line->file, '/');
	size_t folder_len = slash ? (size_t)(slash - line->file) + 1 : 0;
	char *path = keep(folder_len + strlen(name) + 1);

	if (loader->depth == DEPTH_MAX)
		bad_line(line, "'include' is nested too deeply");
	memcpy(path, line->file, folder_len);
	memcpy(path + folder_len, name, strlen(name));
	read_file(loader, path);
}

static void begin_define(struct loader *loader, char *rest)
{
	struct define *define = keep(sizeof(*define));

	define->name = first_word(rest, &define->defaults);
	define->next = defines;
	defines = define;
	loader->define = define;
}

static void begin_rows(struct loader *loader, const struct line *line)
{
	if (!loader->in_case)
		bad_line(line, "'rows' outside of a case");
	if (loader->draft.table_count++ == TABLES_MAX)
		bad_line(line, "too many 'rows'");
	loader->in_rows = true;
}

static void take_event(struct loader *loader, const struct line *line)
{
	if (loader->define)
		add_line(&loader->define->body, line);
	else if (loader->in_rows)
		add_line(&loader->draft.table[loader->draft.table_count - 1]
				  .rows,
			 line);
	else if (loader->in_case)
		add_line(&loader->draft.body, line);
	else
		bad_line(line, "an event outside of a case");
}

static void take_line(struct loader *loader, const struct line *line)
{
	char *rest;
	char *word = first_word(line->text, &rest);

	if (strcmp(word, "end") == 0 && loader->define) {
		loader->define = NULL;
	} else if (strcmp(word, "include") == 0) {
		finish_case(loader);
		include_file(loader, line, rest);
	} else if (strcmp(word, "define") == 0) {
		finish_case(loader);
		begin_define(loader, rest);
	} else if (strcmp(word, "case") == 0) {
		finish_case(loader);
		loader->in_case = true;
		loader->draft.origin = *line;
		loader->draft.name = rest;
	} else if (strcmp(word, "rows") == 0) {
		begin_rows(loader, line);
	} else {
		take_event(loader, line);
	}
}

static void read_file(struct loader *loader, const char *path)
{
	FILE *file = fopen(path, "r");
	struct line line = { .file = path };
	char text[4096];

	if (!file) {
		perror(path);
		exit(2);
	}
	loader->depth++;
	while (fgets(text, sizeof(text), file)) {
		char *trimmed;

		line.number++;
		cut_comment(text);
		trimmed = trim(text);
		if (!*trimmed)
			continue;
		line.text = keep_text(trimmed, strlen(trimmed));
		take_line(loader, &line);
	}
	finish_case(loader);
	fclose(file);
	loader->depth--;
}

void load_file(const char *path, struct cases *cases)
{
	struct loader loader = { .cases = cases };

	read_file(&loader, path);
}
