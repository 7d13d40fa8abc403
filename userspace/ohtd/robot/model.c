// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot/model.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cells.h"
#include "oht_plan.h"
#include "robot/tag.h"
#include "robot/telemetry.h"

static_assert(OHT_ADDED_REGISTERS_MAX <= OHTD_REGISTERS_MAX, "what a user adds has room");

#define COLUMNS_MAX	9
#define PERIOD_MAX_CYCLES	1000
#define TIMEOUT_MIN_US		1000
/* 200 ms: a drive that is told more seldom is not led. */
#define OUTPUT_PERIOD_MAX_CYCLES	8

static const char *const signal_names[OHTD_SIGNALS + 1] = {
	[OHTD_SIGNAL_BATTERY_PERCENT]	= "battery_percent",
	[OHTD_SIGNAL_SAFETY_STATUS]	= "safety_status",
	[OHTD_SIGNAL_SAFETY_STOP_INPUT]	= "safety_stop_input",
	[OHTD_SIGNAL_DISTANCE_1]	= "distance_1",
	[OHTD_SIGNAL_DISTANCE_2]	= "distance_2",
	[OHTD_SIGNAL_DISTANCE_3]	= "distance_3",
	[OHTD_SIGNAL_DISTANCE_4]	= "distance_4",
	[OHTD_SIGNAL_DRIVE_SPEED_1]	= "drive_speed_1",
	[OHTD_SIGNAL_DRIVE_SPEED_2]	= "drive_speed_2",
	[OHTD_SIGNAL_DRIVE_DIRECTION]	= "drive_direction",
	[OHTD_SIGNAL_SPEED_MM_S]	= "speed_mm_s",
	[OHTD_SIGNAL_POSITION_MM]	= "position_mm",
	[OHTD_SIGNAL_BATTERY_V]		= "battery_v",
	[OHTD_SIGNAL_BATTERY_DEG_C]	= "battery_deg_c",
	[OHTD_SIGNAL_STOP_ZONE_1]	= "stop_zone_1",
	[OHTD_SIGNAL_STOP_ZONE_2]	= "stop_zone_2",
	[OHTD_SIGNAL_STOP_ZONE_3]	= "stop_zone_3",
	[OHTD_SIGNAL_STOP_ZONE_4]	= "stop_zone_4",
	[OHTD_SIGNAL_DOCK_STATUS]	= "dock_status",
	[OHTD_SIGNAL_DOCK_CONFIRMED]	= "dock_confirmed",
	[OHTD_SIGNAL_TAG_ID]		= "tag_id",
	[OHTD_SIGNAL_TAG_PRESENT]	= "tag_present",
};

const char *ohtd_signal_name(enum ohtd_signal signal)
{
	return signal_names[signal];
}

static const char *const output_names[OHTD_OUTPUTS + 1] = {
	[OHTD_OUTPUT_SPEED_1]		= "set_speed_1",
	[OHTD_OUTPUT_DIRECTION_1]	= "set_direction_1",
	[OHTD_OUTPUT_SPEED_2]		= "set_speed_2",
	[OHTD_OUTPUT_DIRECTION_2]	= "set_direction_2",
};

static const char *const telegram_names[OHTD_TELEGRAMS + 1] = {
	[OHTD_TELEGRAM_STOP]		= "stop",
	[OHTD_TELEGRAM_ZERO_SPEED]	= "zero_speed",
	[OHTD_TELEGRAM_DRIVE_SET]	= "drive_set",
	[OHTD_TELEGRAM_DRIVE_ON]	= "drive_on",
	[OHTD_TELEGRAM_CHARGE_OFF]	= "charge_off",
	[OHTD_TELEGRAM_CHARGE_ON]	= "charge_on",
};

static const char *const rule_names[] = { "nonzero", "falling", NULL };
static const char *const sight_names[] = { "first", "each", NULL };

/* Profiles as the data files name them; "common" means both. */
static const char *const profile_names[] = { "canonical", "legacy", "common", NULL };
#define PROFILE_COMMON	2

typedef int (*row_fn)(struct ohtd_model *model, const struct oht_cells *cells);

static struct ohtd_kind *kind_called(struct ohtd_model *model, const char *name)
{
	unsigned int i;

	for (i = 0; i < model->count; i++)
		if (!strcmp(model->kinds[i].module->name, name))
			return &model->kinds[i];
	return NULL;
}

const struct ohtd_kind *ohtd_model_by_name(const struct ohtd_model *model, const char *name)
{
	return kind_called((struct ohtd_model *)model, name);
}

const struct ohtd_kind *ohtd_model_by_type(const struct ohtd_model *model, uint16_t type_code)
{
	unsigned int i;

	for (i = 0; i < model->count; i++)
		if (model->kinds[i].module->type_code == type_code)
			return &model->kinds[i];
	return NULL;
}

const struct ohtd_kind *ohtd_model_by_unit(const struct ohtd_model *model, uint8_t unit)
{
	unsigned int i;

	for (i = 0; i < model->count; i++)
		if (model->kinds[i].module->unit == unit)
			return &model->kinds[i];
	return NULL;
}

/* The kind that column @column names, or a complaint and NULL. */
static struct ohtd_kind *cell_kind(struct ohtd_model *model, const struct oht_cells *cells,
				   size_t column)
{
	struct ohtd_kind *kind = kind_called(model, oht_cell(cells, column));

	if (!kind)
		oht_cell_refuse(cells, column, "no such module in modules.csv");
	return kind;
}

static int cell_u32(const struct oht_cells *cells, size_t column, int64_t max, uint32_t *value)
{
	const int64_t limits[2] = { 0, max };
	int64_t number;
	int ret = oht_cell_number(cells, column, limits, &number);

	if (!ret)
		*value = (uint32_t)number;
	return ret;
}

/* The register that columns 2 and 3 name, and its module; or a complaint and NULL. */
static const struct oht_register *cell_register(struct ohtd_model *model,
						const struct oht_cells *cells,
						unsigned int profile, struct ohtd_kind **kind)
{
	const struct oht_register *reg;

	*kind = cell_kind(model, cells, 2);
	if (!*kind)
		return NULL;
	reg = oht_regmap_find((*kind)->plan[profile].map, oht_cell(cells, 3));
	if (!reg)
		oht_cell_refuse(cells, 3, "the module has no such register in this profile");
	return reg;
}

/* signals.csv: signal, profile, module, register */
static int set_signal(struct ohtd_model *model, const struct oht_cells *cells, unsigned int profile,
		      unsigned int signal)
{
	struct ohtd_kind *kind;
	const struct oht_register *reg = cell_register(model, cells, profile, &kind);
	struct ohtd_plan *plan;

	if (!reg)
		return -EINVAL;
	plan = &kind->plan[profile];
	if (reg->access == OHT_ACCESS_WO || reg->type == OHT_TYPE_STRING)
		return oht_cell_refuse(cells, 3, "not a readable number");
	if (plan->signal[signal] >= 0)
		return oht_cell_refuse(cells, 0, "signal given twice for this module and profile");
	plan->signal[signal] = (int)(reg - plan->map->reg);
	return 0;
}

/* The same for what is written. */
static int set_output(struct ohtd_model *model, const struct oht_cells *cells, unsigned int profile,
		      unsigned int output)
{
	struct ohtd_kind *kind;
	const struct oht_register *reg = cell_register(model, cells, profile, &kind);
	struct ohtd_plan *plan;

	if (!reg)
		return -EINVAL;
	plan = &kind->plan[profile];
	if (reg->access == OHT_ACCESS_RO || reg->type != OHT_TYPE_U16)
		return oht_cell_refuse(cells, 3, "not a writable register of type u16");
	if (!oht_register_in_range(reg, 0))
		return oht_cell_refuse(cells, 3, "does not take 0, which is standstill");
	if (plan->output[output] >= 0)
		return oht_cell_refuse(cells, 0, "signal given twice for this module and profile");
	if (model->drive && model->drive != kind)
		return oht_cell_refuse(cells, 2, "another module is the drive already");
	model->drive = kind;
	plan->output[output] = (int)(reg - plan->map->reg);
	return 0;
}

static bool is_output(const char *name, unsigned int *output)
{
	for (*output = 0; *output < OHTD_OUTPUTS; ++*output)
		if (!strcmp(output_names[*output], name))
			return true;
	return false;
}

static int signal_row(struct ohtd_model *model, const struct oht_cells *cells)
{
	unsigned int signal = 0, output, profile, i;
	bool writes = is_output(oht_cell(cells, 0), &output);
	int ret = writes ? 0 : oht_cell_word(cells, 0, signal_names, &signal);

	if (!ret)
		ret = oht_cell_word(cells, 1, profile_names, &profile);
	for (i = 0; !ret && i < OHT_PROFILES; i++)
		if (profile == i || profile == PROFILE_COMMON)
			ret = writes ? set_output(model, cells, i, output)
				     : set_signal(model, cells, i, signal);
	return ret;
}

/* loss.csv: module, lost_ms, lost_moving_ms, escalate_ms */
static int loss_row(struct ohtd_model *model, const struct oht_cells *cells)
{
	struct ohtd_kind *kind = cell_kind(model, cells, 0);
	int ret;

	if (!kind)
		return -EINVAL;
	if (kind->lost_ms)
		return oht_cell_refuse(cells, 0, "module given twice");
	ret = cell_u32(cells, 1, 60000, &kind->lost_ms);
	if (!ret)
		ret = cell_u32(cells, 2, 60000, &kind->lost_moving_ms);
	if (!ret)
		ret = cell_u32(cells, 3, 600000, &kind->escalate_ms);
	if (!ret && (kind->lost_ms < kind->module->response_timeout_ms ||
		     kind->lost_moving_ms < kind->module->response_timeout_ms))
		ret = oht_cell_refuse(cells, 1, "shorter than the module's response time-out");
	return ret;
}

/*
 * plan.csv: module, period_cycles, phase_cycles, timeout_us, turnaround_us, loss_action, loss_errors,
 * output
 */
static int plan_period(const struct ohtd_kind *kind, const struct oht_cells *cells,
		       struct ohtd_cyclic *cyclic)
{
	uint32_t period, phase = 0;
	int ret = cell_u32(cells, 1, PERIOD_MAX_CYCLES, &period);

	if (ret)
		return ret;
	if (cyclic->output == OHTD_OUTPUT_NONE &&
	    period * OHTD_CYCLE_MS != kind->module->poll_period_ms)
		return oht_cell_refuse(cells, 1, "not the poll period of modules.csv");
	if (!period || (cyclic->output != OHTD_OUTPUT_NONE && period > OUTPUT_PERIOD_MAX_CYCLES))
		return oht_cell_refuse(cells, 1, "a set-point is written every 1 to 8 cycles");
	ret = cell_u32(cells, 2, period - 1, &phase);
	cyclic->period_cycles = (uint16_t)period;
	cyclic->phase_cycles = (uint16_t)phase;
	return ret;
}

static int plan_numbers(const struct ohtd_kind *kind, const struct oht_cells *cells,
			struct ohtd_cyclic *cyclic)
{
	static const char *const losses[] = { "none", "stop", NULL };
	uint32_t errors = 0;
	unsigned int loss = 0;
	int ret = plan_period(kind, cells, cyclic);

	if (!ret)
		ret = cell_u32(cells, 3, kind->module->response_timeout_ms * 1000,
			       &cyclic->timeout_us);
	if (!ret && cyclic->timeout_us < TIMEOUT_MIN_US)
		ret = oht_cell_refuse(cells, 3, "shorter than 1000 us");
	if (!ret)
		ret = cell_u32(cells, 4, cyclic->timeout_us, &cyclic->turnaround_us);
	if (!ret)
		ret = oht_cell_word(cells, 5, losses, &loss);
	if (!ret)
		ret = cell_u32(cells, 6, UINT8_MAX, &errors);
	if (ret)
		return ret;
	if (!errors)
		return oht_cell_refuse(cells, 6, "must be 1 at least");
	cyclic->loss = (uint8_t)(loss ? OHT_CYCLIC_LOSS_STOP : OHT_CYCLIC_LOSS_NONE);
	cyclic->loss_errors = (uint8_t)errors;
	return 0;
}

/* Which set-point of @kind the row writes; empty: the row reads. */
static int plan_output(const struct ohtd_model *model, const struct ohtd_kind *kind,
		       const struct oht_cells *cells, unsigned int *output)
{
	unsigned int i;
	int ret = 0;

	*output = OHTD_OUTPUT_NONE;
	if (*oht_cell(cells, 7))
		ret = oht_cell_word(cells, 7, output_names, output);
	if (ret)
		return ret;
	for (i = 0; i < model->planned; i++)
		if (model->in_order[i].kind == kind && model->in_order[i].cyclic.output == *output)
			return *output == OHTD_OUTPUT_NONE
				       ? oht_cell_refuse(cells, 0, "module given twice")
				       : oht_cell_refuse(cells, 7, "given twice");
	for (i = 0; i < OHT_PROFILES && *output != OHTD_OUTPUT_NONE; i++)
		if (kind->plan[i].output[*output] >= 0)
			return 0;
	return *output == OHTD_OUTPUT_NONE
		       ? 0 : oht_cell_refuse(cells, 7, "signals.csv has no such register of it");
}

static int plan_row(struct ohtd_model *model, const struct oht_cells *cells)
{
	struct ohtd_kind *kind = cell_kind(model, cells, 0);
	struct ohtd_cyclic cyclic = { 0 };
	unsigned int output;
	int ret;

	if (!kind)
		return -EINVAL;
	ret = plan_output(model, kind, cells, &output);
	cyclic.output = (uint8_t)output;
	if (!ret)
		ret = plan_numbers(kind, cells, &cyclic);
	if (ret)
		return ret;
	if (output == OHTD_OUTPUT_NONE)
		kind->cyclic = cyclic;
	model->in_order[model->planned++] = (struct ohtd_planned){ kind, cyclic };
	return 0;
}

static int probe_words(const struct oht_cells *cells, struct ohtd_probe *probe)
{
	unsigned int rule = 0, profile = 0, sight = 0;
	int ret = oht_cell_word(cells, 3, rule_names, &rule);

	if (!ret)
		ret = oht_cell_word(cells, 4, profile_names, &profile);
	if (!ret && profile == PROFILE_COMMON)
		ret = oht_cell_refuse(cells, 4, "shows neither profile");
	if (!ret)
		ret = oht_cell_word(cells, 5, sight_names, &sight);
	probe->rule = (uint8_t)rule;
	probe->shows = (uint8_t)profile;
	probe->each_sight = sight;
	return ret;
}

/* Does the module have one of these registers in the profile that the row does not show? */
static bool other_has(const struct ohtd_kind *kind, const struct ohtd_probe *probe)
{
	const struct oht_regmap *other = kind->plan[!probe->shows].map;
	unsigned int i;

	for (i = 0; i < probe->count && probe->address + i <= UINT16_MAX; i++) {
		const struct oht_register *reg = oht_regmap_at(other, (uint16_t)(probe->address + i));

		if (reg && !reg->added)
			return true;
	}
	return false;
}

/* probes.csv: module, address, count, when, shows, sight */
static int probe_row(struct ohtd_model *model, const struct oht_cells *cells)
{
	struct ohtd_kind *kind = cell_kind(model, cells, 0);
	struct ohtd_probe probe = { 0 };
	uint32_t address = 0, count = 0;
	int ret;

	if (!kind)
		return -EINVAL;
	if (kind->probes == OHTD_PROBES_MAX)
		return oht_cell_refuse(cells, 0, "module given more than 4 times");
	ret = cell_u32(cells, 1, 0xffff, &address);
	if (!ret)
		ret = cell_u32(cells, 2, OHTD_READ_MAX, &count);
	if (!ret)
		ret = probe_words(cells, &probe);
	if (ret)
		return ret;
	if (!count)
		return oht_cell_refuse(cells, 2, "reads nothing");
	probe.address = (uint16_t)address;
	probe.count = (uint16_t)count;
	/* A setting or a measurement of a module must not say that it is another one than before. */
	if (probe.each_sight && other_has(kind, &probe))
		return oht_cell_refuse(cells, 5, "the other profile has one of these registers, too");
	kind->probe[kind->probes++] = probe;
	return 0;
}

static int add_write(struct ohtd_plan *plan, const struct oht_cells *cells, unsigned int telegram)
{
	const struct oht_register *reg = oht_regmap_find(plan->map, oht_cell(cells, 3));
	unsigned int *count = &plan->write_count[telegram];
	uint32_t value;
	int ret;

	if (!reg)
		return oht_cell_refuse(cells, 3, "the module has no such register in this profile");
	if (reg->access == OHT_ACCESS_RO || reg->words != 1)
		return oht_cell_refuse(cells, 3, "not a writable register of one word");
	ret = cell_u32(cells, 4, 0xffff, &value);
	if (ret)
		return ret;
	if (!oht_register_in_range(reg, value))
		return oht_cell_refuse(cells, 4, "outside the limits of the register");
	if (*count == OHTD_WRITES_MAX)
		return oht_cell_refuse(cells, 0, "too many writes");
	plan->writes[telegram][(*count)++] = (struct ohtd_write){ reg->address, (uint16_t)value };
	return 0;
}

/* telegrams.csv: telegram, profile, module, register, value */
static int telegram_row(struct ohtd_model *model, const struct oht_cells *cells)
{
	struct ohtd_kind *kind = cell_kind(model, cells, 2);
	unsigned int telegram, profile, i;
	int ret;

	if (!kind)
		return -EINVAL;
	ret = oht_cell_word(cells, 0, telegram_names, &telegram);
	if (!ret)
		ret = oht_cell_word(cells, 1, profile_names, &profile);
	for (i = 0; !ret && i < OHT_PROFILES; i++)
		if (profile == i || profile == PROFILE_COMMON)
			ret = add_write(&kind->plan[i], cells, telegram);
	return ret;
}

static const struct table {
	const char *file;
	row_fn row;
	const char *columns[COLUMNS_MAX];
} tables[] = {
	{ "signals.csv", signal_row, { "signal", "profile", "module", "register" } },
	{ "loss.csv", loss_row, { "module", "lost_ms", "lost_moving_ms", "escalate_ms" } },
	{ "plan.csv", plan_row,
	  { "module", "period_cycles", "phase_cycles", "timeout_us", "turnaround_us",
	    "loss_action", "loss_errors", "output" } },
	{ "probes.csv", probe_row, { "module", "address", "count", "when", "shows", "sight" } },
	{ "telegrams.csv", telegram_row,
	  { "telegram", "profile", "module", "register", "value" } },
};

static int load_table(struct ohtd_model *model, const char *data_dir, const struct table *table,
		      char error[OHT_ERROR_BYTES])
{
	char path[PATH_MAX];
	size_t index[COLUMNS_MAX];
	struct oht_csv csv = { 0 };
	struct oht_cells cells = {
		.csv = &csv,
		.names = table->columns,
		.index = index,
		.error = error,
	};
	size_t i;
	int ret;

	if (snprintf(path, sizeof(path), "%s/%s", data_dir, table->file) >= (int)sizeof(path)) {
		snprintf(error, OHT_ERROR_BYTES, "the path of %s is too long", table->file);
		return -ENAMETOOLONG;
	}
	ret = oht_csv_load(path, &csv, error);
	if (!ret)
		ret = oht_csv_columns(&csv, table->columns, index, error);
	for (i = 0; !ret && i < csv.rows; i++) {
		cells.row = &csv.row[i];
		ret = table->row(model, &cells);
	}
	oht_csv_free(&csv);
	return ret;
}

static void init_kinds(struct ohtd_model *model)
{
	unsigned int i, profile, signal, output;

	for (i = 0; i < model->count; i++) {
		struct ohtd_kind *kind = &model->kinds[i];

		kind->module = oht_modmap_module(model->modmap, i);
		if (kind->module->response_timeout_ms > model->timeout_max_ms)
			model->timeout_max_ms = kind->module->response_timeout_ms;
		if (!i || kind->module->response_timeout_ms < model->timeout_min_ms)
			model->timeout_min_ms = kind->module->response_timeout_ms;
		for (profile = 0; profile < OHT_PROFILES; profile++) {
			kind->plan[profile].map = &kind->module->map[profile];
			for (signal = 0; signal < OHTD_SIGNALS; signal++)
				kind->plan[profile].signal[signal] = -1;
			for (output = 0; output < OHTD_OUTPUTS; output++)
				kind->plan[profile].output[output] = -1;
		}
	}
}

static int find_identification(struct ohtd_model *model, char error[OHT_ERROR_BYTES])
{
	const struct oht_regmap *map = &model->kinds[0].module->map[0];
	const struct oht_register *id = oht_regmap_find(map, "device_id");
	const struct oht_register *type = oht_regmap_find(map, "module_type");

	if (!id || !type) {
		snprintf(error, OHT_ERROR_BYTES,
			 "registers.csv: device_id or module_type is missing");
		return -EINVAL;
	}
	model->device_id_address = id->address;
	model->module_type_address = type->address;
	return 0;
}

static int check_kinds(struct ohtd_model *model, char error[OHT_ERROR_BYTES])
{
	unsigned int i, profile;

	for (i = 0; i < model->count; i++) {
		struct ohtd_kind *kind = &model->kinds[i];

		if (!kind->lost_ms) {
			snprintf(error, OHT_ERROR_BYTES, "loss.csv: module '%s' is missing",
				 kind->module->name);
			return -EINVAL;
		}
		if (!kind->cyclic.period_cycles) {
			snprintf(error, OHT_ERROR_BYTES, "plan.csv: module '%s' is missing",
				 kind->module->name);
			return -EINVAL;
		}
		for (profile = 0; profile < OHT_PROFILES; profile++)
			if (kind->plan[profile].map->count > OHTD_REGISTERS_MAX) {
				snprintf(error, OHT_ERROR_BYTES,
					 "registers.csv: module '%s' has too many registers",
					 kind->module->name);
				return -EINVAL;
			}
	}
	return 0;
}

static bool is_planned(const struct ohtd_model *model, unsigned int output)
{
	unsigned int i;

	for (i = 0; i < model->planned; i++)
		if (model->in_order[i].cyclic.output == output)
			return true;
	return false;
}

/* A motor has both, and each is written. */
static int check_outputs(const struct ohtd_model *model, char error[OHT_ERROR_BYTES])
{
	unsigned int profile, output;

	for (profile = 0; model->drive && profile < OHT_PROFILES; profile++)
		for (output = 0; output < OHTD_OUTPUTS; output++) {
			const int *place = model->drive->plan[profile].output;

			if (place[output] < 0)
				continue;
			if (place[output ^ 1] < 0) {
				snprintf(error, OHT_ERROR_BYTES,
					 "signals.csv: '%s' without '%s' in profile %s",
					 output_names[output], output_names[output ^ 1],
					 profile_names[profile]);
				return -EINVAL;
			}
			if (!is_planned(model, output)) {
				snprintf(error, OHT_ERROR_BYTES,
					 "plan.csv: no row writes output '%s'",
					 output_names[output]);
				return -EINVAL;
			}
		}
	return 0;
}

static int fill_model(struct ohtd_model *model, const char *data_dir, char error[OHT_ERROR_BYTES])
{
	size_t count = oht_modmap_count(model->modmap);
	size_t i;
	int ret;

	if (!count || count > OHTD_KINDS_MAX) {
		snprintf(error, OHT_ERROR_BYTES, "modules.csv: 1 to %d modules, not %zu",
			 OHTD_KINDS_MAX, count);
		return -EINVAL;
	}
	model->count = (unsigned int)count;
	init_kinds(model);
	ret = find_identification(model, error);
	for (i = 0; !ret && i < sizeof(tables) / sizeof(tables[0]); i++)
		ret = load_table(model, data_dir, &tables[i], error);
	if (!ret)
		ret = check_kinds(model, error);
	if (!ret)
		ret = ohtd_tag_check(model, error);
	return ret ? ret : check_outputs(model, error);
}

static void mark_shown(struct ohtd_model *model, const struct ohtd_telemetry_origin *origin)
{
	const struct ohtd_kind *kind = origin->module ? ohtd_model_by_name(model, origin->module) : NULL;
	unsigned int profile;

	for (profile = 0; kind && profile < OHT_PROFILES; profile++) {
		struct ohtd_plan *plan = &model->kinds[kind - model->kinds].plan[profile];
		const struct oht_register *reg =
			origin->reg[profile] ? oht_regmap_find(plan->map, origin->reg[profile]) : NULL;

		if (reg)
			plan->shown[reg - plan->map->reg] = true;
	}
}

_Static_assert(OHTD_REGISTERS_MAX <= UINT8_MAX + 1, "a byte names a place");

static bool says_stop(const struct oht_register *reg)
{
	unsigned int i;

	for (i = 0; i < reg->fault_count; i++)
		if (reg->fault[i].fault == OHT_FAULT_STOP)
			return true;
	return false;
}

static bool is_written_by(const struct ohtd_plan *plan, enum ohtd_telegram telegram, const struct oht_register *reg)
{
	unsigned int i;

	for (i = 0; i < plan->write_count[telegram]; i++)
		if (plan->writes[telegram][i].address == reg->address)
			return true;
	return false;
}

static void mark_watched(struct ohtd_plan *plan)
{
	size_t place;

	for (place = 0; place < plan->map->count; place++) {
		const struct oht_register *reg = &plan->map->reg[place];

		if (reg->fault_count)
			plan->fault[plan->fault_count++] = (uint8_t)place;
		if (says_stop(reg) || is_written_by(plan, OHTD_TELEGRAM_DRIVE_SET, reg) ||
		    is_written_by(plan, OHTD_TELEGRAM_DRIVE_ON, reg))
			plan->watched[plan->watched_count++] = (uint8_t)place;
	}
}

struct ohtd_model *ohtd_model_load(const char *data_dir, const char *user_dir,
				   char error[OHT_ERROR_BYTES])
{
	struct ohtd_model *model = calloc(1, sizeof(*model));
	unsigned int signal, i;
	int ret;

	if (!data_dir)
		data_dir = OHT_DATADIR;
	if (!model) {
		snprintf(error, OHT_ERROR_BYTES, "out of memory");
		return NULL;
	}
	ret = oht_modmap_load(data_dir, &model->modmap, error);
	if (!ret) {
		ohtd_user_maps_load(&model->user, model->modmap, user_dir);
		ohtd_telemetry_take_own(model->modmap);
		ret = fill_model(model, data_dir, error);
	}
	for (signal = 0; !ret && signal < ohtd_telemetry_count(); signal++)
		mark_shown(model, ohtd_telemetry_origin(signal));
	for (i = 0; !ret && i < model->count * OHT_PROFILES; i++)
		mark_watched(&model->kinds[i / OHT_PROFILES].plan[i % OHT_PROFILES]);
	if (ret) {
		ohtd_model_free(model);
		errno = -ret;
		return NULL;
	}
	return model;
}

void ohtd_model_free(struct ohtd_model *model)
{
	if (!model)
		return;
	oht_modmap_free(model->modmap);
	free(model);
}
