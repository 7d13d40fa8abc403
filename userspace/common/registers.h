/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what one Modbus register of a module means, and words <-> value.
 * Contexts: any, the control thread included: nothing here allocates, blocks or writes to the map.
 * Locks:    none; descriptions are constant once loaded.
 */
#ifndef OHT_COMMON_REGISTERS_H
#define OHT_COMMON_REGISTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum oht_access {
	OHT_ACCESS_RO,
	OHT_ACCESS_RW,
	OHT_ACCESS_WO,		/* a command: reading it tells nothing, never poll or cache it */
};

enum oht_type {
	OHT_TYPE_U16,
	OHT_TYPE_I16,
	OHT_TYPE_U32,		/* two words, low word at the lower address */
	OHT_TYPE_I32,		/* two words, low word at the lower address */
	OHT_TYPE_BOOL,
	OHT_TYPE_BITS,
	OHT_TYPE_STRING,	/* two words, four characters in address order */
};

/* Lowest role that may write by name, in rising order. */
enum oht_write_level {
	OHT_WRITE_NONE,		/* exactly the RO registers */
	OHT_WRITE_OPERATOR,	/* only stops: value 1 needs no elevation, no other is accepted */
	OHT_WRITE_SUPERVISOR,
	OHT_WRITE_ADMINISTRATOR,
};

#define OHT_REGISTER_WORDS_MAX	2
/* Raw values of one register that say "not available". */
#define OHT_REGISTER_NONE_MAX	4
/* Terms of the column "fault". */
#define OHT_REGISTER_FAULTS_MAX	3
/* Enough for any oht_register_text(), its NUL included. */
#define OHT_REGISTER_TEXT_BYTES	40

/* What a value of a register says of its module, in rising order. */
enum oht_fault {
	OHT_FAULT_NONE,
	OHT_FAULT_ALERT,	/* a person should look */
	OHT_FAULT_STOP,		/* the robot does not go on with it */
};

/**
 * struct oht_fault_term - values of a register that are a fault of its module
 * @fault: enum oht_fault
 * @from: lowest raw value; of type bits a mask: one of these bits is set
 * @to: highest one; not used with bits
 */
struct oht_fault_term {
	uint8_t fault;
	int64_t from;
	int64_t to;
};

/**
 * struct oht_register - one row of registers.csv
 * @address: zero-based, as on the wire
 * @words: registers that it covers: 1, or 2 for u32, i32 and string
 * @name: [a-z0-9_]+, once per effective map
 * @label: for people
 * @unit: "V", "mm/s"; "" without one
 * @description: for people
 * @history: name of the signal that it is; NULL: none
 * @scale_text: scale as written in the data, an exact positive decimal: value = raw x scale
 * @scale: the same, rounded to a double
 * @scale_mantissa: scale = mantissa / 10^decimals, exactly
 * @scale_decimals: see @scale_mantissa
 * @min: lowest raw value, if @has_min; refuse writes and report reads outside
 * @max: highest raw value, if @has_max
 * @initial: raw value of a new module, if @has_initial (column "default")
 * @none: raw values that are no measurement: the module has none (column "none")
 * @none_count: how many of these there are
 * @fault: which values are a fault of the module (column "fault")
 * @fault_count: how many of these there are
 * @safety_critical: a write also needs elevation and is audited; on RO it concerns the safety of people (which values do what: @fault)
 * @motion: a write can move the robot or change where it believes it is
 * @added: from a file of the user: it is read beside the plan of the bus
 */
struct oht_register {
	uint16_t address;
	uint8_t words;
	enum oht_type type;
	enum oht_access access;
	enum oht_write_level write_level;
	const char *name;
	const char *label;
	const char *unit;
	const char *description;
	const char *history;
	const char *scale_text;
	double scale;
	int64_t scale_mantissa;
	unsigned int scale_decimals;
	int64_t min;
	int64_t max;
	int64_t initial;
	int64_t none[OHT_REGISTER_NONE_MAX];
	uint8_t none_count;
	uint8_t fault_count;
	struct oht_fault_term fault[OHT_REGISTER_FAULTS_MAX];
	bool has_min;
	bool has_max;
	bool has_initial;
	bool safety_critical;
	bool motion;
	bool added;
};

/**
 * struct oht_regmap - the effective map of one module under one profile
 * @count: registers in @reg
 * @reg: in rising order of address, never overlapping
 * @by_name: private index
 */
struct oht_regmap {
	size_t count;
	struct oht_register *reg;
	const struct oht_register **by_name;
};

/* The register that covers @address (also its second word), or NULL. */
const struct oht_register *oht_regmap_at(const struct oht_regmap *map, uint16_t address);

/* The register called @name, or NULL. */
const struct oht_register *oht_regmap_find(const struct oht_regmap *map, const char *name);

/**
 * oht_register_decode() - words as they came from the wire -> raw value
 * @reg: what the words are
 * @words: @reg->words of them, in host order, lowest address first
 *
 * i16 and i32 are sign-extended; the four characters of a string come as a u32 would.
 */
int64_t oht_register_decode(const struct oht_register *reg, const uint16_t *words);

/**
 * oht_register_encode() - raw value -> words for the wire
 * @reg: what the words are to be
 * @raw: must be inside min and max and inside what the type can hold
 * @words: takes @reg->words of them
 *
 * Return: 0, or -ERANGE (and @words untouched).
 */
int oht_register_encode(const struct oht_register *reg, int64_t raw, uint16_t *words);

/* Does the module say by @raw that it has no value? */
bool oht_register_is_none(const struct oht_register *reg, int64_t raw);

/* The gravest fault of the module that @raw is; a number that is no value is none. */
enum oht_fault oht_register_fault(const struct oht_register *reg, int64_t raw);

/* Is @raw inside min and max and inside what the type can hold? */
bool oht_register_in_range(const struct oht_register *reg, int64_t raw);

/*
 * May @raw be written, as far as the value goes? In range, and a value; and what only stops takes 1, which every
 * other value might take back.
 */
bool oht_register_takes(const struct oht_register *reg, int64_t raw);

/* Needs a write to it an elevated session? */
bool oht_register_needs_elevation(const struct oht_register *reg);

/* @raw in @reg->unit, rounded to a double. Use oht_register_text() where exactness matters. */
double oht_register_value(const struct oht_register *reg, int64_t raw);

/**
 * oht_register_text() - what the words say, exactly, without the unit
 * @reg: what the words are
 * @words: @reg->words of them
 * @text: takes the answer
 *
 * Numbers, bool and bits as a plain decimal ("-12.5"), strings as their characters with everything
 * unprintable as "?" and trailing NULs and spaces dropped.
 */
void oht_register_text(const struct oht_register *reg, const uint16_t *words,
		       char text[OHT_REGISTER_TEXT_BYTES]);

/**
 * oht_register_parse() - text in the register's unit -> the nearest raw value
 * @reg: what it is for; a string has no number
 * @text: plain decimal ("-12.5"); with a scale of 1 also 0x and hexadecimal digits
 * @raw: takes it on success
 *
 * What oht_register_text() has written comes back as the same raw value.
 *
 * Return: 0, -EINVAL for what is no number, -ERANGE outside min and max or the type.
 */
int oht_register_parse(const struct oht_register *reg, const char *text, int64_t *raw);

/**
 * oht_register_raw() - number in the register's unit -> raw value
 * @reg: what it is for
 * @value: the number
 * @raw: takes the nearest raw value, of -EDOM, too
 *
 * Return: 0, -EINVAL: the register is a text, -ERANGE: far beyond every register, or not a number, -EDOM: no multiple of the scale.
 */
int oht_register_raw(const struct oht_register *reg, double value, int64_t *raw);

/* Lowest and highest raw value that oht_register_in_range() takes. */
void oht_register_limits(const struct oht_register *reg, int64_t *min, int64_t *max);

/* Words of the data files for the enumerations above: "RO", "u16", "operator". */
const char *oht_access_name(enum oht_access access);
const char *oht_type_name(enum oht_type type);
const char *oht_write_level_name(enum oht_write_level level);

#endif
