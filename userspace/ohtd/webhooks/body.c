// SPDX-License-Identifier: GPL-2.0-or-later
#include "webhooks/body.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <openssl/evp.h>

#include "base/clock.h"
#include "json/member.h"
#include "json/writer.h"
#include "robot/codes.h"
#include "webhooks/sign.h"

/* Alertmanager ends by itself what is not told again: what has begun is told with an end so far ahead. */
#define STANDS_NS	(30 * 86400 * (int64_t)OHTD_NS_PER_S)
/* A test, and what a mission came to, stand for a minute there, a sign of life for a day and an hour. */
#define MINUTE_NS		(60 * (int64_t)OHTD_NS_PER_S)
#define ALIVE_NS	(25 * 3600 * (int64_t)OHTD_NS_PER_S)
/* Bytes of text in an encoded word, and of a title. */
#define WORD_BYTES	45
#define TITLE_BYTES	320
#define TEXT_BYTES	(OHTD_ALERT_TEXT_BYTES + 100)
#define ARENA_BYTES	(4 * SENDER_BODY_BYTES)

static const char *const formats[] = {
	[OHTD_WEBHOOK_OHT] = "oht",
	[OHTD_WEBHOOK_ALERTMANAGER] = "alertmanager",
	[OHTD_WEBHOOK_NTFY] = "ntfy",
};

static const char *format_name(unsigned int number)
{
	return number < sizeof(formats) / sizeof(formats[0]) ? formats[number] : NULL;
}

const struct ohtd_words ohtd_webhook_formats = {
	.name = format_name, .end = sizeof(formats) / sizeof(formats[0]),
};

/**
 * struct event - how an event is told
 * @name: as of struct ohtd_delivery_row
 * @type: as the receiver is told; NULL: @name
 * @stands_ns: for how long it stands in Alertmanager
 * @word: for ntfy; NULL: the severity
 * @priority: for ntfy; NULL: that of the severity
 * @tag: for ntfy
 */
struct event {
	const char *name;
	const char *type;
	int64_t stands_ns;
	const char *word;
	const char *priority;
	const char *tag;
};

static const struct event events[] = {
	{ OHTD_EVENT_BEGAN, NULL, STANDS_NS, NULL, NULL, "robot" },
	{ OHTD_EVENT_FLAPS, OHTD_EVENT_BEGAN, STANDS_NS, "comes and goes", NULL, "robot" },
	{ OHTD_EVENT_ENDED, NULL, 0, "over", "2", "white_check_mark" },
	{ OHTD_EVENT_LOST, NULL, 0, "end not known", "2", "robot" },
	{ OHTD_EVENT_ALIVE, NULL, ALIVE_NS, NULL, "2", "robot" },
	{ OHTD_EVENT_TEST, NULL, MINUTE_NS, NULL, "2", "robot" },
	{ OHTD_EVENT_MISSION_HELD, NULL, MINUTE_NS, "held", "3", "robot" },
	{ OHTD_EVENT_MISSION_FAILED, NULL, MINUTE_NS, "failed", "4", "robot" },
	{ OHTD_EVENT_MISSION_FINISHED, NULL, MINUTE_NS, "finished", "2", "white_check_mark" },
};

#define EVENTS	(sizeof(events) / sizeof(events[0]))

static const char *event_name(unsigned int number)
{
	return number < EVENTS ? events[number].name : NULL;
}

const struct ohtd_words ohtd_webhooks_events = { .name = event_name, .end = EVENTS };

static const struct event *event_of(const struct ohtd_delivery_row *row)
{
	static const struct event of_another_release = { .priority = "2", .tag = "robot" };

	for (size_t i = 0; i < EVENTS; i++)
		if (!strcmp(row->event, events[i].name))
			return &events[i];
	return &of_another_release;
}

static bool flaps(const struct ohtd_delivery_row *row)
{
	return !strcmp(row->event, OHTD_EVENT_FLAPS);
}

/* For people, of whom most see nothing else. */
static void write_text(const struct ohtd_delivery_row *row, char text[TEXT_BYTES])
{
	snprintf(text, TEXT_BYTES, "%s", row->text);
	if (flaps(row))
		snprintf(text, TEXT_BYTES, "%s It comes and goes: %" PRId64 " time%s since it was told before, and not each one is told.", row->text,
			 row->times, row->times == 1 ? "" : "s");
}

static const char *const priorities[OHTD_SEVERITIES] = {
	[OHTD_SEVERITY_WARNING] = "3", [OHTD_SEVERITY_CRITICAL] = "4", [OHTD_SEVERITY_EMERGENCY] = "5",
};

static const char *priority_of(const char *severity)
{
	for (unsigned int i = 0; i < OHTD_SEVERITIES; i++)
		if (!strcmp(severity, ohtd_severity_name(i)))
			return priorities[i];
	return priorities[OHTD_SEVERITY_WARNING];
}

/* ---- memory of a text that is written once ---- */

struct arena {
	size_t used;
	_Alignas(max_align_t) char bytes[ARENA_BYTES];
};

/* Texts are bounded, and their JSON with all that is escaped is far from this size. */
static void *take(void *from, size_t bytes)
{
	struct arena *arena = from;
	char *at = arena->bytes + arena->used;

	if (arena->used + bytes > sizeof(arena->bytes))
		return arena->bytes;
	arena->used += bytes;
	return at;
}

/* ---- our own format ---- */

struct told {
	const char *robot;
	const char *host;
	const char *robot_id;
	int64_t number;
	const char *code;
	const char *severity;
	const char *source;
	int64_t address;
	const char *subject;
	const char *text;
	int64_t since;
	int64_t ended;
	int64_t duration_s;
	int64_t times;
	bool flaps;
};

OHTD_SHAPE(told, "WebhookAlert",
	OHTD_TEXT(told, robot, .summary = "Name of the robot (/robot/name)"),
	OHTD_TEXT(told, host, .summary = "Name of its machine"),
	OHTD_TEXT(told, robot_id, .summary = "Of robot.id: no other robot has it, and it stays"),
	OHTD_INTEGER(told, number, .flags = OHTD_NULL,
		     .summary = "As in GET alerts/history; null: it is about no alert"),
	OHTD_TEXT(told, code, .summary = "What it is, for programs"),
	OHTD_TEXT(told, severity, .summary = "emergency, critical or warning"),
	OHTD_TEXT(told, source, .summary = "The part that it is about"),
	OHTD_INTEGER(told, address, .flags = OHTD_NULL, .summary = "Unit address of the module"),
	OHTD_TEXT(told, subject, .flags = OHTD_NULL, .summary = "As in GET alerts"),
	OHTD_TEXT(told, text, .summary = "What it is, for people"),
	OHTD_TIME(told, since, .summary = "When it came first"),
	OHTD_TIME(told, ended, .flags = OHTD_NULL, .summary = "When it ended"),
	OHTD_INTEGER(told, duration_s, .flags = OHTD_NULL, .summary = "From then to then"),
	OHTD_INTEGER(told, times, .summary = "How often it came; with flaps, since it was told before"),
	OHTD_BOOLEAN(told, flaps, .summary = "It comes more often than it is told"));

struct message {
	const char *type;
	int64_t timestamp;
	const struct told *data;
};

OHTD_SHAPE(message, "WebhookMessage",
	OHTD_TEXT(message, type, .summary = "alert.began, alert.ended, alert.lost, alive, test, mission.held, mission.failed or mission.finished"),
	OHTD_TIME(message, timestamp, .summary = "When it happened"),
	OHTD_OBJECT(message, data, told, .summary = "The alert"));

static void write_oht(struct ohtd_writer *writer, const struct ohtd_delivery_row *row, const char *text, const struct ohtd_webhook_robot *robot)
{
	const struct event *event = event_of(row);
	const struct told told = {
		.robot = robot->name, .host = robot->host, .robot_id = robot->id, .number = row->alert ? row->alert : OHTD_NONE, .code = row->code,
		.severity = row->severity, .source = row->source, .address = row->unit ? row->unit : OHTD_NONE,
		.subject = *row->subject ? row->subject : NULL, .text = text, .since = row->since_ns, .ended = row->ended_ns ? row->ended_ns : OHTD_NONE,
		.duration_s = row->ended_ns ? (row->ended_ns - row->since_ns) / (int64_t)OHTD_NS_PER_S : OHTD_NONE,
		.times = row->times, .flaps = flaps(row),
	};

	ohtd_write_shape(writer, &message_shape, &(struct message){ event->type ? event->type : row->event, row->made_ns, &told });
}

/* ---- Alertmanager ---- */

static void write_time(struct ohtd_writer *writer, const char *key, int64_t wall_ns)
{
	char text[OHTD_TIME_BYTES + 1] = "";

	ohtd_time_text(wall_ns, text);
	ohtd_write_pair(writer, key, text);
}

/* Labels tell alerts apart: beginning and end have the same. So the name, which a person may change between them, is none. */
static void write_alertmanager(struct ohtd_writer *writer, const struct ohtd_delivery_row *row, const char *text,
			       const struct ohtd_webhook_robot *robot)
{
	char address[8];

	ohtd_write_open(writer, '[');
	ohtd_write_open(writer, '{');
	ohtd_write_key(writer, "labels");
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "alertname", row->code);
	ohtd_write_pair(writer, "instance", robot->host);
	ohtd_write_pair(writer, "robot_id", robot->id);
	ohtd_write_pair(writer, "severity", row->severity);
	ohtd_write_pair(writer, "source", row->source);
	snprintf(address, sizeof(address), "%u", row->unit);
	if (row->unit)
		ohtd_write_pair(writer, "module_address", address);
	if (*row->subject)
		ohtd_write_pair(writer, "subject", row->subject);
	ohtd_write_close(writer, '}');
	ohtd_write_key(writer, "annotations");
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "summary", text);
	ohtd_write_pair(writer, "robot", robot->name);
	ohtd_write_close(writer, '}');
	write_time(writer, "startsAt", row->since_ns);
	write_time(writer, "endsAt", row->made_ns + event_of(row)->stands_ns);
	ohtd_write_close(writer, '}');
	ohtd_write_close(writer, ']');
}

/* ---- the request ---- */

__attribute__((format(printf, 2, 3)))
static bool add(struct sender_order *order, const char *format, ...)
{
	size_t used = strlen(order->head), left = sizeof(order->head) - used;
	va_list rest;
	int n;

	va_start(rest, format);
	n = vsnprintf(order->head + used, left, format, rest);
	va_end(rest);
	return n > 0 && (size_t)n < left;
}

/* One encoded word of RFC 2047 has at most 75 characters; each has whole characters of the text. */
static bool add_encoded(struct sender_order *order, const char *text)
{
	char coded[4 * (WORD_BYTES + 2) / 3 + 1];

	for (size_t left = strlen(text), n; left; text += n, left -= n) {
		n = left < WORD_BYTES ? left : WORD_BYTES;
		while (n < left && (text[n] & 0xc0) == 0x80)
			n--;
		EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)text, (int)n);
		if (!add(order, " =?UTF-8?B?%s?=", coded))
			return false;
	}
	return true;
}

/* Headers are ASCII, and the name of a robot need not be. */
static bool add_title(struct sender_order *order, const struct ohtd_delivery_row *row, const struct ohtd_webhook_robot *robot, const char *word)
{
	char title[TITLE_BYTES];
	bool ascii = true;

	snprintf(title, sizeof(title), "%s (%s): %s (%s)", robot->name, robot->host, row->code, word);
	for (const char *at = title; *at; at++)
		ascii &= *at > 0;
	return add(order, "Title:") && (ascii ? add(order, " %s", title) : add_encoded(order, title)) && add(order, "\n");
}

static bool add_signatures(struct sender_order *order, const struct ohtd_due *due, int64_t now_s)
{
	char signature[OHTD_SIGNATURE_BYTES], before[OHTD_SIGNATURE_BYTES] = "";
	const struct ohtd_webhook_row *webhook = &due->webhook;
	const char *message = due->delivery.message;

	if (!ohtd_webhook_sign(webhook->secret, message, now_s, order->body, order->body_bytes, signature))
		return false;
	if (*webhook->secret_before &&
	    !ohtd_webhook_sign(webhook->secret_before, message, now_s, order->body, order->body_bytes, before))
		return false;
	return add(order, "webhook-id: %s\nwebhook-timestamp: %" PRId64 "\nwebhook-signature: %s%s%s\n", message, now_s,
		   signature, *before ? " " : "", before);
}

/* The text is the body for ntfy, all else are headers. */
static bool add_ntfy(struct sender_order *order, const struct ohtd_delivery_row *row, const struct ohtd_webhook_robot *robot)
{
	const struct event *event = event_of(row);

	return add_title(order, row, robot, event->word ? event->word : row->severity) &&
	       add(order, "Priority: %s\nTags: %s\n", event->priority ? event->priority : priority_of(row->severity), event->tag);
}

bool ohtd_webhook_order(struct sender_order *order, const struct ohtd_due *due, const struct ohtd_webhook_robot *robot, int64_t now_s)
{
	const struct ohtd_delivery_row *row = &due->delivery;
	struct arena arena = { 0 };
	struct ohtd_writer writer;
	char text[TEXT_BYTES];
	bool ntfy = !strcmp(due->webhook.format, formats[OHTD_WEBHOOK_NTFY]);

	*order = (struct sender_order){ .number = row->number };
	snprintf(order->url, sizeof(order->url), "%s", due->webhook.url);
	ohtd_writer_begin(&writer, &(struct ohtd_memory){ take, &arena }, SENDER_BODY_BYTES);
	write_text(row, text);
	if (ntfy)
		ohtd_write_bytes(&writer, text, strlen(text));
	else if (!strcmp(due->webhook.format, formats[OHTD_WEBHOOK_ALERTMANAGER]))
		write_alertmanager(&writer, row, text, robot);
	else
		write_oht(&writer, row, text, robot);
	if (writer.used > sizeof(order->body) || writer.fault)
		return false;
	memcpy(order->body, writer.text, writer.used);
	order->body_bytes = (uint32_t)writer.used;
	return add(order, "Content-Type: %s\nUser-Agent: ohtd/%s\nExpect:\n",
		   ntfy ? "text/plain; charset=utf-8" : "application/json", OHT_VERSION) &&
	       (!ntfy || add_ntfy(order, row, robot)) &&
	       add_signatures(order, due, now_s);
}
