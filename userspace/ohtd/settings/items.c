// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings/items.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "base/blank.h"
#include "base/entries.h"
#include "base/log.h"
#include "common/distance.h"
#include "common/utf8.h"
#include "json/whole.h"
#include "json/writer.h"

#define BATTERY_MIN	"/missions/battery_min_percent"
#define BATTERY_DOCK	"/missions/battery_dock_percent"
#define BATTERY_CHARGED	"/missions/battery_charged_percent"
#define UNITS		"/bus/units"
#define WRITE_FROM	"/gateway/write_from"
#define WRITE_REGISTERS	"/gateway/write_registers"
#define ALERT_RULES	"alert_rules"
#define PROFILES	"/modules/"
#define PROFILE		"/profile"
#define STATIONS	"/stations/"
#define POSITION	"/position_mm"
#define POSITION_MAX_MM	1000000
/* A whole number that a double holds without doubt. */
#define WHOLE_MAX	1e15

static const char *const levels[] = { "error", "warning", "notice", "info", "debug", NULL };

static const char *const layers[] = {
	[OHTD_LAYER_COMMISSIONING] = "commissioning", [OHTD_LAYER_PRODUCTION] = "production",
	[OHTD_LAYER_BENCH] = "bench", [OHTD_LAYER_PLANT] = "plant", [OHTD_LAYERS] = NULL,
};

static const char *const second_factors[] = {
	[OHTD_ROLE_NONE] = "none", [OHTD_ROLE_VIEWER] = "viewer", [OHTD_ROLE_OPERATOR] = "operator", [OHTD_ROLE_SUPERVISOR] = "supervisor",
	[OHTD_ROLE_ADMINISTRATOR] = "administrator", NULL,
};

static const char *const no_or_yes[] = { "no", "yes", NULL };

static const char *const profiles[] = {
	[OHTD_SOME_NONE] = "auto", [OHTD_SOME_CANONICAL] = "canonical", [OHTD_SOME_LEGACY] = "legacy",
	[OHTD_SOME_PROFILES] = NULL,
};

/* ---- what is not to be said by type, length and range ---- */

static const char *layer_unfit(const struct ohtd_values *values, struct ohtd_part *part)
{
	if (values->simulated || strcmp(part->text, layers[OHTD_LAYER_BENCH]))
		return NULL;
	return "'bench' is for a robot that is simulated: simulated = yes in ohtd.conf";
}

static const char *currency_unfit(const struct ohtd_values *values, struct ohtd_part *part)
{
	(void)values;
	if (!*part->text || strspn(part->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == OHTD_CURRENCY_BYTES - 1)
		return NULL;
	return "a currency has three capital letters, as EUR";
}

static const char *shifts_unfit(const struct ohtd_values *values, struct ohtd_part *part)
{
	struct ohtd_shifts shifts;

	(void)values;
	return ohtd_shifts_take(part->text, &shifts) ? NULL : "shifts begin at times of day in order, as 06:00,14:00,22:00";
}

static const char *units_unfit(const struct ohtd_values *values, struct ohtd_part *part)
{
	struct ohtd_searched searched;

	(void)values;
	return ohtd_searched_read(part->text, &searched, part);
}

static const char *left_out_unfit(const struct ohtd_values *values, struct ohtd_part *part)
{
	struct oht_set signals;

	(void)values;
	return ohtd_left_out_read(part->text, &signals, part);
}

static const char *writers_unfit(const struct ohtd_values *values, struct ohtd_part *part)
{
	struct ohtd_gateway_rights rights;

	(void)values;
	return ohtd_rights_read_writers(&rights, part->text, part);
}

static const char *writables_unfit(const struct ohtd_values *values, struct ohtd_part *part)
{
	struct ohtd_gateway_rights rights;

	(void)values;
	return ohtd_rights_read_writables(&rights, part->text, part);
}

static const char *locals_unfit(const struct ohtd_values *values, struct ohtd_part *part)
{
	struct ohtd_config_locals locals;

	(void)values;
	return ohtd_config_locals_read(&locals, part->text, part);
}

static const char *origins_unfit(const struct ohtd_values *values, struct ohtd_part *part)
{
	(void)values;
	return ohtd_config_origins_check(part->text, part);
}

/* ---- the rows ---- */

#define AT(member)	.at = offsetof(struct ohtd_values, member)

/* Items that are not in motion.csv, in front of it and behind it. */
static const struct ohtd_item first_items[] = {
	{ .pointer = "/robot/name", .type = OHTD_ITEM_TEXT, AT(name), .min = 1, .max = OHTD_ROBOT_NAME_BYTES - 1,
	  .role = OHTD_ROLE_SUPERVISOR, .summary = "Name of the robot, as pages and programs show it" },
	{ .pointer = "/robot/place", .type = OHTD_ITEM_TEXT, AT(place), .max = OHTD_ROBOT_PLACE_BYTES - 1,
	  .role = OHTD_ROLE_SUPERVISOR, .summary = "Where the robot is, for people" },
	{ .pointer = "/robot/layer", .type = OHTD_ITEM_WORD, AT(layer), .words = layers, .unfit = layer_unfit,
	  .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true, .on_bench_too = true,
	  .summary = "In production calibration and safety-critical registers of modules stay as they are; in the plant besides a reset, an enable and each change want the password; on the bench, of a simulated robot, items need no password" },
	{ .pointer = "/log/level", .type = OHTD_ITEM_WORD, AT(level), .words = levels, .first = OHTD_LOG_ERROR,
	  .role = OHTD_ROLE_ADMINISTRATOR, .summary = "Lines of the log up to this level are written" },
};

static const struct ohtd_item last_items[] = {
	{ .pointer = STATIONS OHTD_ANY POSITION, .type = OHTD_ITEM_NUMBER, .of_many = true, .unit = "mm",
	  .min = -POSITION_MAX_MM, .max = POSITION_MAX_MM, .role = OHTD_ROLE_SUPERVISOR, .needs_standstill = true,
	  .summary = "Where the station is along the rail, within the soft limits" },
	{ .pointer = UNITS, .type = OHTD_ITEM_TEXT, AT(units), .unfit = units_unfit, .min = 1, .max = OHTD_SEARCHED_BYTES - 1,
	  .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true, .needs_standstill = true,
	  .summary = "Unit addresses that are searched for modules, at most 8 of 1 to 247 in rising order, alone or in spans, as 2-5,17; those of required modules are among them" },
	{ .pointer = "/analytics/tariff_per_kwh", .type = OHTD_ITEM_NUMBER, AT(analytics.tariff_per_kwh),
	  .max = OHTD_TARIFF_MAX, .role = OHTD_ROLE_SUPERVISOR,
	  .summary = "Price of a kWh, for the cost of energy in analytics; 0: no cost is told" },
	{ .pointer = "/analytics/currency", .type = OHTD_ITEM_TEXT, AT(analytics.currency), .unfit = currency_unfit,
	  .max = OHTD_CURRENCY_BYTES - 1, .role = OHTD_ROLE_SUPERVISOR,
	  .summary = "Of that price: three capital letters as EUR, or empty" },
	{ .pointer = "/analytics/shifts", .type = OHTD_ITEM_TEXT, AT(analytics.shifts), .unfit = shifts_unfit,
	  .min = OHTD_SHIFT_BYTES - 1, .max = OHTD_SHIFTS_BYTES - 1, .role = OHTD_ROLE_SUPERVISOR,
	  .summary = "When shifts begin, in UTC, 1 to 8 times of day in order: 06:00,14:00,22:00" },
	{ .pointer = "/service/uptime_percent", .type = OHTD_ITEM_NUMBER, AT(service.uptime_percent), .unit = "%",
	  .max = 100, .role = OHTD_ROLE_SUPERVISOR,
	  .summary = "Target of the service level: ohtd serves for so much of the known time, at least; 0: none" },
	{ .pointer = "/service/errors_percent", .type = OHTD_ITEM_NUMBER, AT(service.errors_percent), .unit = "%",
	  .max = 100, .role = OHTD_ROLE_SUPERVISOR,
	  .summary = "The same of cycles that are missed and of requests that are refused, at most; 100: none" },
	{ .pointer = "/service/latency_ms", .type = OHTD_ITEM_NUMBER, AT(service.latency_ms), .unit = "ms", .whole = true,
	  .min = 10, .max = 1001, .role = OHTD_ROLE_SUPERVISOR,
	  .summary = "The same of the 99th percentile of answers and of live data, at most; 1001: none" },
	{ .pointer = "/maintenance/distance_m", .type = OHTD_ITEM_NUMBER, AT(intervals.distance_m), .unit = "m", .whole = true,
	  .max = 1e9, .role = OHTD_ROLE_SUPERVISOR, .summary = "A service of the machine is due after so much way; 0: none" },
	{ .pointer = "/maintenance/hours", .type = OHTD_ITEM_NUMBER, AT(intervals.hours), .unit = "h", .whole = true,
	  .max = 1e6, .role = OHTD_ROLE_SUPERVISOR, .summary = "The same after so many hours in motion; 0: none" },
	{ .pointer = "/maintenance/starts", .type = OHTD_ITEM_NUMBER, AT(intervals.starts), .whole = true,
	  .max = 1e9, .role = OHTD_ROLE_SUPERVISOR, .summary = "The same after so many starts of motions; 0: none" },
	{ .pointer = BATTERY_MIN, .type = OHTD_ITEM_NUMBER, AT(battery.min_percent), .unit = "%", .max = 90, .role = OHTD_ROLE_SUPERVISOR,
	  .summary = "Below this charge no leg of a mission begins but to dock and to charge; 0: never" },
	{ .pointer = BATTERY_DOCK, .type = OHTD_ITEM_NUMBER, AT(battery.dock_percent), .unit = "%", .max = 90, .role = OHTD_ROLE_SUPERVISOR,
	  .summary = "Below this charge, at most the one of battery_min_percent, the robot goes to its dock by itself while a person has released that; 0: never" },
	{ .pointer = BATTERY_CHARGED, .type = OHTD_ITEM_NUMBER, AT(battery.charged_percent), .unit = "%", .min = 5, .max = 100, .role = OHTD_ROLE_SUPERVISOR,
	  .summary = "So far it is charged then, above battery_min_percent" },
	{ .pointer = "/history/samples_days", .type = OHTD_ITEM_NUMBER, AT(past.samples_days), .unit = "d", .whole = true,
	  .min = 1, .max = OHTD_SAMPLES_DAYS_MAX, .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true,
	  .summary = "Values of each control cycle are kept for so long, with columns of 1 and 8 s; less deletes" },
	{ .pointer = "/history/columns_days", .type = OHTD_ITEM_NUMBER, AT(past.columns_days), .unit = "d", .whole = true,
	  .min = 1, .max = OHTD_COLUMNS_DAYS_MAX, .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true,
	  .summary = "Columns of 64 s and more are kept for so long; less deletes" },
	{ .pointer = "/history/size_mib", .type = OHTD_ITEM_NUMBER, AT(past.size_mib), .unit = "MiB", .whole = true,
	  .min = 64, .max = OHTD_PAST_MIB_MAX, .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true,
	  .summary = "The file of values has this size at most: then the oldest samples go first, then the oldest columns" },
	{ .pointer = "/history/left_out", .type = OHTD_ITEM_TEXT, AT(past.left_out), .unfit = left_out_unfit,
	  .max = OHTD_LEFT_OUT_BYTES - 1, .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true,
	  .summary = "Signals that are not kept from then on, as cell_max_v, distance_*: names, or begins of names with *, parted by commas or blanks; empty: all are kept" },
	{ .pointer = "/backup/nightly", .type = OHTD_ITEM_WORD, AT(backup.nightly), .words = no_or_yes,
	  .role = OHTD_ROLE_ADMINISTRATOR, .summary = "A backup is made each night" },
	{ .pointer = "/backup/hour", .type = OHTD_ITEM_NUMBER, AT(backup.hour), .whole = true, .max = 23,
	  .role = OHTD_ROLE_ADMINISTRATOR, .summary = "The hour of that night, in UTC" },
	{ .pointer = "/backup/keep", .type = OHTD_ITEM_NUMBER, AT(past.backups), .whole = true,
	  .min = 1, .max = OHTD_BACKUPS_KEPT_MAX, .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true,
	  .summary = "So many of these backups are kept, the newest; a smaller number deletes the oldest after the next backup" },
	{ .pointer = "/rates/logins_per_s", .type = OHTD_ITEM_NUMBER, AT(rates.logins_per_s), .unit = "1/s", .whole = true,
	  .max = OHTD_PER_S_MAX, .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true,
	  .summary = "So many log-ins an address may try, on average over ten seconds; 0: without a limit" },
	{ .pointer = "/rates/changes_per_s", .type = OHTD_ITEM_NUMBER, AT(rates.changes_per_s), .unit = "1/s", .whole = true,
	  .max = OHTD_PER_S_MAX, .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true,
	  .summary = "So many changes an account may ask for, commands to the robot apart; 0: without a limit" },
	{ .pointer = "/rates/queries_per_s", .type = OHTD_ITEM_NUMBER, AT(rates.queries_per_s), .unit = "1/s", .whole = true,
	  .max = OHTD_PER_S_MAX, .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true,
	  .summary = "So many answers from the database an account may ask for; 0: without a limit" },
	{ .pointer = "/gateway/idle_s", .type = OHTD_ITEM_NUMBER, AT(gateway.idle_s), .unit = "s", .whole = true,
	  .min = 1, .max = OHTD_GATEWAY_IDLE_S_MAX, .role = OHTD_ROLE_ADMINISTRATOR,
	  .summary = "A client of the gateway that asks nothing for so long is sent away" },
	{ .pointer = "/gateway/fresh_ms", .type = OHTD_ITEM_NUMBER, AT(gateway.fresh_ms), .unit = "ms", .whole = true,
	  .max = OHTD_GATEWAY_FRESH_MS_MAX, .role = OHTD_ROLE_ADMINISTRATOR,
	  .summary = "The gateway answers with values of at most this age without asking the module; 0: it always asks" },
	{ .pointer = WRITE_FROM, .type = OHTD_ITEM_TEXT, AT(write_from), .unfit = writers_unfit,
	  .max = OHTD_WRITERS_BYTES - 1, .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true,
	  .summary = "Addresses whose programs may write through the gateway, as 192.0.2.20, parted by commas or blanks; empty: none" },
	{ .pointer = WRITE_REGISTERS, .type = OHTD_ITEM_TEXT, AT(write_registers), .unfit = writables_unfit,
	  .max = OHTD_WRITABLE_BYTES - 1, .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true,
	  .summary = "Registers that they may write, as 1:7 2:0x4D: unit and register, parted by commas or blanks; empty: none" },
	{ .pointer = "/access/local_roles", .type = OHTD_ITEM_TEXT, AT(local_roles), .unfit = locals_unfit,
	  .max = OHTD_LOCALS_BYTES - 1, .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true,
	  .summary = "Roles of local users at the local socket, as 1001=operator @panel=viewer *=none: user, @group, * for all others, parted by commas or blanks; empty: only root" },
	{ .pointer = "/access/origins", .type = OHTD_ITEM_TEXT, AT(origins), .unfit = origins_unfit,
	  .max = OHTD_ORIGINS_BYTES - 1, .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true,
	  .summary = "Pages elsewhere whose scripts may ask the robot with a token, as https://panel.example:8443, parted by commas or blanks; empty: none" },
	{ .pointer = "/access/registration", .type = OHTD_ITEM_WORD, AT(registration), .words = no_or_yes,
	  .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true,
	  .summary = "Persons may ask for an account (POST auth/register), which an administrator approves" },
	{ .pointer = "/access/devices", .type = OHTD_ITEM_WORD, AT(devices), .words = no_or_yes,
	  .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true,
	  .summary = "Tablets and panels may ask to be let in with a key of their own (POST auth/device/enrol), which an administrator accepts" },
	{ .pointer = "/security/second_factor", .type = OHTD_ITEM_WORD, AT(second_factor), .words = second_factors,
	  .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true,
	  .summary = "People of this role and above must have a second factor: without one they may only set it up, and stop the robot; none: nobody must" },
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

const char *ohtd_layer_name(unsigned int layer)
{
	return layer < OHTD_LAYERS ? layers[layer] : NULL;
}

/* ---- faults ---- */

void ohtd_fault_add(struct ohtd_faults *faults, const char *pointer, const char *code,
		    const char *format, ...)
{
	struct ohtd_settings_fault *fault = &faults->fault[faults->count];
	va_list arguments;

	if (faults->count++ >= OHTD_FAULTS_MAX)
		return;
	snprintf(fault->pointer, sizeof(fault->pointer), "%s", pointer);
	fault->code = code;
	va_start(arguments, format);
	vsnprintf(fault->detail, sizeof(fault->detail), format, arguments);
	va_end(arguments);
	fault->detail[oht_utf8_cut(fault->detail, sizeof(fault->detail))] = 0;
}

/* ---- the rows of motion.csv ---- */

static void point_at_rule(char *pointer, unsigned int rule, unsigned int profile)
{
	if (profile == OHTD_RULE_COMMON)
		snprintf(pointer, OHTD_POINTER_BYTES, "/motion/%s", ohtd_rule_name(rule));
	else
		snprintf(pointer, OHTD_POINTER_BYTES, "/motion/%s/%s", ohtd_rule_name(rule),
			 ohtd_rule_profile_name(profile));
}

/*
 * Where the robot may go, how it looks ahead, how it stops, what speed and position mean, and by what a drive that does not
 * obey and a client that is gone are noticed.
 */
static bool keeps_safe(unsigned int rule)
{
	return rule == OHTD_RULE_SOFT_MIN_MM || rule == OHTD_RULE_SOFT_MAX_MM ||
	       rule == OHTD_RULE_STOP_MM_S2 || rule == OHTD_RULE_JERK_MM_S3 ||
	       rule == OHTD_RULE_FULL_SPEED_MM_S || rule == OHTD_RULE_FULL_RAW ||
	       rule == OHTD_RULE_JOG_EXPIRY_MS ||
	       (rule >= OHTD_RULE_EXPECTED_ZONE_1_MM && rule <= OHTD_RULE_EXPECTED_ZONE_4_MM) ||
	       (rule >= OHTD_RULE_STANDSTILL_MM_S && rule <= OHTD_RULE_ZONE_HYSTERESIS_MM);
}

/* How the drive and the sensors of this robot are built: another robot with the same values would not know where it is. */
static bool is_of_mechanics(unsigned int rule)
{
	return rule == OHTD_RULE_FULL_SPEED_MM_S || rule == OHTD_RULE_FULL_RAW || rule == OHTD_RULE_LAG_S ||
	       (rule >= OHTD_RULE_POSITION_WRAP_MM && rule <= OHTD_RULE_DISTANCE_4_WAYS);
}

static void add_rule(struct ohtd_items *items, const struct ohtd_rule_row *row, size_t at)
{
	struct ohtd_item *item = &items->item[items->count++];

	*item = (struct ohtd_item){
		.type = OHTD_ITEM_NUMBER, .unit = *row->unit ? row->unit : NULL,
		.min = row->min, .max = row->max, .whole = ohtd_rule_is_whole(row->rule), .role = OHTD_ROLE_ADMINISTRATOR,
		.needs_elevation = keeps_safe(row->rule), .needs_standstill = true,
		.calibration = is_of_mechanics(row->rule),
		.summary = row->description, AT(table.row) + at * sizeof(*row) + offsetof(struct ohtd_rule_row, value),
	};
	point_at_rule(item->pointer, row->rule, row->profile);
}

static void add_profile(struct ohtd_items *items, const struct ohtd_kind *kind, size_t at)
{
	struct ohtd_item *item = &items->item[items->count++];

	*item = (struct ohtd_item){
		.type = OHTD_ITEM_WORD, .words = profiles, .role = OHTD_ROLE_ADMINISTRATOR, .needs_elevation = true,
		.needs_standstill = true, .calibration = true, AT(profile) + at * sizeof(int),
		.summary = "Which registers the module has; auto: those that it showed at the first sight. Taken while the outputs are off",
	};
	snprintf(item->pointer, sizeof(item->pointer), PROFILES "%s" PROFILE, kind->module->name);
}

_Static_assert(COUNT(first_items) + COUNT(last_items) <= OHTD_ITEM_ROWS_MAX, "OHTD_ITEM_ROWS_MAX: a place for each row");

void ohtd_items_make(struct ohtd_items *items, const struct ohtd_rule_table *table, const struct ohtd_model *model)
{
	items->count = 0;
	for (size_t i = 0; i < COUNT(first_items); i++)
		items->item[items->count++] = first_items[i];
	for (unsigned int i = 0; i < table->rows; i++)
		add_rule(items, &table->row[i], i);
	for (unsigned int i = 0; model && i < model->count; i++)
		add_profile(items, &model->kinds[i], i);
	for (size_t i = 0; i < COUNT(last_items); i++)
		items->item[items->count++] = last_items[i];
	for (size_t i = 0; i < COUNT(ohtd_alert_rule_items); i++)
		items->item[items->count++] = ohtd_alert_rule_items[i];
}

/* Is @pointer that of an item of many, as "/stations/NAME/position_mm"? The name is not judged. */
static bool names_one(const struct ohtd_item *item, const char *pointer, char name[OHTD_POINTER_BYTES])
{
	const size_t before = strcspn(item->pointer, OHTD_ANY);
	size_t n;

	if (!item->of_many || strncmp(pointer, item->pointer, before))
		return false;
	pointer += before;
	n = strcspn(pointer, "/");
	snprintf(name, OHTD_POINTER_BYTES, "%.*s", (int)n, pointer);
	return !strcmp(pointer + n, item->pointer + before + strlen(OHTD_ANY));
}

const struct ohtd_item *ohtd_item_find(const struct ohtd_items *items, const char *pointer)
{
	char name[OHTD_POINTER_BYTES];

	for (size_t i = 0; i < items->count; i++)
		if (!strcmp(items->item[i].pointer, pointer) || names_one(&items->item[i], pointer, name))
			return &items->item[i];
	return NULL;
}

/* ---- values to a tree ---- */

static struct json_object *number_of(double value)
{
	char text[OHTD_NUMBER_BYTES];

	if (fabs(value) < WHOLE_MAX && value == trunc(value))
		return json_object_new_int64((int64_t)value);
	ohtd_number_text(text, value);
	return json_object_new_double_s(value, text);
}

struct json_object *ohtd_item_value_at(const struct ohtd_item *item, const void *place)
{
	switch (item->type) {
	case OHTD_ITEM_TEXT:
		return json_object_new_string(place);
	case OHTD_ITEM_WORD:
		return json_object_new_string(item->words[*(const int *)place - item->first]);
	default:
		return number_of(*(const double *)place);
	}
}

struct json_object *ohtd_item_value(const struct ohtd_item *item, const struct ohtd_values *values)
{
	return item->of_many ? NULL : ohtd_item_value_at(item, (const char *)values + item->at);
}

bool ohtd_item_reset(const struct ohtd_item *item, struct ohtd_values *values, const struct ohtd_values *from)
{
	const size_t bytes = item->type == OHTD_ITEM_TEXT ? (size_t)item->max + 1 :
			     item->type == OHTD_ITEM_WORD ? sizeof(int) : sizeof(double);
	char *to = (char *)values + item->at;
	const char *before = (const char *)from + item->at;
	bool differed = item->type == OHTD_ITEM_TEXT ? strcmp(to, before) : memcmp(to, before, bytes);

	memcpy(to, before, bytes);
	return differed;
}

/* Also without one of many there is a place for them. NULL: out of memory. */
static struct json_object *put_place(struct json_object *tree, const char *name)
{
	struct json_object *all = json_object_new_object();

	if (all && !json_object_object_add(tree, name, all))
		return all;
	json_object_put(all);
	return NULL;
}

static bool put_stations(struct json_object *tree, const struct ohtd_stations *stations)
{
	struct json_object *all = put_place(tree, "stations");
	char pointer[OHTD_POINTER_BYTES];

	if (!all)
		return false;
	for (unsigned int i = 0; i < stations->count; i++) {
		snprintf(pointer, sizeof(pointer), "/%s" POSITION, stations->at[i].name);
		if (!ohtd_tree_put(all, pointer, number_of(stations->at[i].position_mm)))
			return false;
	}
	return true;
}

static bool put_alert_rules(struct json_object *tree, const struct ohtd_alert_rule_set *set)
{
	struct json_object *all = put_place(tree, ALERT_RULES);
	char pointer[OHTD_POINTER_BYTES];
	bool good = all;

	for (unsigned int i = 0; good && i < set->count; i++) {
		ohtd_tree_point(pointer, "", set->rule[i].code);
		good = ohtd_tree_put(all, pointer, ohtd_alert_rule_tree(&set->rule[i]));
	}
	return good;
}

struct json_object *ohtd_tree_of(const struct ohtd_items *items, const struct ohtd_values *values)
{
	struct json_object *tree = json_object_new_object();
	bool good = tree;

	for (size_t i = 0; good && i < items->count; i++)
		good = items->item[i].of_many ||
		       ohtd_tree_put(tree, items->item[i].pointer, ohtd_item_value(&items->item[i], values));
	if (good && put_stations(tree, &values->stations) && put_alert_rules(tree, &values->alert_rules))
		return tree;
	json_object_put(tree);
	return NULL;
}

/* ---- a tree to values ---- */

struct taking {
	const struct ohtd_items *items;
	struct ohtd_values *values;
	struct ohtd_faults *faults;
};

/* The pointer of @item; of one of many, with the name that @pointer has in that place. */
static void name_within(const struct ohtd_item *item, const char *pointer, char text[OHTD_POINTER_BYTES])
{
	const size_t before = strcspn(item->pointer, OHTD_ANY);

	if (item->of_many && !strncmp(pointer, item->pointer, before))
		snprintf(text, OHTD_POINTER_BYTES, "%.*s%.*s%s", (int)before, pointer, (int)strcspn(pointer + before, "/"), pointer + before,
			 item->pointer + before + strlen(OHTD_ANY));
	else
		snprintf(text, OHTD_POINTER_BYTES, "%s", item->pointer);
}

/* Fills in the nearest item, if one is near; never @pointer itself, whose name then is none. */
static void find_nearest(const struct ohtd_items *items, const char *pointer, char found[OHTD_POINTER_BYTES])
{
	unsigned int best = (unsigned int)strlen(pointer) / 3 + 1;
	char text[OHTD_POINTER_BYTES];

	for (size_t i = 0; i < items->count; i++) {
		name_within(&items->item[i], pointer, text);
		if (strcmp(text, pointer) != 0 && oht_is_nearer(pointer, strlen(pointer), text, &best))
			memcpy(found, text, sizeof(text));
	}
}

/* Is @pointer that of one of the many with this item, as "/stations/NAME"? Of a longer name the pointer may have been cut. */
static bool is_one(const struct ohtd_item *item, const char *pointer)
{
	const size_t before = strcspn(item->pointer, OHTD_ANY), n = strlen(pointer);

	return item->of_many && !strncmp(pointer, item->pointer, before) && n > before && n - before <= OHTD_STATION_CHARACTERS &&
	       !strchr(pointer + before, '/');
}

/* Does the pointer lead to items below it? */
static bool leads(const struct ohtd_items *items, const char *pointer)
{
	size_t n = strlen(pointer);

	for (size_t i = 0; i < items->count; i++)
		if (is_one(&items->item[i], pointer) ||
		    (!strncmp(items->item[i].pointer, pointer, n) && items->item[i].pointer[n] == '/'))
			return true;
	return false;
}

void ohtd_item_unknown(const struct ohtd_items *items, const char *pointer, struct json_object *value,
		       struct ohtd_faults *faults)
{
	char near[OHTD_POINTER_BYTES] = "";

	/* Only for those that are told: names of a body may be long. */
	if (faults->count < OHTD_FAULTS_MAX)
		find_nearest(items, pointer, near);
	if (leads(items, pointer)) {
		if (!json_object_is_type(value, json_type_object))
			ohtd_fault_add(faults, pointer, "type",
				       "must be an object with its items: see GET config/schema");
	} else if (*near) {
		ohtd_fault_add(faults, pointer, "unknown_member",
			       "no such item; the nearest is %s", near);
	} else {
		ohtd_fault_add(faults, pointer, "unknown_member",
			       "no such item: see GET config/schema");
	}
}

/* NULL: there is none, and a fault says why. Only rules on alerts are many with more than one item. */
static void *place_of(struct taking *taking, const struct ohtd_item *item, const char *pointer)
{
	struct ohtd_alert_rule *rule;
	char name[OHTD_POINTER_BYTES];

	if (!item->of_many)
		return (char *)taking->values + item->at;
	names_one(item, pointer, name);
	if (!ohtd_alert_rule_code_fits(name)) {
		ohtd_fault_add(taking->faults, pointer, "unfit", "a rule has a code of 1 to %zu of a-z, 0-9 and _ that begins with a letter, not '%.*s'",
			       sizeof(rule->code) - 1, oht_utf8_cut(name, 60), name);
		return NULL;
	}
	rule = ohtd_alert_rule_place(&taking->values->alert_rules, name);
	if (rule)
		return (char *)rule + item->at;
	ohtd_fault_add(taking->faults, pointer, "length", "more than %d rules on alerts", OHTD_ALERT_RULES_KEPT);
	return NULL;
}

/* Why a text of fitting length cannot be taken, or NULL. */
static const char *unfit(const struct taking *taking, const struct ohtd_item *item, struct ohtd_part *part)
{
	const char *at = part->text;

	if (*at && ohtd_is_blank(at))
		return "must have more than blanks";
	if (*at && !ohtd_entry_next(&at))
		return "must have more than blanks and commas";
	return item->unfit ? item->unfit(taking->values, part) : NULL;
}

static void take_text(struct taking *taking, const struct ohtd_item *item, const char *pointer,
		      struct json_object *value)
{
	const char *text = json_object_get_string(value);
	size_t n = strlen(text), at = 0;
	struct ohtd_part part = { .text = text, .bytes = (int)n };
	const char *why = unfit(taking, item, &part);
	uint32_t number = ohtd_is_blank(text) ? 0 : ohtd_unprintable(text, &at);
	void *place;

	if (number)
		ohtd_fault_add(taking->faults, pointer, "unprintable", "has U+%04X, which is not printable, at byte %zu", number, at);
	else if (n < (size_t)item->min || n > (size_t)item->max)
		ohtd_fault_add(taking->faults, pointer, "length",
			       "has %zu bytes, must have %g to %g", n, item->min, item->max);
	else if (why && part.has)
		ohtd_fault_add(taking->faults, pointer, "unfit", "has '%.*s', %s", part.bytes, part.text, why);
	else if (why)
		ohtd_fault_add(taking->faults, pointer, "unfit", "%s, not '%.*s'%s%s", why, part.bytes, part.text,
			       part.nearest ? "; the nearest is " : "", part.nearest ? part.nearest : "");
	else if ((place = place_of(taking, item, pointer)))
		memcpy(place, text, n + 1);
}

/* "one, two or three" */
static const char *list_words(const char *const *words, char text[OHTD_FAULT_BYTES])
{
	size_t used = 0;

	for (size_t i = 0; words[i]; i++)
		used += (size_t)snprintf(text + used, OHTD_FAULT_BYTES - used, "%s%s",
					 !i ? "" : words[i + 1] ? ", " : " or ", words[i]);
	return text;
}

static void take_word(struct taking *taking, const struct ohtd_item *item, const char *pointer,
		      struct json_object *value)
{
	const char *word = json_object_get_string(value);
	struct ohtd_part part = { .text = word, .bytes = (int)strlen(word) };
	char text[OHTD_FAULT_BYTES];
	const char *why = NULL;
	int at = 0, *place;

	while (item->words[at] && strcmp(item->words[at], word))
		at++;
	if (item->words[at])
		why = unfit(taking, item, &part);
	if (!item->words[at])
		ohtd_fault_add(taking->faults, pointer, "unknown_value", "must be %s, not '%.*s'",
			       list_words(item->words, text), oht_utf8_cut(word, 40), word);
	else if (why)
		ohtd_fault_add(taking->faults, pointer, "unfit", "%s", why);
	else if ((place = place_of(taking, item, pointer)))
		*place = item->first + at;
}

static void add_station(struct taking *taking, const struct ohtd_item *item, const char *pointer, double position_mm)
{
	struct ohtd_stations *stations = &taking->values->stations;
	char name[OHTD_POINTER_BYTES];

	names_one(item, pointer, name);
	if (!ohtd_station_name_fits(name)) {
		ohtd_fault_add(taking->faults, pointer, "unfit",
			       "a station has a name of 1 to %d of a-z, 0-9 and _, not '%.*s'",
			       OHTD_STATION_CHARACTERS, oht_utf8_cut(name, 60), name);
		return;
	}
	if (stations->count == OHTD_STATIONS_MAX) {
		ohtd_fault_add(taking->faults, pointer, "length", "more than %d stations",
			       OHTD_STATIONS_MAX);
		return;
	}
	memcpy(stations->at[stations->count].name, name, strlen(name) + 1);
	stations->at[stations->count++].position_mm = position_mm;
}

static void take_number(struct taking *taking, const struct ohtd_item *item, const char *pointer,
			struct json_object *value)
{
	char min[OHTD_NUMBER_BYTES], max[OHTD_NUMBER_BYTES], said[OHTD_NUMBER_BYTES];
	double number = ohtd_json_number(value), *place;

	ohtd_number_text(min, item->min);
	ohtd_number_text(max, item->max);
	ohtd_number_text(said, number);
	if (!(number >= item->min && number <= item->max))
		ohtd_fault_add(taking->faults, pointer, "range", "must be %s to %s%s%s, not %s",
			       min, max, item->unit ? " " : "", item->unit ? item->unit : "", said);
	else if (item->whole && !ohtd_json_whole(value, NULL))
		ohtd_fault_add(taking->faults, pointer, "type", "must be a whole number, not %s", said);
	else if (item == ohtd_item_find(taking->items, STATIONS OHTD_ANY POSITION))
		add_station(taking, item, pointer, number);
	else if ((place = place_of(taking, item, pointer)))
		*place = number;
}

/* One of many without its items has been removed, item by item. */
static bool is_gone(const struct taking *taking, const char *pointer, struct json_object *value)
{
	const size_t before = (size_t)(strrchr(pointer, '/') + 1 - pointer);

	for (size_t i = 0; i < taking->items->count; i++) {
		const struct ohtd_item *item = &taking->items->item[i];

		if (item->of_many && strcspn(item->pointer, OHTD_ANY) == before && !strncmp(pointer, item->pointer, before))
			return json_object_is_type(value, json_type_object);
	}
	return false;
}

/* From a shell a text that looks like a number arrives as one. */
static void refuse_type(struct taking *taking, const char *pointer, struct json_object *value)
{
	const char *said = json_object_to_json_string(value);
	int shown = oht_utf8_cut(said, 40);

	if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double))
		ohtd_fault_add(taking->faults, pointer, "type",
			       "must be a text, not the number %.*s; a text that looks like a number wants quotation marks: '\"%.*s\"'",
			       shown, said, shown, said);
	else
		ohtd_fault_add(taking->faults, pointer, "type", "must be a text");
}

static void take_leaf(const char *pointer, struct json_object *value, void *arg)
{
	struct taking *taking = arg;
	const struct ohtd_item *item = ohtd_item_find(taking->items, pointer);
	bool text = json_object_is_type(value, json_type_string);

	if (is_gone(taking, pointer, value))
		return;
	if (!item || (item->of_many && !strcmp(pointer, item->pointer))) {
		ohtd_item_unknown(taking->items, pointer, value, taking->faults);
	} else if (item->type == OHTD_ITEM_NUMBER && !json_object_is_type(value, json_type_int) &&
		   !json_object_is_type(value, json_type_double)) {
		ohtd_fault_add(taking->faults, pointer, "type", "must be a number");
	} else if (item->type != OHTD_ITEM_NUMBER && !text) {
		refuse_type(taking, pointer, value);
	} else if (item->type == OHTD_ITEM_NUMBER) {
		take_number(taking, item, pointer, value);
	} else if (item->type == OHTD_ITEM_WORD) {
		take_word(taking, item, pointer, value);
	} else {
		take_text(taking, item, pointer, value);
	}
}

/* Gives the items that are not in @tree their values of @absent; returns how many they are. */
static size_t take_absent(const struct ohtd_items *items, struct json_object *tree, const struct ohtd_values *absent,
			  struct ohtd_values *values)
{
	struct json_object *value;
	size_t count = 0;

	for (size_t i = 0; i < items->count; i++) {
		const struct ohtd_item *item = &items->item[i];

		if (item->of_many || !json_pointer_get(tree, item->pointer, &value))
			continue;
		ohtd_item_reset(item, values, absent);
		count++;
	}
	if (!json_object_object_get_ex(tree, ALERT_RULES, NULL)) {
		values->alert_rules = absent->alert_rules;
		count += absent->alert_rules.count;
	}
	return count;
}

/* A missing member of a rule has no default: the rule is left out. */
static void refuse_incomplete(struct ohtd_alert_rule_set *set, struct ohtd_faults *faults)
{
	char pointer[OHTD_POINTER_BYTES];
	unsigned int kept = 0;

	for (unsigned int i = 0; i < set->count; i++) {
		const char *lacks = ohtd_alert_rule_lacks(&set->rule[i]);

		if (lacks) {
			snprintf(pointer, sizeof(pointer), OHTD_ALERT_RULES_AT "%s/%s", set->rule[i].code, lacks);
			ohtd_fault_add(faults, pointer, "missing", "must be there: a rule is changed as a whole, or with PUT alert-rules/%s",
				       set->rule[i].code);
		} else if (kept++ < i) {
			set->rule[kept - 1] = set->rule[i];
		}
	}
	set->count = kept;
}

size_t ohtd_tree_take(const struct ohtd_items *items, struct json_object *tree,
		      const struct ohtd_values *defaults, const struct ohtd_values *absent,
		      struct ohtd_values *values, struct ohtd_faults *faults)
{
	struct taking taking = { .items = items, .values = values, .faults = faults };
	size_t count;

	*values = *defaults;
	values->stations.count = 0;
	values->alert_rules.count = 0;
	ohtd_tree_each(tree, take_leaf, &taking);
	refuse_incomplete(&values->alert_rules, faults);
	count = take_absent(items, tree, absent, values);
	ohtd_stations_sort(&values->stations);
	ohtd_alert_rules_sort(&values->alert_rules);
	if (faults->count)
		return count;
	ohtd_values_settle(values, faults);
	faults->contradiction = faults->count;
	return count;
}

/* ---- values against each other ---- */

static void point_at_station(char *pointer, const struct ohtd_station *station)
{
	snprintf(pointer, OHTD_POINTER_BYTES, STATIONS "%s" POSITION, station->name);
}

static void check_station(const struct ohtd_values *values, unsigned int i,
			  struct ohtd_faults *faults)
{
	const struct ohtd_station *station = &values->stations.at[i];
	double min = INFINITY, max = -INFINITY;
	char pointer[OHTD_POINTER_BYTES];

	point_at_station(pointer, station);
	/* Which layout the drive has is known only while it is there. */
	for (unsigned int profile = 0; profile < OHT_PROFILES; profile++) {
		min = fmin(min, values->table.rules[profile].value[OHTD_RULE_SOFT_MIN_MM]);
		max = fmax(max, values->table.rules[profile].value[OHTD_RULE_SOFT_MAX_MM]);
	}
	if (station->position_mm < min || station->position_mm > max)
		ohtd_fault_add(faults, pointer, "range",
			       "the station is at %.10g mm, outside of the soft limits %.10g to "
			       "%.10g mm",
			       station->position_mm, min, max);
	/* They are in the order of their positions. */
	if (i && station->position_mm == values->stations.at[i - 1].position_mm)
		ohtd_fault_add(faults, pointer, "unfit", "the station %s is at %.10g mm, too",
			       values->stations.at[i - 1].name, station->position_mm);
}

/* A required module that is not searched would be missing for ever. */
static void check_units(const struct ohtd_values *values, struct ohtd_faults *faults)
{
	for (unsigned int i = 0; values->model && i < values->model->count; i++) {
		const struct oht_module *module = values->model->kinds[i].module;

		if (module->required && !ohtd_searched_has(&values->searched, module->unit))
			ohtd_fault_add(faults, UNITS, "unfit", "the required module %s is at unit %u, which is not among %s",
				       module->name, module->unit, values->units);
	}
}

/* One list without the other is one that somebody believes in. */
static void check_writers(const struct ohtd_values *values, struct ohtd_faults *faults)
{
	const struct ohtd_gateway_rights *rights = &values->gateway.rights;

	if (!rights->writers != !rights->writables)
		ohtd_fault_add(faults, rights->writers ? WRITE_FROM : WRITE_REGISTERS, "contradiction",
			       "'%s', but %s is empty: nobody could write anything",
			       rights->writers ? values->write_from : values->write_registers,
			       rights->writers ? WRITE_REGISTERS : WRITE_FROM);
}

/* A robot that went to its dock with more charge than a mission needs, or left it with less, would be at it again at once. */
static void check_battery(const struct ohtd_settings_battery *battery, struct ohtd_faults *faults)
{
	if (battery->dock_percent > battery->min_percent)
		ohtd_fault_add(faults, BATTERY_DOCK, "contradiction", "to the dock below %.10g %%, but missions are driven down to %.10g %%",
			       battery->dock_percent, battery->min_percent);
	if (battery->charged_percent <= battery->min_percent)
		ohtd_fault_add(faults, BATTERY_CHARGED, "contradiction", "charged up to %.10g %%, but below %.10g %% no leg begins",
			       battery->charged_percent, battery->min_percent);
}

void ohtd_values_settle(struct ohtd_values *values, struct ohtd_faults *faults)
{
	char pointer[OHTD_POINTER_BYTES] = "/motion";
	struct ohtd_rules_fault fault;

	/* The texts were accepted with their items, or are the defaults. */
	ohtd_searched_read(values->units, &values->searched, NULL);
	for (unsigned int i = 0; i < OHTD_KINDS_MAX; i++)
		values->profiles.of[i] = (uint8_t)values->profile[i];
	ohtd_left_out_read(values->past.left_out, &values->past.signals_left_out, NULL);
	ohtd_rights_read_writers(&values->gateway.rights, values->write_from, NULL);
	ohtd_rights_read_writables(&values->gateway.rights, values->write_registers, NULL);
	ohtd_config_locals_read(&values->locals, values->local_roles, NULL);
	if (!ohtd_rules_settle(&values->table, &fault)) {
		if (fault.rule < OHTD_RULES)
			point_at_rule(pointer, fault.rule, OHTD_RULE_COMMON);
		ohtd_fault_add(faults, pointer, "contradiction", "%s (layout of the drive: %s)",
			       fault.text, ohtd_rule_profile_name(fault.profile));
	}
	for (unsigned int i = 0; i < values->stations.count; i++)
		check_station(values, i, faults);
	if (values->past.samples_days > values->past.columns_days)
		ohtd_fault_add(faults, "/history/samples_days", "contradiction",
			       "samples for %g days, but columns for %g: of a time with samples there are columns, too",
			       values->past.samples_days, values->past.columns_days);
	check_units(values, faults);
	check_writers(values, faults);
	check_battery(&values->battery, faults);
}
