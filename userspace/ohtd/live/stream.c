// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/stream.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/session.h"
#include "base/clock.h"
#include "base/log.h"
#include "live/channels.h"
#include "live/live.h"
#include "http/problem.h"
#include "live/socket.h"

#define EVENT_TAKEN_MS	1000
#define WRITTEN_MS	10000

/* Each channel with its number, and what stands around them. */
#define ID_BYTES	(32 + OHTD_CHANNELS * 36)

struct stream {
	h2o_generator_t generator;	/* the first: h2o gives it back */
	h2o_linklist_t link;
	struct ohtd_loop *loop;
	struct ohtd_call *call;
	struct ohtd_subscription subscriptions[OHTD_CHANNELS];
	uint64_t told[OHTD_CHANNELS];	/* the newest message that the client has of each; 0: none */
	int turn;			/* the channel that has been told last */
	struct ohtd_message *writing;	/* NULL also while only the head is being written */
	char head[ID_BYTES + 64];	/* in front of @writing */
	uint64_t writing_ms;		/* 0: nothing is being written */
	bool ending;			/* cut, or being ended: nothing more is told */
};

static void free_stream(struct stream *stream)
{
	h2o_linklist_unlink(&stream->link);
	for (int i = 0; i < OHTD_CHANNELS; i++)
		if (stream->subscriptions[i].step)
			ohtd_hub_listen(stream->loop->server->live->hub, i, false);
	atomic_fetch_sub(&stream->loop->server->live->count, 1);
	ohtd_message_drop(stream->writing);
	free(stream);
}

/* ---- writing ---- */

/* "EPOCH-safety:41,robot:1207": what the client has of every channel once it has this event. */
static void write_id(const struct stream *stream, char id[ID_BYTES])
{
	unsigned long long epoch = ohtd_hub_epoch(stream->loop->server->live->hub);
	int n = snprintf(id, ID_BYTES, "%llu", epoch);
	char between = '-';

	for (unsigned int i = 0; i < OHTD_CHANNELS; i++) {
		if (!stream->told[i])
			continue;
		n += snprintf(id + n, ID_BYTES - (size_t)n, "%c%s:%llu", between, ohtd_channel_name(i),
			      (unsigned long long)stream->told[i]);
		between = ',';
	}
}

static void send_message(struct stream *stream, int channel, struct ohtd_message *message)
{
	const char *name = ohtd_channel_name((unsigned int)channel);
	h2o_iovec_t pieces[3];
	char id[ID_BYTES];
	int n;

	if (message->seq) {
		stream->told[channel] = message->seq;
		write_id(stream, id);
		n = snprintf(stream->head, sizeof(stream->head), "event: %s\nid: %s\ndata: ", name, id);
	} else {
		n = snprintf(stream->head, sizeof(stream->head), "event: %s\ndata: ", name);
	}
	pieces[0] = h2o_iovec_init(stream->head, (size_t)n);
	pieces[1] = h2o_iovec_init(message->text, message->text_bytes);
	pieces[2] = h2o_iovec_init(H2O_STRLIT("\n\n"));
	stream->writing = message;
	stream->writing_ms = ohtd_channels_now_ms(stream->loop);
	h2o_send(stream->call->req, pieces, 3, H2O_SEND_STATE_IN_PROGRESS);
}

static bool tell(struct stream *stream, int channel)
{
	struct ohtd_subscription *subscription = &stream->subscriptions[channel];
	struct ohtd_message *message;

	if (!subscription->step)
		return false;
	message = ohtd_hub_next(stream->loop->server->live->hub, channel, subscription,
				ohtd_channels_now_ms(stream->loop));
	if (message)
		send_message(stream, channel, message);
	return message;
}

/* The stop before everything else; the others in turn, so that a busy one keeps none waiting. */
static void pump(struct stream *stream)
{
	if (stream->writing_ms || stream->ending || tell(stream, OHTD_CHANNEL_SAFETY))
		return;
	for (int i = 1; i <= OHTD_CHANNELS; i++) {
		int channel = (stream->turn + i) % OHTD_CHANNELS;

		if (!tell(stream, channel))
			continue;
		stream->turn = channel;
		return;
	}
}

static void on_proceed(h2o_generator_t *self, h2o_req_t *req)
{
	struct stream *stream = (struct stream *)self;

	(void)req;
	if (stream->writing)
		ohtd_channels_written(stream->loop, &stream->subscriptions[OHTD_CHANNEL_SAFETY], stream->writing);
	ohtd_message_drop(stream->writing);
	stream->writing = NULL;
	stream->writing_ms = 0;
	pump(stream);
}

/* The client has left. */
static void on_stop(h2o_generator_t *self, h2o_req_t *req)
{
	(void)req;
	free_stream((struct stream *)self);
}

/* ---- the end ---- */

/*
 * The last event says why. A client that does not read is cut off instead: nothing more can be written
 * to it. The stream may be gone behind it.
 */
static void end(struct stream *stream, const char *code, const char *detail)
{
	struct ohtd_call *call = stream->call;
	h2o_iovec_t last;

	ohtd_log(OHTD_LOG_INFO, "http", "stream_closed", "%s: %s", call->who.user, code);
	if (stream->writing_ms) {
		stream->ending = true;
		ohtd_conn_cut(call->conn);
		return;
	}
	last = h2o_iovec_init(NULL, 0);
	last.base = (char *)ohtd_call_text_of(
		call, "data: {\"type\":\"error\",\"code\":\"%s\",\"detail\":\"%s\"}\n\n", code, detail);
	last.len = strlen(last.base);
	call->conn->answered_ms = h2o_now(call->loop->ctx.loop);
	free_stream(stream);
	h2o_send(call->req, &last, 1, H2O_SEND_STATE_FINAL);
}

/* ---- the beginning ---- */

static bool read_number(const char **at, uint64_t *number)
{
	char *behind;

	if (!isdigit((unsigned char)**at))
		return false;
	*number = strtoull(*at, &behind, 10);
	*at = behind;
	return true;
}

/* As write_id() has written it. False: it is none, and says nothing. */
static bool read_id(const char *id, uint64_t *epoch, uint64_t seqs[OHTD_CHANNELS])
{
	if (!read_number(&id, epoch) || *id++ != '-')
		return false;
	for (;; id++) {
		size_t bytes = strcspn(id, ":");
		int channel = ohtd_word_number_of(&ohtd_channel_words, id, bytes);

		if (channel < 0 || seqs[channel] || id[bytes] != ':')
			return false;
		id += bytes + 1;
		if (!read_number(&id, &seqs[channel]) || !seqs[channel])
			return false;
		if (*id != ',')
			return !*id;
	}
}

static void subscribe(struct stream *stream, const struct ohtd_stream_wish *wish)
{
	struct ohtd_hub *hub = stream->loop->server->live->hub;
	uint64_t epoch = 0, seqs[OHTD_CHANNELS] = { 0 };
	bool resumes = wish->last_id && read_id(wish->last_id, &epoch, seqs);

	for (int i = 0; i < OHTD_CHANNELS; i++) {
		struct ohtd_subscription *subscription = &stream->subscriptions[i];

		if (!oht_set_has(&wish->channels, (unsigned int)i))
			continue;
		ohtd_hub_listen(hub, i, true);
		if (resumes && seqs[i])
			ohtd_hub_resume(hub, i, subscription, wish->pause_ms, epoch, seqs[i]);
		else
			ohtd_hub_subscribe(subscription, wish->pause_ms);
		if (ohtd_channel_filters(i))
			subscription->wanted = wish->signals;
		/* What the client has stays in the ids, also before the channel has told more. */
		if (resumes && subscription->step == OHTD_RECOVERED_DUE)
			stream->told[i] = seqs[i];
	}
}

static void start(struct stream *stream)
{
	struct ohtd_call *call = stream->call;
	/* A comment: the client sees at once that it is heard. */
	h2o_iovec_t first = h2o_iovec_init(H2O_STRLIT(": live\n\n"));

	call->req->res.status = 200;
	call->req->res.reason = ohtd_status_text(200);
	ohtd_reply_header(call, "content-type", call->route->replies[0].type);
	/* nginx keeps events back until a buffer is full, unless an answer says so. */
	ohtd_reply_header(call, "x-accel-buffering", "no");
	ohtd_figures_note(call->count, 200,
			  ohtd_since(ohtd_clock_monotonic_ns(call->services->clock), call->begun_ns));
	h2o_start_response(call->req, &stream->generator);
	stream->writing_ms = ohtd_channels_now_ms(stream->loop);
	h2o_send(call->req, &first, 1, H2O_SEND_STATE_IN_PROGRESS);
}

void ohtd_stream_open(struct ohtd_call *call, const struct ohtd_stream_wish *wish)
{
	struct ohtd_server *server = call->loop->server;
	struct stream *stream;

	/* The head alone, with which the stream would begin. */
	if (ohtd_method_is_head(call->req->method.base, call->req->method.len)) {
		ohtd_reply_data(call, 200, call->route->replies[0].type, "", 0);
		return;
	}
	stream = calloc(1, sizeof(*stream));
	if (!stream) {
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return;
	}
	if (!ohtd_live_place_take(server)) {
		free(stream);
		ohtd_reply_header(call, "retry-after", "1");
		ohtd_reply_problem(call, 503, "busy", "too many clients stay connected");
		return;
	}
	stream->generator = (h2o_generator_t){ on_proceed, on_stop };
	stream->loop = call->loop;
	stream->call = call;
	h2o_linklist_insert(&call->loop->live->streams, &stream->link);
	subscribe(stream, wish);
	start(stream);
}

/* ---- what happens by itself ---- */

static void look(struct stream *stream, uint64_t now_ms)
{
	const struct ohtd_principal *who = &stream->call->who;
	struct ohtd_hub *hub = stream->loop->server->live->hub;
	uint64_t waits_ms = ohtd_hub_event_waits_ms(hub, OHTD_CHANNEL_SAFETY,
						    &stream->subscriptions[OHTD_CHANNEL_SAFETY]);
	uint64_t written_ms = stream->writing_ms ? now_ms - stream->writing_ms : 0;

	if (stream->ending)
		return;
	if (!ohtd_server_lives(stream->call->conn, who))
		end(stream, "token_revoked", "the session has been ended");
	else if ((waits_ms && now_ms > waits_ms && now_ms - waits_ms >= EVENT_TAKEN_MS) ||
		 (stream->writing && stream->writing->event && written_ms >= EVENT_TAKEN_MS))
		end(stream, "safety_not_taken", "an event was not taken in time");
	else if (written_ms >= WRITTEN_MS)
		end(stream, "too_slow", "nothing is read");
}

void ohtd_streams_tick(struct ohtd_loop *loop)
{
	uint64_t now_ms = ohtd_channels_now_ms(loop);

	for (h2o_linklist_t *at = loop->live->streams.next, *next; at != &loop->live->streams; at = next) {
		next = at->next;
		look(H2O_STRUCT_FROM_MEMBER(struct stream, link, at), now_ms);
	}
}

void ohtd_streams_turn(struct ohtd_loop *loop)
{
	for (h2o_linklist_t *at = loop->live->streams.next; at != &loop->live->streams; at = at->next)
		pump(H2O_STRUCT_FROM_MEMBER(struct stream, link, at));
}

void ohtd_streams_drain(struct ohtd_loop *loop)
{
	for (h2o_linklist_t *at = loop->live->streams.next, *next; at != &loop->live->streams; at = next) {
		struct stream *stream = H2O_STRUCT_FROM_MEMBER(struct stream, link, at);

		next = at->next;
		if (!stream->ending)
			end(stream, "shutting_down", "the daemon ends");
	}
}
