// SPDX-License-Identifier: GPL-2.0-or-later
#include "json/input.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "base/blank.h"
#include "common/utf8.h"
#include "json/json_scan.h"
#include "json/whole.h"

#define NAME_BYTES	64	/* of a name in a pointer, with "/" and NUL */
#define POINTER_BYTES	256
#define DETAIL_BYTES	256
#define SHOWN_BYTES	80	/* of a text that is refused */

static void take_object(struct ohtd_input *input, const struct ohtd_shape *shape, void *base,
			const char *at, struct json_object *object);

static void *take(struct ohtd_input *input, size_t bytes)
{
	return memset(input->memory->take(input->memory->from, bytes ? bytes : 1), 0, bytes);
}

static const char *copy(struct ohtd_input *input, const char *text, size_t bytes)
{
	char *made = take(input, bytes + 1);

	memcpy(made, text, bytes);
	return made;
}

/* ---- faults ---- */

/* A reference token (RFC 6901); of a long name as many whole characters as fit. */
static void token_of(const char *name, char *token, size_t size)
{
	size_t n = 1;

	token[0] = '/';
	for (; *name; name++) {
		bool escaped = *name == '~' || *name == '/';

		if (n + escaped + 1 >= size)
			break;
		if (escaped)
			token[n++] = '~';
		token[n++] = (char)(!escaped ? *name : *name == '~' ? '0' : '1');
	}
	/* The cut went through a character of several bytes. */
	if ((*name & 0xc0) == 0x80) {
		while ((token[n - 1] & 0xc0) == 0x80)
			n--;
		n--;
	}
	token[n] = 0;
}

static void point_at(const char *at, const char *name, char *pointer)
{
	char token[NAME_BYTES];

	token_of(name, token, sizeof(token));
	snprintf(pointer, POINTER_BYTES, "%s%s", at, token);
}

/* Twice the room whenever the number of errors has reached a power of two. */
static struct ohtd_error *new_error(struct ohtd_input *input)
{
	size_t count = input->error_count;

	if (!(count & (count - 1))) {
		struct ohtd_error *more = take(input, (count ? 2 * count : 1) * sizeof(*more));

		if (count)
			memcpy(more, input->errors, count * sizeof(*more));
		input->errors = more;
	}
	input->error_count++;
	return &input->errors[count];
}

void ohtd_input_fault(struct ohtd_input *input, const char *at, const char *name, const char *code,
		      const char *format, ...)
{
	char pointer[POINTER_BYTES], detail[DETAIL_BYTES];
	struct ohtd_error *error = new_error(input);
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	point_at(at, name, pointer);
	error->pointer = copy(input, pointer, strlen(pointer));
	error->code = code;
	error->detail = copy(input, detail, (size_t)oht_utf8_cut(detail, sizeof(detail)));
}

int ohtd_input_end(struct ohtd_input *input, const char *detail)
{
	if (!input->error_count)
		return 0;
	input->code = "validation";
	snprintf(input->detail, sizeof(input->detail), "%s", detail);
	return -1;
}

/* ---- what is not there ---- */

static void preset_member(const struct ohtd_member *member, void *view)
{
	char *at = (char *)view + member->offset;

	switch (member->type) {
	case OHTD_IS_INTEGER:
	case OHTD_IS_WORD:
		ohtd_member_store(member, view, member->flags & OHTD_NEEDED ? 0 : member->preset);
		break;
	case OHTD_IS_NUMBER:
		*(double *)(void *)at = NAN;
		break;
	case OHTD_IS_TRISTATE:
		*(int8_t *)at = -1;
		break;
	case OHTD_IS_PART:
		ohtd_input_preset(member->shape, at);
		break;
	default:	/* zeros say it */
		break;
	}
}

void ohtd_input_preset(const struct ohtd_shape *shape, void *view)
{
	for (size_t i = 0; i < shape->count; i++)
		preset_member(&shape->members[i], view);
}

/* ---- values ---- */

static void take_word(struct ohtd_input *input, const struct ohtd_member *member, void *base,
		      const char *at, const char *text)
{
	int number = ohtd_word_number(member->words, text);
	const char *comma = "";
	char list[160] = "";
	size_t n = 0;

	if (number >= 0) {
		ohtd_member_store(member, base, number);
		return;
	}
	for (unsigned int i = member->words->first; i < member->words->end && n < sizeof(list); i++) {
		const char *word = member->words->name(i);

		if (!word)
			continue;
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", comma, word);
		comma = ", ";
	}
	ohtd_input_fault(input, at, member->name, "unknown_value", "'%.*s' is none of: %s", oht_utf8_cut(text, 40), text, list);
}

/* Of a text without what is around it; a longer one than the room here is refused for its length. */
static const char *typed_unfit(const char *text)
{
	char inner[256];
	size_t bytes;

	snprintf(inner, sizeof(inner), "%s", text + strspn(text, " \t"));
	bytes = strlen(inner);
	while (bytes && strchr(" \t", inner[bytes - 1]))
		inner[--bytes] = 0;
	return ohtd_text_unfit(inner);
}

/*
 * A text that is no secret comes into lines of the log, the audit, headers, tables and on terminals, whatever it is for: there line ends and control
 * characters would say something of their own.
 */
static const char *unfit_of(const struct ohtd_member *member, const char *text)
{
	const char *own = member->unfit ? member->unfit(text) : NULL;

	if (own || member->flags & (OHTD_SECRET | OHTD_LINES))
		return own;
	return member->flags & OHTD_TYPED ? typed_unfit(text) : ohtd_text_unfit(text);
}

static void take_text(struct ohtd_input *input, const struct ohtd_member *member, void *base,
		      const char *at, const char *text, size_t bytes)
{
	const char *made = copy(input, text, bytes);
	const char *unfit = unfit_of(member, made);
	bool secret = member->flags & (OHTD_SECRET | OHTD_PRIVATE);

	if (unfit && secret)
		ohtd_input_fault(input, at, member->name, "unfit", "%s", unfit);
	else if (unfit)
		ohtd_input_fault(input, at, member->name, "unfit", "%s, not '%.*s'", unfit,
				 oht_utf8_cut(made, SHOWN_BYTES), made);
	else
		*(const char **)(void *)((char *)base + member->offset) = made;
}

void ohtd_input_text(struct ohtd_input *input, const struct ohtd_member *member, void *base,
		     const char *at, const char *text, size_t bytes)
{
	if (member->type == OHTD_IS_WORD)
		take_word(input, member, base, at, text);
	else if ((int64_t)bytes < member->min || (int64_t)bytes > member->max)
		ohtd_input_fault(input, at, member->name, "length",
				 "must have %lld to %lld bytes, has %zu", (long long)member->min,
				 (long long)member->max, bytes);
	else
		take_text(input, member, base, at, text, bytes);
}

void ohtd_input_integer(struct ohtd_input *input, const struct ohtd_member *member, void *base,
			const char *at, int64_t value)
{
	int64_t min, max;

	ohtd_member_range(member, &min, &max);
	if (value < min || value > max)
		ohtd_input_fault(input, at, member->name, "range", "must be %lld to %lld, is %lld",
				 (long long)min, (long long)max, (long long)value);
	else
		ohtd_member_store(member, base, value);
}

static void take_number(struct ohtd_input *input, const struct ohtd_member *member, void *base,
			const char *at, double value)
{
	if ((member->min || member->max) && (value < (double)member->min || value > (double)member->max))
		ohtd_input_fault(input, at, member->name, "range", "must be %lld to %lld, is %g",
				 (long long)member->min, (long long)member->max, value);
	else
		*(double *)(void *)((char *)base + member->offset) = value;
}

/* ---- JSON ---- */

struct kind_of_json {
	enum json_type type;
	const char *complaint;
};

static const struct kind_of_json kinds[] = {
	[OHTD_IS_TEXT] = { json_type_string, "must be a string" },
	[OHTD_IS_INTEGER] = { json_type_int, "must be an integer" },
	[OHTD_IS_NUMBER] = { json_type_double, "must be a number" },
	[OHTD_IS_BOOLEAN] = { json_type_boolean, "must be true or false" },
	[OHTD_IS_TRISTATE] = { json_type_boolean, "must be true or false" },
	[OHTD_IS_WORD] = { json_type_string, "must be a string" },
	[OHTD_IS_OBJECT] = { json_type_object, "must be an object" },
	[OHTD_IS_LIST] = { json_type_array, "must be an array" },
	[OHTD_IS_TEXTS] = { json_type_array, "must be an array" },
	[OHTD_IS_SCALAR] = { json_type_string, "must be a string or an integer" },
};

static bool has_type(const struct ohtd_member *member, struct json_object *value)
{
	if (member->type == OHTD_IS_INTEGER)
		return ohtd_json_whole(value, NULL);
	return json_object_is_type(value, kinds[member->type].type) ||
	       (member->type == OHTD_IS_NUMBER && json_object_is_type(value, json_type_int)) ||
	       (member->type == OHTD_IS_SCALAR && ohtd_json_whole(value, NULL));
}

/* An item of an array of texts is checked like a text of any length that the scanner lets through. */
static void take_texts(struct ohtd_input *input, const struct ohtd_member *member, void *base,
		       const char *at, struct json_object *array, size_t count)
{
	const char **texts = take(input, count * sizeof(*texts));
	char pointer[POINTER_BYTES], index[24];

	point_at(at, member->name, pointer);
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);
		const char *text = json_object_get_string(item);

		if (json_object_is_type(item, json_type_string)) {
			texts[i] = copy(input, text, strlen(text));
			continue;
		}
		snprintf(index, sizeof(index), "%zu", i);
		ohtd_input_fault(input, pointer, index, "type", "must be a string");
	}
	*(const char *const **)(void *)((char *)base + member->offset) = texts;
}

static void take_items(struct ohtd_input *input, const struct ohtd_member *member, void *base,
		       const char *at, struct json_object *array, size_t count)
{
	char *items = take(input, count * member->shape->bytes);
	char pointer[POINTER_BYTES], item_at[POINTER_BYTES], index[24];

	point_at(at, member->name, pointer);
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);

		snprintf(index, sizeof(index), "%zu", i);
		point_at(pointer, index, item_at);
		if (json_object_is_type(item, json_type_object))
			take_object(input, member->shape, items + i * member->shape->bytes, item_at,
				    item);
		else
			ohtd_input_fault(input, pointer, index, "type", "must be an object");
	}
	*(const void **)(void *)((char *)base + member->offset) = items;
}

static void take_array(struct ohtd_input *input, const struct ohtd_member *member, void *base,
		       const char *at, struct json_object *array)
{
	size_t count = json_object_array_length(array);

	if ((int64_t)count < member->min || (int64_t)count > member->max) {
		ohtd_input_fault(input, at, member->name, "length",
				 "must have %lld to %lld items, has %zu", (long long)member->min,
				 (long long)member->max, count);
		return;
	}
	memcpy((char *)base + member->count_offset, &count, sizeof(count));
	if (member->type == OHTD_IS_TEXTS)
		take_texts(input, member, base, at, array, count);
	else
		take_items(input, member, base, at, array, count);
}

static void take_inner(struct ohtd_input *input, const struct ohtd_member *member, void *base,
		       const char *at, struct json_object *object)
{
	char pointer[POINTER_BYTES];
	void *inner = take(input, member->shape->bytes);

	point_at(at, member->name, pointer);
	take_object(input, member->shape, inner, pointer, object);
	*(const void **)(void *)((char *)base + member->offset) = inner;
}

/* A name that the client has chosen, kept as the client wrote it. */
static void take_scalar(struct ohtd_input *input, const struct ohtd_member *member, void *base,
			const char *at, struct json_object *value)
{
	struct ohtd_scalar *scalar = (void *)((char *)base + member->offset);
	struct ohtd_member text = *member;

	if (ohtd_json_whole(value, &scalar->number)) {
		scalar->type = OHTD_IS_INTEGER;
		return;
	}
	text.type = OHTD_IS_TEXT;
	text.offset += offsetof(struct ohtd_scalar, text);
	scalar->type = OHTD_IS_TEXT;
	ohtd_input_text(input, &text, base, at, json_object_get_string(value),
			(size_t)json_object_get_string_len(value));
}

static void take_value(struct ohtd_input *input, const struct ohtd_member *member, void *base,
		       const char *at, struct json_object *value)
{
	char *to = (char *)base + member->offset;

	if (!value && member->flags & OHTD_NULL)
		return;
	if (!has_type(member, value)) {
		ohtd_input_fault(input, at, member->name, "type", "%s", kinds[member->type].complaint);
		return;
	}
	switch (member->type) {
	case OHTD_IS_TEXT:
	case OHTD_IS_WORD:
		ohtd_input_text(input, member, base, at, json_object_get_string(value),
				(size_t)json_object_get_string_len(value));
		break;
	case OHTD_IS_INTEGER:
		ohtd_input_integer(input, member, base, at, json_object_get_int64(value));
		break;
	case OHTD_IS_NUMBER:
		take_number(input, member, base, at, ohtd_json_number(value));
		break;
	case OHTD_IS_BOOLEAN:
		*(bool *)to = json_object_get_boolean(value);
		break;
	case OHTD_IS_TRISTATE:
		*(int8_t *)to = (int8_t)json_object_get_boolean(value);
		break;
	case OHTD_IS_SCALAR:
		take_scalar(input, member, base, at, value);
		break;
	case OHTD_IS_OBJECT:
		take_inner(input, member, base, at, value);
		break;
	default:
		take_array(input, member, base, at, value);
		break;
	}
}

static void check_needed(struct ohtd_input *input, const struct ohtd_shape *shape, const char *at,
			 struct json_object *object)
{
	for (size_t i = 0; shape && i < shape->count; i++) {
		const struct ohtd_member *member = &shape->members[i];

		if (member->type == OHTD_IS_PART)
			check_needed(input, member->shape, at, object);
		else if (member->flags & OHTD_NEEDED &&
			 !json_object_object_get_ex(object, member->name, NULL))
			ohtd_input_fault(input, at, member->name, "missing", "is required");
	}
}

static void take_object(struct ohtd_input *input, const struct ohtd_shape *shape, void *base,
			const char *at, struct json_object *object)
{
	if (shape)
		ohtd_input_preset(shape, base);
	json_object_object_foreach(object, name, value) {
		char *part = base;
		const struct ohtd_member *member = ohtd_shape_find(shape, name, strlen(name), &part);

		if (member)
			take_value(input, member, part, at, value);
		else
			ohtd_input_fault(input, at, name, "unknown_member", "is not known here");
	}
	check_needed(input, shape, at, object);
}

/* ---- the text ---- */

static int syntax_fault(struct ohtd_input *input, const struct ohtd_json_fault *where,
			const char *text)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < where->offset; i++) {
		column++;
		if (text[i] == '\n') {
			line++;
			column = 1;
		}
	}
	if (*where->pointer)
		*new_error(input) = (struct ohtd_error){
			.pointer = copy(input, where->pointer, strlen(where->pointer)), .code = "twice", .detail = "is there twice",
		};
	input->code = "bad_json";
	snprintf(input->detail, sizeof(input->detail), "line %zu, column %zu (byte %zu): %s", line,
		 column, where->offset, where->reason);
	return -1;
}

static struct json_object *tokenize(const char *text, size_t bytes)
{
	struct json_tokener *tokener = json_tokener_new_ex(OHTD_JSON_DEPTH_MAX + 1);
	struct json_object *body = NULL;

	if (tokener) {
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
		body = json_tokener_parse_ex(tokener, text, (int)bytes);
	}
	json_tokener_free(tokener);
	return body;
}

struct ohtd_scalar ohtd_input_peek(const struct ohtd_memory *memory, const char *text, size_t bytes,
				   const char *name, size_t length_max)
{
	struct ohtd_scalar value = { .type = OHTD_IS_TEXT };
	struct json_object *body, *member = NULL;
	struct ohtd_json_fault where;
	size_t length;

	if (ohtd_json_scan(text, bytes, &where))
		return value;
	body = tokenize(text, bytes);
	if (json_object_is_type(body, json_type_object))
		json_object_object_get_ex(body, name, &member);
	if (ohtd_json_whole(member, &value.number)) {
		value.type = OHTD_IS_INTEGER;
	} else if (json_object_is_type(member, json_type_string)) {
		length = (size_t)json_object_get_string_len(member);
		if (length && length <= length_max)
			value.text = memcpy(memory->take(memory->from, length + 1),
					    json_object_get_string(member), length + 1);
	}
	json_object_put(body);
	return value;
}

static int no_object(struct ohtd_input *input)
{
	input->code = "bad_json";
	snprintf(input->detail, sizeof(input->detail), "the body must be a JSON object");
	return -1;
}

int ohtd_input_object(struct ohtd_input *input, const char *text, size_t bytes)
{
	struct ohtd_json_text *view = take(input, sizeof(*view));
	struct ohtd_json_fault where;
	size_t space = 0;

	if (bytes && ohtd_json_scan(text, bytes, &where))
		return syntax_fault(input, &where, text);
	while (space < bytes && strchr(" \t\r\n", text[space]))
		space++;
	if (!bytes || text[space] != '{')
		return no_object(input);
	view->text = copy(input, text, bytes);
	view->bytes = strlen(view->text);
	input->view = view;
	return 0;
}

int ohtd_input_body(struct ohtd_input *input, const char *text, size_t bytes)
{
	struct ohtd_json_fault where;
	struct json_object *body;

	if (bytes && ohtd_json_scan(text, bytes, &where))
		return syntax_fault(input, &where, text);
	body = bytes ? tokenize(text, bytes) : json_object_new_object();
	if (!json_object_is_type(body, json_type_object)) {
		json_object_put(body);
		return no_object(input);
	}
	if (input->shape)
		input->view = take(input, input->shape->bytes);
	take_object(input, input->shape, input->view, "", body);
	json_object_put(body);
	return ohtd_input_end(input, "the body does not say what is needed here");
}
