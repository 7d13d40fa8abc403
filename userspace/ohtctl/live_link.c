// SPDX-License-Identifier: GPL-2.0-or-later
#include "live_link.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "show.h"
#include "site.h"

#define PAUSE_MIN_MS	500
#define PAUSE_MAX_MS	8000
/* A stream that says nothing for so long is given up. */
#define GIVE_UP_MS	5000
#define FIRST_MS	15000
#define UNAUTHORIZED	401

/* ---- what comes ---- */

static const char *text_of(struct json_object *json, const char *name)
{
	return json_object_get_string(json_object_object_get(json, name));
}

/* Without a channel: the daemon says why it ends the stream. */
static void take_end(struct live_link *link, struct json_object *message)
{
	const char *type = text_of(message, "type"), *detail = text_of(message, "detail");

	if (type && !strcmp(type, "error") && !json_object_object_get(message, "channel"))
		snprintf(link->why, sizeof(link->why), "%s", detail ? detail : "ohtd has ended it");
}

static void take_event(void *arg, const char *data, const char *id)
{
	struct live_link *link = arg;
	struct json_object *message = json_tokener_parse(data);

	if (json_object_is_type(message, json_type_object)) {
		client_clean(message);
		link->heard_ms = show_now_ms();
		link->pause_ms = 0;
		link->renewed = false;
		link->why[0] = '\0';
		if (*id)
			snprintf(link->id, sizeof(link->id), "%s", id);
		take_end(link, message);
		link->tell(link->arg, message);
	}
	json_object_put(message);
}

static bool take_bytes(void *arg, const char *bytes, size_t count)
{
	struct live_link *link = arg;

	return oht_sse_take(&link->sse, bytes, count, take_event, link);
}

/* ---- the connection ---- */

/* A complaint of a verb into link->why: it is shown when there is room for it. */
static struct cli quiet_of(struct live_link *link, FILE **to)
{
	struct cli quiet = *link->cli;

	memset(link->why, 0, sizeof(link->why));
	*to = fmemopen(link->why, sizeof(link->why) - 1, "w");
	quiet.err = *to;
	quiet.json = false;
	return quiet;
}

/* "ohtctl: WHY\n" to "WHY" */
static void end_quiet(struct live_link *link, FILE *to)
{
	static const char name[] = "ohtctl: ";
	size_t skip = sizeof(name) - 1;

	fclose(to);
	if (!strncmp(link->why, name, skip))
		memmove(link->why, link->why + skip, strlen(link->why + skip) + 1);
	link->why[strcspn(link->why, "\n")] = '\0';
}

static bool is_first(const struct live_link *link)
{
	return !link->heard_ms;
}

static void dial_later(struct live_link *link)
{
	link->pause_ms = link->pause_ms ? 2 * link->pause_ms : PAUSE_MIN_MS;
	if (link->pause_ms > PAUSE_MAX_MS)
		link->pause_ms = PAUSE_MAX_MS;
	link->next_ms = show_now_ms() + link->pause_ms;
}

/*
 * What came is told in link->why; a token that is too old is renewed instead, and the next dial comes at once.
 * Returns how a verb would end.
 */
static int answer_to(struct live_link *link, enum http_result came, const struct http_answer *answer,
		     bool renews)
{
	struct cli quiet;
	FILE *to;
	int result;

	quiet = quiet_of(link, &to);
	if (!to)
		return CLI_FAILED;
	result = renews ? site_renew(&quiet) : client_stream_failed(&quiet, came, answer);
	end_quiet(link, to);
	link->renewed = renews ? !result : link->renewed;
	return result;
}

/* The stream is over: will there be another? */
static void judge(struct live_link *link)
{
	struct http_answer answer;
	enum http_result came = http_stream_close(link->stream, &answer);
	bool refused = came == HTTP_ANSWERED && answer.status == UNAUTHORIZED;
	bool renews = refused && link->cli->url && !link->renewed;
	int result = CLI_DONE;

	link->stream = NULL;
	oht_sse_forget(&link->sse);
	if (renews || came != HTTP_ANSWERED || answer.status != 200 || is_first(link))
		result = answer_to(link, came, &answer, renews);
	else if (!*link->why)
		snprintf(link->why, sizeof(link->why), "the connection has ended");
	if (result && (is_first(link) || (link->cli->url && !site_is_logged_in())))
		link->exit_code = result;
	if (result || !renews)
		dial_later(link);
	http_forget(&answer);
}

static void give_up(struct live_link *link)
{
	live_link_close(link);
	snprintf(link->why, sizeof(link->why), "%s: nothing comes",
		 link->cli->url ? site_url() : link->cli->socket);
	if (is_first(link))
		link->exit_code = CLI_NO_DEVICE;
	dial_later(link);
}

static void dial(struct live_link *link)
{
	const struct http_request kind = {
		.last_id = *link->id ? link->id : NULL, .type = "text/event-stream",
	};

	link->dialled_ms = show_now_ms();
	link->stream = client_stream(link->cli, link->path, kind, take_bytes, link);
	if (link->stream)
		return;
	snprintf(link->why, sizeof(link->why), "out of memory");
	link->exit_code = CLI_FAILED;
}

static void rest(const struct live_link *link, int fd, int timeout_ms)
{
	struct pollfd key = { .fd = fd, .events = POLLIN };
	double left_ms = link->next_ms - show_now_ms();

	if (left_ms < timeout_ms)
		timeout_ms = left_ms < 0 ? 0 : (int)left_ms + 1;
	/* A signal ends it early, which is meant. */
	poll(&key, 1, timeout_ms);
}

bool live_link_turn(struct live_link *link, int fd, int timeout_ms)
{
	double now_ms = show_now_ms(), since_ms, patience_ms;

	if (!link->stream && now_ms < link->next_ms) {
		rest(link, fd, timeout_ms);
		return true;
	}
	if (!link->stream)
		dial(link);
	if (link->exit_code)
		return false;
	since_ms = link->heard_ms > link->dialled_ms ? link->heard_ms : link->dialled_ms;
	patience_ms = is_first(link) ? FIRST_MS : GIVE_UP_MS;
	if (!http_stream_wait(link->stream, fd, timeout_ms))
		judge(link);
	else if (now_ms - since_ms > patience_ms && link->heard_ms <= since_ms)
		give_up(link);
	return !link->exit_code;
}

bool live_link_is_up(const struct live_link *link)
{
	return link->heard_ms && show_now_ms() - link->heard_ms <= LIVE_SILENT_MS;
}

void live_link_close(struct live_link *link)
{
	struct http_answer answer;

	if (link->stream) {
		http_stream_close(link->stream, &answer);
		http_forget(&answer);
	}
	link->stream = NULL;
	oht_sse_forget(&link->sse);
}
