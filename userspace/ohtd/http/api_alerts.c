// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/api.h"
#include "http/call.h"

#include <assert.h>

#include "http/alerts.h"
#include "http/list.h"
#include "http/scene.h"

static const char *const severities[] = {
	[OHTD_SEVERITY_CRITICAL] = "critical",
	[OHTD_SEVERITY_WARNING] = "warning",
	[OHTD_SEVERITY_EMERGENCY] = "emergency",
};
OHTD_WORDS_OF(severity_words, severities);
static_assert(sizeof(severities) / sizeof(severities[0]) == OHTD_SEVERITIES, "a word for each");

struct alert {
	const char *code;
	unsigned int severity;
	const char *text;
	const char *action;
	const char *source;
	int64_t address;
	int64_t since;
	bool over;
};

OHTD_SHAPE(alert, "Alert",
	OHTD_TEXT(alert, code, .summary = "What it is, for programs", .example = "\"module_lost\""),
	OHTD_WORD(alert, severity, .words = &severity_words,
		  .summary = "emergency: the robot is in emergency stop; critical: the robot or a part of the "
			     "daemon does not do its work; warning: it does, and a person should look"),
	OHTD_TEXT(alert, text, .summary = "What it is, for people"),
	OHTD_TEXT(alert, action, .summary = "What to do"),
	OHTD_TEXT(alert, source,
		  .summary = "robot, module, bus, control_plane, journal, store, log, certificate or profile",
		  .example = "\"module\""),
	OHTD_INTEGER(alert, address, .flags = OHTD_NULL,
		     .summary = "Unit address of the module; null: it is about no module"),
	OHTD_TIME(alert, since, .flags = OHTD_NULL, .summary = "Since when; null: not known"),
	OHTD_BOOLEAN(alert, over,
		     .summary = "Its reason is gone, and it stays until the fault is cleared (reset_fault)"));

struct alert_list {
	const struct alert *items;
	size_t items_count;
	unsigned int total_count;
	unsigned int emergency_count;
	unsigned int critical_count;
	unsigned int warning_count;
	const char *next_cursor;
};

OHTD_SHAPE(alert_list, "AlertList",
	OHTD_LIST(alert_list, items, alert, .summary = "What is not well now, the newest first"),
	OHTD_INTEGER(alert_list, total_count, .summary = "All alerts, also those of other pages"),
	OHTD_INTEGER(alert_list, emergency_count, .summary = "Those of severity emergency"),
	OHTD_INTEGER(alert_list, critical_count, .summary = "Those of severity critical"),
	OHTD_INTEGER(alert_list, warning_count, .summary = "Those of severity warning"),
	OHTD_NEXT_CURSOR(alert_list));

/* @count items of @list from @first on, with the counts of all. */
static struct alert_list show(const struct ohtd_scene *scene, const struct ohtd_alert_list *list,
			      size_t first, size_t count)
{
	struct alert *items = ohtd_scene_alloc(scene, OHTD_ALERTS_LISTED_MAX * sizeof(*items));
	unsigned int counts[OHTD_SEVERITIES] = { 0 };

	for (size_t i = 0; i < list->count; i++)
		counts[list->items[i].severity]++;
	for (size_t i = 0; i < count; i++) {
		const struct ohtd_alert *alert = &list->items[first + i];

		items[i] = (struct alert){
			.code = alert->code, .severity = alert->severity, .text = alert->text,
			.action = alert->action, .source = alert->source,
			.address = alert->unit ? alert->unit : OHTD_NONE,
			.since = ohtd_scene_wall_ns(scene, alert->since_ns), .over = alert->over,
		};
	}
	return (struct alert_list){
		.items = items, .items_count = count, .total_count = (unsigned int)list->count,
		.emergency_count = counts[OHTD_SEVERITY_EMERGENCY],
		.critical_count = counts[OHTD_SEVERITY_CRITICAL],
		.warning_count = counts[OHTD_SEVERITY_WARNING],
	};
}

static const void *make_alerts(const struct ohtd_scene *scene)
{
	const struct ohtd_alert_list *list = ohtd_alerts_list(scene);
	struct alert_list *view = ohtd_scene_alloc(scene, sizeof(*view));

	*view = show(scene, list, 0, list->count);
	return view;
}

const struct ohtd_view ohtd_alerts_view = { &alert_list_shape, make_alerts };

struct alert_query {
	struct ohtd_page page;
};

OHTD_SHAPE(alert_query, "AlertQuery",
	OHTD_PART(alert_query, page, ohtd_page));

static_assert(OHTD_ALERTS_LISTED_MAX <= OHTD_LIMIT_PRESET, "who says no limit gets all of them");

static void get_alerts(struct ohtd_call *call)
{
	const struct alert_query *asked = OHTD_QUERY(call, alert_query);
	const struct ohtd_scene scene = ohtd_call_scene(call);
	const struct ohtd_alert_list *list = ohtd_alerts_list(&scene);
	uint64_t after[2];	/* since when the last item is active, and its key */
	size_t first = 0, count;
	struct alert_list view;
	int r = ohtd_cursor_take(call, &asked->page, after, 2);

	if (r < 0)
		return;
	while (r && first < list->count &&
	       !ohtd_alert_is_behind(&list->items[first], after[0], after[1]))
		first++;
	count = list->count - first;
	if (count > asked->page.limit)
		count = asked->page.limit;
	view = show(&scene, list, first, count);
	if (first + count < list->count) {
		const struct ohtd_alert *last = &list->items[first + count - 1];

		view.next_cursor = ohtd_cursor_text(call, (uint64_t[]){ last->since_ns, last->key }, 2);
	}
	OHTD_REPLY(call, 200, alert_list, &view);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "alerts", .role = OHTD_ROLE_VIEWER,
		.query = &alert_query_shape,
		.replies = { { 200, &alert_list_shape } },
		.handle = get_alerts,
		.summary = "What is not well now with the robot, its modules and the daemon",
		.text = "Only what is active: an alert leaves the list with its reason. Nothing is acknowledged or "
			"kept. The channel alerts tells the same as it changes.",
	},
};

OHTD_ROUTE_TABLE(ohtd_alert_routes, "Alerts", routes);
