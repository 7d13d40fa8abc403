// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration: what is in force, its description, its versions, and changes of it. */
#include "api/api.h"
#include "server/call.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "base/clock.h"
#include "http/accept.h"
#include "lists/list.h"
#include "lists/stored_list.h"
#include "robot/codes.h"
#include "server/change.h"
#include "clients/command.h"
#include "server/late.h"
#include "settings/version_rows.h"
#include "views/words.h"

static const char *const states[] = { "live", "past", "checked", "pending", "waiting" };
#define CHECKED	2
#define PENDING	3
#define WAITING	4
OHTD_WORDS_OF(state_words, states);

/* ---- what is in force ---- */

/* 0: what is in force is no version. */
static void put_etag(struct ohtd_call *call, int64_t version)
{
	if (version)
		ohtd_reply_header(call, "etag", ohtd_call_text_of(call, "\"%lld\"", (long long)version));
}

static void get_config(struct ohtd_call *call)
{
	char *text = ohtd_call_alloc(call, OHTD_CONFIG_DOCUMENT_BYTES);
	int64_t version =
		ohtd_settings_text(call->services->settings, text, OHTD_CONFIG_DOCUMENT_BYTES);
	const char *known = ohtd_call_header(call, "if-none-match");
	const char *etag = ohtd_call_text_of(call, "\"%lld\"", (long long)version);

	put_etag(call, version);
	ohtd_reply_header(call, "cache-control", "no-cache");
	if (version && known && ohtd_etag_matches(known, etag))
		ohtd_reply_empty(call, 304);
	else
		ohtd_reply_data(call, 200, "application/json", text, strlen(text));
}

/* ---- a value ---- */

static struct ohtd_scalar scalar_of(struct json_object *value)
{
	struct ohtd_scalar scalar = { .type = OHTD_IS_TEXT };

	if (json_object_is_type(value, json_type_string)) {
		scalar.text = json_object_get_string(value);
	} else if (value) {
		scalar.type = OHTD_IS_DECIMAL;
		scalar.text = json_object_to_json_string(value);
	}
	return scalar;
}

/* ---- the description ---- */

static const char *const types[] = { "text", "word", "number" };
OHTD_WORDS_OF(type_words, types);

static const char *const applies[] = { "live", "standstill" };
OHTD_WORDS_OF(applies_words, applies);

struct config_item {
	const char *pointer;
	unsigned int type;
	const char *unit;
	struct ohtd_scalar preset;
	double min, max;
	bool whole;
	const char *const *words;
	size_t words_count;
	unsigned int applies;
	unsigned int role;
	bool needs_elevation;
	bool elevated_on_bench;
	bool needs_standstill;
	bool calibration;
	const char *summary;
};

OHTD_SHAPE(config_item, "ConfigItem",
	OHTD_TEXT(config_item, pointer, .example = "\"/robot/name\"",
		  .summary = "JSON pointer into GET config; * stands for any name"),
	OHTD_WORD(config_item, type, .words = &type_words, .summary = "What the value is"),
	OHTD_TEXT(config_item, unit, .flags = OHTD_NULL, .summary = "Of a number; null: none"),
	OHTD_SCALAR(
		config_item, preset, .flags = OHTD_NULL,
		.summary = "Value when nobody has said another; null: the item is not there then"),
	OHTD_NUMBER(config_item, min, .summary = "Smallest number, or shortest text in bytes"),
	OHTD_NUMBER(config_item, max, .summary = "Greatest number, or longest text in bytes"),
	OHTD_BOOLEAN(config_item, whole, .summary = "The number is never a fraction"),
	OHTD_TEXTS(config_item, words, .summary = "Words that may stand there; empty: any text"),
	OHTD_WORD(config_item, applies, .words = &applies_words,
		  .summary = "When a change is taken: at once, or only at standstill"),
	OHTD_WORD(config_item, role, .words = &ohtd_role_words,
		  .summary = "Lowest role that may change it"),
	OHTD_BOOLEAN(config_item, needs_elevation, .summary = "A change needs an elevated session"),
	OHTD_BOOLEAN(config_item, elevated_on_bench, .summary = "In layer bench it needs one, too"),
	OHTD_BOOLEAN(config_item, needs_standstill,
		     .summary = "A change is refused while the robot moves, or somebody else is in "
				"control"),
	OHTD_BOOLEAN(config_item, calibration,
		     .summary = "It says how this robot is built: an import takes it only when asked to"),
	OHTD_TEXT(config_item, summary, .summary = "What it is"));

struct config_items {
	const struct config_item *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(config_items, "ConfigSchema",
	OHTD_LIST(config_items, items, config_item,
		     .summary = "All items, in the order of GET config"),
	OHTD_NEXT_CURSOR(config_items));

struct schema_late {
	struct ohtd_late late;
	struct ohtd_settings *settings;
	struct ohtd_items items;
	struct ohtd_rule_table table;
	struct json_object *preset[OHTD_ITEMS_MAX];
};

static int describe(struct ohtd_late *late)
{
	struct schema_late *job = (struct schema_late *)late;

	ohtd_settings_describe(job->settings, &job->items, job->preset, &job->table);
	return 0;
}

static void release_schema(struct ohtd_late *late)
{
	struct schema_late *job = (struct schema_late *)late;

	for (size_t i = 0; i < job->items.count; i++)
		json_object_put(job->preset[i]);
}

static struct config_item show_item(const struct ohtd_item *item, struct json_object *preset)
{
	struct config_item view = {
		.pointer = item->pointer,
		.type = item->type,
		.unit = item->unit,
		.preset = scalar_of(preset),
		.min = item->min,
		.max = item->max,
		.whole = item->whole,
		.words = item->words,
		.applies = item->needs_standstill,
		.role = item->role,
		.needs_elevation = item->needs_elevation,
		.elevated_on_bench = item->needs_elevation && item->on_bench_too,
		.needs_standstill = item->needs_standstill,
		.calibration = item->calibration,
		.summary = item->summary,
	};

	while (item->words && item->words[view.words_count])
		view.words_count++;
	return view;
}

static void reply_schema(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct schema_late *job = (const struct schema_late *)late;
	struct config_item *items = ohtd_call_alloc(call, job->items.count * sizeof(*items));

	for (size_t i = 0; i < job->items.count; i++)
		items[i] = show_item(&job->items.item[i], job->preset[i]);
	OHTD_REPLY(call, 200, config_items, (&(struct config_items){
		.items = items, .items_count = job->items.count,
	}));
}

static void get_schema(struct ohtd_call *call)
{
	struct schema_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->settings = call->services->settings;
	job->late.release = release_schema;
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, describe, reply_schema);
}

/* ---- versions ---- */

struct config_version {
	int64_t version;
	int64_t parent;
	const char *author;
	const char *reason;
	int64_t created;
	int state;
};

OHTD_SHAPE(config_version, "ConfigVersionMade",
	OHTD_INTEGER(config_version, version, .summary = "Number, from 1 on"),
	OHTD_INTEGER(config_version, parent, .flags = OHTD_NULL,
			.summary = "Version that it was made of; null: the files of the robot"),
	OHTD_TEXT(config_version, author, .example = "\"anna\"", .summary = "Who made it"),
	OHTD_TEXT(config_version, reason, .flags = OHTD_NULL,
		     .summary = "Why, in the words of the author"),
	OHTD_TIME(config_version, created, .flags = OHTD_NULL, .summary = "When; null: not known"),
	OHTD_WORD(config_version, state, .words = &state_words,
		     .summary = "live: it is in force; pending: so, and it returns by itself unless it is "
				"confirmed; waiting: it goes live when the robot stands; checked: what a version would be"));

static int state_of(const char *word)
{
	for (int i = 0; i < (int)(sizeof(states) / sizeof(states[0])); i++)
		if (!strcmp(word, states[i]))
			return i;
	return 0;
}

static struct config_version show_version(const struct ohtd_config_version *from)
{
	return (struct config_version){
		.version = from->version, .parent = from->parent ? from->parent : OHTD_NONE,
		.author = from->author, .reason = *from->reason ? from->reason : NULL,
		.created = from->created_ns ? from->created_ns : OHTD_NONE,
		.state = state_of(from->state),
	};
}

struct kept_version {
	struct config_version version;
	bool rescue;
};

OHTD_SHAPE(kept_version, "ConfigVersion", OHTD_PART(kept_version, version, config_version),
	OHTD_BOOLEAN(kept_version, rescue, .summary = "It is marked as the one that POST config/rescue goes back to"));

static struct kept_version kept_version_of(const struct ohtd_config_version *from)
{
	return (struct kept_version){ .version = show_version(from), .rescue = from->rescue };
}

static void show_kept(struct ohtd_call *call, const void *row, void *item)
{
	(void)call;
	*(struct kept_version *)item = kept_version_of(row);
}

static const char *const sorts[] = { "-version", "version" };
OHTD_WORDS_OF(sort_words, sorts);

struct version_query {
	struct ohtd_page page;
	int64_t sort;
	const char *author;
};

OHTD_SHAPE(version_query, "ConfigVersionQuery",
	OHTD_PART(version_query, page, ohtd_page),
	OHTD_SORT(version_query, sort_words),
	OHTD_TEXT(version_query, author, .min = 1, .max = OHTD_USER_NAME_MAX,
		  .summary = "Only versions of this author"));

OHTD_LIST_ANSWER(version_list, "ConfigVersionList", kept_version, "The newest first");

static const struct ohtd_stored_list kept_versions = {
	.row = &ohtd_kept_config_versions, .show = show_kept,
};

/* ---- changes ---- */

static const char *const ats[] = { "now", "standstill" };
OHTD_WORDS_OF(at_words, ats);

OHTD_SHAPE_SHARED(ohtd_config_difference, "ConfigDifference",
	OHTD_TEXT(ohtd_config_difference, pointer, .example = "\"/robot/name\"",
		     .summary = "JSON pointer of the item"),
	OHTD_SCALAR(ohtd_config_difference, before, .flags = OHTD_NULL,
		       .summary = "null: it was not there"),
	OHTD_SCALAR(ohtd_config_difference, now, .flags = OHTD_NULL,
		       .summary = "null: it is not there"));

struct ohtd_config_change {
	struct config_version version;
	bool needs_standstill;
	const struct verb_reason *why_not;
	size_t why_not_count;
	const struct ohtd_config_difference *changes;
	size_t changes_count;
};

OHTD_SHAPE_SHARED(ohtd_config_change, "ConfigChange", OHTD_PART(ohtd_config_change, version, config_version),
	OHTD_BOOLEAN(ohtd_config_change, needs_standstill,
			.summary = "An item among them is taken only at standstill"),
	OHTD_LIST(ohtd_config_change, why_not, verb_reason,
		  .summary = "Of a check: for what the robot would refuse it now; empty: it would take it, or is not asked"),
	OHTD_LIST(ohtd_config_change, changes, ohtd_config_difference,
		     .summary = "Items that have another value than in the version before; empty: "
				"none has"));

const struct ohtd_config_difference *ohtd_config_differences(struct ohtd_call *call, const struct ohtd_change *change)
{
	struct ohtd_config_difference *differences =
		ohtd_call_alloc(call, change->differences * sizeof(*differences) + 1);

	for (size_t i = 0; i < change->differences; i++)
		differences[i] = (struct ohtd_config_difference){
			.pointer = change->difference[i].pointer,
			.before = scalar_of(change->difference[i].before),
			.now = scalar_of(change->difference[i].now),
		};
	return differences;
}

/* Refusals of other changes are problems. */
static void put_reasons(struct ohtd_call *call, const struct ohtd_change *change, struct ohtd_config_change *view)
{
	const struct ohtd_why_list *list = &change->answer.why;
	size_t count = list->count < OHTD_WHY_MAX ? list->count : OHTD_WHY_MAX;
	struct verb_reason *reasons = ohtd_call_alloc(call, (count + 1) * sizeof(*reasons));

	for (size_t i = 0; i < count; i++)
		reasons[i] = (struct verb_reason){
			.code = list->items[i].code, .text = ohtd_reason_text_of(&call->memory, &change->answer, i),
			.address = list->items[i].unit ? list->items[i].unit : OHTD_NONE,
		};
	view->why_not = reasons;
	view->why_not_count = count;
}

static struct ohtd_config_change change_of(struct ohtd_call *call, const struct ohtd_change *change)
{
	return (struct ohtd_config_change){
		.version = show_version(&change->version),
		.needs_standstill = change->needs_standstill,
		.changes = ohtd_config_differences(call, change),
		.changes_count = change->differences,
	};
}

static void reply_change(struct ohtd_call *call, const struct ohtd_change *change)
{
	struct ohtd_config_change view = change_of(call, change);

	if (change->trial && change->differences)
		view.version.state = CHECKED;
	if (change->trial)
		put_reasons(call, change, &view);
	ohtd_call_change_note(call, change);
	OHTD_REPLY(call, 200, ohtd_config_change, &view);
}

/* The tag is that of GET config: neither a check nor a version of the list has one. */
static void reply_live(struct ohtd_call *call, const struct ohtd_change *change)
{
	if (!change->trial && !change->version.waits)
		put_etag(call, change->version.version);
	reply_change(call, change);
}

/* ---- the effect of a version ---- */

static const char *const effect_states[] = { "whole", "cut_by_version", "cut_by_stop", "unknown" };
OHTD_WORDS_OF(effect_words, effect_states);
#define UNKNOWN		3

static const char *const figures[] = {
	"cycles_missed", "cycles_exceeded", "exchanges_failed", "control_cycles_missed", "control_late_p99", "alerts_raised",
};
OHTD_WORDS_OF(figure_words, figures);
#define FIGURES		(sizeof(figures) / sizeof(figures[0]))
/* Of the longer one, by which two times may differ whose counts are compared as they are. */
#define UNEQUAL		0.1

struct effect_figure {
	int64_t figure;
	const char *unit;
	int64_t before;
	int64_t after;
	double before_per_min;
	double after_per_min;
};

OHTD_SHAPE(effect_figure, "ConfigEffectFigure",
	OHTD_WORD(effect_figure, figure, .words = &figure_words, .summary = "What was counted"),
	OHTD_TEXT(effect_figure, unit, .flags = OHTD_NULL, .summary = "ppm: of a million; null: a number of times"),
	OHTD_INTEGER(effect_figure, before, .flags = OHTD_NULL, .summary = "In the time before; null: not known"),
	OHTD_INTEGER(effect_figure, after, .flags = OHTD_NULL, .summary = "In the time since then; null: not known"),
	OHTD_NUMBER(effect_figure, before_per_min, .flags = OHTD_NULL,
		    .summary = "before by the minute, of a number of times whose two times differ by more than a tenth; else null"),
	OHTD_NUMBER(effect_figure, after_per_min, .flags = OHTD_NULL, .summary = "after by the minute, the same way"));

struct config_effect {
	int64_t state;
	double before_s;
	double after_s;
	const struct effect_figure *figures;
	size_t figures_count;
};

OHTD_SHAPE(config_effect, "ConfigEffect",
	OHTD_WORD(config_effect, state, .words = &effect_words,
		  .summary = "whole: of five minutes; or cut short by the next version, or by a stop of ohtd; unknown: a restart lies "
			     "between, or it could not be kept"),
	OHTD_NUMBER(config_effect, before_s, .unit = "s", .summary = "How long was counted before it went live"),
	OHTD_NUMBER(config_effect, after_s, .unit = "s", .summary = "How long was counted since then"),
	OHTD_LIST(config_effect, figures, effect_figure, .summary = "What was counted; empty: unknown"));

static int64_t count_of(int64_t count)
{
	return count < 0 ? OHTD_NONE : count;
}

static int64_t ppm_of(int64_t part, int64_t whole)
{
	return part < 0 || whole <= 0 ? OHTD_NONE : (int64_t)((double)part * 1e6 / (double)whole + 0.5);
}

static void fill_counts(const struct ohtd_config_counts *counts, int64_t values[FIGURES])
{
	values[0] = count_of(counts->missed);
	values[1] = count_of(counts->exceeded);
	values[2] = ppm_of(counts->failed, counts->exchanges);
	values[3] = count_of(counts->control_missed);
	values[4] = count_of(counts->control_late_us);
	values[5] = count_of(counts->alerts);
}

/* Counts of unequal times are compared by the minute. */
static void fill_rates(const struct config_effect *effect, struct effect_figure *figure)
{
	double longer_s = effect->before_s > effect->after_s ? effect->before_s : effect->after_s;

	figure->before_per_min = figure->after_per_min = NAN;
	if (figure->unit || figure->before == OHTD_NONE || figure->after == OHTD_NONE || effect->before_s <= 0 ||
	    effect->after_s <= 0 || fabs(effect->before_s - effect->after_s) <= UNEQUAL * longer_s)
		return;
	figure->before_per_min = (double)figure->before * 60 / effect->before_s;
	figure->after_per_min = (double)figure->after * 60 / effect->after_s;
}

static const struct config_effect *effect_of(struct ohtd_call *call, const struct ohtd_config_effect *from)
{
	static const char *const units[FIGURES] = { [2] = "ppm", [4] = "us" };
	struct config_effect *effect = ohtd_call_alloc(call, sizeof(*effect));
	struct effect_figure *list = ohtd_call_alloc(call, FIGURES * sizeof(*list));
	int64_t before[FIGURES], after[FIGURES];

	*effect = (struct config_effect){ .state = UNKNOWN };
	if (!from->version)
		return effect;
	*effect = (struct config_effect){
		.state = !strcmp(from->ended, "time") ? 0 : !strcmp(from->ended, "version") ? 1 : 2,
		.before_s = (double)from->before_ms / 1000, .after_s = (double)from->after_ms / 1000,
		.figures = list, .figures_count = FIGURES,
	};
	fill_counts(&from->before, before);
	fill_counts(&from->after, after);
	for (size_t i = 0; i < FIGURES; i++) {
		list[i] = (struct effect_figure){ .figure = (int64_t)i, .unit = units[i], .before = before[i], .after = after[i] };
		fill_rates(effect, &list[i]);
	}
	return effect;
}

struct told_version {
	struct ohtd_config_change change;
	const struct config_effect *effect;
	int64_t effect_until;
};

OHTD_SHAPE(told_version, "ConfigVersionTold", OHTD_PART(told_version, change, ohtd_config_change),
	OHTD_OBJECT(told_version, effect, config_effect, .flags = OHTD_NULL,
		    .summary = "What went otherwise since it went live; null: not known yet"),
	OHTD_TIME(told_version, effect_until, .flags = OHTD_NULL,
		  .summary = "When the effect will be known, unless another version or a stop comes before; null: it is, or the version waits"));

static void reply_version(struct ohtd_call *call, const struct ohtd_change *change)
{
	struct told_version view = {
		.change = change_of(call, change),
		.effect_until = change->effect_until_ns ? change->effect_until_ns : OHTD_NONE,
	};

	if (!change->effect_until_ns && !change->version.waits)
		view.effect = effect_of(call, &change->effect);
	OHTD_REPLY(call, 200, told_version, &view);
}

static void get_version(struct ohtd_call *call)
{
	struct ohtd_change *change = ohtd_call_change_make(call);

	if (!change)
		return;
	change->version.version = call->params.id;
	ohtd_call_change(call, change, ohtd_settings_differ, reply_version);
}

#define REASON(S_)                                                                                 \
	OHTD_TEXT(S_, reason, .max = OHTD_CONFIG_REASON_BYTES - 1,                                 \
		  .summary = "Why, for the list of versions")

OHTD_SHAPE_SHARED(ohtd_config_why, "ConfigChangeQuery", REASON(ohtd_config_why));

#define CONFIRM_WITHIN(S_, ...)                                                                    \
	OHTD_INTEGER(S_, confirm_within_s, .min = OHTD_CONFIRM_S_MIN, .max = OHTD_CONFIRM_S_MAX,   \
		     .preset = OHTD_NONE, .unit = "s", __VA_ARGS__)

OHTD_SHAPE(ohtd_config_when, "ConfigWhen",
	CONFIRM_WITHIN(ohtd_config_when,
		       .summary = "It returns by itself unless it is confirmed within this time; left out: it stays"),
	OHTD_WORD(ohtd_config_when, apply_at, .words = &at_words, .preset = 0,
		  .summary = "standstill: what is refused while the robot moves waits until it stands"),
	OHTD_INTEGER(ohtd_config_when, wait_s, .min = 1, .max = OHTD_WAIT_S_MAX, .preset = OHTD_NONE, .unit = "s",
		     .summary = "With apply_at=standstill: after this time it is dropped; left out: 600"));

OHTD_SHAPE_SHARED(ohtd_config_confirm, "ConfigConfirmQuery", OHTD_PART(ohtd_config_confirm, when, ohtd_config_when),
	REASON(ohtd_config_confirm));

struct extend_query {
	int64_t confirm_within_s;
};

OHTD_SHAPE(extend_query, "ConfigExtendQuery",
	CONFIRM_WITHIN(extend_query, .summary = "From now on; left out: as asked for last"));

/* 0: nothing was said. */
static uint32_t seconds_of(int64_t confirm_within_s)
{
	return confirm_within_s == OHTD_NONE ? 0 : (uint32_t)confirm_within_s;
}

struct config_pending {
	int64_t version;
	int64_t state;
	int64_t returns_to;
	const char *by;
	int64_t within_s;
	int64_t since;
	int64_t remaining_ms;
};

OHTD_SHAPE(config_pending, "ConfigPending",
	OHTD_INTEGER(config_pending, version, .flags = OHTD_NULL,
		     .summary = "Version that waits for its confirmation, or for standstill; null: none does"),
	OHTD_WORD(config_pending, state, .words = &state_words, .flags = OHTD_NULL,
		  .summary = "pending: it is live, and returns unless it is confirmed; waiting: it goes live when the robot stands"),
	OHTD_INTEGER(config_pending, returns_to, .flags = OHTD_NULL,
		     .summary = "Version whose values are live again without a confirmation; null: it will stay"),
	OHTD_TEXT(config_pending, by, .flags = OHTD_NULL, .example = "\"anna\"", .summary = "Who made it"),
	OHTD_INTEGER(config_pending, within_s, .flags = OHTD_NULL, .unit = "s", 
		     .summary = "In which it is to be confirmed, as asked for last; null: it will stay"),
	OHTD_TIME(config_pending, since, .flags = OHTD_NULL, .summary = "Since when it waits for standstill; null: it does not"),
	OHTD_INTEGER(config_pending, remaining_ms, .flags = OHTD_NULL | OHTD_DRIFTS, .unit = "ms",
		     .summary = "Until it returns, or is dropped since the robot did not stand"));

static void reply_pending(struct ohtd_call *call, const struct ohtd_unconfirmed *pending)
{
	int64_t left_ns = (int64_t)(pending->until_ns - ohtd_clock_monotonic_ns(call->services->clock));
	struct config_pending view = {
		.version = pending->version, .state = pending->waits ? WAITING : PENDING,
		.returns_to = pending->returns_to ? pending->returns_to : OHTD_NONE, .by = pending->by.user,
		.within_s = pending->within_s ? pending->within_s : OHTD_NONE,
		.since = pending->waits ? pending->asked_ns : OHTD_NONE,
		.remaining_ms = left_ns > 0 ? left_ns / (int64_t)OHTD_NS_PER_MS : 0,
	};

	if (!pending->version)
		view = (struct config_pending){ OHTD_NONE, OHTD_NONE, OHTD_NONE, NULL, OHTD_NONE, OHTD_NONE, OHTD_NONE };
	OHTD_REPLY(call, 200, config_pending, &view);
}

static void get_pending(struct ohtd_call *call)
{
	struct ohtd_unconfirmed pending;

	ohtd_settings_pending(call->services->settings, &pending);
	reply_pending(call, &pending);
}

static void reply_extended(struct ohtd_call *call, const struct ohtd_change *change)
{
	reply_pending(call, &change->pending);
}

static void post_confirm(struct ohtd_call *call)
{
	struct ohtd_change *change = ohtd_call_change_make(call);

	if (change)
		ohtd_call_change(call, change, ohtd_settings_confirm, reply_live);
}

static void post_extend(struct ohtd_call *call)
{
	struct ohtd_change *change = ohtd_call_change_make(call);

	if (!change)
		return;
	change->confirm_within_s = seconds_of(OHTD_QUERY(call, extend_query)->confirm_within_s);
	ohtd_call_change(call, change, ohtd_settings_extend, reply_extended);
}

static void delete_pending(struct ohtd_call *call)
{
	struct ohtd_change *change = ohtd_call_change_make(call);

	if (change)
		ohtd_call_change(call, change, ohtd_settings_give_up, reply_live);
}

/* The version that is meant: 0: any; one that is never live for what is none of our tags. */
static int64_t version_meant(struct ohtd_call *call)
{
	const char *text = ohtd_call_header(call, "if-match"), *digits;
	int64_t version;
	size_t n;

	if (!ohtd_call_has_header(call, "if-match") || (text && !strcmp(text, "*")))
		return 0;
	n = text ? ohtd_http_etag_text(text, strlen(text), &digits) : 0;
	version = n ? ohtd_route_id(digits, n) : 0;
	return version ? version : -1;
}

static void put_reason(struct ohtd_change *change, const char *reason)
{
	snprintf(change->reason, sizeof(change->reason), "%s", reason ? reason : "");
}

/* False: it makes no sense, and the request has been answered. */
static bool check_when(struct ohtd_call *call, const struct ohtd_config_when *when)
{
	if (when->wait_s == OHTD_NONE || when->apply_at)
		return true;
	ohtd_reply_member(call, "/wait_s", "unfit", "%lld waits for nothing: it needs apply_at=standstill", (long long)when->wait_s);
	return false;
}

static void put_when(struct ohtd_change *change, const struct ohtd_config_when *when)
{
	change->confirm_within_s = seconds_of(when->confirm_within_s);
	change->at_standstill = when->apply_at;
	change->wait_s = seconds_of(when->wait_s);
}

void ohtd_config_take(struct ohtd_call *call, const struct ohtd_config_body *body)
{
	const struct ohtd_json_text *text = call->input;
	struct ohtd_change *change;
	struct json_object *object;

	if (body->when && !check_when(call, body->when))
		return;
	change = ohtd_call_change_make(call);
	if (!change)
		return;
	object = json_tokener_parse(text->text);
	if (!object) {
		ohtd_call_change_drop(change);
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return;
	}
	if (body->document)
		change->document = object;
	else
		change->patch = object;
	change->with_calibration = body->with_calibration;
	change->trial = body->trial;
	change->if_version = version_meant(call);
	if (body->when)
		put_when(change, body->when);
	put_reason(change, body->reason);
	ohtd_call_change(call, change, ohtd_settings_change, reply_live);
}

static void patch_config(struct ohtd_call *call)
{
	const struct ohtd_config_confirm *said = OHTD_QUERY(call, ohtd_config_confirm);

	ohtd_config_take(call, &(struct ohtd_config_body){
		.reason = said->reason, .when = &said->when,
	});
}

static void post_check(struct ohtd_call *call)
{
	ohtd_config_take(call, &(struct ohtd_config_body){
		.trial = true, .reason = OHTD_QUERY(call, ohtd_config_why)->reason,
	});
}

/* ---- here is the station ---- */

struct teach {
	uint32_t valid_for_ms;
};

OHTD_SHAPE(teach, "TeachStation",
	OHTD_INTEGER(teach, valid_for_ms, .min = 1, .max = OHTD_VALID_MS_MAX,
			.preset = OHTD_VALID_MS, .unit = "ms",
			.summary = "How long the robot may take to accept it"));

/* A tenth of a millimetre is more than the sensor knows. */
static struct json_object *patch_of_station(const char *name, double position_mm)
{
	char text[160];

	/* A name of the path has no character that JSON escapes. */
	snprintf(text, sizeof(text), "{\"stations\":{\"%s\":{\"position_mm\":%.1f}}}", name,
		 position_mm);
	return json_tokener_parse(text);
}

/* As the robot itself would say. */
static void refuse_place(struct ohtd_call *call, unsigned int why)
{
	const struct ohtd_answer answer = {
		.outcome = OHTD_OUTCOME_REFUSED, .why = { .count = 1, .items[0].code = (uint16_t)why },
	};
	struct ohtd_refusal refusal;

	ohtd_refusal_of(&answer, &call->memory, &refusal);
	ohtd_reply_errors(call, refusal.status, refusal.code, refusal.detail, refusal.errors,
			  refusal.errors_count);
}

static void post_teach(struct ohtd_call *call)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	struct ohtd_change *change;

	if (ohtd_state_in_motion(snapshot->state)) {
		refuse_place(call, OHTD_WHY_MOVING);
		return;
	}
	if (!ohtd_settings_is_located(snapshot)) {
		refuse_place(call, !snapshot->position_mm.valid ? OHTD_WHY_SENSORS :
				   snapshot->location.lost ? OHTD_WHY_NOT_LOCATED : OHTD_WHY_POSITION_LOST);
		return;
	}
	change = ohtd_call_change_make(call);
	if (!change)
		return;
	change->here = true;
	change->here_mm = snapshot->motion.estimate_mm;
	change->patch = patch_of_station(call->params.name, change->here_mm);
	if (!change->patch) {
		ohtd_call_change_drop(change);
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return;
	}
	change->valid_ms = OHTD_INPUT(call, teach)->valid_for_ms;
	snprintf(change->reason, sizeof(change->reason), "taught: the robot stood there");
	ohtd_call_change(call, change, ohtd_settings_change, reply_live);
}

OHTD_SHAPE(ohtd_rollback, "ConfigRollback", REASON(ohtd_rollback),
	OHTD_INTEGER(ohtd_rollback, valid_for_ms, .min = 1, .max = OHTD_VALID_MS_MAX,
			.preset = OHTD_VALID_MS, .unit = "ms",
			.summary = "How long the robot may take to accept it"));

static void go_back(struct ohtd_call *call, int64_t version, const char *reason)
{
	const struct ohtd_rollback *said = OHTD_INPUT(call, ohtd_rollback);
	const struct ohtd_config_when *when = OHTD_QUERY(call, ohtd_config_when);
	struct ohtd_change *change;

	if (!check_when(call, when))
		return;
	change = ohtd_call_change_make(call);
	if (!change)
		return;
	change->back_to = version;
	put_when(change, when);
	change->valid_ms = said->valid_for_ms;
	change->if_version = version_meant(call);
	put_reason(change, said->reason ? said->reason : reason);
	ohtd_call_change(call, change, ohtd_settings_change, reply_live);
}

static void post_rollback(struct ohtd_call *call)
{
	go_back(call, call->params.id, ohtd_call_text_of(call, "back to version %lld", (long long)call->params.id));
}

/* ---- the rescue ---- */

static void post_rescue(struct ohtd_call *call)
{
	go_back(call, OHTD_BACK_TO_RESCUE, "back to the rescue");
}

struct mark_late {
	struct ohtd_late late;
	struct ohtd_config_version head;
};

static int work_mark(struct ohtd_db *db, void *arg)
{
	return ohtd_db_config_mark(db, &((struct mark_late *)arg)->head);
}

static void reply_mark(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct mark_late *job = (const struct mark_late *)late;
	struct kept_version view = kept_version_of(&job->head);

	if (late->result == -ENOENT)
		ohtd_reply_problem(call, 404, "not_found", "there is no version %lld of the configuration that nothing waits for",
				   (long long)job->head.version);
	else if (late->result < 0)
		ohtd_reply_store_problem(call, late->result);
	else
		OHTD_REPLY(call, 200, kept_version, &view);
}

static void put_rescue(struct ohtd_call *call)
{
	struct mark_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->head.version = call->params.id;
	ohtd_late_write(call, &job->late, work_mark, reply_mark);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "config", .role = OHTD_ROLE_VIEWER,
		.replies = {{200, NULL, "application/json"}},
		.handle = get_config,
		.summary = "The configuration in force",
		.text = "A tree of items, which GET config/schema describes. ETag is its version.",
	},
	{
		.method = OHTD_PATCH, .path = "config", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "change", "changed", " the configuration" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_STORE | OHTD_ROUTE_MERGE,
		.query = &ohtd_config_confirm_shape,
		.replies = {{200, &ohtd_config_change_shape}},
		.elevation = OHTD_ELEVATION_BY_ITEM,
		.problems = {"config_contradiction", "config_changed", "config_pending", "config_no_way_back",
			     "layer", "out_of_memory", "no_answer_in_time"},
		.handle = patch_config,
		.summary = "Change items of the configuration",
		.text = "With apply_at=standstill what needs standstill waits while the robot moves, and goes live "
			"when it stands. The body is a merge patch (RFC 7396) of GET config; null gives an item "
			"its default, or removes a station. All of it is checked, written down as a version, and "
			"then live; a refusal changes nothing. With If-Match only if that version is live.",
	},
	{
		.method = OHTD_POST, .path = "config/check", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "check", "checked", " a configuration" },
		.flags = OHTD_ROUTE_QUIET | OHTD_ROUTE_MERGE,
		.query = &ohtd_config_why_shape,
		.replies = {{200, &ohtd_config_change_shape}},
		.elevation = OHTD_ELEVATION_BY_ITEM,
		.problems = {"config_contradiction", "config_changed", "config_pending", "layer", "busy",
			     "out_of_memory", "no_answer_in_time"},
		.handle = post_check,
		.summary = "What PATCH config would do, without doing it",
		.text = "version is the number that it would have.",
	},
	{
		.method = OHTD_GET, .path = "config/pending", .role = OHTD_ROLE_VIEWER,
		.replies = {{200, &config_pending_shape}},
		.handle = get_pending,
		.summary = "The version that waits for its confirmation, or for standstill",
	},
	{
		.method = OHTD_DELETE, .path = "config/pending", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "give", "gave", " a version of the configuration up" },
		.flags = OHTD_ROUTE_MEMORY | OHTD_ROUTE_COMMAND | OHTD_ROUTE_STORE,
		.replies = {{200, &ohtd_config_change_shape}},
		.problems = {"nothing_pending", "config_pending", "busy", "out_of_memory", "no_answer_in_time"},
		.handle = delete_pending,
		.summary = "Give the pending version up: the values of before are live again; one that waits is withdrawn",
		.text = "By who has made it or by an administrator.",
	},
	{
		.method = OHTD_POST, .path = "config/confirm", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "confirm", "confirmed", " a version of the configuration" },
		.flags = OHTD_ROUTE_STORE,
		.replies = {{200, &ohtd_config_change_shape}},
		.problems = {"nothing_pending", "config_pending", "old_connection", "busy", "out_of_memory",
			     "no_answer_in_time"},
		.handle = post_confirm,
		.summary = "The pending version stays",
		.text = "By who has made it or by an administrator, over a connection that was opened after it became live.",
	},
	{
		.method = OHTD_POST, .path = "config/extend", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "extend", "extended", " the time of a version of the configuration" },
		.query = &extend_query_shape,
		.replies = {{200, &config_pending_shape}},
		.problems = {"nothing_pending", "config_pending", "busy", "out_of_memory", "no_answer_in_time"},
		.handle = post_extend,
		.summary = "The pending version has more time to be confirmed",
		.text = "By who has made it or by an administrator.",
	},
	{
		.method = OHTD_GET, .path = "config/schema", .role = OHTD_ROLE_VIEWER,
		.replies = {{200, &config_items_shape}},
		.problems = {"busy", "rate_limited", "out_of_memory", "no_answer_in_time"},
		.handle = get_schema,
		.summary = "All items of the configuration, with range, default and who may change "
			   "them",
	},
	{
		.method = OHTD_GET, .path = "config/versions", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE,
		.query = &version_query_shape,
		.replies = {{200, &version_list_shape}},
		.handle = ohtd_stored_list_get,
		.list = &kept_versions,
		.summary = "All versions of the configuration",
	},
	{
		.method = OHTD_GET, .path = "config/versions/{id}", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE,
		.replies = {{200, &told_version_shape}},
		.problems = {"not_found"},
		.handle = get_version,
		.summary = "A version, what it has changed, and its effect",
	},
	{
		.method = OHTD_POST, .path = "config/versions/{id}/rollback", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "bring", "brought", " a version of the configuration back" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED,
		.body_bytes_max = 4096,
		.body = &ohtd_rollback_shape,
		.query = &ohtd_config_when_shape,
		.replies = {{200, &ohtd_config_change_shape}},
		.elevation = OHTD_ELEVATION_BY_ITEM,
		.problems = {"config_contradiction", "config_changed", "config_pending", "config_no_way_back",
			     "layer", "not_found", "out_of_memory", "no_answer_in_time"},
		.handle = post_rollback,
		.summary = "Make a new version with the values of an older one",
		.text = "An item that the older one does not have stays as it is.",
	},
	{
		.method = OHTD_PUT, .path = "config/versions/{id}/rescue", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "name", "named", " the rescue of the configuration" },
		.flags = OHTD_ROUTE_STORE,
		.replies = {{200, &kept_version_shape}},
		.problems = {"not_found"},
		.handle = put_rescue,
		.summary = "Mark a version as the one to go back to when nothing else helps",
		.text = "In place of the one that was marked. Not a version that waits for its confirmation.",
	},
	{
		.method = OHTD_POST, .path = "config/rescue", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "bring", "brought", " the rescue of the configuration back" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED,
		.body_bytes_max = 4096,
		.body = &ohtd_rollback_shape,
		.query = &ohtd_config_when_shape,
		.replies = {{200, &ohtd_config_change_shape}},
		.elevation = OHTD_ELEVATION_BY_ITEM,
		.problems = {"config_no_rescue", "config_contradiction", "config_changed", "config_pending", "config_no_way_back",
			     "layer", "out_of_memory", "no_answer_in_time"},
		.handle = post_rescue,
		.summary = "Make a new version with the values of the rescue",
		.text = "As a rollback to it. Without a daemon, ohtctl config rescue does it on the database.",
	},
	{
		.method = OHTD_POST, .path = "robot/stations/{name}/teach", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "teach", "taught", " a station" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED,
		.body_bytes_max = 4096,
		.body = &teach_shape,
		.replies = {{200, &ohtd_config_change_shape}},
		.elevation = OHTD_ELEVATION_BY_ITEM,
		.problems = {"config_contradiction", "config_pending", "layer", "out_of_memory",
			     "no_answer_in_time"},
		.handle = post_teach,
		.summary = "Here is the station: put it, new or not, where the robot stands",
	},
};

OHTD_ROUTE_TABLE(ohtd_config_routes, "Configuration", routes);
