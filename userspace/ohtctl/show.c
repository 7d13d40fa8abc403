// SPDX-License-Identifier: GPL-2.0-or-later
/* How results look, for people and as JSON. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "show.h"

#define WORDS_BYTES	512
#define KIB		1024
#define MIB		(1024 * KIB)

void show_field(struct cli *cli, const char *name, const char *format, ...)
{
	va_list list;

	fprintf(cli->out, "%-13s", name);
	va_start(list, format);
	vfprintf(cli->out, format, list);
	va_end(list);
	fputc('\n', cli->out);
}

void show_json(struct cli *cli, struct json_object *object)
{
	fprintf(cli->out, "%s\n",
		json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
					       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

void show_json_error(struct cli *cli, int exit_code, const char *line)
{
	struct json_object *object = json_object_new_object();

	show_add_text(object, "error", line);
	show_add_number(object, "exit", exit_code);
	show_json(cli, object);
}

void show_add_text(struct json_object *object, const char *name, const char *text)
{
	json_object_object_add(object, name, text ? json_object_new_string(text) : NULL);
}

void show_add_number(struct json_object *object, const char *name, int64_t number)
{
	json_object_object_add(object, name, json_object_new_int64(number));
}

void show_add_real(struct json_object *object, const char *name, double number)
{
	char text[48];

	/* Three decimals, not the seventeen digits of a double. */
	snprintf(text, sizeof(text), "%.3f", number);
	json_object_object_add(object, name, json_object_new_double_s(number, text));
}

void show_add_bool(struct json_object *object, const char *name, bool value)
{
	json_object_object_add(object, name, json_object_new_boolean(value));
}

void show_cause_words(uint64_t causes, char *words, size_t words_bytes)
{
	size_t used = 0;
	unsigned int cause;
	int length;

	snprintf(words, words_bytes, "none");
	for (cause = 1; cause < OHT_CAUSES_MAX && used < words_bytes; cause++) {
		if (!(causes & oht_cause_mask(cause)))
			continue;
		length = snprintf(words + used, words_bytes - used, "%s%s", used ? ", " : "",
				  oht_cause_name(cause));
		used += length;
	}
}

void show_process_name(uint32_t tgid, char name[SHOW_NAME_BYTES])
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/comm", tgid);
	file = fopen(path, "re");
	if (!file || !fgets(name, SHOW_NAME_BYTES, file))
		snprintf(name, SHOW_NAME_BYTES, "process");
	if (file)
		fclose(file);
	name[strcspn(name, "\n")] = '\0';
}

double show_age_s(uint64_t then_ns)
{
	struct timespec now;
	int64_t age_ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	age_ns = now.tv_sec * 1000000000LL + now.tv_nsec - (int64_t)then_ns;
	return age_ns > 0 ? (double)age_ns / 1e9 : 0;
}

double show_now_ms(void)
{
	return show_age_s(0) * 1e3;
}

const char *show_size(int64_t bytes, char text[SHOW_NAME_BYTES])
{
	bool small = bytes < MIB;

	if (bytes < KIB)
		snprintf(text, SHOW_NAME_BYTES, "%" PRId64 " B", bytes);
	else
		snprintf(text, SHOW_NAME_BYTES, "%.1f %s", (double)bytes / (small ? KIB : MIB), small ? "KiB" : "MiB");
	return text;
}

void show_hex(const uint8_t *bytes, size_t count, const char *between, char *text)
{
	size_t i;

	*text = '\0';
	for (i = 0; i < count; i++)
		text += sprintf(text, "%s%02x", i ? between : "", bytes[i]);
}

/* ---- the stop ---- */

static const char *closed(uint32_t inputs, uint32_t bit)
{
	return inputs & bit ? "closed" : "open";
}

static const char *high(uint32_t outputs, uint32_t bit)
{
	return outputs & bit ? "high" : "low";
}

static void show_causes(struct cli *cli, uint64_t causes)
{
	const char *field = "causes";
	unsigned int cause;

	for (cause = 1; cause < OHT_CAUSES_MAX; cause++) {
		if (!(causes & oht_cause_mask(cause)))
			continue;
		show_field(cli, field, "%s: %s", oht_cause_name(cause), oht_cause_text(cause));
		show_field(cli, "", "  %s", oht_cause_action(cause));
		field = "";
	}
}

/* Whether the device has that input, one of OHT_HAS_*. */
static bool has(struct cli *cli, uint64_t cap)
{
	struct oht_dev_info info;

	return !oht_dev_info(cli->dev, &info) && (info.caps & cap);
}

static void show_channels(struct cli *cli, const struct oht_stop_status *status)
{
	bool two = has(cli, OHT_HAS_CHANNEL_B);
	char since[48] = "";

	if (status->closed_since_ns)
		snprintf(since, sizeof(since), " (%sfor %.1f s)", two ? "both " : "",
			 show_age_s(status->closed_since_ns));
	show_field(cli, "channels", "a %s%s%s%s", closed(status->inputs, OHT_IN_A),
		   two ? ", b " : "", two ? closed(status->inputs, OHT_IN_B) : "", since);
}

static void show_outputs(struct cli *cli, const struct oht_stop_status *status)
{
	show_field(cli, "outputs", "enable1 %s, enable2 %s",
		   high(status->outputs, OHT_OUT_ENABLE_1),
		   high(status->outputs, OHT_OUT_ENABLE_2));
	if (has(cli, OHT_HAS_FEEDBACK))
		show_field(cli, "feedback", "enable1 %s, enable2 %s",
			   closed(status->inputs, OHT_IN_FEEDBACK_1),
			   closed(status->inputs, OHT_IN_FEEDBACK_2));
}

static void show_controller(struct cli *cli, const struct oht_stop_status *status)
{
	char name[SHOW_NAME_BYTES];

	if (!status->has_controller) {
		show_field(cli, "controller", "none");
		return;
	}
	show_process_name(status->controller_tgid, name);
	show_field(cli, "controller", "%s (pid %u), heartbeat within %u ms", name,
		   status->controller_tgid, status->deadman_ms);
}

static void show_watch(struct cli *cli, const struct oht_stop_status *status)
{
	show_field(cli, "cpus", "%s", status->cpus_watched ? "two watch one another" :
		   "one alone: if it is stuck, only hardware stops the machine");
}

static void show_tests(struct cli *cli, const struct oht_stop_status *status)
{
	unsigned int test;

	if (status->opened_age_s == OHT_NEVER_SECONDS)
		show_field(cli, "proof test", "never: press the emergency stop once");
	else
		show_field(cli, "proof test", "all channels seen open %u s ago",
			   status->opened_age_s);
	if (!status->tested_ns)
		show_field(cli, "self-test", "never");
	else
		show_field(cli, "self-test", "%.0f s ago, %s", show_age_s(status->tested_ns),
			   status->test_failed ? "failed:" : "nothing wrong");
	for (test = 0; test < OHT_TESTS; test++)
		if (status->test_failed & (1U << test))
			show_field(cli, "", "%s", oht_test_text(test));
}

void show_stop(struct cli *cli, const struct oht_stop_status *status, bool sentences)
{
	char words[WORDS_BYTES];

	show_field(cli, "state", "%s for %.1f s", oht_state_name(status->state),
		   show_age_s(status->since_ns));
	if (sentences)
		show_field(cli, "", "%s", oht_state_text(status->state));
	show_cause_words(status->causes, words, sizeof(words));
	if (sentences && status->causes)
		show_causes(cli, status->causes);
	else
		show_field(cli, "causes", "%s", words);
	show_cause_words(status->standing, words, sizeof(words));
	show_field(cli, "standing", "%s%s", words,
		   status->standing ? " (forbids a reset)" : "");
	show_channels(cli, status);
	show_outputs(cli, status);
	show_controller(cli, status);
	show_watch(cli, status);
	if (sentences)
		show_tests(cli, status);
	if (sentences)
		show_field(cli, "journal", "newest entry #%" PRIu64, status->journal_seq);
}

static struct json_object *causes_json(uint64_t causes)
{
	struct json_object *array = json_object_new_array();
	struct json_object *item;
	unsigned int cause;

	for (cause = 1; cause < OHT_CAUSES_MAX; cause++) {
		if (!(causes & oht_cause_mask(cause)))
			continue;
		item = json_object_new_object();
		show_add_text(item, "code", oht_cause_name(cause));
		show_add_text(item, "text", oht_cause_text(cause));
		show_add_text(item, "action", oht_cause_action(cause));
		json_object_array_add(array, item);
	}
	return array;
}

/* As GET safety of the daemon has it: b is null for a button with one channel. */
static struct json_object *channels_json(struct cli *cli, uint32_t inputs)
{
	struct json_object *object = json_object_new_object();

	show_add_text(object, "a", closed(inputs, OHT_IN_A));
	if (has(cli, OHT_HAS_CHANNEL_B))
		show_add_text(object, "b", closed(inputs, OHT_IN_B));
	else
		json_object_object_add(object, "b", NULL);
	return object;
}

struct json_object *show_outputs_json(uint32_t outputs)
{
	struct json_object *object = json_object_new_object();

	show_add_bool(object, "enable1", outputs & OHT_OUT_ENABLE_1);
	show_add_bool(object, "enable2", outputs & OHT_OUT_ENABLE_2);
	return object;
}

/* As GET safety of the daemon has it: null without feedback. */
static struct json_object *feedback_json(struct cli *cli, uint32_t inputs)
{
	struct json_object *object;

	if (!has(cli, OHT_HAS_FEEDBACK))
		return NULL;
	object = json_object_new_object();
	show_add_text(object, "enable1", closed(inputs, OHT_IN_FEEDBACK_1));
	show_add_text(object, "enable2", closed(inputs, OHT_IN_FEEDBACK_2));
	return object;
}

static struct json_object *controller_json(const struct oht_stop_status *status)
{
	char name[SHOW_NAME_BYTES];
	struct json_object *object;

	if (!status->has_controller)
		return NULL;
	object = json_object_new_object();
	show_process_name(status->controller_tgid, name);
	show_add_text(object, "name", name);
	show_add_number(object, "pid", status->controller_tgid);
	show_add_number(object, "deadman_ms", status->deadman_ms);
	return object;
}

struct json_object *show_stop_json(struct cli *cli, const struct oht_stop_status *status)
{
	struct json_object *object = json_object_new_object();

	show_add_text(object, "state", oht_state_name(status->state));
	show_add_number(object, "since_ns", status->since_ns);
	show_add_text(object, "first_cause", oht_cause_name(status->first_cause));
	json_object_object_add(object, "causes", causes_json(status->causes));
	json_object_object_add(object, "standing", causes_json(status->standing));
	json_object_object_add(object, "channels", channels_json(cli, status->inputs));
	show_add_number(object, "closed_since_ns", status->closed_since_ns);
	json_object_object_add(object, "outputs", show_outputs_json(status->outputs));
	json_object_object_add(object, "feedback", feedback_json(cli, status->inputs));
	json_object_object_add(object, "controller", controller_json(status));
	show_add_number(object, "journal_seq", status->journal_seq);
	json_object_object_add(object, "cpus_watched",
			       json_object_new_boolean(status->cpus_watched));
	json_object_object_add(object, "proof_test_age_s",
			       status->opened_age_s == OHT_NEVER_SECONDS ? NULL :
			       json_object_new_int64(status->opened_age_s));
	show_add_number(object, "self_test_ns", status->tested_ns);
	show_add_number(object, "self_test_failed", status->test_failed);
	return object;
}

void show_stop_line(struct cli *cli, const struct oht_stop_status *status)
{
	char words[WORDS_BYTES];

	show_cause_words(status->causes, words, sizeof(words));
	fprintf(cli->out, "%-8s a %-6s ", oht_state_name(status->state),
		closed(status->inputs, OHT_IN_A));
	if (has(cli, OHT_HAS_CHANNEL_B))
		fprintf(cli->out, "b %-6s ", closed(status->inputs, OHT_IN_B));
	fprintf(cli->out, "enable %s/%s  causes %s\n", high(status->outputs, OHT_OUT_ENABLE_1),
		high(status->outputs, OHT_OUT_ENABLE_2), words);
}

/* ---- events ---- */

struct json_object *show_safety_event_json(struct cli *cli, const struct oht_event *event)
{
	const struct oht_safety_event *safety = &event->safety;
	struct json_object *object = json_object_new_object();

	show_add_text(object, "event", oht_kind_name(safety->kind));
	show_add_number(object, "journal_seq", safety->journal_seq);
	show_add_number(object, "lost", event->lost);
	show_add_number(object, "event_ns", safety->event_ns);
	show_add_number(object, "low_ns", safety->low_ns);
	show_add_text(object, "cause", oht_cause_name(safety->cause));
	json_object_object_add(object, "causes", causes_json(safety->causes));
	show_add_text(object, "from", oht_state_name(safety->state_from));
	show_add_text(object, "to", oht_state_name(safety->state_to));
	json_object_object_add(object, "channels", channels_json(cli, safety->inputs));
	json_object_object_add(object, "outputs", show_outputs_json(safety->outputs));
	show_add_number(object, "tag", safety->tag);
	show_add_number(object, "pid", safety->tgid);
	return object;
}

void show_safety_change(struct cli *cli, const struct oht_safety_event *safety)
{
	fprintf(cli->out, "%-8s", oht_kind_name(safety->kind));
	if (safety->cause)
		fprintf(cli->out, " %s", oht_cause_name(safety->cause));
	if (safety->state_from != safety->state_to)
		fprintf(cli->out, "  %s -> %s", oht_state_name(safety->state_from),
			oht_state_name(safety->state_to));
	if (safety->kind == OHT_KIND_OPENED)
		fprintf(cli->out, "  %.1f ms after the outputs went low",
			(double)(safety->event_ns - safety->low_ns) / 1e6);
	else if (safety->low_ns)
		fprintf(cli->out, "  outputs low after %.1f us",
			(double)(safety->low_ns - safety->event_ns) / 1e3);
}

void show_safety_event(struct cli *cli, const struct oht_event *event)
{
	const struct oht_safety_event *safety = &event->safety;

	if (cli->json) {
		show_json(cli, show_safety_event_json(cli, event));
		return;
	}
	if (event->lost)
		fprintf(cli->out, "(%u events were lost here)\n", event->lost);
	fprintf(cli->out, "%12.6f  #%-5" PRIu64 " ", (double)safety->event_ns / 1e9,
		safety->journal_seq);
	show_safety_change(cli, safety);
	if (safety->tgid)
		fprintf(cli->out, "  by pid %u", safety->tgid);
	fputc('\n', cli->out);
}
