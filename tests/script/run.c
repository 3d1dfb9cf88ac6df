/*
 * run [-fnv] FILE [TEXT]: plays the scenarios of a file, each in a process
 * of its own; those alone whose name contains TEXT. -v shows every exchange,
 * -n stays in one process (for a debugger), -f wants every case to fail. The
 * last line is that of Check.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "script/script.h"

#define SECONDS_MAX 60 /* a case that hangs; really, not virtually */
#define IRS_DEFAULT 0x10000000u

struct arguments {
	bool loud, same_process, must_fail;
	const char *file, *text;
};

/* ---------------------------------------------------------------- a line */

char *cut_result(struct host *host, char **word)
{
	for (; *word; word++) {
		if (strcmp(*word, "=") != 0)
			continue;
		if (!word[1])
			host_fail(host, "nothing behind =");
		*word = NULL;
		return word[1];
	}
	return NULL;
}

static int split_words(struct host *host, char *text, char **word)
{
	int count = 0;

	for (char *at = strtok(text, " \t"); at; at = strtok(NULL, " \t")) {
		if (count == WORDS_MAX - 1)
			host_fail(host, "too many words");
		word[count++] = at;
	}
	word[count] = NULL;
	return count;
}

/* +TIME, @TIME or *; the words behind it. */
static char **take_time(struct host *host, char **word)
{
	const char *text = *word;
	int64_t until_us;

	host->is_waiting = strcmp(text, "*") == 0;
	if (host->is_waiting)
		return word + 1;
	if (*text != '+' && *text != '@')
		return word;
	host_start(host);
	until_us = (*text == '+' ? host->now_us : host->start_us) +
		   parse_time_us(host, text + 1);
	if (until_us < host->now_us)
		host_fail(host, "time does not go back");
	host_run_until(host, until_us);
	return word + 1;
}

static bool joins_the_one_before(const struct line *line)
{
	return line->text[0] == '&';
}

static void play_line(struct host *host, const struct line *line,
		      bool next_joins)
{
	char *word_space[WORDS_MAX], **word = word_space;
	char text[4096];
	event_function *function;
	bool is_expectation;

	host->line = line;
	snprintf(text, sizeof(text), "%s",
		 line->text + joins_the_one_before(line));
	if (!split_words(host, text, word))
		return;
	word = take_time(host, word);
	if (!*word)
		host_fail(host, "a time and no event");
	function = network_event(*word);
	if (!function)
		function = program_event(*word);
	if (!function)
		function = option_event(*word);
	if (!function)
		function = key_event(*word);
	if (!function)
		function = check_event(*word);
	if (!function)
		host_fail(host, "no such event: %s", *word);
	is_expectation =
		strcmp(*word, "sends") == 0 || function == check_event(*word);
	if (!is_expectation && !joins_the_one_before(line))
		host_expect_silence(host);
	function(host, word);
	if (!next_joins)
		host_flush(host);
}

void play(struct host *host, const struct script_case *script_case)
{
	const struct lines *lines = &script_case->lines;

	for (size_t i = 0; i < lines->count; i++)
		play_line(host, &lines->line[i],
			  i + 1 < lines->count &&
				  joins_the_one_before(&lines->line[i + 1]));
	host_stop(host);
}

/* ---------------------------------------------------------------- a case */

static void play_alone(const struct script_case *script_case, bool loud)
{
	static struct host host;

	host = (struct host){ .host_port = HOST_PORT,
			      .peer_port = PEER_PORT,
			      .irs = IRS_DEFAULT,
			      .loud = loud };
	play(&host, script_case);
}

/* Whether it passed. */
static bool play_case(const struct script_case *script_case,
		      const struct arguments *arguments)
{
	int status = -1;
	pid_t child;

	if (arguments->loud)
		printf("%s:%d: %s\n", script_case->origin.file,
		       script_case->origin.number, script_case->name);
	if (arguments->same_process) {
		play_alone(script_case, arguments->loud);
		return true;
	}
	fflush(stdout);
	child = fork();
	if (child == 0) {
		alarm(SECONDS_MAX);
		if (arguments->must_fail && !freopen("/dev/null", "w", stdout))
			_exit(0);
		play_alone(script_case, arguments->loud);
		fflush(stdout);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		abort();
	if (WIFSIGNALED(status))
		printf("%s:%d: ended by signal %d\n", script_case->origin.file,
		       script_case->origin.number, WTERMSIG(status));
	if (arguments->must_fail)
		status = !status;
	if (status != 0)
		printf("  case:  %s:%d: %s\n\n", script_case->origin.file,
		       script_case->origin.number, script_case->name);
	return status == 0;
}

static int play_cases(const struct cases *cases,
		      const struct arguments *arguments)
{
	int played = 0, failed = 0;

	for (size_t i = 0; i < cases->count; i++) {
		if (arguments->text &&
		    !strstr(cases->at[i].name, arguments->text))
			continue;
		played++;
		failed += !play_case(&cases->at[i], arguments);
	}
	printf("%d%%: Checks: %d, Failures: %d, Errors: 0\n",
	       played ? 100 * (played - failed) / played : 0, played, failed);
	return played > 0 && !failed ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static struct cases cases;
	struct arguments arguments = { .loud = false };
	int option;

	while ((option = getopt(argc, argv, "fnv")) != -1) {
		if (option == '?')
			return 2;
		arguments.loud |= option == 'v';
		arguments.same_process |= option == 'n';
		arguments.must_fail |= option == 'f';
	}
	if (optind >= argc) {
		fprintf(stderr, "usage: run [-fnv] FILE [TEXT]\n");
		return 2;
	}
	arguments.file = argv[optind];
	arguments.text = argv[optind + 1];
	load_file(arguments.file, &cases);
	return play_cases(&cases, &arguments);
}
