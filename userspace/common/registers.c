// SPDX-License-Identifier: GPL-2.0-or-later
/* Registers of a module: look-ups, words <-> raw values, text. */
#include "common/registers.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"

/* Register whose words begin at or before @address, or NULL. */
static const struct oht_register *last_not_above(const struct oht_regmap *map, uint16_t address)
{
	size_t low = 0, high = map->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map->reg[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &map->reg[low - 1] : NULL;
}

const struct oht_register *oht_regmap_at(const struct oht_regmap *map, uint16_t address)
{
	const struct oht_register *reg = last_not_above(map, address);

	return reg && address - reg->address < reg->words ? reg : NULL;
}

static int name_against(const void *key, const void *element)
{
	const struct oht_register *const *reg = element;

	return strcmp(key, (*reg)->name);
}

const struct oht_register *oht_regmap_find(const struct oht_regmap *map, const char *name)
{
	const struct oht_register **found;

	if (!map->count)
		return NULL;
	found = bsearch(name, map->by_name, map->count, sizeof(*map->by_name), name_against);
	return found ? *found : NULL;
}

int64_t oht_register_decode(const struct oht_register *reg, const uint16_t *words)
{
	uint32_t both = words[0];

	if (reg->words == 2)
		both |= (uint32_t)words[1] << 16;
	switch (reg->type) {
	case OHT_TYPE_I16:
		return (int16_t)words[0];
	case OHT_TYPE_I32:
		return (int32_t)both;
	default:
		return both;
	}
}

static void type_limits(enum oht_type type, int64_t *min, int64_t *max)
{
	switch (type) {
	case OHT_TYPE_I16:
		*min = INT16_MIN;
		*max = INT16_MAX;
		break;
	case OHT_TYPE_I32:
		*min = INT32_MIN;
		*max = INT32_MAX;
		break;
	case OHT_TYPE_U32:
	case OHT_TYPE_STRING:
		*min = 0;
		*max = UINT32_MAX;
		break;
	case OHT_TYPE_BOOL:
		*min = 0;
		*max = 1;
		break;
	default:
		*min = 0;
		*max = UINT16_MAX;
	}
}

void oht_register_limits(const struct oht_register *reg, int64_t *min, int64_t *max)
{
	type_limits(reg->type, min, max);
	if (reg->has_min && reg->min > *min)
		*min = reg->min;
	if (reg->has_max && reg->max < *max)
		*max = reg->max;
}

bool oht_register_is_none(const struct oht_register *reg, int64_t raw)
{
	for (unsigned int i = 0; i < reg->none_count; i++)
		if (reg->none[i] == raw)
			return true;
	return false;
}

static bool holds(const struct oht_register *reg, const struct oht_fault_term *term, int64_t raw)
{
	return reg->type == OHT_TYPE_BITS ? raw & term->from : raw >= term->from && raw <= term->to;
}

enum oht_fault oht_register_fault(const struct oht_register *reg, int64_t raw)
{
	enum oht_fault gravest = OHT_FAULT_NONE;

	for (unsigned int i = 0; i < reg->fault_count; i++)
		if (reg->fault[i].fault > gravest && holds(reg, &reg->fault[i], raw) && !oht_register_is_none(reg, raw))
			gravest = reg->fault[i].fault;
	return gravest;
}

bool oht_register_in_range(const struct oht_register *reg, int64_t raw)
{
	int64_t min, max;

	oht_register_limits(reg, &min, &max);
	return raw >= min && raw <= max;
}

bool oht_register_takes(const struct oht_register *reg, int64_t raw)
{
	return oht_register_in_range(reg, raw) && !oht_register_is_none(reg, raw) &&
	       (reg->write_level != OHT_WRITE_OPERATOR || raw == 1);
}

bool oht_register_needs_elevation(const struct oht_register *reg)
{
	return reg->access != OHT_ACCESS_RO && reg->safety_critical &&
	       reg->write_level != OHT_WRITE_OPERATOR;
}

/* -12, 12.5, .5; neither "-" nor "1." nor exponents. */
static bool is_decimal(const char *text)
{
	const char *digits = text + (text[0] == '-');
	size_t whole = strspn(digits, "0123456789"), part = 0;

	if (digits[whole] == '.') {
		part = strspn(digits + whole + 1, "0123456789");
		if (!part)
			return false;
		part++;
	}
	return whole + part && !digits[whole + part];
}

int oht_register_parse(const struct oht_register *reg, const char *text, int64_t *raw)
{
	bool plain = reg->scale_mantissa == 1 && !reg->scale_decimals;
	double value;
	int r;

	if (reg->type == OHT_TYPE_STRING)
		return -EINVAL;
	if (plain && text[0] == '0' && text[1] == 'x') {
		r = oht_number_parse(text, 0, UINT32_MAX, raw);
		if (r)
			return r;
		return oht_register_in_range(reg, *raw) ? 0 : -ERANGE;
	}
	if (!is_decimal(text))
		return -EINVAL;
	value = strtod(text, NULL) / reg->scale;
	/* Far beyond every register, and still exact. */
	if (!(value > -1e15 && value < 1e15))
		return -ERANGE;
	*raw = llround(value);
	return oht_register_in_range(reg, *raw) ? 0 : -ERANGE;
}

int oht_register_raw(const struct oht_register *reg, double value, int64_t *raw)
{
	double exact = value / reg->scale;

	if (reg->type == OHT_TYPE_STRING)
		return -EINVAL;
	if (!(fabs(exact) < 1e12))
		return -ERANGE;
	*raw = llround(exact);
	return fabs(exact - (double)*raw) < 1e-6 * (1 + fabs(exact)) ? 0 : -EDOM;
}

int oht_register_encode(const struct oht_register *reg, int64_t raw, uint16_t *words)
{
	if (!oht_register_in_range(reg, raw))
		return -ERANGE;
	words[0] = (uint16_t)raw;
	if (reg->words == 2)
		words[1] = (uint16_t)((uint64_t)raw >> 16);
	return 0;
}

double oht_register_value(const struct oht_register *reg, int64_t raw)
{
	return (double)raw * reg->scale;
}

static void string_text(const uint16_t *words, char *text)
{
	int i, len = 0;

	for (i = 0; i < 4; i++) {
		int c = i & 1 ? words[i / 2] & 0xff : words[i / 2] >> 8;

		text[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
		if (c && c != ' ')
			len = i + 1;
	}
	text[len] = '\0';
}

/* Fits 64 bits: the loader refuses a scale whose mantissa could carry a raw value beyond. */
static void number_text(const struct oht_register *reg, int64_t raw, char *text)
{
	int64_t all = raw * reg->scale_mantissa;
	uint64_t size = all < 0 ? -(uint64_t)all : (uint64_t)all;
	uint64_t power = 1;
	unsigned int decimals;

	for (decimals = 0; decimals < reg->scale_decimals; decimals++)
		power *= 10;
	if (decimals)
		snprintf(text, OHT_REGISTER_TEXT_BYTES, "%s%" PRIu64 ".%0*" PRIu64,
			 all < 0 ? "-" : "", size / power, (int)decimals, size % power);
	else
		snprintf(text, OHT_REGISTER_TEXT_BYTES, "%" PRId64, all);
}

void oht_register_text(const struct oht_register *reg, const uint16_t *words,
		       char text[OHT_REGISTER_TEXT_BYTES])
{
	if (reg->type == OHT_TYPE_STRING)
		string_text(words, text);
	else
		number_text(reg, oht_register_decode(reg, words), text);
}

const char *oht_access_name(enum oht_access access)
{
	static const char *const name[] = { "RO", "RW", "WO" };

	return name[access];
}

const char *oht_type_name(enum oht_type type)
{
	static const char *const name[] = { "u16", "i16", "u32", "i32", "bool", "bits", "string" };

	return name[type];
}

const char *oht_write_level_name(enum oht_write_level level)
{
	static const char *const name[] = { "none", "operator", "supervisor", "administrator" };

	return name[level];
}
