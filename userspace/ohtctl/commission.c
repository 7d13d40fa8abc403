// SPDX-License-Identifier: GPL-2.0-or-later
/* The walk itself: heartbeats, records, waiting for a person, and one step after the other. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "commission.h"
#include "show.h"

/* Heartbeats within one deadman period: one may be late without harm. */
#define HEARTBEATS	4
#define NAP_MAX_MS	100
#define LINE_BYTES	512

static const char *const result_names[] = {
	[STEP_PASSED] = "passed",
	[STEP_SKIPPED] = "skipped",
	[STEP_FAILED] = "failed",
	[STEP_INTERRUPTED] = "interrupted",
	[STEP_NOT_MADE] = "not_made",
};

const char *commission_result_name(enum step_result result)
{
	return result_names[result];
}

/* ---- what is said ---- */

static void say_line(struct commission *walk, const char *mark, const char *line)
{
	fprintf(walk->words, "%s%s\n", mark, line);
	if (walk->cli->json)
		return;
	fprintf(walk->cli->out, "%s%s\n", mark, line);
	/* A person waits for it, also behind a pipe. */
	fflush(walk->cli->out);
}

void commission_say(struct commission *walk, const char *format, ...)
{
	char line[LINE_BYTES];
	va_list list;

	va_start(list, format);
	vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	say_line(walk, "", line);
}

void commission_ask(struct commission *walk, const char *format, ...)
{
	struct json_object *object;
	char line[LINE_BYTES];
	va_list list;

	va_start(list, format);
	vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	say_line(walk, "  -> ", line);
	if (!walk->cli->json)
		return;
	object = json_object_new_object();
	show_add_text(object, "step", walk->step);
	show_add_text(object, "do", line);
	show_json(walk->cli, object);
	fflush(walk->cli->out);
}

enum step_result commission_fail(struct commission *walk, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(walk->remark, sizeof(walk->remark), format, list);
	va_end(list);
	return STEP_FAILED;
}

enum step_result commission_skip(struct commission *walk, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(walk->remark, sizeof(walk->remark), format, list);
	va_end(list);
	return STEP_SKIPPED;
}

enum step_result commission_fail_errno(struct commission *walk, const char *doing)
{
	int error = errno;

	(void)commission_fail(walk, "%s: %s", doing, oht_errno_text(error));
	if (error != ENODEV)
		return STEP_FAILED;
	walk->gone = error;
	return STEP_INTERRUPTED;
}

/* ---- records ---- */

static void keep_record(struct commission *walk, const struct oht_event *event)
{
	const struct oht_safety_event *safety = &event->safety;
	struct cli to_words = *walk->cli;

	walk->lost += event->lost;
	if (safety->low_ns && safety->kind != OHT_KIND_OPENED) {
		walk->stops++;
		if (safety->low_ns - safety->event_ns > walk->slowest_ns)
			walk->slowest_ns = safety->low_ns - safety->event_ns;
	}
	if (walk->record_count == COMMISSION_RECORDS) {
		walk->lost++;
		return;
	}
	walk->records[walk->record_count++] = *event;
	to_words.out = walk->words;
	to_words.json = false;
	show_safety_event(&to_words, event);
	if (!walk->cli->json)
		show_safety_event(walk->cli, event);
}

/* One round: heartbeat, at most a nap, all that came, and the state after it. */
static enum step_result turn(struct commission *walk, uint32_t nap_ms, bool *napped)
{
	struct oht_event event;
	int result;

	if (cli_interrupted())
		return STEP_INTERRUPTED;
	if (!walk->silent && oht_dev_heartbeat(walk->cli->dev))
		return commission_fail_errno(walk, "heartbeat");
	result = oht_dev_read_event(walk->cli->dev, &event, (int)nap_ms);
	*napped = !result;
	for (; result > 0; result = oht_dev_read_event(walk->cli->dev, &event, 0))
		if (event.type == OHT_EVENT_SAFETY)
			keep_record(walk, &event);
	if (result < 0 && errno != EINTR)
		return commission_fail_errno(walk, "events");
	if (oht_dev_stop_status(walk->cli->dev, &walk->status))
		return commission_fail_errno(walk, "safety status");
	return STEP_PASSED;
}

enum step_result commission_wait(struct commission *walk,
				 bool (*met)(const struct commission *walk), uint32_t limit_ms)
{
	uint32_t nap_ms = walk->deadman_ms / HEARTBEATS, waited_ms = 0;
	enum step_result result;
	bool napped;

	if (nap_ms > NAP_MAX_MS)
		nap_ms = NAP_MAX_MS;
	if (!nap_ms)
		nap_ms = 1;
	for (;;) {
		result = turn(walk, nap_ms, &napped);
		if (result != STEP_PASSED || (met && met(walk)))
			return result;
		if (napped)
			waited_ms += nap_ms;
		if (waited_ms >= limit_ms)
			return met ? STEP_FAILED : STEP_PASSED;
	}
}

enum step_result commission_wait_person(struct commission *walk,
					bool (*met)(const struct commission *walk))
{
	return commission_wait(walk, met, walk->cli->step_timeout_s * 1000);
}

const struct oht_safety_event *commission_record(const struct commission *walk, uint32_t kind,
						 uint32_t cause)
{
	for (unsigned int i = 0; i < walk->record_count; i++) {
		const struct oht_safety_event *safety = &walk->records[i].safety;

		if (safety->kind == kind && (!cause || safety->cause == cause))
			return safety;
	}
	return NULL;
}

const struct oht_safety_event *commission_ended(const struct commission *walk)
{
	for (unsigned int i = 0; i < walk->record_count; i++) {
		const struct oht_safety_event *safety = &walk->records[i].safety;

		if (safety->state_from == OHT_STATE_ENABLED &&
		    safety->state_to == OHT_STATE_STOPPED)
			return safety;
	}
	return NULL;
}

/* ---- steps ---- */

static void add_wall_time(struct json_object *object, const char *name)
{
	char text[32];
	struct tm utc;
	time_t now = time(NULL);

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	show_add_text(object, name, text);
}

static void tell_result(struct commission *walk, const struct commission_step *step,
			enum step_result result)
{
	struct json_object *object;

	commission_say(walk, "   %s%s%s", commission_result_name(result),
		       *walk->remark ? ": " : "", walk->remark);
	if (!walk->cli->json)
		return;
	object = json_object_new_object();
	show_add_text(object, "step", step->name);
	show_add_text(object, "result", commission_result_name(result));
	show_add_text(object, "remark", *walk->remark ? walk->remark : NULL);
	show_json(walk->cli, object);
	fflush(walk->cli->out);
}

static struct json_object *records_json(const struct commission *walk)
{
	struct json_object *array = json_object_new_array();

	for (unsigned int i = 0; i < walk->record_count; i++)
		json_object_array_add(array, show_safety_event_json(walk->cli, &walk->records[i]));
	return array;
}

static enum step_result make_step(struct commission *walk, const struct commission_step *step,
				  unsigned int number, bool over)
{
	struct json_object *object = json_object_new_object();
	enum step_result result = STEP_NOT_MADE;

	walk->step = step->name;
	walk->remark[0] = '\0';
	walk->record_count = 0;
	show_add_text(object, "name", step->name);
	show_add_text(object, "title", step->title);
	if (!over) {
		add_wall_time(object, "begun");
		commission_say(walk, "%2u. %s", number, step->title);
		result = step->run(walk);
		tell_result(walk, step, result);
		add_wall_time(object, "ended");
	}
	show_add_text(object, "result", commission_result_name(result));
	show_add_text(object, "remark", *walk->remark ? walk->remark : NULL);
	json_object_object_add(object, "records", records_json(walk));
	json_object_array_add(walk->steps, object);
	return result;
}

/* What fails leaves nothing to build the next step on, so it ends the walk. */
enum step_result commission_walk(struct commission *walk)
{
	enum step_result worst = STEP_PASSED, result;
	const struct commission_step *step;
	unsigned int number = 0;

	for (step = commission_steps; step->name; step++) {
		result = make_step(walk, step, ++number, worst != STEP_PASSED);
		if (worst == STEP_PASSED && result != STEP_SKIPPED)
			worst = result;
	}
	return worst;
}
