// SPDX-License-Identifier: GPL-2.0-or-later
/* The signals of the robot: which there are, what each says now, and all that they have said. */
#include "api/api.h"
#include "server/call.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "history/history.h"
#include "lists/list.h"
#include "lists/span.h"
#include "live/sample_export.h"
#include "live/export_form.h"
#include "lists/name_list.h"
#include "views/services.h"
#include "control/robot.h"
#include "robot/telemetry.h"

#define VALUE_BYTES	40
#define PLACE_BYTES	40

static const struct ohtd_words type_words = {
	.name = ohtd_telemetry_type_name, .end = OHTD_TELEMETRY_TYPES,
};

static const struct ohtd_words source_words = {
	.name = ohtd_telemetry_source_name, .end = OHTD_TELEMETRY_SOURCES,
};

static const struct ohtd_words quality_words = {
	.name = ohtd_telemetry_quality_name, .end = OHTD_TELEMETRY_QUALITIES,
};

static struct ohtd_telemetry_sight *look(const struct ohtd_scene *scene)
{
	struct ohtd_telemetry_sight *sight = ohtd_scene_alloc(scene, sizeof(*sight));

	ohtd_robot_look(scene->services->robot, scene->snapshot, scene->now_ns, sight);
	return sight;
}

/* ---- what they say ---- */

struct telemetry_reading {
	struct ohtd_scalar value;
	unsigned int quality;
	int64_t time;
};

OHTD_SHAPE(telemetry_reading, "TelemetryReading",
	OHTD_SCALAR(telemetry_reading, value, .flags = OHTD_NULL,
		    .summary = "Of the signal's type, in its unit; null: there is none"),
	OHTD_WORD(telemetry_reading, quality, .words = &quality_words,
		  .summary = "old: not measured of late; bad: out of range, or not to be trusted; none: there is no value"),
	OHTD_TIME(telemetry_reading, time, .flags = OHTD_NULL | OHTD_DRIFTS,
		  .summary = "When it was measured; null: there is no value"));

/* A pointer for each signal, in their order. */
#define POINTER(name_, ...)	const struct telemetry_reading *name_;
struct telemetry {
	OHT_SIGNAL_LIST(POINTER)
	const struct telemetry_reading *own[OHT_OWN_SIGNALS_MAX];
};

_Static_assert(sizeof(struct telemetry) == OHTD_TELEMETRY_SIGNALS * sizeof(void *),
	       "searched by the number of the signal");

#define MEMBER(name_, type_, unit_, source_, summary_)						\
	OHTD_OBJECT(telemetry, name_, telemetry_reading, .flags = OHTD_OMIT,			\
		    .unit = sizeof(unit_) > 1 ? (unit_) : NULL, .summary = (summary_)),

/* Members of the user's signals are added by ohtd_telemetry_add_own(). */
static struct ohtd_member telemetry_members[OHTD_TELEMETRY_SIGNALS] = { OHT_SIGNAL_LIST(MEMBER) };
static struct ohtd_shape telemetry_shape = {
	.name = "Telemetry", .bytes = sizeof(struct telemetry), .members = telemetry_members,
	.count = OHTD_TELEMETRY_BUILT_IN,
};

/* As many digits as say something; no nought with a sign. */
static const char *digits_of(const struct ohtd_scene *scene, double value, unsigned int decimals)
{
	char *text = ohtd_scene_alloc(scene, VALUE_BYTES);
	int n = snprintf(text, VALUE_BYTES, "%.*f", (int)decimals, value);

	if (n >= VALUE_BYTES)
		return NULL;
	return *text == '-' && !text[1 + strspn(text + 1, "0.")] ? text + 1 : text;
}

static struct ohtd_scalar scalar_of(const struct ohtd_scene *scene, unsigned int signal,
				    double value)
{
	const struct ohtd_telemetry_origin *origin = ohtd_telemetry_origin(signal);
	struct ohtd_scalar scalar = { .type = OHTD_IS_TEXT };
	const char *word;

	if (isnan(value))
		return scalar;
	switch (ohtd_telemetry_info(signal)->type) {
	case OHTD_TELEMETRY_WORD:
		word = origin->word((unsigned int)value);
		scalar.text = word ? word : "unknown";
		break;
	case OHTD_TELEMETRY_BOOLEAN:
		scalar.type = OHTD_IS_BOOLEAN;
		scalar.number = value != 0;
		break;
	case OHTD_TELEMETRY_INTEGER:
		scalar.type = OHTD_IS_INTEGER;
		scalar.number = (int64_t)value;
		break;
	default:
		scalar.type = OHTD_IS_DECIMAL;
		scalar.text = digits_of(scene, value, origin->decimals);
		break;
	}
	return scalar;
}

static struct oht_set all_signals(void)
{
	return oht_set_below(ohtd_telemetry_count());
}

/* struct telemetry, as which the shape sees it; of @wanted alone. */
static const struct telemetry_reading **read_signals(const struct ohtd_scene *scene,
						     const struct oht_set *wanted)
{
	const struct telemetry_reading **view =
		ohtd_scene_alloc(scene, OHTD_TELEMETRY_SIGNALS * sizeof(struct telemetry_reading *));
	struct telemetry_reading *readings =
		ohtd_scene_alloc(scene, OHTD_TELEMETRY_SIGNALS * sizeof(*readings));
	const struct ohtd_telemetry_sight *sight = look(scene);

	for (unsigned int i = 0; i < ohtd_telemetry_count(); i++) {
		struct ohtd_reading reading;

		if (!oht_set_has(wanted, i))
			continue;
		reading = ohtd_telemetry_read(sight, i);
		readings[i] = (struct telemetry_reading){
			.value = scalar_of(scene, i, reading.value), .quality = reading.quality,
			.time = ohtd_scene_wall_ns(scene, reading.time_ns),
		};
		view[i] = &readings[i];
	}
	return view;
}

static const void *make_telemetry(const struct ohtd_scene *scene)
{
	const struct oht_set all = all_signals();

	return read_signals(scene, &all);
}

const struct ohtd_view ohtd_telemetry_view = { &telemetry_shape, make_telemetry };

/* ---- their values alone ---- */

#define KEPT_NUMBER	const char *
#define KEPT_INTEGER	int64_t
#define KEPT_BOOLEAN	int8_t
#define KEPT_WORD	const char *
#define KEPT(name_, type_, ...)	KEPT_##type_ name_;
struct telemetry_values {
	OHT_SIGNAL_LIST(KEPT)
	struct {
		const char *number;
		int8_t boolean;
	} own[OHT_OWN_SIGNALS_MAX];
};

#define AS_NUMBER	OHTD_DECIMAL
#define AS_INTEGER	OHTD_INTEGER
#define AS_BOOLEAN	OHTD_TRISTATE
#define AS_WORD		OHTD_TEXT
#define VALUE(name_, type_, unit_, source_, summary_)						\
	AS_##type_(telemetry_values, name_, .flags = OHTD_OMIT,					\
		   .unit = sizeof(unit_) > 1 ? (unit_) : NULL, .summary = (summary_)),

static struct ohtd_member telemetry_values_members[OHTD_TELEMETRY_SIGNALS] = { OHT_SIGNAL_LIST(VALUE) };
static struct ohtd_shape telemetry_values_shape = {
	.name = "TelemetryValues", .bytes = sizeof(struct telemetry_values), .members = telemetry_values_members,
	.count = OHTD_TELEMETRY_BUILT_IN,
};

/* A value that is not good would be drawn like one that is. */
static struct ohtd_scalar good_value(const struct ohtd_scene *scene,
				     const struct ohtd_telemetry_sight *sight, unsigned int signal)
{
	const struct ohtd_reading reading = ohtd_telemetry_read(sight, signal);
	bool good = reading.quality == OHTD_TELEMETRY_GOOD;

	return scalar_of(scene, signal, good ? reading.value : NAN);
}

#define TAKEN_NUMBER(value_)	((value_).text)
#define TAKEN_INTEGER(value_)	((value_).type == OHTD_IS_INTEGER ? (value_).number : OHTD_NONE)
#define TAKEN_BOOLEAN(value_)	(int8_t)((value_).type == OHTD_IS_BOOLEAN ? (value_).number : -1)
#define TAKEN_WORD(value_)	((value_).text)
#define TAKE(name_, type_, ...)									\
	view->name_ = TAKEN_##type_(values[OHTD_TELEMETRY_##name_]);

static const void *make_values(const struct ohtd_scene *scene)
{
	struct telemetry_values *view = ohtd_scene_alloc(scene, sizeof(*view));
	const struct ohtd_telemetry_sight *sight = look(scene);
	struct ohtd_scalar values[OHTD_TELEMETRY_SIGNALS];

	for (unsigned int i = 0; i < ohtd_telemetry_count(); i++)
		values[i] = good_value(scene, sight, i);
	OHT_SIGNAL_LIST(TAKE)
	for (unsigned int i = OHTD_TELEMETRY_BUILT_IN; i < ohtd_telemetry_count(); i++) {
		view->own[i - OHTD_TELEMETRY_BUILT_IN].number = TAKEN_NUMBER(values[i]);
		view->own[i - OHTD_TELEMETRY_BUILT_IN].boolean = TAKEN_BOOLEAN(values[i]);
	}
	return view;
}

const struct ohtd_view ohtd_values_view = { &telemetry_values_shape, make_values };

/* ---- members of the user's signals ---- */

static void add_own(unsigned int signal)
{
	static char keys[OHT_OWN_SIGNALS_MAX][OHT_SIGNAL_NAME_MAX + sizeof("\"\":")];
	const struct ohtd_telemetry_info *info = ohtd_telemetry_info(signal);
	unsigned int place = signal - OHTD_TELEMETRY_BUILT_IN;
	bool state = info->type == OHTD_TELEMETRY_BOOLEAN;
	struct ohtd_member member = {
		.name = info->name, .key = keys[place],
		.key_bytes = (unsigned int)snprintf(keys[place], sizeof(keys[place]), "\"%s\":", info->name),
		.type = OHTD_IS_OBJECT, .flags = OHTD_OMIT, .shape = &telemetry_reading_shape,
		.offset = offsetof(struct telemetry, own) + place * sizeof(struct telemetry_reading *),
		.unit = *info->unit ? info->unit : NULL, .summary = info->summary,
	};

	telemetry_members[signal] = member;
	member.type = state ? OHTD_IS_TRISTATE : OHTD_IS_DECIMAL;
	member.shape = NULL;
	member.offset = state ? offsetof(struct telemetry_values, own[place].boolean) :
				offsetof(struct telemetry_values, own[place].number);
	telemetry_values_members[signal] = member;
}

void ohtd_telemetry_add_own(void)
{
	for (unsigned int i = OHTD_TELEMETRY_BUILT_IN; i < ohtd_telemetry_count(); i++)
		add_own(i);
	telemetry_shape.count = ohtd_telemetry_count();
	telemetry_values_shape.count = ohtd_telemetry_count();
}

/* ---- what they say now ---- */

struct telemetry_query {
	const char *signals;
};

OHTD_SHAPE(telemetry_query, "TelemetryQuery",
	OHTD_TEXT(telemetry_query, signals, .min = 1, .max = OHTD_QUERY_VALUE_BYTES - 1,
		  .summary = "Names of signals, with commas between them; without it all are answered",
		  .example = "\"position_mm,battery_percent\""));

static void get_current(struct ohtd_call *call)
{
	const char *names = OHTD_QUERY(call, telemetry_query)->signals;
	struct oht_set wanted = all_signals();
	const struct ohtd_scene scene = ohtd_call_scene(call);

	if (!names || ohtd_name_list_read(call, &ohtd_signal_list, names, &wanted))
		ohtd_reply_view(call, 200, &telemetry_shape, read_signals(&scene, &wanted));
}

/* ---- which there are ---- */

struct telemetry_signal {
	const char *name;
	unsigned int type;
	const char *unit;
	unsigned int decimals;
	unsigned int source;
	const char *module;
	const char *register_name;
	double min;
	double max;
	const char *const *words;
	size_t words_count;
	const char *description;
	bool kept;
};

OHTD_SHAPE(telemetry_signal, "TelemetrySignal",
	OHTD_TEXT(telemetry_signal, name, .summary = "As in telemetry/current and in the channel telemetry"),
	OHTD_WORD(telemetry_signal, type, .words = &type_words, .summary = "Of its values"),
	OHTD_TEXT(telemetry_signal, unit, .flags = OHTD_NULL, .summary = "Of its values; null: none"),
	OHTD_INTEGER(telemetry_signal, decimals, .summary = "Digits behind the point of its values that say something"),
	OHTD_WORD(telemetry_signal, source, .words = &source_words,
		  .summary = "Who knows it: the control thread, the stop, the bus, or a module"),
	OHTD_TEXT(telemetry_signal, module, .flags = OHTD_NULL,
		  .summary = "Name of the module that it is from, or about; null: of none"),
	OHTD_TEXT(telemetry_signal, register_name, .flags = OHTD_NULL,
		  .summary = "Its register in the profile of the module; null: there is none, or no module"),
	OHTD_NUMBER(telemetry_signal, min, .flags = OHTD_NULL, .summary = "Lowest good value; null: not known"),
	OHTD_NUMBER(telemetry_signal, max, .flags = OHTD_NULL, .summary = "Greatest good value; null: not known"),
	OHTD_TEXTS(telemetry_signal, words, .flags = OHTD_NULL, .summary = "All its values; null: its type is not word"),
	OHTD_TEXT(telemetry_signal, description, .summary = "What it is"),
	OHTD_BOOLEAN(telemetry_signal, kept, .summary = "Its values are kept; false: /history/left_out has it"));

struct telemetry_signals {
	const struct telemetry_signal *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(telemetry_signals, "TelemetrySignalList",
	OHTD_LIST(telemetry_signals, items, telemetry_signal, .summary = "All signals, always in this order"),
	OHTD_NEXT_CURSOR(telemetry_signals));

static const char *const *words_of(const struct ohtd_scene *scene,
				   const struct ohtd_telemetry_origin *origin)
{
	const char **words = ohtd_scene_alloc(scene, origin->words * sizeof(char *));

	for (unsigned int i = 0; i < origin->words; i++)
		words[i] = origin->word(i);
	return words;
}

static void range_of(const struct ohtd_telemetry_origin *origin, const struct oht_register *reg,
		     double *min, double *max)
{
	int64_t lowest, greatest;

	*min = *max = NAN;
	if (reg) {
		oht_register_limits(reg, &lowest, &greatest);
		*min = oht_register_value(reg, lowest);
		*max = oht_register_value(reg, greatest);
	} else if (origin->max > origin->min) {
		*min = origin->min;
		*max = origin->max;
	}
}

static struct telemetry_signal signal_of(const struct ohtd_scene *scene,
					 const struct ohtd_telemetry_sight *sight, unsigned int signal, bool kept)
{
	const struct ohtd_telemetry_origin *origin = ohtd_telemetry_origin(signal);
	const struct ohtd_telemetry_info *info = ohtd_telemetry_info(signal);
	const struct oht_register *reg = ohtd_telemetry_register(sight, signal);
	struct telemetry_signal view = {
		.name = info->name, .type = info->type, .unit = *info->unit ? info->unit : NULL,
		.decimals = origin->decimals, .source = info->source, .module = origin->module,
		.register_name = reg ? reg->name : NULL,
		.words = origin->word ? words_of(scene, origin) : NULL,
		.words_count = origin->words, .description = info->summary, .kept = kept,
	};

	range_of(origin, info->type == OHTD_TELEMETRY_BOOLEAN ? NULL : reg, &view.min, &view.max);
	return view;
}

static void get_signals(struct ohtd_call *call)
{
	const struct ohtd_scene scene = ohtd_call_scene(call);
	const struct ohtd_telemetry_sight *sight = look(&scene);
	struct telemetry_signal items[OHTD_TELEMETRY_SIGNALS];
	struct telemetry_signals list = { .items = items, .items_count = ohtd_telemetry_count() };
	const struct ohtd_history *history = call->services->history;

	for (unsigned int i = 0; i < ohtd_telemetry_count(); i++)
		items[i] = signal_of(&scene, sight, i, ohtd_history_keeps(history, i));
	OHTD_REPLY(call, 200, telemetry_signals, &list);
}

/* ---- all samples of a span, as they are kept ---- */

struct export_query {
	const char *signals;
	const char *from;
	const char *to;
	const char *from_cycle;
	int64_t format;
};

OHTD_SHAPE(export_query, "ExportQuery",
	OHTD_TEXT(export_query, signals, .min = 1, .max = OHTD_QUERY_VALUE_BYTES - 1,
		  .summary = "Names of signals, with commas between them; without it all",
		  .example = "\"position_mm,battery_percent\""),
	OHTD_SPAN_MEMBERS(export_query),
	OHTD_TEXT(export_query, from_cycle, .min = 1, .max = PLACE_BYTES - 1,
		  .summary = "Run and cycle of the last line of an export that was broken off, as 12:345678; it begins with that line again, and runs behind it are told from the same from on",
		  .example = "\"12:345678\""),
	OHTD_WORD(export_query, format, .words = &ohtd_export_form_words, .preset = OHTD_EXPORT_CSV,
		  .summary = "Form of the answer"));

static void take_signals(struct ohtd_export_query *query, const struct oht_set *wanted)
{
	for (unsigned int i = 0; i < ohtd_telemetry_count(); i++)
		if (oht_set_has(wanted, i))
			query->signals[query->count++] = i;
}

/* "12:345678". */
static bool read_place(const char *text, int64_t *run, int64_t *cycle)
{
	const char *colon = strchr(text, ':');

	if (!colon)
		return false;
	*run = ohtd_route_id(text, (size_t)(colon - text));
	*cycle = ohtd_route_id(colon + 1, strlen(colon + 1));
	return *run && (*cycle || !strcmp(colon, ":0"));
}

static bool take_place(struct ohtd_call *call, const struct export_query *asked,
		       struct ohtd_export_query *query)
{
	if (!asked->from_cycle)
		return true;
	/* Without it runs behind it are told from their beginning. */
	if (!asked->from)
		query->from_ns = 0;
	if (read_place(asked->from_cycle, &query->begin_run, &query->begin_cycle))
		return true;
	ohtd_reply_member(call, "/from_cycle", "unfit", "'%s' is no run and cycle as 12:345678",
			  asked->from_cycle);
	return false;
}

/* The future is no gap, and no export waits for it. */
static void end_now(struct ohtd_call *call, struct ohtd_export_query *query)
{
	int64_t now_ns = ohtd_clock_wall_ns(call->services->clock);

	query->to_ns = query->to_ns < now_ns ? query->to_ns : now_ns;
}

static void get_export(struct ohtd_call *call)
{
	const struct export_query *asked = OHTD_QUERY(call, export_query);
	const char *type = ohtd_export_form_of((unsigned int)asked->format)->type;
	struct ohtd_export_query query = { 0 };
	struct oht_set wanted = all_signals();

	if ((asked->signals && !ohtd_name_list_read(call, &ohtd_signal_list, asked->signals, &wanted)) ||
	    !ohtd_span_of(call, asked->from, asked->to, &query.from_ns, &query.to_ns) ||
	    !take_place(call, asked, &query))
		return;
	if (!ohtd_call_accepts(call, type)) {
		ohtd_reply_problem(call, 406, "not_acceptable",
				   "the answer is %s, which Accept excludes", type);
		return;
	}
	take_signals(&query, &wanted);
	end_now(call, &query);
	ohtd_sample_export_open(call, (unsigned int)asked->format, &query);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "telemetry/signals", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &telemetry_signals_shape } },
		.handle = get_signals,
		.summary = "The signals that are measured: unit, type, source, range",
	}, {
		.method = OHTD_GET, .path = "telemetry/current", .role = OHTD_ROLE_VIEWER,
		.query = &telemetry_query_shape,
		.replies = { { 200, &telemetry_shape } }, .problems = { "unknown_signal" },
		.handle = get_current,
		.summary = "What the signals say now, each with its quality and time",
	}, {
		.method = OHTD_GET, .path = "telemetry/export", .role = OHTD_ROLE_VIEWER,
		.kind = OHTD_STREAM, .flags = OHTD_ROUTE_STORE, .query = &export_query_shape,
		.replies = { { 200, NULL, "text/csv" }, { 200, NULL, "application/x-ndjson" },
			     { 200, NULL, "application/octet-stream" } },
		.problems = { "unknown_signal", "too_many_exports", "http_version", "out_of_memory", "unavailable" },
		.handle = get_export,
		.summary = "All samples of signals, each with its quality, up to now",
		.text = "A line for each cycle in which one of the signals had a value, and for each gap, see "
			"docs/api.md. The answer has any length; one that was broken off has no last "
			"chunk, and goes on with from_cycle.",
	},
};

OHTD_ROUTE_TABLE(ohtd_telemetry_routes, "Telemetry", routes);
