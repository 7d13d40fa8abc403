// SPDX-License-Identifier: GPL-2.0-or-later
#include "json/writer.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"
#include "json/member.h"

/* Fifteen digits give each decimal back, seventeen each double. */
#define DIGITS_MIN	15
#define DIGITS_MAX	17
#define NS_PER_MS	1000000
#define NS_PER_S	1000000000LL
#define S_PER_DAY	86400
/* 9999-12-31T23:59:59Z */
#define YEAR_9999_S	253402300799LL

/* ---- room ---- */

void ohtd_writer_begin(struct ohtd_writer *writer, const struct ohtd_memory *memory,
		       size_t hint_bytes)
{
	*writer = (struct ohtd_writer){ .memory = memory, .size = hint_bytes ? hint_bytes : 64 };
	writer->text = memory->take(memory->from, writer->size);
}

/* Room for @bytes more; returns where they go. */
static char *room(struct ohtd_writer *writer, size_t bytes)
{
	if (writer->size - writer->used < bytes) {
		size_t size = 2 * writer->size + bytes;
		char *text = writer->memory->take(writer->memory->from, size);

		memcpy(text, writer->text, writer->used);
		writer->text = text;
		writer->size = size;
	}
	return writer->text + writer->used;
}

void ohtd_write_bytes(struct ohtd_writer *writer, const char *bytes, size_t count)
{
	memcpy(room(writer, count), bytes, count);
	writer->used += count;
}

static void put(struct ohtd_writer *writer, char c)
{
	*room(writer, 1) = c;
	writer->used++;
}

#define PUT_WORD(writer, word)	ohtd_write_bytes(writer, word, sizeof(word) - 1)

/* ---- texts ---- */

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
}

static void put_control(struct ohtd_writer *writer, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char *const names = "btn_fr";	/* from 8 on; 11 has no letter */
	char *at = room(writer, 6);

	if (c >= 8 && c <= 13 && c != 11) {
		at[0] = '\\';
		at[1] = names[c - 8];
		writer->used += 2;
		return;
	}
	at[0] = '\\';
	at[1] = 'u';
	at[2] = at[3] = '0';
	at[4] = hex[c >> 4];
	at[5] = hex[c & 15];
	writer->used += 6;
}

/* One character that is not written as it is; returns how many bytes of the text it had. */
static size_t put_special(struct ohtd_writer *writer, const unsigned char *text)
{
	size_t bytes;

	if (*text == '"' || *text == '\\') {
		put(writer, '\\');
		put(writer, (char)*text);
		return 1;
	}
	if (*text < ' ') {
		put_control(writer, *text);
		return 1;
	}
	bytes = oht_utf8_character((const char *)text, SIZE_MAX, NULL);
	if (bytes)
		ohtd_write_bytes(writer, (const char *)text, bytes);
	else
		PUT_WORD(writer, "\xef\xbf\xbd");
	return bytes ? bytes : 1;
}

static void put_text(struct ohtd_writer *writer, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	if (!text) {
		PUT_WORD(writer, "null");
		return;
	}
	put(writer, '"');
	while (*at) {
		size_t plain = 0;

		while (is_plain(at[plain]))
			plain++;
		ohtd_write_bytes(writer, (const char *)at, plain);
		at += plain;
		if (*at)
			at += put_special(writer, at);
	}
	put(writer, '"');
}

/* ---- numbers and times ---- */

static void put_unsigned(struct ohtd_writer *writer, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	ohtd_write_bytes(writer, digits + at, sizeof(digits) - at);
}

static void put_integer(struct ohtd_writer *writer, int64_t value)
{
	if (value < 0)
		put(writer, '-');
	put_unsigned(writer, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

/* 79.9, not 79.900000000000006. */
int ohtd_number_text(char text[static OHTD_NUMBER_BYTES], double value)
{
	int n, digits = DIGITS_MIN;

	do {
		n = snprintf(text, OHTD_NUMBER_BYTES, "%.*g", digits, value + 0.0);
	} while (digits++ < DIGITS_MAX && strtod(text, NULL) != value);
	return n;
}

/* ".0" tells a number with decimals from an integer. */
static void put_number(struct ohtd_writer *writer, double value)
{
	char text[OHTD_NUMBER_BYTES];
	int n;

	if (!isfinite(value)) {
		PUT_WORD(writer, "null");
		return;
	}
	if (fabs(value) < 1e15 && value == (double)(int64_t)value) {
		put_integer(writer, (int64_t)value);
		PUT_WORD(writer, ".0");
		return;
	}
	n = ohtd_number_text(text, value);
	ohtd_write_bytes(writer, text, (size_t)n);
	if (!strpbrk(text, ".e"))
		PUT_WORD(writer, ".0");
}

/* Days since 1970 to a date; the year begins in March, so that the leap day is its last. */
static void date_of(int64_t days, int *year, int *month, int *day)
{
	int64_t era_day = (days + 719468) % 146097, era = (days + 719468) / 146097;
	int64_t year_of_era = (era_day - era_day / 1460 + era_day / 36524 - era_day / 146096) / 365;
	int64_t day_of_year = era_day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted = (5 * day_of_year + 2) / 153;

	*day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
	*month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
	*year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static char *digits(char *at, int value, int count)
{
	for (int i = count - 1; i >= 0; i--) {
		at[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return at + count;
}

void ohtd_time_text(int64_t wall_ns, char *text)
{
	int64_t wall_s = wall_ns / NS_PER_S;
	int second = (int)(wall_s % S_PER_DAY), year, month, day;

	date_of(wall_s / S_PER_DAY, &year, &month, &day);
	text = digits(text, year, 4);
	*text++ = '-';
	text = digits(text, month, 2);
	*text++ = '-';
	text = digits(text, day, 2);
	*text++ = 'T';
	text = digits(text, second / 3600, 2);
	*text++ = ':';
	text = digits(text, second / 60 % 60, 2);
	*text++ = ':';
	text = digits(text, second % 60, 2);
	*text++ = '.';
	text = digits(text, (int)(wall_ns % NS_PER_S / NS_PER_MS), 3);
	*text = 'Z';
}

static void put_time(struct ohtd_writer *writer, int64_t wall_ns)
{
	put(writer, '"');
	ohtd_time_text(wall_ns, room(writer, OHTD_TIME_BYTES));
	writer->used += OHTD_TIME_BYTES;
	put(writer, '"');
}

/* ---- members ---- */

static const void *pointer_at(const void *at)
{
	const void *pointer;

	memcpy(&pointer, at, sizeof(pointer));
	return pointer;
}

static bool integer_is_null(const struct ohtd_member *member, int64_t value)
{
	if (member->type == OHTD_IS_TIME)
		return value < 0 || value / NS_PER_S > YEAR_9999_S;
	if (member->as == OHTD_AS_I64)
		return value == OHTD_NONE;
	return member->type == OHTD_IS_WORD && value == -1;
}

static bool scalar_is_null(const void *at)
{
	const struct ohtd_scalar *scalar = at;

	return (scalar->type == OHTD_IS_TEXT || scalar->type == OHTD_IS_DECIMAL) && !scalar->text;
}

static bool is_null(const struct ohtd_member *member, const void *base)
{
	const char *at = (const char *)base + member->offset;

	switch (member->type) {
	case OHTD_IS_TEXT:
	case OHTD_IS_DECIMAL:
	case OHTD_IS_OBJECT:
		return !pointer_at(at);
	case OHTD_IS_INTEGER:
	case OHTD_IS_WORD:
	case OHTD_IS_TIME:
		return integer_is_null(member, ohtd_member_load(member, base));
	case OHTD_IS_NUMBER:
		return !isfinite(*(const double *)(const void *)at);
	case OHTD_IS_TRISTATE:
		return *(const int8_t *)at < 0;
	case OHTD_IS_LIST:
	case OHTD_IS_TEXTS:
		return member->flags & (OHTD_NULL | OHTD_OMIT) && !pointer_at(at);
	case OHTD_IS_SCALAR:
		return member->flags & OHTD_OMIT && scalar_is_null(at);
	case OHTD_IS_DECIMALS:
		return member->flags & OHTD_OMIT && !((const struct ohtd_decimals *)(const void *)at)->values;
	default:
		return false;
	}
}

static void put_scalar(struct ohtd_writer *writer, const struct ohtd_scalar *scalar)
{
	if (scalar->type == OHTD_IS_INTEGER)
		put_integer(writer, scalar->number);
	else if (scalar->type == OHTD_IS_BOOLEAN)
		ohtd_write_json(writer, scalar->number ? "true" : "false");
	else if (scalar->type == OHTD_IS_DECIMAL && scalar->text)
		ohtd_write_bytes(writer, scalar->text, strlen(scalar->text));
	else
		put_text(writer, scalar->text);
}

static size_t count_at(const struct ohtd_member *member, const void *base)
{
	size_t count;

	memcpy(&count, (const char *)base + member->count_offset, sizeof(count));
	return count;
}

static void put_list(struct ohtd_writer *writer, const struct ohtd_member *member, const void *base)
{
	const char *item = pointer_at((const char *)base + member->offset);
	size_t count = count_at(member, base);

	put(writer, '[');
	for (size_t i = 0; item && i < count; i++) {
		if (i)
			put(writer, ',');
		if (member->type == OHTD_IS_TEXTS)
			put_text(writer, ((const char *const *)(const void *)item)[i]);
		else
			ohtd_write_shape(writer, member->shape, item + i * member->shape->bytes);
	}
	put(writer, ']');
}

/* All its digits, and the point. */
static void put_decimal(struct ohtd_writer *writer, int64_t value, unsigned int decimals)
{
	uint64_t whole = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	char digits[24];
	size_t at = sizeof(digits);

	for (unsigned int i = 0; i < decimals; i++, whole /= 10)
		digits[--at] = (char)('0' + whole % 10);
	if (decimals)
		digits[--at] = '.';
	do {
		digits[--at] = (char)('0' + whole % 10);
		whole /= 10;
	} while (whole);
	if (value < 0)
		digits[--at] = '-';
	ohtd_write_bytes(writer, digits + at, sizeof(digits) - at);
}

static void put_decimals(struct ohtd_writer *writer, const struct ohtd_decimals *list)
{
	put(writer, '[');
	for (size_t i = 0; i < list->count; i++) {
		if (i)
			put(writer, ',');
		if (list->values[i] == OHTD_NONE)
			PUT_WORD(writer, "null");
		else
			put_decimal(writer, list->values[i], list->decimals);
	}
	put(writer, ']');
}

static void put_value(struct ohtd_writer *writer, const struct ohtd_member *member,
		      const void *base)
{
	const void *at = (const char *)base + member->offset;
	const char *text;

	switch (member->type) {
	case OHTD_IS_TEXT:
		put_text(writer, pointer_at(at));
		break;
	case OHTD_IS_DECIMAL:
		text = pointer_at(at);
		ohtd_write_bytes(writer, text, strlen(text));
		break;
	case OHTD_IS_INTEGER:
		if (member->as == OHTD_AS_U64)
			put_unsigned(writer, *(const uint64_t *)at);
		else
			put_integer(writer, ohtd_member_load(member, base));
		break;
	case OHTD_IS_NUMBER:
		put_number(writer, *(const double *)at);
		break;
	case OHTD_IS_BOOLEAN:
		ohtd_write_json(writer, *(const bool *)at ? "true" : "false");
		break;
	case OHTD_IS_TRISTATE:
		ohtd_write_json(writer, *(const int8_t *)at ? "true" : "false");
		break;
	case OHTD_IS_WORD:
		put_text(writer, ohtd_word_of(member->words, ohtd_member_load(member, base)));
		break;
	case OHTD_IS_TIME:
		put_time(writer, *(const int64_t *)at);
		break;
	case OHTD_IS_OBJECT:
		ohtd_write_shape(writer, member->shape, pointer_at(at));
		break;
	case OHTD_IS_LIST:
	case OHTD_IS_TEXTS:
		put_list(writer, member, base);
		break;
	case OHTD_IS_DECIMALS:
		put_decimals(writer, at);
		break;
	case OHTD_IS_SCALAR:
		put_scalar(writer, at);
		break;
	case OHTD_IS_PART:
		break;
	}
}

/* Returns whether anything has been written so far. */
static bool put_members(struct ohtd_writer *writer, const struct ohtd_shape *shape,
			const void *view, bool any)
{
	unsigned int unsaid = OHTD_OMIT | (writer->no_null ? OHTD_NULL : 0);

	for (size_t i = 0; i < shape->count; i++) {
		const struct ohtd_member *member = &shape->members[i];
		bool null = is_null(member, view);

		if (member->flags & writer->left_out)
			continue;
		if (member->type == OHTD_IS_PART) {
			const void *part = (const char *)view + member->offset;

			if (member->flags & OHTD_OMIT)
				part = pointer_at(part);
			if (part)
				any = put_members(writer, member->shape, part, any);
			continue;
		}
		if (null && (writer->sparse || member->flags & unsaid))
			continue;
		if (any)
			put(writer, ',');
		ohtd_write_bytes(writer, member->key, member->key_bytes);
		any = true;
		if (!null) {
			put_value(writer, member, view);
			continue;
		}
		PUT_WORD(writer, "null");
		if (!(member->flags & OHTD_NULL) && !writer->fault)
			writer->fault = member->name;
	}
	return any;
}

void ohtd_write_shape(struct ohtd_writer *writer, const struct ohtd_shape *shape, const void *view)
{
	put(writer, '{');
	put_members(writer, shape, view, false);
	put(writer, '}');
}

/* ---- by hand ---- */

static void comma(struct ohtd_writer *writer)
{
	if (writer->used && !strchr("{[:,", writer->text[writer->used - 1]))
		put(writer, ',');
}

void ohtd_write_open(struct ohtd_writer *writer, char bracket)
{
	comma(writer);
	put(writer, bracket);
}

void ohtd_write_close(struct ohtd_writer *writer, char bracket)
{
	put(writer, bracket);
}

void ohtd_write_key(struct ohtd_writer *writer, const char *key)
{
	comma(writer);
	put_text(writer, key);
	put(writer, ':');
}

void ohtd_write_text(struct ohtd_writer *writer, const char *text)
{
	comma(writer);
	put_text(writer, text);
}

void ohtd_write_integer(struct ohtd_writer *writer, int64_t value)
{
	comma(writer);
	put_integer(writer, value);
}

void ohtd_write_boolean(struct ohtd_writer *writer, bool value)
{
	ohtd_write_json(writer, value ? "true" : "false");
}

void ohtd_write_json(struct ohtd_writer *writer, const char *json)
{
	comma(writer);
	ohtd_write_bytes(writer, json, strlen(json));
}

void ohtd_write_pair(struct ohtd_writer *writer, const char *key, const char *text)
{
	ohtd_write_key(writer, key);
	ohtd_write_text(writer, text);
}
