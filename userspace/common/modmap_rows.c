// SPDX-License-Identifier: GPL-2.0-or-later
/* One row of modules.csv or registers.csv -> one checked structure. */
#include "common/modmap_rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/cells.h"
#include "common/utf8.h"

/* Of a text for people; a longer one fits no table. */
#define DESCRIPTION_BYTES_MAX	300
/* Of the scale: digits behind the point, so that 10^decimals fits 64 bits with room. */
#define DECIMALS_MAX		15

static const char *const profile_words[] = { "common", "canonical", "legacy", NULL };
static const char *const access_words[] = { "RO", "RW", "WO", NULL };
static const char *const type_words[] = { "u16",  "i16",  "u32",    "i32",
					  "bool", "bits", "string", NULL };
static const char *const level_words[] = { "none", "operator", "supervisor", "administrator",
					   NULL };
static const char *const loss_words[] = { "alert", "slow", "stop", "estop", NULL };

enum register_column {
	REG_PROFILE, REG_MODULE, REG_ADDRESS, REG_NAME, REG_LABEL, REG_ACCESS, REG_TYPE, REG_SCALE,
	REG_UNIT, REG_MIN, REG_MAX, REG_DEFAULT, REG_WRITE_LEVEL, REG_SAFETY_CRITICAL, REG_MOTION,
	REG_DESCRIPTION, REG_COLUMNS,
};

static const char *const register_columns[] = {
	"profile", "module", "address", "name", "label", "access", "type", "scale", "unit", "min",
	"max", "default", "write_level", "safety_critical", "motion", "description", NULL,
};

enum module_column {
	MOD_MODULE, MOD_UNIT, MOD_REQUIRED, MOD_TYPE_CODE, MOD_TIMEOUT, MOD_RETRIES, MOD_PERIOD,
	MOD_LOSS, MOD_LOSS_STANDING, MOD_DEGRADE, MOD_DESCRIPTION, MOD_COLUMNS,
};

static const char *const module_columns[] = {
	"module", "unit_address", "required", "device_type_code", "response_timeout_ms", "retries",
	"poll_period_ms", "loss_action", "loss_action_standing", "degrade_after_errors",
	"description", NULL,
};

/* Tables may do without these: then any version is expected, modules are written by function 6 and need no rest, no register is a signal of the history, each number is a value, and none is a fault. */
static const char *const firmware_column[] = { "firmware", NULL };
static const char *const write_column[] = { "write", NULL };
static const char *const rest_column[] = { "rest_ms", NULL };
static const char *const history_column[] = { "history", NULL };
static const char *const none_column[] = { "none", NULL };
static const char *const fault_column[] = { "fault", NULL };

/* What exports have beside the signals, and then all that are built in. */
#define SIGNAL_NAME(name_, ...)	#name_,
static const char *const taken_names[] = {
	"time", "run", "cycle", "gap_to", "gap_reason", OHT_SIGNAL_LIST(SIGNAL_NAME) NULL,
};

/* ---- registers ---- */

static int parse_profile(const struct oht_cells *c, struct oht_register_row *row)
{
	unsigned int i, index;
	int err = oht_cell_word(c, REG_PROFILE, profile_words, &index);

	for (i = 0; !err && i < OHT_PROFILES; i++)
		row->in_profile[i] = !index || index - 1 == i;
	return err;
}

static int64_t largest_raw(enum oht_type type)
{
	switch (type) {
	case OHT_TYPE_U32:
	case OHT_TYPE_I32:
	case OHT_TYPE_STRING:
		return UINT32_MAX;
	default:
		return UINT16_MAX;
	}
}

/* The scale stays exact: text, and mantissa / 10^decimals with room for every raw value. */
static int parse_scale(const struct oht_cells *c, struct oht_register *reg)
{
	const char *text = oht_cell(c, REG_SCALE);
	int64_t limit = INT64_MAX / largest_raw(reg->type);
	const char *s;
	bool point = false;

	reg->scale_text = text;
	for (s = text; *s; s++) {
		if (*s == '.' && !point && s > text && s[1]) {
			point = true;
			continue;
		}
		if (*s < '0' || *s > '9')
			return oht_cell_refuse(c, REG_SCALE, "not a positive decimal number");
		reg->scale_mantissa = reg->scale_mantissa * 10 + (*s - '0');
		reg->scale_decimals += point;
		if (reg->scale_mantissa > limit || reg->scale_decimals > DECIMALS_MAX)
			return oht_cell_refuse(c, REG_SCALE, "too many digits for its type");
	}
	if (!reg->scale_mantissa)
		return oht_cell_refuse(c, REG_SCALE, "not a positive decimal number");
	if (strcmp(text, "1") && (reg->type == OHT_TYPE_BOOL || reg->type == OHT_TYPE_BITS ||
				  reg->type == OHT_TYPE_STRING))
		return oht_cell_refuse(c, REG_SCALE, "must be 1 for bool, bits and string");
	reg->scale = strtod(text, NULL);
	return 0;
}

static int parse_limit(const struct oht_cells *c, size_t column, int64_t *value, bool *has)
{
	static const int64_t any[2] = { INT64_MIN, INT64_MAX };

	*has = *oht_cell(c, column) != '\0';
	return *has ? oht_cell_number(c, column, any, value) : 0;
}

/* Keeps the first error; true: the check goes on. */
static bool go_on(const struct oht_cells *c, int *err, int ret)
{
	if (!*err)
		*err = ret;
	return !*err || c->csv->complaints;
}

/* A value must fit the type and the limits that were read before it. */
static int parse_value(const struct oht_cells *c, size_t column, const char *why,
		       const struct oht_register *limits, int64_t *value, bool *has)
{
	int err = parse_limit(c, column, value, has);

	if (!err && *has && !oht_register_in_range(limits, *value))
		err = oht_cell_refuse(c, column, why);
	*has &= !err;
	return err;
}

static int parse_limits(const struct oht_cells *c, struct oht_register *reg)
{
	struct oht_register open = *reg;	/* of this type, without limits */
	static const char type[] = "the type cannot hold it";
	int err = 0;

	if (!go_on(c, &err, parse_value(c, REG_MIN, type, &open, &reg->min, &reg->has_min)) ||
	    !go_on(c, &err, parse_value(c, REG_MAX, type, &open, &reg->max, &reg->has_max)))
		return err;
	if (reg->has_min && reg->has_max && reg->min > reg->max) {
		if (!go_on(c, &err, oht_cell_refuse(c, REG_MAX, "below min")))
			return err;
		reg->has_max = false;
	}
	go_on(c, &err, parse_value(c, REG_DEFAULT, "outside min and max", reg, &reg->initial,
				   &reg->has_initial));
	return err;
}

static int parse_level(const struct oht_cells *c, struct oht_register *reg)
{
	unsigned int level = 0;
	int err = oht_cell_word(c, REG_WRITE_LEVEL, level_words, &level);

	reg->write_level = level;
	if (!err && (reg->access == OHT_ACCESS_RO) != (level == OHT_WRITE_NONE))
		return oht_cell_refuse(c, REG_WRITE_LEVEL, "must be none exactly for RO");
	/* What an operator may write without elevation only stops: 1, and nothing beyond. */
	if (!err && level == OHT_WRITE_OPERATOR && !(reg->has_max && reg->max == 1))
		return oht_cell_refuse(c, REG_WRITE_LEVEL, "operator needs max 1");
	return err;
}

static int parse_rights(const struct oht_cells *c, struct oht_register *reg)
{
	int err = 0;

	if (!go_on(c, &err, parse_level(c, reg)) ||
	    !go_on(c, &err, oht_cell_yes_no(c, REG_SAFETY_CRITICAL, &reg->safety_critical)) ||
	    !go_on(c, &err, oht_cell_yes_no(c, REG_MOTION, &reg->motion)))
		return err;
	if (reg->motion && reg->access == OHT_ACCESS_RO)
		go_on(c, &err, oht_cell_refuse(c, REG_MOTION, "nothing moves by an RO register"));
	return err;
}

/* Printable characters in UTF-8, which go into answers and onto terminals as they are. */
static bool is_text(const char *text)
{
	uint32_t number;

	for (size_t bytes; *text; text += bytes) {
		bytes = oht_utf8_character(text, SIZE_MAX, &number);
		if (!bytes || number < 0x20 || (number >= 0x7f && number < 0xa0))
			return false;
	}
	return true;
}

static int parse_text(const struct oht_cells *c, size_t column, size_t bytes_max, const char **text)
{
	*text = oht_cell(c, column);
	if (strlen(*text) > bytes_max)
		return oht_cell_refuse(c, column, "too long");
	return is_text(*text) ? 0 : oht_cell_refuse(c, column, "no printable text in UTF-8");
}

static int parse_texts(const struct oht_cells *c, struct oht_register *reg)
{
	int err = 0;

	if (go_on(c, &err, parse_text(c, REG_LABEL, OHT_LABEL_BYTES_MAX, &reg->label)) &&
	    go_on(c, &err, parse_text(c, REG_UNIT, OHT_UNIT_BYTES_MAX, &reg->unit)))
		go_on(c, &err, parse_text(c, REG_DESCRIPTION, DESCRIPTION_BYTES_MAX,
					  &reg->description));
	return err;
}

/* Cells whose meaning depends on the type. */
static int parse_values(const struct oht_cells *c, struct oht_register *reg)
{
	int err = 0;

	reg->words = largest_raw(reg->type) > UINT16_MAX ? 2 : 1;
	if (reg->address + reg->words - 1 > UINT16_MAX &&
	    !go_on(c, &err, oht_cell_refuse(c, REG_ADDRESS, "second word lies beyond 0xFFFF")))
		return err;
	if (go_on(c, &err, parse_scale(c, reg)))
		go_on(c, &err, parse_limits(c, reg));
	return err;
}

static int parse_access(const struct oht_cells *c, struct oht_register *reg)
{
	unsigned int access = 0;
	int err = oht_cell_word(c, REG_ACCESS, access_words, &access);

	reg->access = access;
	return err ? err : parse_rights(c, reg);
}

static int parse_type(const struct oht_cells *c, struct oht_register *reg)
{
	unsigned int type = 0;
	int err = oht_cell_word(c, REG_TYPE, type_words, &type);

	reg->type = type;
	return err ? err : parse_values(c, reg);
}

static int parse_register(const struct oht_cells *c, struct oht_register_row *row)
{
	static const int64_t addresses[2] = { 0, UINT16_MAX };
	struct oht_register *reg = &row->reg;
	int64_t address = 0;
	int err = 0;

	if (!go_on(c, &err, parse_profile(c, row)) ||
	    !go_on(c, &err, oht_cell_name(c, REG_MODULE, &row->module)) ||
	    !go_on(c, &err, oht_cell_number(c, REG_ADDRESS, addresses, &address)))
		return err;
	reg->address = (uint16_t)address;
	if (go_on(c, &err, oht_cell_name(c, REG_NAME, &reg->name)) &&
	    go_on(c, &err, parse_texts(c, reg)) && go_on(c, &err, parse_type(c, reg)))
		go_on(c, &err, parse_access(c, reg));
	return err;
}

static bool is_signal_name(const char *text)
{
	size_t n = strlen(text);

	return *text >= 'a' && *text <= 'z' && n > 1 && n <= OHT_SIGNAL_NAME_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static bool is_taken(const char *text)
{
	for (size_t i = 0; taken_names[i]; i++)
		if (!strcmp(taken_names[i], text))
			return true;
	return false;
}

/* The rest of the row is good. */
static int parse_history(const struct oht_cells *c, struct oht_register_row *row)
{
	const char *text = oht_cell(c, 0);
	const struct oht_register *reg = &row->reg;

	if (!*text)
		return 0;
	if (!is_signal_name(text))
		return oht_cell_refuse(c, 0, "not a name of a signal: a letter, then 1 to 30 of a-z, 0-9 and _");
	if (is_taken(text))
		return oht_cell_refuse(c, 0, "a name that is built in");
	if (!strcmp(row->module, "system"))
		return oht_cell_refuse(c, 0, "a register of every module is no signal");
	if (reg->access == OHT_ACCESS_WO)
		return oht_cell_refuse(c, 0, "a WO register is never read");
	if (reg->type == OHT_TYPE_BITS || reg->type == OHT_TYPE_STRING)
		return oht_cell_refuse(c, 0, "bits and string are no signal");
	if (reg->scale_decimals > OHT_SIGNAL_DECIMALS_MAX)
		return oht_cell_refuse(c, 0, "its scale has more than 3 digits behind the point");
	/* The history would cut such values. */
	if (reg->scale_mantissa > OHT_SIGNAL_INTEGER_MAX / largest_raw(reg->type))
		return oht_cell_refuse(c, 0, "its scale makes values with too many digits");
	row->reg.history = text;
	return 0;
}

/* The next number of a list with spaces between them, as on the wire; false: there is none that the register can hold. */
static bool next_none(const char **text, struct oht_register *reg)
{
	uint16_t words[OHT_REGISTER_WORDS_MAX];
	unsigned long long number;
	char *end;

	if (**text < '0' || **text > '9' || reg->none_count == OHT_REGISTER_NONE_MAX)
		return false;
	number = strtoull(*text, &end, (*text)[1] == 'x' ? 16 : 10);
	if ((*end && *end != ' ') || number > (unsigned long long)largest_raw(reg->type))
		return false;
	words[0] = (uint16_t)number;
	words[1] = (uint16_t)(number >> 16);
	reg->none[reg->none_count++] = oht_register_decode(reg, words);
	*text = end + strspn(end, " ");
	return true;
}

/* The rest of the row is good. */
static int parse_none(const struct oht_cells *c, struct oht_register_row *row)
{
	const char *text = oht_cell(c, 0);
	struct oht_register *reg = &row->reg;

	if (*text && reg->access == OHT_ACCESS_WO)
		return oht_cell_refuse(c, 0, "a WO register is never read");
	if (*text && reg->type == OHT_TYPE_STRING)
		return oht_cell_refuse(c, 0, "a string has no such value");
	while (*text)
		if (!next_none(&text, reg))
			return oht_cell_refuse(c, 0, "not 1 to 4 numbers as on the wire, with spaces between them");
	if (reg->has_initial && oht_register_is_none(reg, reg->initial))
		return oht_cell_refuse(c, 0, "the default is one of them");
	return 0;
}

static bool has_prefix(const char **text, const char *word)
{
	const size_t length = strlen(word);

	if (strncmp(*text, word, length))
		return false;
	*text += length;
	return true;
}

/* One number that the register can hold. */
static bool next_number(const char **text, const struct oht_register *reg, int64_t *number)
{
	unsigned long long read;
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	read = strtoull(*text, &end, (*text)[1] == 'x' ? 16 : 10);
	*text = end;
	*number = (int64_t)read;
	return read <= (unsigned long long)largest_raw(reg->type);
}

/* "alert 0x52", "stop 1-65535": the next term of a list with spaces between them; false: it is none. */
static bool next_fault(const char **text, struct oht_register *reg)
{
	struct oht_fault_term *term = &reg->fault[reg->fault_count];

	if (reg->fault_count++ == OHT_REGISTER_FAULTS_MAX)
		return false;
	term->fault = has_prefix(text, "alert ") ? OHT_FAULT_ALERT : has_prefix(text, "stop ") ? OHT_FAULT_STOP : OHT_FAULT_NONE;
	if (!term->fault || !next_number(text, reg, &term->from))
		return false;
	term->to = term->from;
	if (**text == '-' && reg->type != OHT_TYPE_BITS) {
		(*text)++;
		if (!next_number(text, reg, &term->to))
			return false;
	}
	if ((**text && **text != ' ') || term->to < term->from || (reg->type == OHT_TYPE_BITS && !term->from))
		return false;
	*text += strspn(*text, " ");
	return true;
}

/* The rest of the row is good. */
static int parse_fault(const struct oht_cells *c, struct oht_register_row *row)
{
	struct oht_register *reg = &row->reg;
	const char *text = oht_cell(c, 0);

	if (*text && reg->access == OHT_ACCESS_WO)
		return oht_cell_refuse(c, 0, "a WO register is never read");
	if (*text && (reg->type == OHT_TYPE_I16 || reg->type == OHT_TYPE_I32 || reg->type == OHT_TYPE_STRING))
		return oht_cell_refuse(c, 0, "only u16, u32, bool and bits say a fault");
	while (*text)
		if (!next_fault(&text, reg))
			return oht_cell_refuse(c, 0, "not alert or stop and a number, a range (1-65535) or a mask of bits, at most three of them");
	if (reg->has_initial && oht_register_fault(reg, reg->initial))
		return oht_cell_refuse(c, 0, "the default is one");
	return 0;
}

static bool has_column(const struct oht_csv *csv, const char *name, size_t *index)
{
	for (*index = 0; *index < csv->columns; (*index)++)
		if (!strcmp(csv->header[*index], name))
			return true;
	return false;
}

static void report_skip(const struct oht_csv *csv, const char *name, char *error)
{
	size_t index;

	if (has_column(csv, name, &index))
		return;
	for (index = 0; index < csv->columns; index++)
		if (!strcasecmp(csv->header[index], name))
			break;
	if (index == csv->columns)
		return;
	snprintf(error, OHT_ERROR_BYTES, "%.200s:1: column '%s' is skipped: the name of the column is '%s'", csv->path,
		 csv->header[index], name);
	oht_error_one_line(error);
	if (csv->complaints)
		csv->complaints->take(csv->complaints, error);
}

void oht_modmap_register_skips(const struct oht_csv *csv, char *error)
{
	*error = '\0';
	report_skip(csv, fault_column[0], error);
	report_skip(csv, none_column[0], error);
	report_skip(csv, history_column[0], error);
}

/* The columns that a table may do without, each with its parser. */
static const struct {
	const char *const *column;
	int (*parse)(const struct oht_cells *cells, struct oht_register_row *row);
} more[] = {
	{ none_column, parse_none },
	{ fault_column, parse_fault },
	{ history_column, parse_history },
};

static int parse_more(const struct oht_cells *cells, struct oht_register_row *row)
{
	struct oht_cells one = *cells;
	size_t index;
	int err = 0;

	one.index = &index;
	for (size_t i = 0; !err && i < sizeof(more) / sizeof(more[0]); i++) {
		one.names = more[i].column;
		if (has_column(one.csv, one.names[0], &index))
			err = more[i].parse(&one, row);
	}
	return err;
}

int oht_modmap_register_rows(const struct oht_csv *csv, struct oht_register_row *row, char *error)
{
	size_t index[REG_COLUMNS];
	struct oht_cells cells = {
		.csv = csv, .names = register_columns, .index = index, .error = error,
	};
	size_t i;
	int err = oht_csv_columns(csv, register_columns, index, error), ret;

	if (err)
		return err;
	for (i = 0; i < csv->rows; i++) {
		cells.row = &csv->row[i];
		row[i].csv = csv;
		row[i].line = csv->row[i].line;
		ret = parse_register(&cells, &row[i]);
		if (!ret)
			ret = parse_more(&cells, &row[i]);
		row[i].bad = ret != 0;
		if (!go_on(&cells, &err, ret))
			return err;
	}
	return err;
}

/* ---- modules ---- */

static int parse_count(const struct oht_cells *c, size_t column, int64_t max, unsigned int *count)
{
	/* No retries is a choice; no time-out, period or error count is a mistake. */
	int64_t limits[2] = { column == MOD_RETRIES ? 0 : 1, max };
	int64_t number = 0;
	int err = oht_cell_number(c, column, limits, &number);

	*count = (unsigned int)number;
	return err;
}

static int parse_loss(const struct oht_cells *c, struct oht_module *module)
{
	unsigned int moving = 0, standing = 0;
	int err = oht_cell_word(c, MOD_LOSS, loss_words, &moving);

	if (!err)
		err = oht_cell_word(c, MOD_LOSS_STANDING, loss_words, &standing);
	module->loss_action = moving;
	module->loss_action_standing = standing;
	return err;
}

static int parse_module(const struct oht_cells *c, struct oht_module *module)
{
	static const int64_t units[2] = { 1, 247 }, codes[2] = { 0, UINT16_MAX };
	int64_t unit = 0, code = 0;
	int err = oht_cell_name(c, MOD_MODULE, &module->name);

	if (!err && !strcmp(module->name, "system"))
		return oht_cell_refuse(c, MOD_MODULE, "reserved for the block of every module");
	if (!err)
		err = oht_cell_number(c, MOD_UNIT, units, &unit);
	if (!err)
		err = oht_cell_yes_no(c, MOD_REQUIRED, &module->required);
	if (!err)
		err = oht_cell_number(c, MOD_TYPE_CODE, codes, &code);
	if (!err)
		err = parse_count(c, MOD_TIMEOUT, 10000, &module->response_timeout_ms);
	if (!err)
		err = parse_count(c, MOD_RETRIES, 10, &module->retries);
	if (!err)
		err = parse_count(c, MOD_PERIOD, 60000, &module->poll_period_ms);
	if (!err)
		err = parse_count(c, MOD_DEGRADE, 100, &module->degrade_after_errors);
	module->unit = (uint8_t)unit;
	module->type_code = (uint16_t)code;
	module->description = oht_cell(c, MOD_DESCRIPTION);
	return err ? err : parse_loss(c, module);
}

/* "1.05": high byte major, low byte minor, of which people write two digits. What stands behind it, or NULL. */
static const char *read_version(const char *text, uint16_t *version)
{
	const size_t major = strspn(text, "0123456789"), minor = strspn(text + major + (text[major] == '.'), "0123456789");
	const char *point = text + major;
	unsigned long high, low;

	if (*point != '.' || major < 1 || major > 3 || minor < 2 || minor > 3)
		return NULL;
	high = strtoul(text, NULL, 10);
	low = strtoul(point + 1, NULL, 10);
	*version = (uint16_t)(high << 8 | low);
	return high > UINT8_MAX || low > UINT8_MAX ? NULL : point + 1 + minor;
}

static int parse_firmware(const struct oht_cells *c, struct oht_module *module)
{
	const char *text = oht_cell(c, 0), *end;

	if (!*text)
		return 0;
	end = read_version(text, &module->firmware[0]);
	module->firmware[1] = module->firmware[0];
	if (end && *end == '-')
		end = read_version(end + 1, &module->firmware[1]);
	if (!end || *end)
		return oht_cell_refuse(c, 0, "not a version as 1.05, nor two as 1.00-1.99");
	if (module->firmware[0] > module->firmware[1])
		return oht_cell_refuse(c, 0, "the first version is the greater one");
	return 0;
}

static int check_unique(const struct oht_cells *c, const struct oht_module *module, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!strcmp(module[i].name, module[n].name))
			return oht_cell_refuse(c, MOD_MODULE, "module twice");
		if (module[i].unit == module[n].unit)
			return oht_cell_refuse(c, MOD_UNIT, "unit address twice");
		if (module[i].type_code == module[n].type_code)
			return oht_cell_refuse(c, MOD_TYPE_CODE, "type code twice");
	}
	return 0;
}

/* By which function one register is written; there are modules that know one of the two only. */
static int parse_write(const struct oht_cells *c, struct oht_module *module)
{
	static const char *const words[] = { "6", "16", NULL };
	unsigned int index = 0;
	int err = *oht_cell(c, 0) ? oht_cell_word(c, 0, words, &index) : 0;

	module->write_function = index ? 16 : 6;
	return err;
}

static int parse_rest(const struct oht_cells *c, struct oht_module *module)
{
	static const int64_t limits[2] = { 0, OHT_REST_MAX_MS };
	int64_t rest_ms = 0;
	int err = *oht_cell(c, 0) ? oht_cell_number(c, 0, limits, &rest_ms) : 0;

	module->rest_ms = (uint8_t)rest_ms;
	return err;
}

static const struct {
	const char *const *column;
	int (*parse)(const struct oht_cells *cells, struct oht_module *module);
} more_of_modules[] = {
	{ firmware_column, parse_firmware },
	{ write_column, parse_write },
	{ rest_column, parse_rest },
};

static int parse_more_of_module(const struct oht_cells *cells, struct oht_module *module)
{
	struct oht_cells one = *cells;
	size_t index;
	int err = 0;

	module->firmware[1] = UINT16_MAX;
	module->write_function = 6;
	module->rest_ms = 0;
	one.index = &index;
	for (size_t i = 0; !err && i < sizeof(more_of_modules) / sizeof(more_of_modules[0]); i++) {
		one.names = more_of_modules[i].column;
		if (has_column(one.csv, one.names[0], &index))
			err = more_of_modules[i].parse(&one, module);
	}
	return err;
}

int oht_modmap_module_rows(const struct oht_csv *csv, struct oht_module *module, char *error)
{
	size_t index[MOD_COLUMNS];
	struct oht_cells cells = {
		.csv = csv, .names = module_columns, .index = index, .error = error,
	};
	size_t i;
	int err = oht_csv_columns(csv, module_columns, index, error);

	for (i = 0; !err && i < csv->rows; i++) {
		cells.row = &csv->row[i];
		err = parse_module(&cells, &module[i]);
		if (!err)
			err = parse_more_of_module(&cells, &module[i]);
		if (!err)
			err = check_unique(&cells, module, i);
	}
	return err;
}
