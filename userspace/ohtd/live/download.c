// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/download.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auth/session.h"
#include "base/clock.h"
#include "base/log.h"
#include "live/live.h"
#include "server/late.h"
#include "server/loop.h"
#include "http/problem.h"
#include "json/writer.h"

/* A piece that is being made has none: the client may leave. */
#define NO_DEADLINE_MS	UINT32_MAX
/* h2o encrypts each slice at once, and a slow client has OHTD_ANSWER_MS for each. */
#define SLICE_BYTES	16384

struct download {
	h2o_generator_t generator;	/* the first: h2o gives it back */
	h2o_linklist_t link;
	struct ohtd_pending pending;	/* while a worker has it */
	struct ohtd_work work;
	struct ohtd_loop *loop;
	struct ohtd_call *call;
	struct ohtd_download_source *source;
	unsigned int place;		/* of those of the server */
	const char *piece;
	size_t used;			/* its bytes */
	size_t handed;			/* bytes of it that h2o has */
	int result;			/* of the last piece: 1: there is more, 0: it was the last */
	bool working;			/* a worker has it */
	bool waiting;			/* no worker had room */
	bool sending;			/* the client has not taken the last slice */
	bool ending;			/* cut off */
	bool left;			/* the client has left; it is freed when the worker is done */
};

/* ---- whose turn it is ---- */

/* All clients of the local socket count as one account. */
static int64_t account_of(const struct ohtd_call *call)
{
	return call->who.local ? -1 : call->who.user_id;
}

/* A place, -EALREADY: the account has one, or -EBUSY. */
static int take_place(struct ohtd_live *live, int64_t account)
{
	int found = -EBUSY;

	pthread_mutex_lock(&live->downloads_lock);
	for (int i = 0; i < OHTD_DOWNLOADS_MAX && found != -EALREADY; i++) {
		if (live->download_of[i] == account)
			found = -EALREADY;
		else if (!live->download_of[i])
			found = i;
	}
	if (found >= 0)
		live->download_of[found] = account;
	pthread_mutex_unlock(&live->downloads_lock);
	return found;
}

static void leave_place(struct ohtd_live *live, unsigned int place)
{
	pthread_mutex_lock(&live->downloads_lock);
	live->download_of[place] = 0;
	pthread_mutex_unlock(&live->downloads_lock);
}

static struct download *make(struct ohtd_call *call, struct ohtd_download_source *source)
{
	struct download *download = calloc(1, sizeof(*download));

	if (!download)
		return NULL;
	h2o_linklist_insert(&call->loop->live->downloads, &download->link);
	download->loop = call->loop;
	download->call = call;
	download->source = source;
	return download;
}

static void free_download(struct download *download)
{
	h2o_linklist_unlink(&download->link);
	download->source->free(download->source);
	leave_place(download->loop->server->live, download->place);
	free(download);
}

/* ---- on a worker ---- */

static int make_piece(struct download *download)
{
	download->used = download->handed = 0;
	return download->source->make(download->source, &download->piece, &download->used);
}

static void run_work(struct ohtd_work *work, bool dropped)
{
	struct download *download = H2O_STRUCT_FROM_MEMBER(struct download, work, work);

	download->result = dropped ? -ESHUTDOWN : make_piece(download);
	ohtd_pending_post(&download->pending);
}

/* ---- on the loop ---- */

/* Nothing else would wake a connection that has been cut off while no piece is on its way. */
static void give_up(struct download *download)
{
	h2o_req_t *req = download->call->req;

	free_download(download);
	h2o_send(req, NULL, 0, H2O_SEND_STATE_ERROR);
}

/* The client sees that it has not got all: the last chunk of the transfer is missing. */
static void cut(struct download *download, const char *why)
{
	struct ohtd_call *call = download->call;

	if (download->ending)
		return;
	download->ending = true;
	ohtd_log(OHTD_LOG_NOTICE, "http", "download_cut", "%s of %s: %s", download->source->what, call->who.user, why);
	ohtd_conn_cut(call->conn);
	if (!download->sending && !download->working)
		give_up(download);
}

static void send_slice(struct download *download)
{
	size_t left = download->used - download->handed;
	h2o_iovec_t body = h2o_iovec_init(download->piece + download->handed,
					  left < SLICE_BYTES ? left : SLICE_BYTES);

	download->handed += body.len;
	download->sending = true;
	/* A slice that is not taken in time cuts the connection off (OHTD_ANSWER_MS). */
	download->call->conn->answered_ms = h2o_now(download->loop->ctx.loop);
	h2o_send(download->call->req, &body, 1, H2O_SEND_STATE_IN_PROGRESS);
}

static void go_on(struct download *download);

/* A piece has been made. */
static void finish(struct ohtd_pending *pending)
{
	struct download *download = H2O_STRUCT_FROM_MEMBER(struct download, pending, pending);

	download->working = false;
	if (download->left || !pending->call) {
		free_download(download);
	} else if (download->ending) {
		give_up(download);
	} else if (download->result < 0) {
		cut(download, strerror(-download->result));
	} else if (download->used) {
		send_slice(download);
	} else {
		go_on(download);
	}
}

static void ask_worker(struct download *download)
{
	int r;

	memset(&download->pending, 0, sizeof(download->pending));
	if (ohtd_pending_begin(&download->pending, download->call, NO_DEADLINE_MS, finish)) {
		download->waiting = true;
		return;
	}
	download->work.run = run_work;
	r = ohtd_call_submit(download->call, &download->work);
	download->working = !r;
	download->waiting = r;
	if (r)
		ohtd_pending_abandon(&download->pending);
}

static void end(struct download *download)
{
	struct ohtd_call *call = download->call;

	call->conn->answered_ms = h2o_now(call->loop->ctx.loop);
	free_download(download);
	h2o_send(call->req, NULL, 0, H2O_SEND_STATE_FINAL);
}

/* The client has all that was made. */
static void go_on(struct download *download)
{
	if (download->result)
		ask_worker(download);
	else
		end(download);
}

static void on_proceed(h2o_generator_t *self, h2o_req_t *req)
{
	struct download *download = (struct download *)self;

	(void)req;
	download->sending = false;
	download->call->conn->answered_ms = 0;
	if (download->ending) {
		give_up(download);
	} else if (download->handed < download->used) {
		send_slice(download);
	} else {
		go_on(download);
	}
}

static void on_stop(h2o_generator_t *self, h2o_req_t *req)
{
	struct download *download = (struct download *)self;

	(void)req;
	download->left = true;
	if (!download->working)
		free_download(download);
}

/* ---- the beginning ---- */

struct download_late {
	struct ohtd_late late;
	struct download *download;	/* NULL: it is on its way */
};

static int make_first(struct ohtd_late *late)
{
	struct download *download = ((struct download_late *)late)->download;

	download->result = make_piece(download);
	return download->result < 0 ? download->result : 0;
}

static void release_first(struct ohtd_late *late)
{
	struct download *download = ((struct download_late *)late)->download;

	if (download)
		free_download(download);
}

/* A file with a length never changes, so that its name is its tag. */
static const char *tag_of(struct ohtd_call *call, const struct ohtd_download_source *source)
{
	return ohtd_call_text_of(call, "\"%s\"", source->file);
}

static void say_kind(struct ohtd_call *call, const struct ohtd_download_source *source)
{
	if (source->measured) {
		ohtd_reply_header(call, "accept-ranges", "bytes");
		ohtd_reply_header(call, "etag", tag_of(call, source));
	}
	ohtd_reply_header(call, "content-type", source->type);
	ohtd_reply_header(call, "content-disposition", ohtd_call_text_of(call, "attachment; filename=\"%s\"", source->file));
}

static void begin_answer(struct ohtd_call *call, const struct ohtd_download_source *source)
{
	int status = source->from ? 206 : 200;

	call->req->res.status = status;
	call->req->res.reason = ohtd_status_text(status);
	if (source->measured)
		call->req->res.content_length = (size_t)(source->bytes - source->from);
	if (source->from)
		ohtd_reply_header(call, "content-range",
				  ohtd_call_text_of(call, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, source->from,
						    source->bytes - 1, source->bytes));
	say_kind(call, source);
	ohtd_audited(call, status, NULL, NULL, 0);
	ohtd_figures_note(call->count, status,
			  ohtd_since(ohtd_clock_monotonic_ns(call->services->clock), call->begun_ns));
}

/* It would hold the end up, or be cut off soon. */
static bool refuse_in_drain(struct ohtd_call *call)
{
	if (!call->loop->drain_from_ms)
		return false;
	ohtd_reply_header(call, "retry-after", "2");
	ohtd_reply_problem(call, 503, "unavailable", "the daemon ends");
	return true;
}

static void reply_first(struct ohtd_call *call, struct ohtd_late *late)
{
	struct download_late *job = (struct download_late *)late;
	struct download *download = job->download;

	if (late->result < 0) {
		download->source->refuse(call, download->source, late->result);
		return;
	}
	/* Of those that have no length it has been answered. */
	if (ohtd_method_is_head(call->req->method.base, call->req->method.len)) {
		say_kind(call, download->source);
		ohtd_reply_send(call, 200, NULL, (size_t)download->source->bytes);
		return;
	}
	if (refuse_in_drain(call))
		return;
	job->download = NULL;
	begin_answer(call, download->source);
	download->generator = (h2o_generator_t){ on_proceed, on_stop };
	h2o_start_response(call->req, &download->generator);
	if (download->used)
		send_slice(download);
	else
		go_on(download);
}

static void refuse_place(struct ohtd_call *call, int why)
{
	ohtd_reply_header(call, "retry-after", "10");
	if (why == -EALREADY)
		ohtd_reply_problem(call, 429, "too_many_exports",
				   "an export or a backup is on its way to %s, and each account may have one at a time",
				   call->who.user);
	else
		ohtd_reply_problem(call, 429, "too_many_exports",
				   "%d exports and backups are on their way, and at most %d may be",
				   OHTD_DOWNLOADS_MAX, OHTD_DOWNLOADS_MAX);
}

/* NULL: it has been refused. */
static struct download *make_in_place(struct ohtd_call *call, struct ohtd_download_source *source)
{
	struct ohtd_live *live = call->loop->server->live;
	int place = take_place(live, account_of(call));
	struct download *download;

	if (place < 0) {
		refuse_place(call, place);
		return NULL;
	}
	download = make(call, source);
	if (download) {
		download->place = (unsigned int)place;
		return download;
	}
	leave_place(live, (unsigned int)place);
	ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
	return NULL;
}

/* It is refused, or its head is all. */
static bool is_answered(struct ohtd_call *call, const struct ohtd_download_source *source)
{
	if (!source) {
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return true;
	}
	/* There the end of the connection is the end of the body, and what was cut off looks whole. */
	if (call->req->version < 0x101 && !source->measured) {
		ohtd_reply_problem(call, 505, "http_version",
				   "an %s needs HTTP/1.1: tell the proxy to use it", source->what);
		return true;
	}
	if (refuse_in_drain(call))
		return true;
	/* The head alone, with which it would begin. */
	if (!source->measured && ohtd_method_is_head(call->req->method.base, call->req->method.len)) {
		ohtd_reply_data(call, 200, source->type, "", 0);
		return true;
	}
	return false;
}

static void begin(struct ohtd_call *call, struct download *download)
{
	struct download_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job) {
		free_download(download);
		return;
	}
	job->download = download;
	job->late.release = release_first;
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, make_first, reply_first);
}

/* Of a client that has the bytes in front: "bytes=1048576-". Any other range is answered with all bytes, as RFC 9110 permits. */
static uint64_t asked_from(struct ohtd_call *call, const struct ohtd_download_source *source)
{
	const char *range = ohtd_call_header(call, "range"), *tag = ohtd_call_header(call, "if-range");
	unsigned long long from;
	char *end;

	if (!range || strncmp(range, "bytes=", 6) != 0 || !isdigit((unsigned char)range[6]))
		return 0;
	errno = 0;
	from = strtoull(range + 6, &end, 10);
	return errno || strcmp(end, "-") != 0 || (tag && strcmp(tag, tag_of(call, source)) != 0) ? 0 : from;
}

void ohtd_download_open(struct ohtd_call *call, struct ohtd_download_source *source)
{
	struct download *download = is_answered(call, source) ? NULL : make_in_place(call, source);

	if (download && source->measured && !ohtd_method_is_head(call->req->method.base, call->req->method.len))
		source->from = asked_from(call, source);
	if (download)
		begin(call, download);
	else if (source)
		source->free(source);
}

/* ---- what happens by itself ---- */

static void look(struct download *download)
{
	const struct ohtd_principal *who = &download->call->who;

	if (!ohtd_server_lives(download->call->conn, who))
		cut(download, "the session has been ended");
	else if (download->waiting)
		ask_worker(download);
}

/* Those that have not begun to answer are the business of late.h. */
static bool has_begun(const struct download *download)
{
	return download->generator.proceed && !download->left && !download->ending;
}

void ohtd_downloads_tick(struct ohtd_loop *loop)
{
	for (h2o_linklist_t *at = loop->live->downloads.next, *next; at != &loop->live->downloads; at = next) {
		struct download *download = H2O_STRUCT_FROM_MEMBER(struct download, link, at);

		next = at->next;
		if (has_begun(download))
			look(download);
	}
}

void ohtd_downloads_drain(struct ohtd_loop *loop)
{
	for (h2o_linklist_t *at = loop->live->downloads.next, *next; at != &loop->live->downloads; at = next) {
		struct download *download = H2O_STRUCT_FROM_MEMBER(struct download, link, at);

		next = at->next;
		if (has_begun(download))
			cut(download, "the daemon ends");
	}
}
