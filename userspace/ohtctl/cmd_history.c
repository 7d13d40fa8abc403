// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl history: what signals were in a span, as lines for people, as CSV or as JSON; history summary: what it comes to. */
#include "cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "show_answer.h"
#include "span.h"

#define TEXT_POINTS	30	/* of one signal, for people */
#define FILE_POINTS	2000
#define BAR_COLUMNS	40

static const char *const members[] = { "first", "min", "max", "last", "mean" };

enum member { FIRST, MIN, MAX, LAST, MEAN, MEMBERS };

/**
 * struct series - one signal of an answer
 * @name: of the signal
 * @unit: of its values, "" for none
 * @words: what its values are the places of; NULL: it is no word
 * @is_state: a word or a boolean
 * @left_out: the robot does not keep it now
 * @times: of the columns, in milliseconds since 1970
 * @values: of the columns, each as long as @times
 * @count: columns
 */
struct series {
	const char *name;
	const char *unit;
	struct json_object *words;
	bool is_state;
	bool left_out;
	struct json_object *times;
	struct json_object *values[MEMBERS];
	size_t count;
};

/* ---- an answer ---- */

/* False: what has answered is no ohtd. */
static bool take_series(struct json_object *answer, struct series *series)
{
	struct json_object *list = json_object_object_get(answer, "series"), *one, *kept;

	if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) != 1)
		return false;
	one = json_object_array_get_idx(list, 0);
	series->unit = json_object_get_string(json_object_object_get(one, "unit"));
	series->unit = series->unit ? series->unit : "";
	/* A release of before keeps all. */
	series->left_out = json_object_object_get_ex(one, "kept", &kept) && !json_object_get_boolean(kept);
	series->times = json_object_object_get(one, "t");
	if (!json_object_is_type(series->times, json_type_array))
		return false;
	series->count = json_object_array_length(series->times);
	for (int i = 0; i < MEMBERS; i++) {
		series->values[i] = json_object_object_get(one, members[i]);
		if (!json_object_is_type(series->values[i], json_type_array) ||
		    json_object_array_length(series->values[i]) != series->count)
			return false;
	}
	return true;
}

static bool is_empty(const struct series *series, size_t at)
{
	return !json_object_array_get_idx(series->values[FIRST], at);
}

static double number_at(const struct series *series, enum member member, size_t at)
{
	return json_object_get_double(json_object_array_get_idx(series->values[member], at));
}

/* As it is to be read: a word by its text; "": there is none. */
static const char *text_at(const struct series *series, enum member member, size_t at)
{
	struct json_object *value = json_object_array_get_idx(series->values[member], at);
	const char *text = json_object_get_string(value);

	if (value && json_object_is_type(series->words, json_type_array) &&
	    (size_t)json_object_get_int64(value) < json_object_array_length(series->words))
		text = json_object_get_string(json_object_array_get_idx(series->words,
							(size_t)json_object_get_int64(value)));
	return text ? text : "";
}

static void time_at(const struct series *series, size_t at, char text[SPAN_TIME_BYTES])
{
	span_time(json_object_get_int64(json_object_array_get_idx(series->times, at)), text);
}

/* ---- for programs ---- */

static void show_csv(struct cli *cli, const struct series *series)
{
	char time[SPAN_TIME_BYTES];

	for (size_t at = 0; at < series->count; at++) {
		time_at(series, at, time);
		fprintf(cli->out, "%s,%s", time, series->name);
		for (int i = 0; i < MEMBERS; i++)
			fprintf(cli->out, ",%s", text_at(series, (enum member)i, at));
		fputc('\n', cli->out);
	}
}

/* ---- for people ---- */

static void find_range(const struct series *series, double *low, double *high)
{
	bool found = false;

	*low = *high = 0;
	for (size_t at = 0; at < series->count; at++) {
		if (is_empty(series, at))
			continue;
		if (!found || number_at(series, MIN, at) < *low)
			*low = number_at(series, MIN, at);
		if (!found || number_at(series, MAX, at) > *high)
			*high = number_at(series, MAX, at);
		found = true;
	}
}

/* Whatever has answered, it is a place in the bar. */
static int place_of(double value, double low, double high)
{
	double part = (value - low) / (high - low);

	return part >= 0 && part <= 1 ? (int)(part * (BAR_COLUMNS - 1) + 0.5) : 0;
}

/* From the lowest to the greatest value of the column, with a mark at the last one. */
static void draw_bar(const struct series *series, size_t at, double low, double high,
		     char bar[BAR_COLUMNS + 1])
{
	int begin = place_of(number_at(series, MIN, at), low, high);
	int end = place_of(number_at(series, MAX, at), low, high);

	memset(bar, ' ', BAR_COLUMNS);
	for (int i = begin; i <= end; i++)
		bar[i] = '-';
	bar[place_of(number_at(series, LAST, at), low, high)] = '*';
	bar[BAR_COLUMNS] = 0;
}

static void show_numbers(struct cli *cli, const struct series *series)
{
	char time[SPAN_TIME_BYTES], bar[BAR_COLUMNS + 1];
	double low, high;

	find_range(series, &low, &high);
	fprintf(cli->out, "%-24s %10s %10s %10s\n", "time", "min", "max", "last");
	for (size_t at = 0; at < series->count; at++) {
		time_at(series, at, time);
		if (is_empty(series, at)) {
			fprintf(cli->out, "%s          -\n", time);
			continue;
		}
		draw_bar(series, at, low, high, bar);
		fprintf(cli->out, "%s %10s %10s %10s |%s|\n", time, text_at(series, MIN, at),
			text_at(series, MAX, at), text_at(series, LAST, at), bar);
	}
}

/* The words of a column in the order in which they came, as far as it tells: those between first and last once each. */
static size_t words_of(const struct series *series, size_t at, const char *words[4])
{
	const char *first = text_at(series, FIRST, at), *last = text_at(series, LAST, at);
	static const enum member between[] = { MIN, MAX };
	size_t count = 0;

	words[count++] = first;
	for (int i = 0; i < 2; i++) {
		const char *word = text_at(series, between[i], at);

		if (strcmp(word, words[count - 1]) && strcmp(word, first) && strcmp(word, last))
			words[count++] = word;
	}
	if (strcmp(last, words[count - 1]))
		words[count++] = last;
	return count;
}

/* A line for each column in which something else is said than before. */
static void show_words(struct cli *cli, const struct series *series)
{
	const char *before = NULL, *words[4];
	char time[SPAN_TIME_BYTES];

	for (size_t at = 0; at < series->count; at++) {
		bool empty = is_empty(series, at), begun = false;
		size_t count = empty ? 0 : words_of(series, at, words);

		time_at(series, at, time);
		if (empty && before)
			fprintf(cli->out, "%s -\n", time);
		before = empty ? NULL : before;
		for (size_t i = 0; i < count; i++) {
			if (before && !strcmp(words[i], before))
				continue;
			fprintf(cli->out, "%s%s %s", begun ? "," : "", begun ? "" : time, words[i]);
			begun = true;
			before = words[i];
		}
		if (begun)
			fputc('\n', cli->out);
	}
}

static void show_text(struct cli *cli, struct json_object *answer, const struct series *series)
{
	static const struct show_column gap[] = { { "from", 24 }, { "to", 24 }, { "reason", 0 }, { NULL, 0 } };
	double step_s = (double)json_object_get_int64(json_object_object_get(answer, "step_ms")) / 1e3;

	fprintf(cli->out, "%s%s%s, columns of %g s\n", series->name, *series->unit ? " in " : "",
		series->unit, step_s);
	if (series->left_out)
		fprintf(cli->out, "%s is not kept now: /history/left_out of ohtctl config get\n", series->name);
	if (series->is_state)
		show_words(cli, series);
	else
		show_numbers(cli, series);
	if (json_object_array_length(json_object_object_get(answer, "gaps")))
		fputs("nothing is kept:\n", cli->out);
	show_items(cli, answer, "gaps", gap);
}

/* ---- the verb ---- */

/* What the registry says of the signal. */
static void describe(struct json_object *signals, struct series *series)
{
	struct json_object *items = json_object_object_get(signals, "items"), *item;
	const char *name, *type;

	for (size_t i = 0; json_object_is_type(items, json_type_array) &&
	     i < json_object_array_length(items); i++) {
		item = json_object_array_get_idx(items, i);
		name = json_object_get_string(json_object_object_get(item, "name"));
		type = json_object_get_string(json_object_object_get(item, "type"));
		if (!name || !type || strcmp(name, series->name))
			continue;
		series->words = json_object_object_get(item, "words");
		series->is_state = !strcmp(type, "word") || !strcmp(type, "boolean");
	}
}

static int show_signal(struct cli *cli, struct json_object *signals, const char *name,
		       const char *path)
{
	struct series series = { .name = name };
	struct json_object *answer;
	int result = client_request(cli, "GET", path, NULL, &answer);

	if (result)
		return result;
	describe(signals, &series);
	if (!take_series(answer, &series) ||
	    !json_object_is_type(json_object_object_get(answer, "gaps"), json_type_array))
		result = cli_fail(cli, CLI_FAILED, "what answers has no history of '%s'", name);
	else if (cli->json)
		show_answer(cli, answer);
	else if (cli->csv)
		show_csv(cli, &series);
	else
		show_text(cli, answer, &series);
	json_object_put(answer);
	return result;
}

static int show_signals(struct cli *cli, struct json_object *signals, int count, char **names)
{
	char from[SPAN_TIME_BYTES], to[SPAN_TIME_BYTES], path[CLIENT_PATH_BYTES];
	unsigned int points = cli->points ? cli->points : cli->csv || cli->json ? FILE_POINTS : TEXT_POINTS;
	int result = span_take(cli, "-1h", from, to);

	if (!result && cli->csv)
		fputs("time,signal,first,min,max,last,mean\n", cli->out);
	for (int i = 0; !result && i < count; i++) {
		snprintf(path, sizeof(path), "telemetry/history?signals=%s%s%s&to=%s&points=%u",
			 names[i], *from ? "&from=" : "", from, to, points);
		result = show_signal(cli, signals, names[i], path);
	}
	return result;
}

static int check_names(struct cli *cli, int count, char **names)
{
	for (int i = 0; i < count; i++)
		if (!client_is_name(names[i]))
			return cli_fail(cli, CLI_USAGE, "no name of a signal: '%s'", names[i]);
	return CLI_DONE;
}

static int check_words(struct cli *cli, int count, char **names)
{
	if (cli->csv && cli->json)
		return cli_fail(cli, CLI_USAGE, "--csv and --json: give one of them");
	if (!count && cli->given & (CLI_OPT_FROM | CLI_OPT_TO | CLI_OPT_POINTS | CLI_OPT_CSV))
		return cli_fail(cli, CLI_USAGE, "of which signal? ohtctl history lists them");
	return check_names(cli, count, names);
}

int cmd_history(struct cli *cli, int count, char **arguments)
{
	static const struct show_column columns[] = {
		{ "name", 28 }, { "type", 8 }, { "unit", 6 }, { "description", 0 }, { NULL, 0 },
	};
	struct json_object *signals = NULL;
	int result = check_words(cli, count, arguments);

	if (!result)
		result = client_request(cli, "GET", "telemetry/signals", NULL, &signals);
	if (!result && count)
		result = show_signals(cli, signals, count, arguments);
	else if (!result)
		show_items(cli, signals, "items", columns);
	json_object_put(signals);
	return result;
}

/* ---- what it comes to ---- */

static void show_state(struct cli *cli, struct json_object *state)
{
	const long long times = json_object_get_int64(json_object_object_get(state, "times"));

	fprintf(cli->out, "  %-22s %.3f s, came ", json_object_get_string(json_object_object_get(state, "value")),
		json_object_get_double(json_object_object_get(state, "time_s")));
	if (times == 1)
		fprintf(cli->out, "once\n");
	else
		fprintf(cli->out, "%lld times\n", times);
}

static void show_summary(struct cli *cli, struct json_object *answer)
{
	static const struct show_column columns[] = {
		{ "signal", 24 }, { "unit", 6 }, { "min", 12 }, { "mean", 12 }, { "max", 12 }, { "last", 12 },
		{ "unknown_s", 0 }, { NULL, 0 },
	};
	struct json_object *items = json_object_object_get(answer, "items");
	struct json_object *item;

	show_heading(cli, columns);
	for (size_t i = 0; i < json_object_array_length(items); i++) {
		struct json_object *states;

		item = json_object_array_get_idx(items, i);
		show_item(cli, item, columns);
		states = json_object_object_get(item, "states");
		for (size_t k = 0; json_object_is_type(states, json_type_array) &&
		     k < json_object_array_length(states); k++)
			show_state(cli, json_object_array_get_idx(states, k));
	}
}

int cmd_history_summary(struct cli *cli, int count, char **arguments)
{
	char from[SPAN_TIME_BYTES], to[SPAN_TIME_BYTES], path[CLIENT_PATH_BYTES];
	struct json_object *answer = NULL;
	int result = check_names(cli, count, arguments);
	size_t used;

	if (!result)
		result = span_take(cli, "-1h", from, to);
	if (result)
		return result;
	used = (size_t)snprintf(path, sizeof(path), "telemetry/summary?to=%s%s%s", to, *from ? "&from=" : "", from);
	for (int i = 0; i < count; i++) {
		used += (size_t)snprintf(path + used, sizeof(path) - used, "%s%s", i ? "," : "&signals=", arguments[i]);
		if (used >= sizeof(path))
			return cli_fail(cli, CLI_USAGE, "%d signals: too many at once", count);
	}
	result = client_request(cli, "GET", path, NULL, &answer);
	if (result)
		return result;
	if (!json_object_is_type(json_object_object_get(answer, "items"), json_type_array))
		result = cli_fail(cli, CLI_FAILED, "what answers has no summary of signals");
	else if (cli->json)
		show_answer(cli, answer);
	else
		show_summary(cli, answer);
	json_object_put(answer);
	return result;
}
