// SPDX-License-Identifier: GPL-2.0-or-later
/* Registers of modules by name: as last read, and written one at a time. */
#include "api/api.h"
#include "server/call.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "common/registers.h"
#include "lists/list.h"
#include "settings/settings.h"
#include "settings/write_right.h"
#include "views/words.h"
#include "control/robot.h"

/* All registers of all modules are read within a few seconds. */
#define OLD_MS		10000
#define RAW_MIN		INT32_MIN
#define RAW_MAX		UINT32_MAX
#define RESET_REGISTER	"reset_error_command"

/* ---- a register ---- */

/* Of answers only: the module was read, and says that it has no value. */
#define STATE_NOT_AVAILABLE	(OHTD_REGISTER_WRITE_ONLY + 1)

static const char *const register_states[] = {
	[OHTD_REGISTER_NEVER] = "never_read",
	[OHTD_REGISTER_OK] = "ok",
	[OHTD_REGISTER_UNSUPPORTED] = "unsupported",
	[OHTD_REGISTER_WRITE_ONLY] = "write_only",
	[STATE_NOT_AVAILABLE] = "not_available",
};
OHTD_WORDS_OF(register_state_words, register_states);

enum quality { QUALITY_NONE, QUALITY_GOOD, QUALITY_OLD, QUALITY_OUT_OF_RANGE };

static const char *const qualities[] = {
	[QUALITY_NONE] = "none", [QUALITY_GOOD] = "good", [QUALITY_OLD] = "old",
	[QUALITY_OUT_OF_RANGE] = "out_of_range",
};
OHTD_WORDS_OF(quality_words, qualities);

struct module_register {
	const char *name;
	const char *label;
	unsigned int address;
	const char *type;
	const char *access;
	const char *unit;
	unsigned int state;
	unsigned int quality;
	struct ohtd_scalar value;
	int64_t raw;
	int64_t age_ms;
	const char *scale;
	const char *min;
	const char *max;
	const char *write_level;
	bool needs_elevation;
	bool moves;
	const char *description;
};

OHTD_SHAPE(module_register, "Register",
	OHTD_TEXT(module_register, name, .summary = "Name, for programs"),
	OHTD_TEXT(module_register, label, .summary = "Name, for people"),
	OHTD_INTEGER(module_register, address, .summary = "Number of the first register"),
	OHTD_TEXT(module_register, type, .summary = "How the value is coded on the wire"),
	OHTD_TEXT(module_register, access, .summary = "Whether it can be read, written or both"),
	OHTD_TEXT(module_register, unit, .flags = OHTD_NULL, .summary = "Unit of the value"),
	OHTD_WORD(module_register, state, .words = &register_state_words,
		  .summary = "Whether there is a value; not_available: the module was read, and says that it has none"),
	OHTD_WORD(module_register, quality, .words = &quality_words,
		  .summary = "old: older than 10 s, or its module does not answer now; out_of_range: "
			     "outside min and max; none: there is no value"),
	OHTD_SCALAR(module_register, value, .flags = OHTD_NULL,
		    .summary = "As last read, of the register's type; null: there is none"),
	OHTD_INTEGER(module_register, raw, .flags = OHTD_NULL,
		     .summary = "The same as on the wire, also of not_available; null: it was not read"),
	OHTD_INTEGER(module_register, age_ms, .flags = OHTD_NULL | OHTD_DRIFTS, .unit = "ms",
		     .summary = "Age of the value; null: there is none"),
	OHTD_DECIMAL(module_register, scale, .summary = "value = raw times this"),
	OHTD_DECIMAL(module_register, min, .flags = OHTD_NULL, .summary = "Smallest value; null: a text"),
	OHTD_DECIMAL(module_register, max, .flags = OHTD_NULL, .summary = "Greatest value; null: a text"),
	OHTD_TEXT(module_register, write_level, .flags = OHTD_NULL,
		  .summary = "Lowest role that may write; null: it cannot be written"),
	OHTD_BOOLEAN(module_register, needs_elevation, .summary = "A write needs an elevated session"),
	OHTD_BOOLEAN(module_register, moves,
		     .summary = "A write can move the robot or change where it believes it is"),
	OHTD_TEXT(module_register, description, .summary = "More about it"));

/* Exactly what the module says: no detour over a double for decimals. */
static struct ohtd_scalar value_of(struct ohtd_call *call, const struct oht_register *reg,
				   const uint16_t *words)
{
	struct ohtd_scalar value = { .type = OHTD_IS_DECIMAL };
	char text[OHT_REGISTER_TEXT_BYTES];

	value.number = oht_register_decode(reg, words);
	if (reg->type == OHT_TYPE_BOOL) {
		value.type = OHTD_IS_BOOLEAN;
	} else if (reg->type != OHT_TYPE_STRING && !reg->scale_decimals && reg->scale_mantissa == 1) {
		value.type = OHTD_IS_INTEGER;
	} else {
		oht_register_text(reg, words, text);
		value.text = ohtd_call_text_of(call, "%s", text);
		if (reg->type == OHT_TYPE_STRING)
			value.type = OHTD_IS_TEXT;
	}
	return value;
}

static const char *decimal_of(struct ohtd_call *call, const struct oht_register *reg, int64_t raw)
{
	uint16_t words[OHT_REGISTER_WORDS_MAX];
	char text[OHT_REGISTER_TEXT_BYTES];

	if (reg->type == OHT_TYPE_STRING || oht_register_encode(reg, raw, words))
		return NULL;
	oht_register_text(reg, words, text);
	return ohtd_call_text_of(call, "%s", text);
}

static unsigned int quality_of(const struct ohtd_module_view *module, const struct oht_register *reg,
			       const struct module_register *view)
{
	if (view->state != OHTD_REGISTER_OK)
		return QUALITY_NONE;
	if (view->age_ms > OLD_MS ||
	    (module->health != OHTD_HEALTH_GOOD && module->health != OHTD_HEALTH_DEGRADED))
		return QUALITY_OLD;
	return oht_register_in_range(reg, view->raw) ? QUALITY_GOOD : QUALITY_OUT_OF_RANGE;
}

static struct module_register register_of(struct ohtd_call *call,
					  const struct ohtd_module_view *module,
					  const struct oht_register *reg,
					  const struct ohtd_register_value *value)
{
	bool read = value->state == OHTD_REGISTER_OK;
	int64_t raw = read ? oht_register_decode(reg, value->words) : OHTD_NONE;
	bool none = read && oht_register_is_none(reg, raw);
	int64_t min, max;
	struct module_register view;

	oht_register_limits(reg, &min, &max);
	view = (struct module_register){
		.name = reg->name, .label = reg->label, .address = reg->address,
		.type = oht_type_name(reg->type), .access = oht_access_name(reg->access),
		.unit = *reg->unit ? reg->unit : NULL, .state = none ? STATE_NOT_AVAILABLE : value->state,
		.value = read && !none ? value_of(call, reg, value->words) : (struct ohtd_scalar){ .text = NULL },
		.raw = raw,
		.age_ms = read ? ohtd_call_age_or_none_ms(call, value->time_ns) : OHTD_NONE,
		.scale = reg->scale_text,
		.min = decimal_of(call, reg, min), .max = decimal_of(call, reg, max),
		.write_level = reg->access == OHT_ACCESS_RO ? NULL :
			       oht_write_level_name(reg->write_level),
		.needs_elevation = oht_register_needs_elevation(reg), .moves = reg->motion,
		.description = reg->description,
	};
	view.quality = quality_of(module, reg, &view);
	return view;
}

/* ---- finding one ---- */

struct place {
	const struct ohtd_module_view *module;
	const struct oht_regmap *map;
	const struct oht_register *reg;
	struct ohtd_registers values;
};

/* The module of the path and its registers; false: the request has been answered. */
static bool find_registers(struct ohtd_call *call, struct place *place)
{
	int r;

	place->module = ohtd_find_module(call);
	if (!place->module)
		return false;
	r = ohtd_robot_registers(call->services->robot, (uint8_t)call->params.unit, &place->values);
	place->map = ohtd_robot_map(call->services->robot, place->module->name,
				    place->module->profile);
	if (r == -EAGAIN) {
		ohtd_reply_header(call, "retry-after", "1");
		ohtd_reply_problem(call, 503, "busy", "the values are being written, try again");
	} else if (r || !place->map || place->values.generation != place->module->generation) {
		ohtd_reply_problem(call, 409, "no_register_map",
				   "the module at unit address %u has not been identified",
				   call->params.unit);
	} else {
		return true;
	}
	return false;
}

static bool find_register(struct ohtd_call *call, const char *name, struct place *place)
{
	if (!find_registers(call, place))
		return false;
	place->reg = oht_regmap_find(place->map, name);
	if (place->reg)
		return true;
	ohtd_reply_problem(call, 404, "register_not_found", "%s at unit address %u has no register '%s'",
			   place->module->name, call->params.unit, name);
	return false;
}

/* ---- reading ---- */

struct register_list {
	unsigned int address;
	const struct module_register *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(register_list, "RegisterList",
	OHTD_INTEGER(register_list, address, .summary = "Unit address of the module"),
	OHTD_LIST(register_list, items, module_register, .summary = "All registers, in the order of their map"),
	OHTD_NEXT_CURSOR(register_list));

static void get_registers(struct ohtd_call *call)
{
	struct module_register items[OHTD_REGISTERS_MAX];
	struct register_list list = { .address = call->params.unit, .items = items };
	struct place place;

	if (!find_registers(call, &place))
		return;
	while (list.items_count < place.values.count && list.items_count < place.map->count) {
		items[list.items_count] = register_of(call, place.module,
						      &place.map->reg[list.items_count],
						      &place.values.values[list.items_count]);
		list.items_count++;
	}
	OHTD_REPLY(call, 200, register_list, &list);
}

static void get_register(struct ohtd_call *call)
{
	struct module_register view;
	struct place place;

	if (!find_register(call, call->params.name, &place))
		return;
	view = register_of(call, place.module, place.reg,
			   &place.values.values[place.reg - place.map->reg]);
	OHTD_REPLY(call, 200, module_register, &view);
}

/* ---- writing ---- */

struct write_register {
	double value;
	int64_t raw;
	uint32_t valid_for_ms;
};

OHTD_SHAPE(write_register, "WriteRegister",
	OHTD_NUMBER(write_register, value, .summary = "In the register's unit; this or raw"),
	OHTD_INTEGER(write_register, raw, .min = RAW_MIN, .max = RAW_MAX, .preset = OHTD_NONE,
		     .summary = "As on the wire; this or value"),
	OHTD_INTEGER(write_register, valid_for_ms, .min = 1, .max = OHTD_VALID_MS_MAX,
		     .preset = OHTD_VALID_MS, .unit = "ms",
		     .summary = "From now; what is not written by then is dropped"));

struct written {
	const struct module_register *written;
	bool echoed;
	int8_t verified;
};

OHTD_SHAPE(written, "WrittenRegister",
	OHTD_OBJECT(written, written, module_register, .summary = "The register, with what was read back"),
	OHTD_BOOLEAN(written, echoed, .summary = "The module has acknowledged the write"),
	OHTD_TRISTATE(written, verified, .flags = OHTD_NULL,
		      .summary = "The register holds the value now; null: it could not be read back"));

/* The register of the request: the one of the path, or that of the reset. */
static const char *name_of(const struct ohtd_call *call)
{
	return *call->params.name ? call->params.name : RESET_REGISTER;
}

static void write_done(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	struct ohtd_register_value value = { .state = OHTD_REGISTER_NEVER };
	struct module_register view;
	struct place place;

	if (!find_register(call, name_of(call), &place))
		return;
	if (answer->count) {
		value.state = OHTD_REGISTER_OK;
		value.time_ns = ohtd_call_snapshot(call)->time_ns;
		memcpy(value.words, answer->words, sizeof(value.words));
	} else {
		value = place.values.values[place.reg - place.map->reg];
	}
	view = register_of(call, place.module, place.reg, &value);
	ohtd_log(OHTD_LOG_NOTICE, "http", "register_written", "%s of unit %u by %s", place.reg->name,
		 call->params.unit, call->who.user);
	OHTD_REPLY(call, 200, written, (&(struct written){
		.written = &view, .echoed = true,
		.verified = answer->verified == OHTD_VERIFIED_UNKNOWN ? -1 :
			    answer->verified == OHTD_VERIFIED,
	}));
}

/* The nearest raw value, if the register can hold @value; else the request has been answered. */
static bool raw_of(struct ohtd_call *call, const struct oht_register *reg, double value, int64_t *raw)
{
	int r = oht_register_raw(reg, value, raw);

	if (r == -EINVAL)
		ohtd_reply_member(call, "/value", "type", "%s is a text", reg->name);
	else if (r == -ERANGE)
		ohtd_reply_member(call, "/value", "range", "%g is out of range", value);
	else if (r)
		ohtd_reply_member(call, "/value", "range", "%g is no multiple of %s", value, reg->scale_text);
	return !r;
}

/* A side that the table leaves open is that of the type. */
static void refuse_range(struct ohtd_call *call, const struct oht_register *reg, const char *pointer,
			 const char *given)
{
	int64_t min, max;

	oht_register_limits(reg, &min, &max);
	ohtd_reply_member(call, pointer, "range", "%s takes %s to %s%s%s: '%s'", reg->name,
			  decimal_of(call, reg, min), decimal_of(call, reg, max),
			  *reg->unit ? " " : "", reg->unit, given);
}

static bool take_value(struct ohtd_call *call, const struct oht_register *reg, int64_t *raw)
{
	const struct write_register *input = OHTD_INPUT(call, write_register);
	bool has_value = !isnan(input->value), has_raw = input->raw != OHTD_NONE;
	const char *pointer = has_raw ? "/raw" : "/value";

	if (has_value == has_raw) {
		ohtd_reply_member(call, "/value", has_raw ? "one_of" : "missing",
				  "give value or raw, one of the two");
		return false;
	}
	*raw = input->raw;
	if (has_value && !raw_of(call, reg, input->value, raw))
		return false;
	if (oht_register_takes(reg, *raw))
		return true;
	if (reg->write_level == OHT_WRITE_OPERATOR)
		ohtd_reply_member(call, pointer, "range", "%s only stops: it takes 1", reg->name);
	else if (oht_register_is_none(reg, *raw))
		ohtd_reply_member(call, pointer, "range", "raw %" PRId64 " of %s means that there is no value", *raw, reg->name);
	else
		refuse_range(call, reg, pointer,
			     has_raw ? ohtd_call_text_of(call, "raw %" PRId64, *raw) :
				       ohtd_call_text_of(call, "%.10g", input->value));
	return false;
}

/* May this person write it? Otherwise the request has been answered. */
static bool may_write(struct ohtd_call *call, const struct oht_register *reg)
{
	switch (ohtd_settings_write_right(reg, call->who.role, ohtd_settings_layer(call->services->settings))) {
	case OHTD_SETTINGS_WRITE_READ_ONLY:
		ohtd_reply_problem(call, 409, "read_only", "%s can only be read", reg->name);
		return false;
	case OHTD_SETTINGS_WRITE_ROLE:
		ohtd_reply_problem(call, 403, "role", "a write to %s needs the role %s, this is %s",
				   reg->name, oht_write_level_name(reg->write_level),
				   ohtd_role_name(call->who.role));
		return false;
	case OHTD_SETTINGS_WRITE_LAYER:
		ohtd_reply_problem(call, 403, "layer", "%s is safety-critical and stays as it is in production; set /robot/layer "
				   "to commissioning first", reg->name);
		return false;
	case OHTD_SETTINGS_WRITE_ELEVATED:
		return ohtd_call_elevated(call, ohtd_call_text_of(call, oht_register_needs_elevation(reg) ?
								  "a write to %s, which is safety-critical," :
								  "in the layer plant a write to %s", reg->name));
	default:
		/* What moves is refused in any session, by the control thread. */
		return true;
	}
}

static void write_value(struct ohtd_call *call, const struct place *place, int64_t raw,
			uint32_t valid_ms)
{
	struct ohtd_command command = {
		.kind = OHTD_COMMAND_WRITE, .unit = (uint8_t)call->params.unit,
		.address = place->reg->address, .count = place->reg->words, .valid_ms = valid_ms,
		.generation = place->module->generation,
	};

	if (oht_register_encode(place->reg, raw, command.words))
		ohtd_reply_member(call, "/raw", "range", "%s cannot hold %lld", place->reg->name,
				  (long long)raw);
	else
		ohtd_call_command(call, &command, write_done);
}

static void put_register(struct ohtd_call *call)
{
	struct place place;
	int64_t raw;

	if (find_register(call, call->params.name, &place) && may_write(call, place.reg) &&
	    take_value(call, place.reg, &raw))
		write_value(call, &place, raw, OHTD_INPUT(call, write_register)->valid_for_ms);
}

static void post_reset(struct ohtd_call *call)
{
	struct place place;

	if (find_register(call, RESET_REGISTER, &place) && may_write(call, place.reg))
		write_value(call, &place, 1, OHTD_VALID_MS);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "modules/{unit}/registers", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &register_list_shape } },
		.problems = { "module_not_found", "no_register_map", "busy" },
		.handle = get_registers,
		.summary = "Registers of a module, as last read",
	}, {
		.method = OHTD_GET, .path = "modules/{unit}/registers/{name}", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &module_register_shape } },
		.problems = { "module_not_found", "register_not_found", "no_register_map", "busy" },
		.handle = get_register,
		.summary = "One register, as last read",
	}, {
		.method = OHTD_PUT, .path = "modules/{unit}/registers/{name}", .role = OHTD_ROLE_OPERATOR,
		.act = { "write", "wrote", " a register" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_LASTING, .body_bytes_max = 4096, .body = &write_register_shape,
		.replies = { { 200, &written_shape } },
		.elevation = OHTD_ELEVATION_BY_REGISTER,
		.problems = { "module_not_found", "register_not_found", "no_register_map", "busy",
			      "read_only", "role", "layer" },
		.handle = put_register,
		.summary = "Write a register and read it back",
		.text = "Only while nothing moves. The register says which role may, and whether the session "
			"must be elevated.",
	}, {
		.method = OHTD_POST, .path = "modules/{unit}/reset", .role = OHTD_ROLE_OPERATOR,
		.act = { "reset", "reset", " a module" },
		.flags = OHTD_ROUTE_COMMAND,
		.replies = { { 200, &written_shape } },
		.elevation = OHTD_ELEVATION_BY_REGISTER,
		.problems = { "module_not_found", "register_not_found", "no_register_map", "busy",
			      "read_only", "role", "layer" },
		.handle = post_reset,
		.summary = "Clear the errors of a module: writes 1 to " RESET_REGISTER,
	},
};

OHTD_ROUTE_TABLE(ohtd_register_routes, "Modules", routes);
