// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/alerts.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/disk.h"
#include "alerts/fault_text.h"
#include "alerts/keeper.h"
#include "alerts/proof.h"
#include "audit/audit.h"
#include "auth/setup.h"
#include "config/config.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log_sink.h"
#include "http/catalogue.h"
#include "jobs/backups.h"
#include "pki/certificate.h"
#include "views/safety_cause.h"
#include "views/scene.h"
#include "views/services.h"
#include "oht_client.h"
#include "control/robot.h"
#include "robot/model.h"
#include "robot/telemetry.h"
#include "robot/user_maps.h"
#include "settings/settings.h"
#include "webhooks/webhooks.h"

/* Longer than a store that is busy with something else. */
#define JOURNAL_LATE_MS	2000
#define ENDS_SOON_S	(7 * 86400)
#define TEXT_BYTES	256
#define CORRECTED_TOLD_MS	3600000
/* A machine that starts has its time from the network some minutes later. */
#define NOT_KEPT_MS	600000
/* A module that is lost, or comes back, is degraded on its way: that is one alert. */
#define DEGRADED_TOLD_MS	10000
#define AHEAD_NS	(10 * (int64_t)OHTD_NS_PER_S)

/* ---- the table ---- */

/* Kinds behind those that have a code of the robot (codes.h). */
enum {
	STORE_REFUSES = OHTD_WHYS,
	STORE_DAMAGED,
	ACCOUNTS_LOST,
	KEY_WAS_OPEN,
	ANOTHER_MACHINE,
	JOURNAL_FAILING,
	JOURNAL_LATE,
	HISTORY_FAILING,
	LOG_STUCK,
	CERTIFICATE_NOT_RENEWED,
	CERTIFICATE_NOT_READ,
	CERTIFICATE_ENDS_SOON,
	PROFILE_REFUSED,
	WEBHOOKS_NOT_SENT,
	AUDIT_ALTERED,
	CONFIG_NOT_CHOSEN,
	CONFIG_RETURNED,
	CONFIG_DROPPED,
	RESTORE_WAITS,
	BACKUPS_FAIL,
	CLOCK_CORRECTED,
	CLOCK_AHEAD,
	CLOCK_NOT_KEPT,
	DISK_LOW,
	MODULE_VERSION,
	LAYOUT_UNKNOWN,
	SELF_TEST_DUE,
	BUTTON_PRESS_DUE,
	ALERT_FLOOD,
	KINDS,
};

_Static_assert(KINDS - OHTD_WHYS <= OHTD_ALERT_KINDS_MAX, "each has room in the list");

/**
 * struct kind - what the table says of an alert
 * @source: NULL: robot
 * @code: NULL: name of the robot's code
 * @severity: enum ohtd_severity; of a reason of the robot whys.def has it
 * @text: NULL: that of the robot's code. Of a module: what stands behind its name
 * @action: NULL: that of the catalogue
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

static const char see_certificate[] = "See GET system/certificate; the one before stays in use.";
static const char see_store[] = "See store in GET health; entries wait meanwhile.";

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
	[OHTD_WHY_DEVICE_GONE] = { "bus",
		.action = "Check cable, driver and the device in ohtd.conf; ohtd tries again by itself." },
	[OHTD_WHY_CONTROL_PLANE_STALLED] = { "control_plane", .text = "A thread of ohtd makes no progress.",
		.action = "Look at the load of the machine and at the log; the stop needs no thread of ohtd." },
	/* Its code is the word of the store. */
	[STORE_REFUSES] = { "store", .text = "Changes cannot be kept now.",
		.action = "Check the disk: room, errors, mount options. The robot can still be stopped." },
	[STORE_DAMAGED] = { "store", "damaged", .severity = OHTD_SEVERITY_WARNING,
		.text = "A damaged file of the state folder was set aside and replaced.",
		.action = "See operations.md, Files of the state folder; then move *.damaged-* away." },
	[ACCOUNTS_LOST] = { "store", "accounts_lost",
		.text = "The accounts were lost: there is no administrator any more.",
		.action = "On the machine itself: ohtctl admin create NAME. No set-up code is given." },
	[KEY_WAS_OPEN] = { "store", "key_was_open", OHTD_SEVERITY_WARNING,
		.text = "Others on this machine could read a key of the robot; its mode was changed to 0600.",
		.action = "The log names it (key_was_open). If others may have used this machine, make it anew: see operations.md, "
			  "Files of the state folder." },
	[ANOTHER_MACHINE] = { "store", "another_machine", OHTD_SEVERITY_WARNING,
		.text = "The state folder is of another machine: its card was moved or copied. A copy has the id, the keys and the sessions "
			"of the other robot.",
		.action = "Stop ohtd; then ohtd --config /etc/oht/ohtd.conf --machine moved, or copied if the other robot is in use still." },
	[JOURNAL_FAILING] = { "journal", "failing",
		.text = "Entries of the stop's journal are not on the disk.", .action = see_store },
	[JOURNAL_LATE] = { "journal", "late", OHTD_SEVERITY_WARNING,
		.text = "Entries of the stop's journal are not on the disk.", .action = see_store },
	[HISTORY_FAILING] = { "history", "history_failing", OHTD_SEVERITY_WARNING,
		.text = "Values are not kept.",
		.action = "See history in GET health and the log: full leaves the last 64 MiB of the disk, an eighth of a small one, to "
			  "accounts and configuration, so make room. With a file that is not ours, move history.db away "
			  "and restart ohtd. The robot and the accounts do not need it." },
	[LOG_STUCK] = { "log", "log_stuck", OHTD_SEVERITY_WARNING,
		.text = "Neither journal nor standard error takes lines.",
		.action = "Look at systemd-journald and at what reads standard error." },
	[CERTIFICATE_NOT_RENEWED] = { "certificate", "certificate_not_renewed", OHTD_SEVERITY_WARNING,
		.text = "The last renewal or reading of the certificate has failed.", .action = see_certificate },
	[CERTIFICATE_NOT_READ] = { "certificate", "certificate_not_read", OHTD_SEVERITY_WARNING,
		.text = "The last renewal or reading of the certificate has failed.", .action = see_certificate },
	[CERTIFICATE_ENDS_SOON] = { "certificate", "certificate_ends_soon", OHTD_SEVERITY_WARNING,
		.text = "The certificate ends within a week.",
		.action = "Replace the files in [tls], or ohtctl admin cert renew." },
	[PROFILE_REFUSED] = { "profile", "profile_refused", OHTD_SEVERITY_WARNING,
		.text = "A register map of the user is wrong and not used.",
		.action = "See GET modules/profiles or the log; ohtctl profile check says all that is "
			  "wrong. Then restart ohtd." },
	[WEBHOOKS_NOT_SENT] = { "webhooks", "webhooks_not_sent", OHTD_SEVERITY_WARNING,
		.text = "Nobody is told of alerts elsewhere: the process that sends webhooks does not run, or does not send.",
		.action = "See [webhooks] in ohtd.conf and sender in the log; then restart ohtd. Nothing in the queue is lost." },
	[AUDIT_ALTERED] = { "audit", "audit_altered", OHTD_SEVERITY_WARNING,
		.text = "The records of the audit are not those of its newest checkpoint: some were changed or cut off, or an "
			"old copy of the database came back.",
		.action = "See ohtctl audit verify, and keep a copy of the state folder. The alert ends with the next start." },
	[CONFIG_NOT_CHOSEN] = { "configuration", "config_not_chosen",
		.action = "See ohtctl config get; set what is right, or confirm that version with ohtctl "
			  "config rollback. Then enable the robot (ohtctl safety enable), or restart ohtd." },
	[CONFIG_RETURNED] = { "configuration", "config_returned", OHTD_SEVERITY_WARNING,
		.action = "See ohtctl config versions and ohtctl config show VERSION; the next version ends this, or a day." },
	[CONFIG_DROPPED] = { "configuration", "config_dropped", OHTD_SEVERITY_WARNING,
		.action = "Ask for the change again, while the robot stands; the next version ends this, or a day." },
	[RESTORE_WAITS] = { "backup", "restore_waits", OHTD_SEVERITY_WARNING,
		.action = "Restart ohtd (ohtctl admin restart), or take it back: ohtctl backup withdraw NUMBER." },
	[BACKUPS_FAIL] = { "backup", "backups_fail", OHTD_SEVERITY_WARNING,
		.action = "See GET jobs and GET backups: the folder backups must be there and have room, on this disk or mounted there. "
			  "Then ohtctl backup make." },
	[CLOCK_CORRECTED] = { "clock", "clock_corrected", OHTD_SEVERITY_WARNING,
		.action = "Records from before carry the wrong time. Give the machine a clock with a battery, or time from the network." },
	[CLOCK_AHEAD] = { "clock", "clock_ahead", OHTD_SEVERITY_WARNING,
		.action = "Set the time of day of the machine right, and have it kept right (NTP, PTP): then ohtd follows at once." },
	[CLOCK_NOT_KEPT] = { "clock", "clock_not_synchronised", OHTD_SEVERITY_WARNING,
		.text = "Nothing keeps the time of day of the machine right: records may carry a wrong time.",
		.action = "Name a time server that the machine can reach (systemd-timesyncd, chrony), or acknowledge this." },
	[DISK_LOW] = { "disk", "disk_low", OHTD_SEVERITY_WARNING,
		.action = "Delete what is not needed, or let the history keep less (/history/size_mib). When nothing is left, "
			  "nothing can be kept or changed any more." },
	[MODULE_VERSION] = { "module", "module_version", OHTD_SEVERITY_WARNING,
		.action = "Load the expected firmware, or write into modules.csv which versions are (column firmware)." },
	[LAYOUT_UNKNOWN] = { "module", "layout_unknown",
		.action = "See the manual of the module, then set modules/NAME/profile of the configuration: canonical or legacy." },
	[SELF_TEST_DUE] = { "safety", "self_test_due", OHTD_SEVERITY_WARNING,
		.action = "Stop the robot, then ohtctl safety selftest, or Self-test on the page Safety." },
	[BUTTON_PRESS_DUE] = { "safety", "button_press_due", OHTD_SEVERITY_WARNING,
		.action = "Press the emergency-stop button while the robot stands; GET safety .proof_test_age_s is small then. "
			  "Release it and reset." },
	[ALERT_FLOOD] = { "alerts", "alert_flood", OHTD_SEVERITY_WARNING,
		.action = "See ohtctl alerts history, the first one first: others often follow from it." },
};

static const char *action_of(const char *code)
{
	const struct ohtd_catalogue_entry *entry = ohtd_catalogue_find(409, code);

	return entry ? entry->action : "See GET robot, and the log.";
}

/* ---- the list ---- */

/* Where alerts are gathered. */
struct gathering {
	const struct ohtd_scene *scene;
	struct ohtd_alert_list *list;
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

/* A new one; NULL: it is in the list already. */
static struct ohtd_alert *add_key(struct ohtd_alert_list *list, uint32_t key)
{
	struct ohtd_alert *alert = &list->items[list->count];

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].key == key)
			return NULL;
	if (list->count == OHTD_ALERTS_LISTED_MAX)
		return NULL;
	list->count++;
	*alert = (struct ohtd_alert){ .key = key };
	return alert;
}

/* The same, filled with what the table says. */
static struct ohtd_alert *add(const struct gathering *to, unsigned int kind, uint8_t unit, uint64_t since_ns)
{
	const struct kind *row = &kinds[kind];
	struct ohtd_alert *alert = add_key(to->list, kind << 8 | unit);

	if (!alert)
		return NULL;
	*alert = (struct ohtd_alert){
		.key = alert->key, .severity = kind < OHTD_WHYS ? severities[kind] : row->severity,
		.unit = unit, .about = about_of(to->scene->snapshot, kind, unit), .degrades = true,
		.source = row->source ? row->source : "robot",
		.code = row->code ? row->code : ohtd_why_name(kind),
		.text = row->text ? row->text : ohtd_why_text(kind),
		.since_ns = since_ns,
	};
	alert->action = row->action ? row->action : action_of(alert->code);
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

/* ---- looking ---- */

static void take_looks(const struct ohtd_scene *scene, struct ohtd_looks *looks)
{
	ohtd_alive_look(&looks->alive, scene->snapshot, scene->services->store, scene->now_ns);
	ohtd_recorder_look(scene->services->recorder, &looks->journal);
	looks->journal_late =
		ohtd_scene_age_ms(scene, looks->journal.waiting_since_ns) > JOURNAL_LATE_MS;
	ohtd_store_look(scene->services->store, &looks->store);
	looks->store_hung = ohtd_store_is_hung(&looks->store, scene->now_ns);
	ohtd_history_look(scene->services->history, &looks->history);
	looks->store_stalled =
		ohtd_scene_age_ms(scene, looks->store.busy_since_ns) > OHTD_STORE_STALLED_MS;
}

bool ohtd_looks_writable(const struct ohtd_looks *looks)
{
	return !looks->store.state && !looks->store_stalled;
}

const char *ohtd_looks_store_word(const struct ohtd_looks *looks)
{
	if (looks->store.state)
		return ohtd_store_state_name(looks->store.state);
	if (looks->store_hung)
		return "hung";
	if (looks->store_stalled)
		return "stalled";
	return looks->store.damaged_files ? "damaged" : "ok";
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

/* One that is in the list already, with more detail. */
static void mark_fault(struct ohtd_alert_list *list, const struct ohtd_alert_view *told)
{
	for (size_t i = 0; told->fault && i < list->count; i++)
		if (list->items[i].key == ((uint32_t)told->why.code << 8 | told->why.unit))
			list->items[i].fault = true;
}

/* What the control thread tells. A module that is lost and a fault for that is in the list already. */
static void judge_told(const struct gathering *to, const struct ohtd_alert_view *told)
{
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

static void judge_robot(const struct gathering *to)
{
	const struct ohtd_snapshot *snapshot = to->scene->snapshot;

	for (unsigned int i = 0; i < snapshot->alert_count; i++)
		judge_told(to, &snapshot->alerts[i]);
	judge_stop(to);
	if (snapshot->state == OHTD_STATE_FAULT && !snapshot->faults.count) {
		struct ohtd_alert *alert = add(to, OHTD_WHY_IN_FAULT, 0, snapshot->state_since_ns);

		if (alert)
			alert->fault = true;
	}
}

/* ---- the daemon ---- */

static void judge_threads(const struct gathering *to, const struct ohtd_alive *alive)
{
	if (!ohtd_alive_all(alive))
		add(to, OHTD_WHY_CONTROL_PLANE_STALLED, 0,
		    alive->control ? 0 : to->scene->snapshot->time_ns);
}

static void judge_journal(const struct gathering *to, const struct ohtd_looks *looks)
{
	if (looks->journal.state == OHTD_RECORDER_FAILING)
		add(to, JOURNAL_FAILING, 0, looks->journal.waiting_since_ns);
	else if (looks->journal_late)
		add(to, JOURNAL_LATE, 0, looks->journal.waiting_since_ns);
}

static void judge_store(const struct gathering *to, const struct ohtd_looks *looks)
{
	const uint64_t since_ns = looks->store_stalled ? looks->store.busy_since_ns : 0;
	struct ohtd_alert *alert;

	if (ohtd_looks_writable(looks)) {
		if (looks->store.damaged_files)
			add(to, STORE_DAMAGED, 0, 0);
		return;
	}
	alert = add(to, STORE_REFUSES, 0, since_ns);
	if (!alert)
		return;
	alert->code = ohtd_looks_store_word(looks);
	/* Another word is another alert. */
	alert->key |= looks->store.state ? looks->store.state : looks->store_hung ? OHTD_STORE_HUNG : UINT8_MAX;
}

static void judge_accounts(const struct gathering *to)
{
	if (ohtd_setup_is_lost(to->scene->services->setup))
		add(to, ACCOUNTS_LOST, 0, 0);
}

static void judge_keys(const struct gathering *to)
{
	if (ohtd_file_keys_closed())
		add(to, KEY_WAS_OPEN, 0, 0);
	if (to->scene->services->another_machine)
		add_notice(to, ANOTHER_MACHINE, 0, 0);
}

static void judge_history(const struct gathering *to, const struct ohtd_looks *looks)
{
	if (looks->history.state != OHTD_STORE_OK)
		add(to, HISTORY_FAILING, 0, 0);
}

static void judge_log(const struct gathering *to)
{
	unsigned int held;
	uint64_t lost;

	ohtd_log_sink_look(&held, &lost);
	if (held)
		add(to, LOG_STUCK, 0, 0);
}

static void judge_certificate(const struct gathering *to)
{
	const struct ohtd_scene *scene = to->scene;
	struct ohtd_certificate_view *view = ohtd_scene_alloc(scene, sizeof(*view));
	int64_t now_s = ohtd_clock_wall_s(scene->services->clock);

	ohtd_certificate_look(scene->services->certificate, view);
	if (*view->failed)
		add(to, view->own ? CERTIFICATE_NOT_RENEWED : CERTIFICATE_NOT_READ, 0, 0);
	else if (view->not_after_s - now_s < ENDS_SOON_S)
		add(to, CERTIFICATE_ENDS_SOON, 0, 0);
}

/* For an hour, so that somebody sees it; what was wrong is right by then. */
static void judge_correction(const struct gathering *to, const struct ohtd_clock_view *view)
{
	struct ohtd_alert *alert = NULL;

	if (view->corrected_mono_ns && ohtd_scene_age_ms(to->scene, view->corrected_mono_ns) <= CORRECTED_TOLD_MS)
		alert = add_notice(to, CLOCK_CORRECTED, 0, view->corrected_mono_ns);
	if (alert)
		alert->text = text_of(to, "The time of day was %lld s ahead and has been set right.",
				      (long long)(view->corrected_ns / (int64_t)OHTD_NS_PER_S));
}

/* Nobody needs the time of day of a simulated robot, and computers of developers often run without time servers. */
static void judge_clock(const struct gathering *to)
{
	struct ohtd_clock_view view;
	struct ohtd_alert *alert = NULL;

	ohtd_clock_look(to->scene->services->clock, &view);
	judge_correction(to, &view);
	if (view.unkept_mono_ns && !to->scene->services->config->simulated &&
	    ohtd_scene_age_ms(to->scene, view.unkept_mono_ns) > NOT_KEPT_MS)
		add_notice(to, CLOCK_NOT_KEPT, 0, view.unkept_mono_ns);
	if (view.ahead_ns >= AHEAD_NS)
		alert = add_notice(to, CLOCK_AHEAD, 0, 0);
	if (alert)
		alert->text = text_of(to, "The time of day of ohtd is %lld s ahead of the machine's, which was set back.",
				      (long long)(view.ahead_ns / (int64_t)OHTD_NS_PER_S));
}

static void judge_disk(const struct gathering *to)
{
	struct ohtd_disk_view view;
	struct ohtd_alert *alert = NULL;

	ohtd_disk_look(to->scene->services->disk, &view);
	if (view.low_since_ns)
		alert = add_notice(to, DISK_LOW, 0, view.low_since_ns);
	if (alert)
		alert->text = text_of(to, "The disk of the state folder has little room: %llu of %llu MiB are left.",
				      (unsigned long long)view.free_bytes >> 20, (unsigned long long)view.size_bytes >> 20);
}

/* What is wrong with it is no business of an unknown client. */
static void judge_profiles(const struct gathering *to)
{
	if (ohtd_robot_user_maps(to->scene->services->robot)->refused)
		add(to, PROFILE_REFUSED, 0, 0);
}

static void judge_webhooks(const struct gathering *to)
{
	if (ohtd_webhooks_fail(to->scene->services->webhooks))
		add(to, WEBHOOKS_NOT_SENT, 0, 0);
}

static void judge_audit(const struct gathering *to)
{
	struct ohtd_audit_view view;

	ohtd_audit_look(to->scene->services->audit, &view);
	if (view.fault)
		add(to, AUDIT_ALTERED, 0, 0);
}

static void add_word(const struct gathering *to, unsigned int kind, uint64_t since_ns, const char *what, const char *word)
{
	struct ohtd_alert *alert = add_notice(to, kind, 0, since_ns);

	if (alert)
		alert->text = text_of(to, "%s: %s.", what, word);
}

static void judge_settings(const struct gathering *to)
{
	char why[OHTD_WAITS_BYTES];
	char word[OHTD_RETURNED_BYTES];
	struct ohtd_alert *alert = NULL;
	uint64_t since_ns;

	if (ohtd_settings_wait(to->scene->services->settings, why))
		alert = add(to, CONFIG_NOT_CHOSEN, 0, 0);
	if (alert)
		alert->text = text_of(to, "Nobody has chosen the configuration, %s.", why);
	since_ns = ohtd_settings_returned(to->scene->services->settings, word);
	if (since_ns)
		add_word(to, CONFIG_RETURNED, since_ns, "The configuration has returned", word);
	since_ns = ohtd_settings_dropped(to->scene->services->settings, word);
	if (since_ns)
		add_word(to, CONFIG_DROPPED, since_ns, "A change of the configuration was not made", word);
}

static void judge_restore(const struct gathering *to)
{
	struct ohtd_backups *backups = to->scene->services->backups;
	struct ohtd_restore_wait wait = { 0 };
	struct ohtd_alert *alert = NULL;

	/* Scenes of tests have none. */
	if (backups)
		ohtd_backups_waits(backups, &wait);
	if (wait.backup)
		alert = add_notice(to, RESTORE_WAITS, 0, wait.since_ns);
	if (alert)
		alert->text = text_of(to, "The next start of ohtd puts backup %lld in, as %s has ordered: what is changed until then is lost.%s",
				      (long long)wait.backup, wait.by, wait.in_clear ?
				      " It is not encrypted: nothing says that a robot with this key made it." : "");
}

static void judge_backups(const struct gathering *to)
{
	struct ohtd_backup_trouble *trouble = ohtd_scene_alloc(to->scene, sizeof(*trouble));
	struct ohtd_backups *backups = to->scene->services->backups;
	struct ohtd_alert *alert = NULL;

	if (backups)
		ohtd_backups_trouble(backups, trouble);
	if (backups && trouble->since_ns)
		alert = add_notice(to, BACKUPS_FAIL, 0, trouble->since_ns);
	if (alert)
		alert->text = trouble->text;
}

/* "... was 40 days ago", "No ... in 40 days" */
static const char *age_text(const struct gathering *to, const char *what, bool done, int64_t age_s, const char *risk)
{
	return text_of(to, done ? "The last %s was %lld days ago: %s." : "There was no %s in %lld days: %s.", what,
		       (long long)(age_s / 86400), risk);
}

/* A simulated robot has no button. */
static void judge_proof(const struct gathering *to)
{
	struct ohtd_proof_view view;
	struct ohtd_alert *alert;

	ohtd_proof_look(to->scene->services->proof, &view);
	if (to->scene->services->config->simulated)
		return;
	alert = view.test_due ? add_notice(to, SELF_TEST_DUE, 0, 0) : NULL;
	if (alert)
		alert->text = age_text(to, "self-test of the stop", view.tested, view.test_age_s,
				       "an output that cannot be lowered is not noticed");
	alert = view.press_due ? add_notice(to, BUTTON_PRESS_DUE, 0, 0) : NULL;
	if (alert)
		alert->text = age_text(to, "press of the emergency-stop button", view.pressed, view.press_age_s,
				       "a contact that has welded is not noticed");
}

/* ---- too many ---- */

static void judge_flood(const struct gathering *to)
{
	struct ohtd_flood *flood = ohtd_scene_alloc(to->scene, sizeof(*flood));
	struct ohtd_alert *alert = NULL;

	if (ohtd_alert_keeper_flood(to->scene->services->alert_keeper, flood))
		alert = add_notice(to, ALERT_FLOOD, 0, flood->since_ns);
	if (alert)
		alert->text = text_of(to, "More than %u alerts came in %u minutes, %llu so far: the first was %lld, %s. Webhooks are told of "
				      "further warnings when this is over.", OHTD_ALERT_FLOOD - 1, OHTD_ALERT_FLOOD_S / 60,
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
	uint8_t unit;
	char *text;

	if (!ohtd_alert_rules_told(to->scene->services->rules, told->id, rule))
		return;
	unit = unit_of(to->scene->snapshot, rule->signal);
	alert = add_key(to->list, (KINDS + told->id) << 8 | unit);
	if (!alert)
		return;
	text = ohtd_scene_alloc(to->scene, OHTD_ALERT_RULE_TEXT);
	if (!ohtd_alert_rules_carried(to->scene->services->rules, told->id, text))
		ohtd_alert_rule_text(rule, told->value, text);
	alert->severity = rule->severity;
	alert->unit = unit;
	alert->over = told->over;
	alert->source = source_of(rule->signal, unit);
	alert->code = rule->code;
	/* One that two starts have carried says so already. */
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

bool ohtd_alert_is_code(const char *code)
{
	for (unsigned int kind = 0; kind < KINDS; kind++) {
		const char *is = kinds[kind].code;

		if (!is && kind < OHTD_WHYS)
			is = ohtd_why_name(kind);
		if (is && !strcmp(is, code))
			return true;
	}
	return false;
}

bool ohtd_alert_may_rest(const struct ohtd_alert *alert)
{
	return alert->severity != OHTD_SEVERITY_EMERGENCY && !alert->fault;
}

void ohtd_alerts_acknowledged(struct ohtd_alert_rules *rules, uint32_t key)
{
	if (key >> 8 >= KINDS)
		ohtd_alert_rules_acknowledge(rules, (key >> 8) - KINDS);
}

/* ---- the order ---- */

bool ohtd_alert_is_behind(const struct ohtd_alert *alert, uint64_t since_ns, uint64_t key)
{
	return alert->since_ns != since_ns ? alert->since_ns < since_ns : alert->key > key;
}

static int compare(const void *a, const void *b)
{
	const struct ohtd_alert *other = b;

	return ohtd_alert_is_behind(a, other->since_ns, other->key) ? 1 : -1;
}

/* Since when something fails many a source does not know: since it was seen, then. */
static void date(const struct gathering *to)
{
	for (size_t i = 0; i < to->list->count; i++) {
		struct ohtd_alert *alert = &to->list->items[i];

		if (!alert->since_ns)
			alert->since_ns = ohtd_alert_keeper_since(to->scene->services->alert_keeper, alert->key);
	}
}

static const struct ohtd_alert_list *gather(const struct ohtd_scene *scene)
{
	const struct gathering to = {
		.scene = scene, .list = ohtd_scene_alloc(scene, sizeof(*to.list)),
	};
	struct ohtd_looks *looks = &to.list->looks;

	take_looks(scene, looks);
	/* What can be told with more detail comes before the faults of the same name. */
	judge_bus(&to);
	judge_threads(&to, &looks->alive);
	judge_modules(&to);
	judge_robot(&to);
	judge_journal(&to, looks);
	judge_store(&to, looks);
	judge_accounts(&to);
	judge_keys(&to);
	judge_history(&to, looks);
	judge_log(&to);
	judge_certificate(&to);
	judge_profiles(&to);
	judge_webhooks(&to);
	judge_audit(&to);
	judge_settings(&to);
	judge_restore(&to);
	judge_backups(&to);
	judge_clock(&to);
	judge_disk(&to);
	judge_proof(&to);
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
