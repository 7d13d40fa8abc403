// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/form.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/utf8.h"

static const void *at(const void *base, size_t offset)
{
	return (const char *)base + offset;
}

static uint32_t count_of(const void *from, const struct form_row *row)
{
	return *(const uint32_t *)at(from, row->count_at);
}

const char *form_word(const struct form_words *words, enum fleet_version version, unsigned int number)
{
	const char *word = number < FORM_WORDS_MAX ? words->word[version][number] : NULL;

	return word ? word : "";
}

/* ---- writing ---- */

/* json-c would write 0.1 as 0.10000000000000001. */
static struct json_object *write_number(double number)
{
	char text[32];

	snprintf(text, sizeof(text), "%.10g", number);
	return json_object_new_double_s(number, text);
}

static struct json_object *write_texts(const struct form_row *row, const void *from)
{
	struct json_object *list = json_object_new_array();

	for (uint32_t i = 0; list && i < count_of(from, row); i++)
		json_object_array_add(list, json_object_new_string(at(from, row->at + i * row->bytes)));
	return list;
}

static struct json_object *write_list(struct json_object *list, const struct form_row *row, enum fleet_version version, const void *from,
				      unsigned int without)
{
	for (uint32_t i = 0; list && i < count_of(from, row); i++)
		json_object_array_add(list, form_write(row->rows, version, at(from, row->at + i * row->bytes), without));
	return list;
}

static bool left_out(const struct form_row *row, const void *from)
{
	const void *value = at(from, row->at);

	if (!(row->flags & FORM_OPTIONAL))
		return false;
	switch (row->kind) {
	case FORM_TEXT:
	case FORM_VALUE:
		return !*(const char *)value;
	case FORM_NUMBER:
		return !isfinite(*(const double *)value);
	case FORM_OBJECT:
		return !*(const bool *)value;
	case FORM_TEXTS:
	case FORM_LIST:
		return !count_of(from, row);
	default:
		return false;
	}
}

static struct json_object *write_value(const struct form_row *row, enum fleet_version version, const void *from, unsigned int without)
{
	const void *value = at(from, row->at);

	switch (row->kind) {
	case FORM_TEXT:
		return json_object_new_string(value);
	case FORM_COUNT:
		return json_object_new_int64(*(const uint32_t *)value);
	case FORM_NUMBER:
		return write_number(*(const double *)value);
	case FORM_FLAG:
		return json_object_new_boolean(*(const bool *)value);
	case FORM_WORD:
		return json_object_new_string(form_word(row->words, version, *(const unsigned int *)value));
	case FORM_TEXTS:
		return write_texts(row, from);
	case FORM_OBJECT:
		return form_write(row->rows, version, value, without);
	case FORM_LIST:
		return write_list(json_object_new_array(), row, version, from, without);
	case FORM_VALUE:
		return json_tokener_parse(value);
	default:
		return NULL;
	}
}

struct json_object *form_write(const struct form_row *rows, enum fleet_version version, const void *from, unsigned int without)
{
	struct json_object *object = json_object_new_object(), *there;

	for (const struct form_row *row = rows; object && row->kind != FORM_END; row++) {
		const char *name = row->names[version];

		if (!name || row->kind == FORM_UNUSED || (row->flags & without) || left_out(row, from))
			continue;
		if (row->kind == FORM_LIST && json_object_object_get_ex(object, name, &there))
			write_list(there, row, version, from, without);
		else
			json_object_object_add(object, name, write_value(row, version, from, without));
	}
	return object;
}

/* ---- reading ---- */

bool form_is_utf8(const char *text, size_t bytes)
{
	size_t at = 0, step = 1;

	while (at < bytes && text[at] && step) {
		step = oht_utf8_character(text + at, bytes - at, NULL);
		at += step;
	}
	return at == bytes;
}

struct json_object *form_parse(const char *text, size_t bytes)
{
	struct json_tokener *tokener = form_is_utf8(text, bytes) ? json_tokener_new() : NULL;
	struct json_object *value;

	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	value = json_tokener_parse_ex(tokener, text, (int)bytes);
	json_tokener_free(tokener);
	return value;
}

static enum form_verdict blame(struct form_fault *fault, enum form_verdict verdict, const char *name)
{
	fault->verdict = verdict;
	snprintf(fault->place, sizeof(fault->place), "%s", name);
	return verdict;
}

/* Puts the place of the outer member in front. */
static enum form_verdict blame_inside(struct form_fault *fault, const char *name, int place)
{
	char inner[FORM_PLACE_BYTES];

	memcpy(inner, fault->place, sizeof(inner));
	if (place < 0)
		snprintf(fault->place, sizeof(fault->place), "%.60s.%.60s", name, inner);
	else
		snprintf(fault->place, sizeof(fault->place), "%.50s[%d]%s%.60s", name, place, *inner ? "." : "", inner);
	return fault->verdict;
}

static bool has_control_bytes(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static enum form_verdict read_text(const struct form_row *row, struct json_object *value, char *to)
{
	const char *text = json_object_get_string(value);

	if (!json_object_is_type(value, json_type_string) || has_control_bytes(text) || strlen(text) != (size_t)json_object_get_string_len(value))
		return FORM_WRONG;
	/* An identifier must not be empty: it would name nothing. */
	if (!*text && !(row->flags & FORM_OPTIONAL))
		return FORM_WRONG;
	if (strlen(text) >= row->bytes)
		return FORM_TOO_LARGE;
	strcpy(to, text);
	return FORM_FINE;
}

static bool in_range(const struct form_row *row, double number)
{
	return isfinite(number) && (row->low == row->high || (number >= row->low && number <= row->high));
}

static bool read_count(const struct form_row *row, struct json_object *value, uint32_t *to)
{
	double number = json_object_get_double(value);

	if (!json_object_is_type(value, json_type_int) && !json_object_is_type(value, json_type_double))
		return false;
	if (!in_range(row, number) || number < 0 || number > UINT32_MAX || number != floor(number))
		return false;
	*to = (uint32_t)number;
	return true;
}

static bool read_number(const struct form_row *row, struct json_object *value, double *to)
{
	if (!json_object_is_type(value, json_type_int) && !json_object_is_type(value, json_type_double))
		return false;
	*to = json_object_get_double(value);
	return in_range(row, *to);
}

static bool read_word(const struct form_row *row, enum fleet_version version, struct json_object *value, unsigned int *to)
{
	const char *text = json_object_get_string(value);

	if (!json_object_is_type(value, json_type_string))
		return false;
	for (*to = 0; *to < FORM_WORDS_MAX && row->words->word[version][*to]; ++*to)
		if (!strcmp(text, row->words->word[version][*to]))
			return true;
	return false;
}

static enum form_verdict read_any(const struct form_row *row, struct json_object *value, char *to)
{
	const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);

	if (!text || strlen(text) >= row->bytes)
		return FORM_TOO_LARGE;
	strcpy(to, text);
	return FORM_FINE;
}

static enum form_verdict read_list(const struct form_row *row, enum fleet_version version, struct json_object *list, void *to,
				   struct form_fault *fault)
{
	size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	char *items = (char *)to + row->at;

	if (!json_object_is_type(list, json_type_array))
		return blame(fault, FORM_WRONG, row->names[version]);
	if (count > row->max)
		return blame(fault, FORM_TOO_LARGE, row->names[version]);
	for (size_t i = 0; i < count; i++)
		if (form_read(row->rows, version, json_object_array_get_idx(list, i), items + i * row->bytes, fault))
			return blame_inside(fault, row->names[version], (int)i);
	*(uint32_t *)((char *)to + row->count_at) = (uint32_t)count;
	return FORM_FINE;
}

/* Of what has no members of its own. */
static enum form_verdict read_value(const struct form_row *row, enum fleet_version version, struct json_object *value, void *to)
{
	bool fine = false;

	switch (row->kind) {
	case FORM_TEXT:
		return read_text(row, value, to);
	case FORM_VALUE:
		return read_any(row, value, to);
	case FORM_UNUSED:
		return FORM_UNSUPPORTED;
	case FORM_COUNT:
		fine = read_count(row, value, to);
		break;
	case FORM_NUMBER:
		fine = read_number(row, value, to);
		break;
	case FORM_WORD:
		fine = read_word(row, version, value, to);
		break;
	case FORM_FLAG:
		fine = json_object_is_type(value, json_type_boolean);
		*(bool *)to = fine && json_object_get_boolean(value);
		break;
	default:
		break;
	}
	return fine ? FORM_FINE : FORM_WRONG;
}

static enum form_verdict read_member(const struct form_row *row, enum fleet_version version, struct json_object *value, void *to,
				     struct form_fault *fault)
{
	void *place = (char *)to + row->at;
	enum form_verdict verdict;

	if (row->kind == FORM_LIST)
		return read_list(row, version, value, to, fault);
	if (row->kind == FORM_OBJECT) {
		verdict = form_read(row->rows, version, value, place, fault);
		if (verdict)
			return *fault->place ? blame_inside(fault, row->names[version], -1) : blame(fault, verdict, row->names[version]);
		if (row->flags & FORM_OPTIONAL)
			*(bool *)place = true;
		return FORM_FINE;
	}
	verdict = read_value(row, version, value, place);
	return verdict ? blame(fault, verdict, row->names[version]) : FORM_FINE;
}

enum form_verdict form_read(const struct form_row *rows, enum fleet_version version, struct json_object *object, void *to,
			    struct form_fault *fault)
{
	struct json_object *value;

	if (!json_object_is_type(object, json_type_object))
		return blame(fault, FORM_WRONG, "");
	for (const struct form_row *row = rows; row->kind != FORM_END; row++) {
		/* A number that is absent is NaN, so that no code takes it for a value. */
		if (row->kind == FORM_NUMBER)
			*(double *)((char *)to + row->at) = NAN;
	}
	for (const struct form_row *row = rows; row->kind != FORM_END; row++) {
		enum form_verdict verdict;

		if (!row->names[version])
			continue;
		if (!json_object_object_get_ex(object, row->names[version], &value)) {
			if (row->kind != FORM_UNUSED && !(row->flags & FORM_OPTIONAL))
				return blame(fault, FORM_WRONG, row->names[version]);
			continue;
		}
		/* No member may be null. */
		verdict = value ? read_member(row, version, value, to, fault) : blame(fault, FORM_WRONG, row->names[version]);
		if (verdict)
			return verdict;
	}
	return FORM_FINE;
}
