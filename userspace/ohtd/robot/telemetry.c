// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot/telemetry.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "common/cells.h"
#include "common/set.h"
#include "motion/position.h"

/* A module's values are old when it does not answer, or when they were read longer ago. */
#define REGISTER_OLD_NS		(10 * OHTD_NS_PER_S)
/* The control thread publishes in every cycle. */
#define SNAPSHOT_OLD_NS		OHTD_NS_PER_S

static const char *const types[] = { "number", "integer", "boolean", "word" };
static const char *const sources[] = { "control", "safety", "bus", "module" };
static const char *const qualities[] = { "good", "old", "bad", "none" };

_Static_assert(sizeof(types) / sizeof(types[0]) == OHTD_TELEMETRY_TYPES, "a word each");
_Static_assert(sizeof(sources) / sizeof(sources[0]) == OHTD_TELEMETRY_SOURCES, "a word each");
_Static_assert(sizeof(qualities) / sizeof(qualities[0]) == OHTD_TELEMETRY_QUALITIES, "a word each");

/* ---- from the snapshot: not a number is no value ---- */

static double flag(int value)
{
	return value < 0 ? NAN : value != 0;
}

static bool commanded(const struct ohtd_snapshot *s)
{
	return s->command.state >= OHTD_COMMAND_STATE_INITIALIZING &&
	       s->command.state <= OHTD_COMMAND_STATE_RETRIABLE;
}

static double read_state(const struct ohtd_snapshot *s)
{
	return s->state;
}

static double read_mode(const struct ohtd_snapshot *s)
{
	return s->mode;
}

static double read_estimate(const struct ohtd_snapshot *s)
{
	return s->motion.trust == OHTD_POSITION_UNKNOWN ? NAN : s->motion.estimate_mm;
}

static double read_target(const struct ohtd_snapshot *s)
{
	return commanded(s) ? s->command.target_mm : NAN;
}

static double read_setpoint(const struct ohtd_snapshot *s)
{
	return s->motion.driving ? s->motion.set_mm : NAN;
}

static double read_set_speed(const struct ohtd_snapshot *s)
{
	return s->motion.driving ? s->motion.set_mm_s : NAN;
}

static double read_error(const struct ohtd_snapshot *s)
{
	return s->motion.driving ? s->motion.error_mm : NAN;
}

static double read_override(const struct ohtd_snapshot *s)
{
	return s->limits.override_percent;
}

static double read_queue(const struct ohtd_snapshot *s)
{
	return s->queue_count;
}

static double read_faults(const struct ohtd_snapshot *s)
{
	return s->faults.count;
}

static double read_safety(const struct ohtd_snapshot *s)
{
	return s->safety.state;
}

static double read_enabled(const struct ohtd_snapshot *s)
{
	return s->safety.state == OHTD_SAFETY_UNKNOWN ? NAN :
	       s->safety.state == OHTD_SAFETY_ENABLED;
}

static double read_channel_a(const struct ohtd_snapshot *s)
{
	return flag(s->safety.channel_a);
}

static double read_channel_b(const struct ohtd_snapshot *s)
{
	return flag(s->safety.channel_b);
}

static double read_enable_1(const struct ohtd_snapshot *s)
{
	return flag(s->safety.enable1);
}

static double read_enable_2(const struct ohtd_snapshot *s)
{
	return flag(s->safety.enable2);
}

static double read_load(const struct ohtd_snapshot *s)
{
	return s->plan.entries ? s->plan.mean_permille / 10.0 : NAN;
}

static double read_load_worst(const struct ohtd_snapshot *s)
{
	return s->plan.entries ? s->plan.worst_permille / 10.0 : NAN;
}

static double read_transfers(const struct ohtd_snapshot *s)
{
	return (double)s->bus.transfers;
}

static double read_bus_errors(const struct ohtd_snapshot *s)
{
	uint64_t errors = s->bus.errors_before;

	for (unsigned int i = 0; i < s->module_count; i++)
		errors += ohtd_module_errors(&s->modules[i]);
	return (double)errors;
}

static double read_bus_missed(const struct ohtd_snapshot *s)
{
	return (double)s->plan.missed;
}

static double read_late(const struct ohtd_snapshot *s)
{
	return (double)s->bus.late_last_ns / 1000;
}

static double read_late_max(const struct ohtd_snapshot *s)
{
	return (double)s->bus.late_max_ns / 1000;
}

static double read_missed(const struct ohtd_snapshot *s)
{
	return (double)s->bus.cycles_missed;
}

/* ---- the table ---- */

#define REGISTER(module_, canonical_, legacy_, decimals_)					\
	{ .module = (module_), .decimals = (decimals_),					\
	  .reg = { [OHT_PROFILE_CANONICAL] = (canonical_), [OHT_PROFILE_LEGACY] = (legacy_) } }
#define HEALTH(module_)										\
	{ .module = (module_), .health = true, .word = ohtd_health_name,				\
	  .words = OHTD_HEALTH_QUARANTINED + 1 }
#define AT(name_)	[OHTD_TELEMETRY_##name_]

static struct ohtd_telemetry_origin origins[OHTD_TELEMETRY_SIGNALS] = {
	AT(state) = { read_state, .word = ohtd_state_name, .words = OHTD_STATES },
	AT(mode) = { read_mode, .word = ohtd_mode_name, .words = OHTD_MODES },
	AT(position_mm) = REGISTER("dock_location", "position_x", "position", 0),
	AT(position_estimate_mm) = { read_estimate, .decimals = 1 },
	AT(speed_mm_s) = { .decimals = 0 },
	AT(target_mm) = { read_target, .decimals = 1 },
	AT(setpoint_mm) = { read_setpoint, .decimals = 1 },
	AT(setpoint_mm_s) = { read_set_speed, .decimals = 1 },
	AT(following_error_mm) = { read_error, .decimals = 1 },
	AT(override_percent) = { read_override, .min = 1, .max = 100 },
	AT(queue_length) = { read_queue, .min = 0, .max = OHTD_QUEUE_MAX },
	AT(faults) = { read_faults },
	AT(safety_state) = { read_safety, .word = ohtd_safety_state_name,
			     .words = OHTD_SAFETY_UNKNOWN + 1 },
	AT(enabled) = { read_enabled },
	AT(channel_a_closed) = { read_channel_a },
	AT(channel_b_closed) = { read_channel_b },
	AT(enable_1) = { read_enable_1 },
	AT(enable_2) = { read_enable_2 },
	AT(battery_percent) = REGISTER("power", "battery_soc", "battery_soc", 1),
	AT(battery_v) = REGISTER("power", "battery_voltage", "battery_voltage", 1),
	AT(battery_a) = REGISTER("power", "battery_current", "battery_current", 1),
	AT(battery_deg_c) = REGISTER("power", "battery_temperature", "battery_temperature", 1),
	AT(cell_max_v) = REGISTER("power", "cell_voltage_max", "cell_voltage_max", 3),
	AT(cell_min_v) = REGISTER("power", "cell_voltage_min", "cell_voltage_min", 3),
	AT(charging) = REGISTER("power", "charging", "charging", 0),
	AT(charger_v) = REGISTER("power", "charger_output_voltage", "charger_output_voltage", 1),
	AT(charger_a) = REGISTER("power", "charger_output_current", "charger_output_current", 1),
	AT(charger_deg_c) = REGISTER("power", "charger_temperature", NULL, 0),
	AT(rail_12v_v) = REGISTER("power", "rail_12v_voltage", "rail_12v_voltage", 1),
	AT(rail_12v_a) = REGISTER("power", "rail_12v_current", "rail_12v_current", 1),
	AT(distance_1_mm) = REGISTER("safety", "distance_1", "distance_1", 0),
	AT(distance_2_mm) = REGISTER("safety", "distance_2", "distance_2", 0),
	AT(distance_3_mm) = REGISTER("safety", "distance_3", "distance_3", 0),
	AT(distance_4_mm) = REGISTER("safety", "distance_4", "distance_4", 0),
	AT(safety_deg_c) = REGISTER("safety", "temperature", "temperature", 1),
	AT(safety_supply_v) = REGISTER("safety", "supply_voltage", "supply_voltage", 1),
	AT(motor_1_percent) = REGISTER("travel_motor", "motor1_actual_speed", NULL, 1),
	AT(motor_2_percent) = REGISTER("travel_motor", "motor2_actual_speed", NULL, 1),
	AT(motor_mm_s) = REGISTER("travel_motor", NULL, "speed_actual", 0),
	AT(motor_a) = REGISTER("travel_motor", NULL, "current", 1),
	AT(motor_v) = REGISTER("travel_motor", NULL, "supply_voltage", 1),
	AT(motor_deg_c) = REGISTER("travel_motor", NULL, "temperature", 1),
	AT(dock_distance_mm) = REGISTER("dock_location", "docking_distance", "distance_to_dock", 0),
	AT(tag) = REGISTER("dock_location", NULL, "rfid_tag_id", 0),
	AT(power_health) = HEALTH("power"),
	AT(safety_health) = HEALTH("safety"),
	AT(travel_motor_health) = HEALTH("travel_motor"),
	AT(dock_location_health) = HEALTH("dock_location"),
	AT(bus_load_percent) = { read_load, .decimals = 1, .min = 0, .max = 100 },
	AT(bus_load_worst_percent) = { read_load_worst, .decimals = 1, .min = 0, .max = 100 },
	AT(bus_transfers) = { read_transfers },
	AT(bus_errors) = { read_bus_errors },
	AT(bus_cycles_missed) = { read_bus_missed },
	AT(cycle_late_us) = { read_late, .decimals = 0 },
	AT(cycle_late_max_us) = { read_late_max, .decimals = 0 },
	AT(cycles_missed) = { read_missed },
};

#define INFO(name_, type_, unit_, source_, summary_)						\
	AT(name_) = { #name_, unit_, summary_, OHTD_TELEMETRY_##type_, OHTD_TELEMETRY_##source_ },

static struct ohtd_telemetry_info infos[OHTD_TELEMETRY_SIGNALS] = {
	OHT_SIGNAL_LIST(INFO)
};

static unsigned int signal_count = OHTD_TELEMETRY_BUILT_IN;

_Static_assert(OHTD_TELEMETRY_SIGNALS <= OHT_SET_MAX, "OHT_SET_MAX: a number of a set for each signal");

/* Texts of the tables, which go with their map. */
static struct own_texts {
	char name[OHT_SIGNAL_NAME_MAX + 1];
	char unit[OHT_UNIT_BYTES_MAX + 1];
	char summary[OHT_LABEL_BYTES_MAX + 1];
	char module[OHT_NAME_BYTES_MAX + 1];
	char reg[OHT_NAME_BYTES_MAX + 1];
} own[OHT_OWN_SIGNALS_MAX];

/* No text is cut: the table has been checked. */
#define KEEP(to_, text_)	(snprintf((to_), sizeof(to_), "%s", (text_)), (to_))

static void take_own(unsigned int place, const struct oht_signal_row *row)
{
	const struct oht_register *reg = row->reg;
	struct own_texts *texts = &own[place];
	struct ohtd_telemetry_origin *origin = &origins[OHTD_TELEMETRY_BUILT_IN + place];

	infos[OHTD_TELEMETRY_BUILT_IN + place] = (struct ohtd_telemetry_info){
		.name = KEEP(texts->name, reg->history), .unit = KEEP(texts->unit, reg->unit),
		.summary = KEEP(texts->summary, *reg->label ? reg->label : reg->name),
		.type = reg->type == OHT_TYPE_BOOL ? OHTD_TELEMETRY_BOOLEAN : OHTD_TELEMETRY_NUMBER,
		.source = OHTD_TELEMETRY_MODULE,
	};
	*origin = (struct ohtd_telemetry_origin){
		.module = KEEP(texts->module, row->module), .decimals = reg->scale_decimals,
	};
	KEEP(texts->reg, reg->name);
	for (unsigned int profile = 0; profile < OHT_PROFILES; profile++)
		origin->reg[profile] = row->in_profile[profile] ? texts->reg : NULL;
}

void ohtd_telemetry_take_own(const struct oht_modmap *modmap)
{
	struct oht_signal_row rows[OHT_OWN_SIGNALS_MAX];
	unsigned int found = oht_modmap_signals(modmap, rows);

	for (unsigned int i = 0; i < OHT_OWN_SIGNALS_MAX; i++) {
		infos[OHTD_TELEMETRY_BUILT_IN + i] = (struct ohtd_telemetry_info){ 0 };
		origins[OHTD_TELEMETRY_BUILT_IN + i] = (struct ohtd_telemetry_origin){ 0 };
		if (i < found)
			take_own(i, &rows[i]);
	}
	signal_count = OHTD_TELEMETRY_BUILT_IN + found;
}

unsigned int ohtd_telemetry_count(void)
{
	return signal_count;
}

const char *ohtd_telemetry_place(unsigned int signal, char place[OHTD_TELEMETRY_PLACE_BYTES])
{
	const struct own_texts *texts = signal < OHTD_TELEMETRY_BUILT_IN ? NULL : &own[signal - OHTD_TELEMETRY_BUILT_IN];

	snprintf(place, OHTD_TELEMETRY_PLACE_BYTES, "%s%s%s", texts ? texts->module : "", texts ? "/" : "",
		 texts ? texts->reg : "");
	return place;
}

int ohtd_robot_signal_named(const char *name)
{
	for (unsigned int i = 0; i < ohtd_telemetry_count(); i++)
		if (!strcmp(infos[i].name, name))
			return infos[i].type == OHTD_TELEMETRY_WORD ? -EDOM : (int)i;
	return -ENOENT;
}

const struct ohtd_telemetry_info *ohtd_telemetry_info(unsigned int signal)
{
	return &infos[signal];
}

const struct ohtd_telemetry_origin *ohtd_telemetry_origin(unsigned int signal)
{
	return &origins[signal];
}

bool ohtd_telemetry_is_state(unsigned int signal)
{
	const unsigned int type = ohtd_telemetry_info(signal)->type;

	return type == OHTD_TELEMETRY_WORD || type == OHTD_TELEMETRY_BOOLEAN;
}

static const char *word_of(const char *const *words, unsigned int count, unsigned int number)
{
	return number < count ? words[number] : NULL;
}

const char *ohtd_telemetry_type_name(unsigned int type)
{
	return word_of(types, OHTD_TELEMETRY_TYPES, type);
}

const char *ohtd_telemetry_source_name(unsigned int source)
{
	return word_of(sources, OHTD_TELEMETRY_SOURCES, source);
}

const char *ohtd_telemetry_quality_name(unsigned int quality)
{
	return word_of(qualities, OHTD_TELEMETRY_QUALITIES, quality);
}

/* ---- values ---- */

/* Index of a module that is where it belongs; -1: there is none. */
static int module_of(const struct ohtd_snapshot *snapshot, const struct oht_regmap *const *maps,
		     const char *name)
{
	for (unsigned int i = 0; name && i < snapshot->module_count; i++)
		if (!strcmp(snapshot->modules[i].name, name) &&
		    (snapshot->modules[i].assigned || !maps[i]))
			return (int)i;
	return -1;
}

static const struct oht_register *register_of(const struct ohtd_snapshot *snapshot,
					      const struct oht_regmap *const *maps, int module,
					      unsigned int signal)
{
	enum oht_profile profile;

	if (module < 0 || !maps[module] ||
	    oht_profile_parse(snapshot->modules[module].profile, &profile) ||
	    !origins[signal].reg[profile])
		return NULL;
	return oht_regmap_find(maps[module], origins[signal].reg[profile]);
}

struct ohtd_telemetry_aim ohtd_telemetry_aim(const struct ohtd_snapshot *snapshot,
					     const struct oht_regmap *const *maps,
					     unsigned int signal)
{
	struct ohtd_telemetry_aim aim = {
		.module = module_of(snapshot, maps, origins[signal].module),
	};

	aim.reg = register_of(snapshot, maps, aim.module, signal);
	aim.place = aim.reg ? (size_t)(aim.reg - maps[aim.module]->reg) : 0;
	return aim;
}

const struct oht_register *ohtd_telemetry_register(const struct ohtd_telemetry_sight *sight,
						   unsigned int signal)
{
	return ohtd_telemetry_aim(sight->snapshot, sight->map, signal).reg;
}

static bool is_old(uint64_t now_ns, uint64_t time_ns, uint64_t limit_ns)
{
	return ohtd_since(now_ns, time_ns) > limit_ns;
}

static const struct ohtd_reading nothing = { .value = NAN, .quality = OHTD_TELEMETRY_NONE };

static struct ohtd_reading read_register(const struct ohtd_snapshot *snapshot, uint64_t now_ns,
					 const struct ohtd_telemetry_aim *aim,
					 const struct ohtd_registers *registers)
{
	const struct ohtd_register_value *value = &registers->values[aim->place];
	unsigned int health = snapshot->modules[aim->module].health;
	struct ohtd_reading reading = { .time_ns = value->time_ns };
	int64_t raw;

	if (aim->place >= registers->count || value->state != OHTD_REGISTER_OK)
		return nothing;
	raw = oht_register_decode(aim->reg, value->words);
	if (oht_register_is_none(aim->reg, raw))
		return nothing;
	reading.value = oht_register_value(aim->reg, raw);
	if (is_old(now_ns, value->time_ns, REGISTER_OLD_NS) ||
	    (health != OHTD_HEALTH_GOOD && health != OHTD_HEALTH_DEGRADED))
		reading.quality = OHTD_TELEMETRY_OLD;
	else if (!oht_register_in_range(aim->reg, raw))
		reading.quality = OHTD_TELEMETRY_BAD;
	return reading;
}

/* What the control thread says itself, in each of its cycles. */
static struct ohtd_reading read_published(const struct ohtd_snapshot *snapshot, uint64_t now_ns,
					  double value)
{
	uint64_t time_ns = snapshot->time_ns;

	if (isnan(value) || !time_ns)
		return nothing;
	return (struct ohtd_reading){
		.value = value, .time_ns = time_ns,
		.quality = is_old(now_ns, time_ns, SNAPSHOT_OLD_NS) ? OHTD_TELEMETRY_OLD :
			   OHTD_TELEMETRY_GOOD,
	};
}

/* Its sign may be from a register of its own: the control thread has put both together. */
static struct ohtd_reading read_speed(const struct ohtd_snapshot *snapshot, uint64_t now_ns)
{
	const struct ohtd_value *speed = &snapshot->speed_mm_s;

	if (!speed->time_ns)
		return nothing;
	return (struct ohtd_reading){
		.value = speed->value, .time_ns = speed->time_ns,
		.quality = speed->valid && !is_old(now_ns, snapshot->time_ns, SNAPSHOT_OLD_NS) ?
			   OHTD_TELEMETRY_GOOD : OHTD_TELEMETRY_OLD,
	};
}

static bool is_bad(const struct ohtd_snapshot *snapshot, unsigned int signal, double value)
{
	const struct ohtd_telemetry_origin *origin = &origins[signal];

	if (signal == OHTD_TELEMETRY_position_estimate_mm)
		return snapshot->motion.trust != OHTD_POSITION_TRUSTED || snapshot->location.lost;
	return origin->max > origin->min && (value < origin->min || value > origin->max);
}

struct ohtd_reading ohtd_telemetry_read_at(const struct ohtd_snapshot *snapshot, uint64_t now_ns,
					   unsigned int signal,
					   const struct ohtd_telemetry_aim *aim,
					   const struct ohtd_registers *registers)
{
	const struct ohtd_telemetry_origin *origin = &origins[signal];
	struct ohtd_reading reading;

	if (signal == OHTD_TELEMETRY_speed_mm_s)
		return read_speed(snapshot, now_ns);
	if (aim->reg) {
		reading = read_register(snapshot, now_ns, aim, registers);
		/* The robot's, and not the module's. */
		if (signal == OHTD_TELEMETRY_position_mm)
			reading.value += snapshot->location.kept.offset_mm;
		return reading;
	}
	if (origin->health && aim->module >= 0)
		return read_published(snapshot, now_ns, snapshot->modules[aim->module].health);
	if (!origin->read)
		return nothing;
	reading = read_published(snapshot, now_ns, origin->read(snapshot));
	if (reading.quality == OHTD_TELEMETRY_GOOD && is_bad(snapshot, signal, reading.value))
		reading.quality = OHTD_TELEMETRY_BAD;
	return reading;
}

struct ohtd_reading ohtd_telemetry_read(const struct ohtd_telemetry_sight *sight,
					unsigned int signal)
{
	const struct ohtd_telemetry_aim aim = ohtd_telemetry_aim(sight->snapshot, sight->map, signal);

	return ohtd_telemetry_read_at(sight->snapshot, sight->now_ns, signal, &aim,
				      aim.module < 0 ? NULL : &sight->registers[aim.module]);
}

int64_t ohtd_telemetry_integer(unsigned int signal, double value, int64_t limit)
{
	static const double tens[OHT_SIGNAL_DECIMALS_MAX + 1] = { 1, 10, 100, 1000 };
	double scaled = value * tens[origins[signal].decimals];

	if (!(scaled < (double)limit))
		return limit;
	return scaled > -(double)limit ? llrint(scaled) : -limit;
}
