/* What programs do: write, read, wait, end. Every byte read is compared. */
#include "sim/app.h"

#include <string.h>
#include <sys/socket.h>

#include "tcp/tcp_time_wait.h"

void app_init(struct app *app, struct sim *sim, int host)
{
	*app = (struct app){
		.sim = sim,
		.stack = sim->host[host].stack,
		.host = host,
		.handle = -1,
		.salt = host ? 0xff : 0,
		.write_max = 65536,
		.read_max = UINT32_MAX,
		.next_us = TIME_NEVER,
	};
}

/* ------------------------------------------------------------------ bytes */

/* Eight of them from offset on, which is a multiple of eight. */
static uint64_t word_at(uint64_t offset, uint8_t salt)
{
	uint64_t z = (offset >> 3) * 0x9e3779b97f4a7c15u + salt;

	return z ^ z >> 29;
}

static uint8_t byte_at(uint64_t offset, uint8_t salt)
{
	return (uint8_t)(word_at(offset, salt) >> (offset & 7) * 8);
}

static void fill(uint8_t *to, size_t len, uint64_t offset, uint8_t salt)
{
	size_t i = 0;

	while (i < len) {
		uint64_t word = word_at(offset + i, salt);

		if ((offset + i) % 8 || len - i < 8) {
			to[i] = byte_at(offset + i, salt);
			i++;
			continue;
		}
		memcpy(to + i, &word, 8);
		i += 8;
	}
}

static bool is_right(const uint8_t *bytes, size_t len, uint64_t offset,
		     uint8_t salt)
{
	uint8_t expected[1024];

	while (len) {
		size_t n = len < sizeof(expected) ? len : sizeof(expected);

		fill(expected, n, offset, salt);
		if (memcmp(bytes, expected, n) != 0)
			return false;
		bytes += n;
		offset += n;
		len -= n;
	}
	return true;
}

/* ---------------------------------------------------------------- writing */

/* Bytes that it may have sent by now. */
static uint64_t allowed(const struct app *app)
{
	uint64_t rounds;

	switch (app->pattern) {
	case APP_STREAM:
		return app->to_send;
	case APP_DIALOGUE:
		if (app->host == 0)
			rounds = app->received / app->answer_len + 1;
		else
			rounds = app->received / app->request_len;
		rounds *= app->host == 0 ? app->request_len : app->answer_len;
		return rounds < app->to_send ? rounds : app->to_send;
	case APP_ANSWER_AT_END:
		return app->host == 0 || app->ended ? app->to_send : 0;
	}
	return 0;
}

static int64_t after_write_us(const struct app *app, uint64_t before)
{
	int64_t now_us = app->sim->now_us;

	if (app->gap_every &&
	    app->sent / app->gap_every != before / app->gap_every)
		return now_us + app->gap_us;
	return now_us + app->write_pause_us;
}

/* Bytes written; 0: the buffer is full, < 0: -errno. */
static int64_t write_some(struct app *app)
{
	struct sim *sim = app->sim;
	uint64_t len = 1 + sim_below(sim, app->write_max);
	uint64_t before = app->sent, most = allowed(app) - app->sent;
	struct iovec iov[8];
	size_t done = 0;
	int pieces, flags;

	if (len > most)
		len = most;
	pieces = pyt_socket_send_space(app->stack, app->handle, iov, 8);
	if (pieces < 0)
		return pieces;
	for (int i = 0; i < pieces && done < len; i++) {
		size_t n = iov[i].iov_len;

		if (n > len - done)
			n = len - done;
		fill(iov[i].iov_base, n, app->sent + done, app->salt);
		done += n;
	}
	flags = sim_happens(sim, app->more) ? MSG_MORE : 0;
	if (done > 0)
		pyt_socket_send_commit(app->stack, app->handle, done, flags,
				       sim->now_us);
	app->sent += done;
	if (done > 0)
		app->write_at_us = after_write_us(app, before);
	return (int64_t)done;
}

/* ---------------------------------------------------------------- reading */

static const char *read_some(struct app *app, uint64_t *done)
{
	uint64_t len = 1 + sim_below(app->sim, app->read_max);
	struct iovec iov[8];
	int pieces;

	pieces = pyt_socket_recv_view(app->stack, app->handle, iov, 8);
	for (int i = 0; i < pieces && *done < len; i++) {
		size_t n = iov[i].iov_len;

		if (n > len - *done)
			n = len - *done;
		if (!is_right(iov[i].iov_base, n, app->received,
			      (uint8_t)~app->salt))
			return "wrong bytes";
		app->received += n;
		*done += n;
	}
	if (app->received > app->to_receive)
		return "more bytes than were sent";
	if (*done > 0) {
		pyt_socket_recv_consume(app->stack, app->handle, *done,
					app->sim->now_us);
		app->read_at_us = app->sim->now_us + app->read_pause_us;
	}
	return NULL;
}

/* -------------------------------------------------------------------- end */

static void close_app(struct app *app)
{
	pyt_socket_close(app->stack, app->handle, app->sim->now_us);
	app->handle = -1;
	app->closed = true;
	app->closed_us = app->sim->now_us;
}

static bool breaks_off(const struct app *app)
{
	return app->end == APP_END_CLOSE_EARLY || app->end == APP_END_RESET;
}

static void break_off(struct app *app)
{
	struct linger linger = { .l_onoff = 1 };

	if (app->end == APP_END_RESET)
		pyt_socket_set_option(app->stack, app->handle, SOL_SOCKET,
				      SO_LINGER, &linger, sizeof(linger),
				      app->sim->now_us);
	close_app(app);
}

static bool has_read_all(const struct app *app)
{
	struct iovec iov;

	return pyt_socket_recv_view(app->stack, app->handle, &iov, 1) == 0;
}

static const char *finish(struct app *app, unsigned ready)
{
	if (!app->ended && (ready & PYT_READY_READ_END) && has_read_all(app)) {
		app->ended = true;
		if (app->received != app->to_receive && !app->peer_breaks_off)
			return "the end came too early";
	}
	if (breaks_off(app)) {
		if (app->sent + app->received >= app->break_at)
			break_off(app);
		return NULL;
	}
	if (app->ended && app->peer_breaks_off) {
		close_app(app);
		return NULL;
	}
	if (app->sent == app->to_send && !app->shut) {
		app->shut = true;
		if (app->end == APP_END_AT_ONCE) {
			close_app(app);
			return NULL;
		}
		if (pyt_socket_shutdown(app->stack, app->handle, SHUT_WR,
					app->sim->now_us) != 0)
			return "shutdown failed";
	}
	if (app->shut && app->ended)
		close_app(app);
	return NULL;
}

/*
 * The peer has all, has closed, and left TIME-WAIT: our FIN, whose ACKs were
 * lost all that time, meets nobody now.
 */
static bool is_forgotten(const struct app *app)
{
	const struct app *peer = app->peer;

	return app->shut && peer->closed && peer->received == app->sent &&
	       app->sim->now_us >= peer->closed_us + TCP_TIME_WAIT_US;
}

static const char *on_error(struct app *app, const char *what)
{
	if (!app->peer_breaks_off && !is_forgotten(app))
		return what;
	close_app(app);
	return NULL;
}

/* ------------------------------------------------------------------ turns */

static void plan_next(struct app *app)
{
	int64_t now_us = app->sim->now_us;

	app->next_us = TIME_NEVER;
	if (app->write_at_us > now_us && app->sent < allowed(app))
		app->next_us = app->write_at_us;
	if (app->read_at_us > now_us && app->read_at_us < app->next_us)
		app->next_us = app->read_at_us;
}

/* One write and one read; *is_progress: it is worth trying again. */
static const char *turn(struct app *app, bool *is_progress)
{
	unsigned ready = pyt_socket_ready(app->stack, app->handle);
	int64_t now_us = app->sim->now_us, written = 0;
	const char *problem = NULL;
	bool had_ended = app->ended;
	uint64_t read = 0;

	if (ready & PYT_READY_ERROR)
		return on_error(app, "the connection failed");
	if ((ready & PYT_READY_WRITE) && app->write_at_us <= now_us &&
	    app->sent < allowed(app))
		written = write_some(app);
	if (written < 0)
		return on_error(app, "writing failed");
	if (app->read_at_us <= now_us)
		problem = read_some(app, &read);
	if (!problem && (ready & (PYT_READY_WRITE | PYT_READY_READ)))
		problem = finish(app, ready);
	*is_progress = written > 0 || read > 0 || app->ended != had_ended;
	return problem;
}

const char *app_run(struct app *app)
{
	bool is_progress = true;
	const char *problem = NULL;

	while (!problem && !app->closed && is_progress) {
		is_progress = false;
		problem = turn(app, &is_progress);
	}
	if (!app->closed)
		plan_next(app);
	return problem;
}
