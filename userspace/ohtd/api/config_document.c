// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration as a document: to be kept and put into a robot again, and two of its versions side by side. */
#include "api/api.h"
#include "server/call.h"

#include <string.h>

#include "server/change.h"
#include "server/late.h"

/* ---- export ---- */

struct export_late {
	struct ohtd_late late;
	struct ohtd_settings *settings;
	char text[OHTD_CONFIG_EXPORT_BYTES];
};

static int work_export(struct ohtd_late *late)
{
	struct export_late *job = (struct export_late *)late;

	return ohtd_settings_export(job->settings, job->text, sizeof(job->text));
}

static void reply_export(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct export_late *job = (const struct export_late *)late;

	if (late->result < 0) {
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return;
	}
	ohtd_reply_header(call, "cache-control", "no-cache");
	ohtd_reply_header(call, "content-disposition", "attachment; filename=\"configuration.json\"");
	ohtd_reply_data(call, 200, "application/json", job->text, strlen(job->text));
}

static void get_export(struct ohtd_call *call)
{
	struct export_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->settings = call->services->settings;
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, work_export, reply_export);
}

/* ---- import ---- */

#define CALIBRATION(S_)									\
	OHTD_TRISTATE(S_, calibration,							\
		      .summary = "true: the calibration, too, which belongs to the mechanics of one robot")

struct import_query {
	struct ohtd_config_confirm asked;
	int8_t calibration;
};

OHTD_SHAPE(import_query, "ConfigImportQuery", OHTD_PART(import_query, asked, ohtd_config_confirm),
	   CALIBRATION(import_query));

struct import_check_query {
	struct ohtd_config_why asked;
	int8_t calibration;
};

OHTD_SHAPE(import_check_query, "ConfigImportCheckQuery", OHTD_PART(import_check_query, asked, ohtd_config_why),
	   CALIBRATION(import_check_query));

static void post_import(struct ohtd_call *call)
{
	const struct import_query *said = OHTD_QUERY(call, import_query);

	ohtd_config_take(call, &(struct ohtd_config_body){
		.document = true, .with_calibration = said->calibration == 1,
		.reason = said->asked.reason ? said->asked.reason : "imported",
		.when = &said->asked.when,
	});
}

static void post_import_check(struct ohtd_call *call)
{
	const struct import_check_query *said = OHTD_QUERY(call, import_check_query);

	ohtd_config_take(call, &(struct ohtd_config_body){
		.trial = true, .document = true, .with_calibration = said->calibration == 1,
		.reason = said->asked.reason ? said->asked.reason : "imported",
	});
}

/* ---- two of them ---- */

struct compare_query {
	const char *a;
	const char *b;
};

#define SIDE(S_, m_, preset_)								\
	OHTD_TEXT(S_, m_, .min = 1, .max = 20, .example = "\"7\"",			\
		  .summary = "Number of a version, live or defaults; left out: " preset_)

OHTD_SHAPE(compare_query, "ConfigCompareQuery",
	   SIDE(compare_query, a, "defaults"), SIDE(compare_query, b, "live"));

struct config_comparison {
	const char *a;
	const char *b;
	const struct ohtd_config_difference *changes;
	size_t changes_count;
};

OHTD_SHAPE(config_comparison, "ConfigComparison",
	   OHTD_TEXT(config_comparison, a, .example = "\"7\"", .summary = "What is compared: as in the query"),
	   OHTD_TEXT(config_comparison, b, .example = "\"live\"", .summary = "With what"),
	   OHTD_LIST(config_comparison, changes, ohtd_config_difference,
		     .summary = "Items that have another value in b (now) than in a (before); empty: none has"));

static const char *word_of(const char *said, const char *preset)
{
	return said ? said : preset;
}

/* False: it is none, and the request has been answered. */
static bool read_side(struct ohtd_call *call, const char *member, const char *word, int64_t *which)
{
	if (!strcmp(word, "live")) {
		*which = OHTD_SIDE_LIVE;
	} else if (!strcmp(word, "defaults")) {
		*which = OHTD_SIDE_DEFAULTS;
	} else {
		*which = ohtd_route_id(word, strlen(word));
		if (!*which)
			ohtd_reply_member(call, member, "unfit", "'%s' is no number of a version, nor live or defaults", word);
		return *which;
	}
	return true;
}

static void reply_comparison(struct ohtd_call *call, const struct ohtd_change *change)
{
	const struct compare_query *asked = OHTD_QUERY(call, compare_query);
	const struct config_comparison view = {
		.a = word_of(asked->a, "defaults"), .b = word_of(asked->b, "live"),
		.changes = ohtd_config_differences(call, change), .changes_count = change->differences,
	};

	OHTD_REPLY(call, 200, config_comparison, &view);
}

static void get_compare(struct ohtd_call *call)
{
	const struct compare_query *asked = OHTD_QUERY(call, compare_query);
	struct ohtd_change *change;
	int64_t from, to;

	if (!read_side(call, "/a", word_of(asked->a, "defaults"), &from) ||
	    !read_side(call, "/b", word_of(asked->b, "live"), &to))
		return;
	change = ohtd_call_change_make(call);
	if (!change)
		return;
	change->from = from;
	change->to = to;
	ohtd_call_change(call, change, ohtd_settings_between, reply_comparison);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "config/export", .role = OHTD_ROLE_VIEWER,
		.replies = {{200, NULL, "application/json"}},
		.problems = {"busy", "rate_limited", "out_of_memory", "no_answer_in_time"},
		.handle = get_export,
		.summary = "The configuration in force as a document, for POST config/import",
		.text = "values has what people have chosen, calibration how this robot is built. Nothing in it is secret.",
	},
	{
		.method = OHTD_POST, .path = "config/import", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "import", "imported", " a configuration" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED | OHTD_ROUTE_OBJECT,
		.query = &import_query_shape,
		.replies = {{200, &ohtd_config_change_shape}},
		.elevation = OHTD_ELEVATION_BY_ITEM,
		.problems = {"config_contradiction", "config_changed", "config_pending", "config_no_way_back",
			     "layer", "out_of_memory", "no_answer_in_time"},
		.handle = post_import,
		.summary = "Change the configuration to what a document of GET config/export says",
		.text = "All of it is checked and done as by PATCH config. An item that the document does not have keeps "
			"its value; if it has stations, they are all that there are then. Calibration is taken "
			"only with calibration=true. A document of a newer format or of another kind of robot is refused.",
	},
	{
		.method = OHTD_POST, .path = "config/import/check", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "check", "checked", " a configuration" },
		.flags = OHTD_ROUTE_QUIET | OHTD_ROUTE_OBJECT,
		.query = &import_check_query_shape,
		.replies = {{200, &ohtd_config_change_shape}},
		.elevation = OHTD_ELEVATION_BY_ITEM,
		.problems = {"config_contradiction", "config_changed", "config_pending", "layer", "busy",
			     "out_of_memory", "no_answer_in_time"},
		.handle = post_import_check,
		.summary = "What POST config/import would do, without doing it",
		.text = "version is the number that it would have.",
	},
	{
		.method = OHTD_GET, .path = "config/compare", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE,
		.query = &compare_query_shape,
		.replies = {{200, &config_comparison_shape}},
		.problems = {"not_found", "busy", "out_of_memory", "no_answer_in_time"},
		.handle = get_compare,
		.summary = "What is other in b than in a: versions, what is in force, or the defaults",
	},
};

OHTD_ROUTE_TABLE(ohtd_config_document_routes, "Configuration", routes);
