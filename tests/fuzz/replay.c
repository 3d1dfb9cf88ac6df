/* Plays inputs again: files, or all files of folders. */
#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

#define INPUT_MAX (1 << 20)

static void fail(const char *name)
{
	perror(name);
	exit(EXIT_FAILURE);
}

static int replay_file(const char *name)
{
	FILE *file = fopen(name, "rb");
	uint8_t *bytes = malloc(INPUT_MAX);
	size_t len;

	if (!file || !bytes)
		fail(name);
	len = fread(bytes, 1, INPUT_MAX, file);
	fclose(file);
	fprintf(stderr, "%s\n", name); /* the last one is what crashed */
	LLVMFuzzerTestOneInput(bytes, len);
	free(bytes);
	return 1;
}

static int replay_folder(const char *name)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int count = scandir(name, &entries, NULL, alphasort), played = 0;

	if (count < 0)
		fail(name);
	for (int i = 0; i < count; i++) {
		if (entries[i]->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", name,
				 entries[i]->d_name);
			played += replay_file(path);
		}
		free(entries[i]);
	}
	free(entries);
	return played;
}

int main(int argc, char **argv)
{
	struct stat status;
	int played = 0;

	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &status) != 0)
			fail(argv[i]);
		played += S_ISDIR(status.st_mode) ? replay_folder(argv[i])
						  : replay_file(argv[i]);
	}
	printf("%d inputs\n", played);
	return played ? EXIT_SUCCESS : EXIT_FAILURE;
}
