// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/alerts.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/alive.h"
#include "alerts/fault_text.h"
#include "alerts/keeper.h"
#include "alerts/rules.h"
#include "base/blank.h"
#include "base/clock.h"
#include "base/file.h"
#include "common/utf8.h"
#include "views/safety_cause.h"
#include "views/scene.h"
#include "views/services.h"
#include "oht_client.h"
#include "control/robot.h"
#include "robot/model.h"
#include "robot/telemetry.h"
#include "robot/user_maps.h"

#define TEXT_BYTES	OHTD_PART_TEXT_BYTES

_Static_assert(OHTD_ALERT_SUBJECT_BYTES >= OHTD_PART_SUBJECT_BYTES, "a subject is kept whole");
/* A module that is lost, or comes back, is degraded on its way: that is one alert. */
#define DEGRADED_TOLD_MS	10000

/* ---- the table ---- */

/* Kinds behind those that have a code of the robot (codes.h). */
enum {
	KEY_WAS_OPEN = OHTD_WHYS,
	ANOTHER_MACHINE,
	PROFILE_REFUSED,
	MODULE_VERSION,
	LAYOUT_UNKNOWN,
	ALERT_FLOOD,
	KINDS,
	/* Then those of the parts, in the order of their rows; then those of the rules. */
	OF_PARTS = OHTD_WHYS + OHTD_ALERT_KINDS_MAX,
	OF_RULES = OF_PARTS + OHTD_ALERT_PART_KINDS_MAX,
};

_Static_assert(KINDS <= OF_PARTS, "OHTD_ALERT_KINDS_MAX: room in the list for each kind");

/**
 * struct kind - what the table says of an alert
 * @source: NULL: robot
 * @code: NULL: name of the robot's code
 * @severity: enum ohtd_severity; of a reason of the robot whys.def has it
 * @text: NULL: that of the robot's code. Of a module: what stands behind its name
 * @action: NULL: that of the robot's code
 * @about: name of the module from whose health it may follow
 * @led: it is compared only while the outputs are high, so that nothing tells whether it lasts when they are low
 */
struct kind {
	const char *source;
	const char *code;
	uint8_t severity;
	const char *text;
	const char *action;
	const char *about;
	bool led;
};

/* Of the reasons of the robot. One that only refuses is critical, should it be an alert all the same. */
static const uint8_t severities[OHTD_WHYS] = {
#define OHTD_SEVERITY_NONE	OHTD_SEVERITY_CRITICAL
#define OHTD_WHY(code_, alarm_, severity_, ends_, word_, text_, action_) \
	[OHTD_WHY_##code_] = OHTD_SEVERITY_##severity_,
#include "robot/whys.def"
};

/* Reasons of the robot that are not in here have the text and remedy of their codes. */
static const struct kind kinds[KINDS] = {
	[OHTD_WHY_MODULE_MISSING] = { "module", .text = "has not been found" },
	[OHTD_WHY_MODULE_LOST] = { "module", .text = "does not answer any more" },
	[OHTD_WHY_MODULE_DEGRADED] = { "module", .text = "answers only now and then, or not for all of its values" },
	[OHTD_WHY_MODULE_QUARANTINED] = { "module", .text = "is in quarantine and is not asked" },
	[OHTD_WHY_LAYOUT_CHANGED] = { "module", .text = "shows the registers of another profile than the one that it is taken for" },
	[OHTD_WHY_MODULE_FAULT] = { "module", .text = "reports a fault of its own" },
	[OHTD_WHY_SAFETY_MODULE] = { .about = "safety" },
	[OHTD_WHY_POSITION_LOST] = { .about = "dock_location", .led = true },
	[OHTD_WHY_DRIVE_FOLLOWING] = { .about = "travel_motor", .led = true },
	[OHTD_WHY_DRIVE_STALLED] = { .about = "travel_motor", .led = true },
	[OHTD_WHY_DRIVE_NOT_SETTLED] = { .about = "travel_motor", .led = true },
	[OHTD_WHY_DRIVE_DISOBEYS] = { .about = "travel_motor", .led = true },
	[OHTD_WHY_DRIVE_OVERSPEED] = { .about = "travel_motor", .led = true },
	[OHTD_WHY_MODULE_OVERSPEED] = { .about = "dock_location", .led = true },
	[OHTD_WHY_POSITION_AHEAD] = { .about = "travel_motor", .led = true },
	[OHTD_WHY_WRONG_WAY] = { .about = "travel_motor", .led = true },
	[OHTD_WHY_POSITION_MOVED] = { .about = "dock_location", .led = true },
	[OHTD_WHY_NOT_LOCATED] = { .about = "dock_location" },
	[OHTD_WHY_ZONE_DIFFERS] = { .about = "safety" },
	[OHTD_WHY_CHARGE_LOW] = { .about = "power" },
	[OHTD_WHY_CHARGE_UNKNOWN] = { .about = "power" },
	[OHTD_WHY_DEVICE_GONE] = { "bus",
		.action = "Check cable, driver and the device in ohtd.conf; ohtd tries again by itself." },
	[OHTD_WHY_CONTROL_PLANE_STALLED] = { "control_plane", .text = "A thread of ohtd makes no progress.",
		.action = "Look at the load of the machine and at the log; the stop needs no thread of ohtd." },
	[KEY_WAS_OPEN] = { "store", "key_was_open", OHTD_SEVERITY_WARNING,
		.text = "Others on this machine could read a key of the robot; its mode was changed to 0600.",
		.action = "The log names it (key_was_open). If others may have used this machine, make it anew: see operations.md, "
			  "Files of the state folder." },
	[ANOTHER_MACHINE] = { "store", "another_machine", OHTD_SEVERITY_WARNING,
		.text = "The state folder is of another machine: its card was moved or copied. A copy has the id, the keys and the sessions "
			"of the other robot.",
		.action = "Stop ohtd; then ohtd --config /etc/oht/ohtd.conf --machine moved, or copied if the other robot is in use still." },
	[PROFILE_REFUSED] = { "profile", "profile_refused", OHTD_SEVERITY_WARNING,
		.text = "A register map of the user is wrong and not used.",
		.action = "See GET modules/profiles or the log; ohtctl profile check says all that is "
			  "wrong. Then restart ohtd." },
	[MODULE_VERSION] = { "module", "module_version", OHTD_SEVERITY_WARNING,
		.action = "Load the expected firmware, or write into modules.csv which versions are (column firmware)." },
	[LAYOUT_UNKNOWN] = { "module", "layout_unknown",
		.action = "See the manual of the module, then set modules/NAME/profile of the configuration: canonical or legacy." },
	[ALERT_FLOOD] = { "alerts", "alert_flood", OHTD_SEVERITY_WARNING,
		.action = "See ohtctl alerts history, the first one first: others often follow from it." },
};

/* ---- the list ---- */

/* Where alerts are gathered. @subjects: how many of them have one. */
struct gathering {
	const struct ohtd_scene *scene;
	struct ohtd_alert_list *list;
	unsigned int subjects;
};

/* Unit address of the module with that name; 0: it is not there. */
static uint8_t unit_named(const struct ohtd_snapshot *snapshot, const char *name)
{
	for (unsigned int i = 0; i < snapshot->module_count; i++)
		if (snapshot->modules[i].assigned && !strcmp(snapshot->modules[i].name, name))
			return snapshot->modules[i].unit;
	return 0;
}

/* See @about of struct ohtd_alert. */
static uint8_t about_of(const struct ohtd_snapshot *snapshot, unsigned int kind, uint8_t unit)
{
	const struct kind *row = &kinds[kind];

	if (row->about)
		return unit_named(snapshot, row->about);
	/* Its health: the module is there under another kind with what it measures, and with its version. */
	return kind < OHTD_WHYS && row->source && !strcmp(row->source, "module") ? unit : 0;
}

/* FNV-1a: the place does not depend on what else is in the list. 0: no subject. */
static uint32_t hash_of(const char *subject)
{
	uint32_t hash = 2166136261u;

	if (!*subject)
		return 0;
	for (; *subject; subject++)
		hash = (hash ^ (uint8_t)*subject) * 16777619u;
	return hash;
}

static bool has_place(const struct ohtd_alert_list *list, uint64_t place)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].place == place)
			return true;
	return false;
}

bool ohtd_alert_is(const struct ohtd_alert *alert, uint32_t key, const char *subject)
{
	return alert->key == key && !strcmp(alert->subject, subject);
}

static bool is_listed(const struct ohtd_alert_list *list, uint32_t key, const char *subject)
{
	for (size_t i = 0; i < list->count; i++)
		if (ohtd_alert_is(&list->items[i], key, subject))
			return true;
	return false;
}

/* A new one; NULL: it is in the list already. */
static struct ohtd_alert *add_subject(struct ohtd_alert_list *list, uint32_t key, const char *subject)
{
	struct ohtd_alert *alert = &list->items[list->count];
	uint64_t place = (uint64_t)key << 32 | hash_of(subject);

	if (is_listed(list, key, subject) || list->count == OHTD_ALERTS_LISTED_MAX)
		return NULL;
	while (has_place(list, place))
		place++;
	list->count++;
	*alert = (struct ohtd_alert){ .key = key, .place = place, .subject = subject };
	return alert;
}

static struct ohtd_alert *add_key(struct ohtd_alert_list *list, uint32_t key)
{
	return add_subject(list, key, "");
}

/* The same, filled with what the table says. */
static struct ohtd_alert *add(const struct gathering *to, unsigned int kind, uint8_t unit, uint64_t since_ns)
{
	const struct kind *row = &kinds[kind];
	struct ohtd_alert *alert = add_key(to->list, kind << 8 | unit);

	if (!alert)
		return NULL;
	*alert = (struct ohtd_alert){
		.key = alert->key, .place = alert->place, .subject = alert->subject, .severity = kind < OHTD_WHYS ? severities[kind] : row->severity,
		.unit = unit, .about = about_of(to->scene->snapshot, kind, unit), .degrades = true,
		.source = row->source ? row->source : "robot",
		.code = row->code ? row->code : ohtd_why_name(kind),
		.text = row->text ? row->text : ohtd_why_text(kind),
		.action = row->action ? row->action : ohtd_robot_why_action(kind),
		.since_ns = since_ns,
	};
	return alert;
}

/* The daemon works: a person should look. */
static struct ohtd_alert *add_notice(const struct gathering *to, unsigned int kind, uint8_t unit, uint64_t since_ns)
{
	struct ohtd_alert *alert = add(to, kind, unit, since_ns);

	if (alert)
		alert->degrades = false;
	return alert;
}

/* A text in the memory of the scene. */
__attribute__((format(printf, 2, 3)))
static const char *text_of(const struct gathering *to, const char *format, ...)
{
	char *text = ohtd_scene_alloc(to->scene, TEXT_BYTES);
	va_list values;

	va_start(values, format);
	vsnprintf(text, TEXT_BYTES, format, values);
	va_end(values);
	return text;
}

/* ---- the robot and its modules ---- */

static void judge_bus(const struct gathering *to)
{
	const struct ohtd_bus_view *bus = &to->scene->snapshot->bus;
	struct ohtd_alert *alert = bus->present ? NULL :
		add(to, OHTD_WHY_DEVICE_GONE, 0, bus->absent_since_ns);

	if (alert)
		alert->text = text_of(to, "The device is not there: %s.", bus->error);
}

static const char *name_of(const struct ohtd_snapshot *snapshot, unsigned int unit)
{
	const struct ohtd_module_view *module = ohtd_snapshot_module(snapshot, unit);

	return module ? module->name : "unknown";
}

/* "Module 5 (dock_location) does not answer any more." */
static struct ohtd_alert *add_module(const struct gathering *to, unsigned int code, uint8_t unit,
				     uint64_t since_ns)
{
	struct ohtd_alert *alert = add(to, code, unit, since_ns);

	/* Texts of the robot are sentences; those of modules go on behind the name. */
	if (alert && unit && kinds[code].text)
		alert->text = text_of(to, "Module %u (%s) %s.", unit,
				      name_of(to->scene->snapshot, unit), alert->text);
	return alert;
}

static void judge_module(const struct gathering *to, const struct ohtd_module_view *module)
{
	const unsigned int code = ohtd_why_of_health(module->health);

	if (code == OHTD_WHY_MODULE_DEGRADED && ohtd_scene_age_ms(to->scene, module->health_since_ns) < DEGRADED_TOLD_MS)
		return;
	if (module->required && code != OHTD_WHY_NONE)
		add_module(to, code, module->unit, module->health_since_ns);
}

static const struct oht_module *expected_of(const struct ohtd_model *model, const struct ohtd_module_view *module)
{
	for (unsigned int i = 0; module->assigned && i < model->count; i++)
		if (model->kinds[i].module->type_code == module->type_code)
			return model->kinds[i].module;
	return NULL;
}

/* With both profiles; the fault of the control thread is in the list then. */
static void judge_profile(const struct gathering *to, const struct ohtd_module_view *module)
{
	const bool changed = module->profile_seen != OHTD_SOME_NONE;
	struct ohtd_alert *alert = NULL;

	if (!*module->profile)
		return;
	if (changed)
		alert = add(to, OHTD_WHY_LAYOUT_CHANGED, module->unit, 0);
	if (alert)
		alert->text = text_of(to, "Module %u (%s) shows the registers of profile %s, and is taken for %s.", module->unit,
				      module->name, oht_profile_name(ohtd_profile_of(module->profile_seen)), module->profile);
	alert = !changed && module->profile_by == OHTD_PROFILE_UNDECIDED ? add(to, LAYOUT_UNKNOWN, module->unit, 0) : NULL;
	if (alert)
		alert->text = text_of(to, "Module %u (%s) does not show which profile it has, and is taken for %s.", module->unit,
				      module->name, module->profile);
}

/* Of one that is not there the version is not known. */
static void judge_version(const struct gathering *to, const struct ohtd_module_view *module)
{
	const struct oht_module *expected = expected_of(ohtd_robot_model(to->scene->services->robot), module);
	const unsigned int is = module->firmware_version;
	const uint16_t *wanted = expected ? expected->firmware : NULL;
	struct ohtd_alert *alert;

	if (!wanted || !is || (is >= wanted[0] && is <= wanted[1]))
		return;
	alert = add_notice(to, MODULE_VERSION, module->unit, 0);
	if (alert)
		alert->text = text_of(to, "Module %u (%s) has firmware %u.%02u; expected is %u.%02u to %u.%02u.",
				      module->unit, module->name, is >> 8, is & 0xff, wanted[0] >> 8,
				      wanted[0] & 0xffu, wanted[1] >> 8, wanted[1] & 0xffu);
}

/* Of the registers that it has now; NULL: its profile is not known. */
static const struct oht_regmap *map_of(const struct ohtd_model *model, const struct ohtd_module_view *module)
{
	const struct oht_module *expected = expected_of(model, module);
	enum oht_profile profile;

	return expected && !oht_profile_parse(module->profile, &profile) ? &expected->map[profile] : NULL;
}

/* With register and value; the fault of the control thread is in the list then. */
static void judge_fault(const struct gathering *to, const struct ohtd_module_view *module)
{
	const struct oht_regmap *map = map_of(ohtd_robot_model(to->scene->services->robot), module);
	struct ohtd_alert *alert = NULL;
	char *text;

	if (module->fault && map && module->fault_place < map->count)
		alert = add(to, OHTD_WHY_MODULE_FAULT, module->unit, 0);
	if (!alert)
		return;
	text = ohtd_scene_alloc(to->scene, OHTD_FAULT_TEXT_BYTES);
	ohtd_fault_text(&map->reg[module->fault_place], module->fault_raw, text);
	alert->text = text_of(to, "Module %u (%s) reports a fault: %s.", module->unit, module->name, text);
	alert->degrades = false;
	if (module->fault == OHT_FAULT_ALERT)
		alert->severity = OHTD_SEVERITY_WARNING;
}

static void judge_modules(const struct gathering *to)
{
	const struct ohtd_snapshot *snapshot = to->scene->snapshot;

	for (unsigned int i = 0; i < snapshot->module_count; i++)
		judge_module(to, &snapshot->modules[i]);
	for (unsigned int i = 0; i < snapshot->module_count; i++) {
		judge_profile(to, &snapshot->modules[i]);
		judge_version(to, &snapshot->modules[i]);
		judge_fault(to, &snapshot->modules[i]);
	}
}

/* Marks an alert that is in the list already, with more detail. */
static void mark_fault(struct ohtd_alert_list *list, const struct ohtd_alert_view *told)
{
	for (size_t i = 0; told->fault && i < list->count; i++)
		if (list->items[i].key == ((uint32_t)told->why.code << 8 | told->why.unit))
			list->items[i].fault = true;
}

/* What the control thread tells. A module that is lost and a fault for that is in the list already. */
static void judge_told(const struct gathering *to, const struct ohtd_alert_view *told)
{
	const struct ohtd_robot_obstacle *obstacle = &to->scene->snapshot->obstacle;
	struct ohtd_alert *alert = add_module(to, told->why.code, told->why.unit, told->since_ns);

	if (!alert) {
		mark_fault(to->list, told);
		return;
	}
	alert->fault = told->fault;
	alert->over = told->over && !kinds[told->why.code].led;
	alert->degrades = told->fault && (to->scene->snapshot->state == OHTD_STATE_FAULT ||
					  (alert->severity == OHTD_SEVERITY_EMERGENCY && !alert->over));
	if (alert->over)
		alert->text = text_of(to, "%s This is over: clear the fault with reset_fault.", alert->text);
	else if (told->why.code == OHTD_WHY_OBSTACLE && obstacle->sensor)
		alert->text = text_of(to, "%s It was at distance_%u: %u mm, with a stop zone of %u mm.", alert->text, obstacle->sensor,
				      obstacle->distance_mm, obstacle->zone_mm);
	else if (told->over)
		alert->text = text_of(to, "%s Nothing tells whether it lasts while the outputs are low: clear the fault with reset_fault.",
				      alert->text);
}

static void judge_stop(const struct gathering *to)
{
	const struct ohtd_snapshot *snapshot = to->scene->snapshot;
	struct ohtd_alert *alert = snapshot->state != OHTD_STATE_ESTOP ? NULL :
		add(to, OHTD_WHY_STOP_LATCHED, 0, snapshot->state_since_ns);
	struct safety_cause first;

	if (!alert)
		return;
	alert->degrades = false;
	if (!snapshot->safety.cause_count)
		return;
	first = ohtd_safety_cause(to->scene->memory, snapshot->safety.causes[0].cause,
				  &snapshot->safety.causes[0].own);
	alert->about = about_of(snapshot, snapshot->safety.causes[0].own.code, snapshot->safety.causes[0].own.unit);
	alert->text = text_of(to, "The robot is stopped. %s", first.text);
	alert->action = first.action;
}

/* In motion readings that leave the robot are the fault position_lost a moment later, which says what to do. */
static bool is_fault_of_position(const struct ohtd_snapshot *snapshot)
{
	for (unsigned int i = 0; i < snapshot->faults.count && i < OHTD_WHY_MAX; i++)
		if (snapshot->faults.items[i].code == OHTD_WHY_POSITION_LOST)
			return true;
	return ohtd_state_in_motion(snapshot->state) && snapshot->motion.trust != OHTD_POSITION_TRUSTED;
}

/* With both places. The kept one is not known before the first one was ever kept. */
static void judge_location(const struct gathering *to)
{
	const struct ohtd_location_view *location = &to->scene->snapshot->location;
	struct ohtd_alert *alert = NULL;

	if (location->lost && !is_fault_of_position(to->scene->snapshot))
		alert = add_notice(to, OHTD_WHY_NOT_LOCATED, 0, 0);
	if (alert && isfinite(location->kept.position_mm) && isfinite(location->read_mm))
		alert->text = text_of(to, "It is not known where the robot is: its position module says %.0f mm, and the robot was last at %.0f mm.",
				      location->read_mm, location->kept.position_mm);
}

static void judge_charge(const struct gathering *to)
{
	const struct ohtd_robot_charge_view *charge = &to->scene->snapshot->charge;
	struct ohtd_alert *alert;

	if (charge->state == OHTD_CHARGE_UNKNOWN)
		add_notice(to, OHTD_WHY_CHARGE_UNKNOWN, 0, 0);
	if (charge->state != OHTD_CHARGE_LOW)
		return;
	alert = add_notice(to, OHTD_WHY_CHARGE_LOW, 0, 0);
	if (alert)
		alert->text = text_of(to, "%s It is %.0f %%.", alert->text, floor(charge->percent));
}

/* "Its zone 1 is 50 mm, expected is 1000 mm." for each. */
static void judge_zones(const struct gathering *to)
{
	const struct ohtd_robot_zones_view *zones = &to->scene->snapshot->zones;
	struct ohtd_alert *alert = zones->differ ? add_notice(to, OHTD_WHY_ZONE_DIFFERS, 0, 0) : NULL;

	for (unsigned int i = 0; alert && i < OHTD_ZONES; i++)
		if (zones->differ & 1u << i)
			alert->text = text_of(to, "%s Its zone %u is %u mm, expected is %u mm.", alert->text, i + 1, zones->module_mm[i], zones->expected_mm[i]);
}

static void judge_robot(const struct gathering *to)
{
	const struct ohtd_snapshot *snapshot = to->scene->snapshot;

	for (unsigned int i = 0; i < snapshot->alert_count; i++)
		judge_told(to, &snapshot->alerts[i]);
	judge_stop(to);
	judge_location(to);
	judge_charge(to);
	judge_zones(to);
	if (snapshot->state == OHTD_STATE_FAULT && !snapshot->faults.count) {
		struct ohtd_alert *alert = add(to, OHTD_WHY_IN_FAULT, 0, snapshot->state_since_ns);

		if (alert)
			alert->fault = true;
	}
}

/* ---- the daemon ---- */

static void judge_threads(const struct gathering *to)
{
	const struct ohtd_scene *scene = to->scene;
	struct ohtd_alive alive;

	ohtd_alive_look(&alive, scene->snapshot, scene->services->store, scene->now_ns);
	if (!ohtd_alive_all(&alive))
		add(to, OHTD_WHY_CONTROL_PLANE_STALLED, 0, alive.control ? 0 : scene->snapshot->time_ns);
}

static void judge_keys(const struct gathering *to)
{
	if (ohtd_file_keys_closed())
		add(to, KEY_WAS_OPEN, 0, 0);
	if (to->scene->services->another_machine)
		add_notice(to, ANOTHER_MACHINE, 0, 0);
}

/* An unknown client does not learn the details. */
static void judge_profiles(const struct gathering *to)
{
	if (ohtd_robot_user_maps(to->scene->services->robot)->refused)
		add(to, PROFILE_REFUSED, 0, 0);
}

/* ---- the parts ---- */

/**
 * struct part_reports - a part reports into a list
 * @reports: what its judge has
 * @to: the list
 * @part: the part
 * @first: number of its first kind
 * @subjects: how many subjects of each kind are alerts
 * @more: how many are not
 */
struct part_reports {
	struct ohtd_part_reports reports;
	struct gathering *to;
	const struct ohtd_daemon_part *part;
	unsigned int first;
	uint16_t subjects[OHTD_ALERT_PART_KINDS_MAX];
	uint16_t more[OHTD_ALERT_PART_KINDS_MAX];
};

/* Those of the daemon, since its birth. */
static const struct ohtd_views_part *parts;
static unsigned int part_count;

bool ohtd_alerts_take_parts(const struct ohtd_views_part *all, unsigned int count, char *why, size_t size)
{
	unsigned int kinds_of_parts = 0;

	for (unsigned int i = 0; i < count; i++)
		kinds_of_parts += all[i].part->alert_count;
	parts = all;
	part_count = count;
	if (kinds_of_parts <= OHTD_ALERT_PART_KINDS_MAX)
		return true;
	snprintf(why, size, "the parts have %u kinds of alerts, more than OHTD_ALERT_PART_KINDS_MAX, %d", kinds_of_parts, OHTD_ALERT_PART_KINDS_MAX);
	return false;
}

/* A name in UTF-8 that can stand in a line for people. */
static bool is_fit(const char *subject)
{
	const char *at = subject;
	size_t bytes;

	while (*at && (bytes = oht_utf8_character(at, SIZE_MAX, NULL)))
		at += bytes;
	return !*at && at - subject < OHTD_PART_SUBJECT_BYTES && !ohtd_line_unfit(subject);
}

/* NULL: it is there already, or the alert of its kind that stands for the rest stands for it. */
static struct ohtd_alert *add_reported(struct part_reports *of, const struct ohtd_part_report *report)
{
	const unsigned int kind = of->first + report->alert;
	const uint32_t key = (OF_PARTS + kind) << 8 | report->variant;
	struct ohtd_alert *alert;

	if (!report->subject)
		return add_key(of->to->list, key);
	if (is_listed(of->to->list, key, report->subject))
		return NULL;
	if (!is_fit(report->subject) || of->subjects[kind] == OHTD_PART_SUBJECTS_OF_KIND || of->to->subjects == OHTD_PART_SUBJECTS_MAX) {
		of->more[kind]++;
		return NULL;
	}
	alert = add_subject(of->to->list, key, text_of(of->to, "%s", report->subject));
	of->subjects[kind] += alert != NULL;
	of->to->subjects += alert != NULL;
	return alert;
}

static void fill_of_row(struct ohtd_alert *alert, const struct ohtd_part_alert *row)
{
	alert->severity = row->severity;
	alert->degrades = !row->notice;
	alert->source = row->source;
	alert->code = row->code;
	alert->text = row->text;
	alert->action = row->action;
}

static void add_report(const struct ohtd_part_reports *reports, const struct ohtd_part_report *report)
{
	struct part_reports *of = (void *)((const char *)reports - offsetof(struct part_reports, reports));
	const struct ohtd_part_alert *row = &of->part->alerts[report->alert];
	struct ohtd_alert *alert;

	if (row->real_only && of->to->scene->services->simulated)
		return;
	alert = add_reported(of, report);
	if (!alert)
		return;
	fill_of_row(alert, row);
	if (report->code)
		alert->code = report->code;
	if (report->text)
		alert->text = text_of(of->to, "%s", report->text);
	alert->since_ns = report->since_ns;
}

/* No subject is lost without a word: one alert of its kind stands for all that have none, and names the limits. */
static void add_more(const struct part_reports *of)
{
	for (unsigned int i = 0; i < of->part->alert_count; i++) {
		const unsigned int kind = of->first + i;
		struct ohtd_alert *alert = of->more[kind] ? add_key(of->to->list, (OF_PARTS + kind) << 8) : NULL;

		if (!alert)
			continue;
		fill_of_row(alert, &of->part->alerts[i]);
		alert->text = text_of(of->to, "%u more of these have no alert of their own: at most %u of a kind and %u of all have one, and their "
				      "names have 1 to %u printable bytes.", of->more[kind], OHTD_PART_SUBJECTS_OF_KIND,
				      OHTD_PART_SUBJECTS_MAX, OHTD_PART_SUBJECT_BYTES - 1);
	}
}

static void judge_parts(struct gathering *to)
{
	const struct ohtd_services *services = to->scene->services;
	struct part_reports reports = {
		.reports = {
			.now_ns = to->scene->now_ns, .wall_s = to->scene->wall_ns / (int64_t)OHTD_NS_PER_S, .add = add_report,
		},
		.to = to,
	};

	for (unsigned int i = 0; i < part_count; i++) {
		void *part = parts[i].of ? parts[i].of(services) : NULL;

		reports.part = parts[i].part;
		if (reports.part->judge && (part || !parts[i].of))
			reports.part->judge(part, &reports.reports);
		add_more(&reports);
		reports.first += reports.part->alert_count;
	}
}

/* ---- too many ---- */

static void judge_flood(const struct gathering *to)
{
	struct ohtd_flood *flood = ohtd_scene_alloc(to->scene, sizeof(*flood));
	struct ohtd_alert *alert = NULL;

	if (ohtd_alert_keeper_flood(to->scene->services->alert_keeper, flood))
		alert = add_notice(to, ALERT_FLOOD, 0, flood->since_ns);
	if (alert)
		alert->text = text_of(to, "More than %u alerts came in %u minutes, %llu so far: the first was %lld, %s. Receivers elsewhere "
				      "are told of further warnings when this is over.", OHTD_ALERT_FLOOD - 1, OHTD_ALERT_FLOOD_S / 60,
				      (unsigned long long)flood->count, (long long)flood->first.number, flood->first.code);
}

bool ohtd_alert_is_flood(const struct ohtd_alert *alert)
{
	return alert->key >> 8 == ALERT_FLOOD;
}

/* ---- rules on values ---- */

/* Of the module that measures the signal; 0: no module does. */
static uint8_t unit_of(const struct ohtd_snapshot *snapshot, unsigned int signal)
{
	const char *name = ohtd_telemetry_origin(signal)->module;

	return name ? unit_named(snapshot, name) : 0;
}

static const char *source_of(unsigned int signal, uint8_t unit)
{
	if (unit)
		return "module";
	return ohtd_telemetry_info(signal)->source == OHTD_TELEMETRY_BUS ? "bus" : "robot";
}

/* A rule says what a person should look at: the daemon does its work. */
static void judge_rule(const struct gathering *to, const struct ohtd_alert_told *told)
{
	static const char is_over[] = " This is over: acknowledge it.";
	struct ohtd_alert_rule *rule = ohtd_scene_alloc(to->scene, sizeof(*rule));
	struct ohtd_alert *alert;
	unsigned int signal;
	uint8_t unit;
	char *text;

	if (!ohtd_alert_rules_told(to->scene->services->rules, told->id, rule))
		return;
	/* A rule at work has its signal. */
	signal = (unsigned int)ohtd_robot_signal_named(rule->signal);
	unit = unit_of(to->scene->snapshot, signal);
	alert = add_key(to->list, (OF_RULES + told->id) << 8 | unit);
	if (!alert)
		return;
	text = ohtd_scene_alloc(to->scene, OHTD_ALERT_RULE_TEXT);
	if (!ohtd_alert_rules_carried(to->scene->services->rules, told->id, text))
		ohtd_alert_rule_text(rule, told->value, text);
	alert->severity = rule->severity;
	alert->unit = unit;
	alert->over = told->over;
	alert->source = source_of(signal, unit);
	alert->code = rule->code;
	/* The text of an alert that two starts have carried says so already. */
	alert->text = told->over && !strstr(text, is_over) ? text_of(to, "%s%s", text, is_over) : text;
	alert->action = rule->action;
	alert->since_ns = told->since_ns;
}

static void judge_rules(const struct gathering *to)
{
	struct ohtd_alert_told *told = ohtd_scene_alloc(to->scene, OHTD_ALERT_RULES_MAX * sizeof(*told));
	const unsigned int count = ohtd_alert_rules_look(to->scene->services->rules, told);

	for (unsigned int i = 0; i < count; i++)
		judge_rule(to, &told[i]);
}

static bool is_code_of(const struct ohtd_daemon_part *part, const char *code)
{
	for (unsigned int i = 0; i < part->alert_count; i++)
		if (part->alerts[i].code && !strcmp(part->alerts[i].code, code))
			return true;
	return false;
}

bool ohtd_alert_is_code(const char *code)
{
	for (unsigned int kind = 0; kind < KINDS; kind++) {
		const char *is = kinds[kind].code;

		if (!is && kind < OHTD_WHYS)
			is = ohtd_why_name(kind);
		if (is && !strcmp(is, code))
			return true;
	}
	for (unsigned int i = 0; i < part_count; i++)
		if (is_code_of(parts[i].part, code))
			return true;
	return false;
}

bool ohtd_alert_may_rest(const struct ohtd_alert *alert)
{
	return alert->severity != OHTD_SEVERITY_EMERGENCY && !alert->fault;
}

void ohtd_alerts_acknowledged(struct ohtd_alert_rules *rules, uint32_t key)
{
	if (key >> 8 >= OF_RULES)
		ohtd_alert_rules_acknowledge(rules, (key >> 8) - OF_RULES);
}

/* ---- the order ---- */

bool ohtd_alert_is_behind(const struct ohtd_alert *alert, uint64_t since_ns, uint64_t place)
{
	return alert->since_ns != since_ns ? alert->since_ns < since_ns : alert->place > place;
}

static int compare(const void *a, const void *b)
{
	const struct ohtd_alert *other = b;

	return ohtd_alert_is_behind(a, other->since_ns, other->place) ? 1 : -1;
}

/* Since when something fails many a source does not know: since it was seen, then. */
static void date(const struct gathering *to)
{
	for (size_t i = 0; i < to->list->count; i++) {
		struct ohtd_alert *alert = &to->list->items[i];

		if (!alert->since_ns)
			alert->since_ns = ohtd_alert_keeper_since(to->scene->services->alert_keeper, alert);
	}
}

static const struct ohtd_alert_list *gather(const struct ohtd_scene *scene)
{
	struct gathering to = {
		.scene = scene, .list = ohtd_scene_alloc(scene, sizeof(*to.list)),
	};

	/* What can be told with more detail comes before the faults of the same name. */
	judge_bus(&to);
	judge_threads(&to);
	judge_modules(&to);
	judge_robot(&to);
	judge_keys(&to);
	judge_profiles(&to);
	judge_parts(&to);
	judge_flood(&to);
	judge_rules(&to);
	date(&to);
	qsort(to.list->items, to.list->count, sizeof(to.list->items[0]), compare);
	return to.list;
}

const struct ohtd_alert_list *ohtd_alerts_list(const struct ohtd_scene *scene)
{
	if (!scene->alerts)
		return gather(scene);
	if (!*scene->alerts)
		*scene->alerts = gather(scene);
	return *scene->alerts;
}
