/* Frames of a simulated run, written as they happen. */
#include "sim/capture.h"

#include <string.h>

#include "link/pcapng.h"

struct capture {
	FILE *file;
	uint8_t block[PYT_FRAME_LEN_MAX + PCAPNG_OVERHEAD];
};

struct capture *capture_create(const char *path)
{
	struct capture *capture = calloc(1, sizeof(*capture));

	if (!capture)
		return NULL;
	capture->file = fopen(path, "wb");
	if (!capture->file) {
		free(capture);
		return NULL;
	}
	return capture;
}

bool capture_destroy(struct capture *capture)
{
	bool fine;

	if (!capture)
		return true;
	fine = !ferror(capture->file);
	fine = fclose(capture->file) == 0 && fine;
	free(capture);
	return fine;
}

void capture_start(struct capture *capture, enum pyt_medium medium)
{
	if (capture)
		fwrite(capture->block, 1,
		       pcapng_start(capture->block, sizeof(capture->block),
				    medium, "sim0", "libpyt's simulator"),
		       capture->file);
}

void capture_frame(struct sim *sim, int from, const struct pyt_frame *frame,
		   const char *comment)
{
	struct pcapng_packet packet = {
		.len = frame->len,
		.time_ns = sim->now_us * 1000,
		.is_outbound = from == 0,
		.comment = comment,
	};
	struct capture *capture = sim->capture;

	if (!capture)
		return;
	memcpy(capture->block + PCAPNG_HEADER_LEN, frame->part[0].iov_base,
	       frame->len);
	fwrite(capture->block, 1,
	       pcapng_packet(capture->block, sizeof(capture->block), &packet),
	       capture->file);
}
