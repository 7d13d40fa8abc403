// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/body.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "http/json_scan.h"
#include "http/problem.h"
#include "http/route.h"

#define POINTER_BYTES	64

static struct json_object *syntax_fault(struct ohtd_body_fault *fault,
					const struct ohtd_json_fault *where, const char *text)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < where->offset; i++) {
		column++;
		if (text[i] == '\n') {
			line++;
			column = 1;
		}
	}
	fault->status = 400;
	fault->code = "bad_json";
	snprintf(fault->detail, sizeof(fault->detail), "line %zu, column %zu (byte %zu): %s", line,
		 column, where->offset, where->reason);
	return NULL;
}

const struct ohtd_field *ohtd_field_find(const struct ohtd_field *fields, const char *name)
{
	for (; fields && fields->name; fields++)
		if (!strcmp(fields->name, name))
			return fields;
	return NULL;
}

/* A pointer to a member (RFC 6901); of a long name as many whole characters as fit. */
static void point_at(const char *name, char *pointer, size_t size)
{
	size_t n = 1;

	pointer[0] = '/';
	for (; *name; name++) {
		bool escaped = *name == '~' || *name == '/';

		if (n + escaped + 1 >= size)
			break;
		if (escaped)
			pointer[n++] = '~';
		pointer[n++] = (char)(!escaped ? *name : *name == '~' ? '0' : '1');
	}
	/* The cut went through a character of several bytes. */
	if ((*name & 0xc0) == 0x80) {
		while ((pointer[n - 1] & 0xc0) == 0x80)
			n--;
		n--;
	}
	pointer[n] = 0;
}

static void add(struct json_object *errors, const char *name, const char *code, const char *detail)
{
	char pointer[POINTER_BYTES];

	point_at(name, pointer, sizeof(pointer));
	ohtd_error_add(errors, pointer, code, detail);
}

static void check_string(const struct ohtd_field *field, struct json_object *value,
			 struct json_object *errors)
{
	int64_t n = json_object_get_string_len(value);
	const char *text = json_object_get_string(value);
	const char *const *word = field->words;
	char detail[96];

	if (n < field->min || n > field->max) {
		snprintf(detail, sizeof(detail), "must have %lld to %lld bytes, has %lld",
			 (long long)field->min, (long long)field->max, (long long)n);
		add(errors, field->name, "length", detail);
		return;
	}
	while (word && *word && strcmp(*word, text))
		word++;
	if (word && !*word) {
		snprintf(detail, sizeof(detail), "'%.40s' is not one of the allowed words", text);
		add(errors, field->name, "unknown_value", detail);
	}
}

static void check_integer(const struct ohtd_field *field, struct json_object *value,
			  struct json_object *errors)
{
	int64_t n = json_object_get_int64(value);
	char detail[96];

	if (n >= field->min && n <= field->max)
		return;
	snprintf(detail, sizeof(detail), "must be %lld to %lld, is %lld", (long long)field->min,
		 (long long)field->max, (long long)n);
	add(errors, field->name, "range", detail);
}

static void check_field(const struct ohtd_field *field, struct json_object *value,
			struct json_object *errors)
{
	static const struct {
		enum json_type type;
		const char *complaint;
	} types[] = {
		[OHTD_FIELD_STRING] = { json_type_string, "must be a string" },
		[OHTD_FIELD_INTEGER] = { json_type_int, "must be an integer" },
		[OHTD_FIELD_BOOLEAN] = { json_type_boolean, "must be true or false" },
	};

	if (!json_object_is_type(value, types[field->type].type))
		add(errors, field->name, "type", types[field->type].complaint);
	else if (field->type == OHTD_FIELD_STRING)
		check_string(field, value, errors);
	else if (field->type == OHTD_FIELD_INTEGER)
		check_integer(field, value, errors);
}

static void check_members(struct json_object *body, const struct ohtd_field *fields,
			  struct json_object *errors)
{
	json_object_object_foreach(body, name, value) {
		const struct ohtd_field *field = ohtd_field_find(fields, name);

		if (field)
			check_field(field, value, errors);
		else
			add(errors, name, "unknown_member", "is not known here");
	}
	for (; fields && fields->name; fields++)
		if (fields->required && !json_object_object_get_ex(body, fields->name, NULL))
			add(errors, fields->name, "missing", "is required");
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

struct json_object *ohtd_body_parse(const char *text, size_t bytes,
				    const struct ohtd_field *fields,
				    struct ohtd_body_fault *fault)
{
	struct ohtd_json_fault where;
	struct json_object *body;

	fault->errors = NULL;
	if (bytes && ohtd_json_scan(text, bytes, &where))
		return syntax_fault(fault, &where, text);
	body = bytes ? tokenize(text, bytes) : json_object_new_object();
	if (!json_object_is_type(body, json_type_object)) {
		json_object_put(body);
		fault->status = 400;
		fault->code = "bad_json";
		snprintf(fault->detail, sizeof(fault->detail), "the body must be a JSON object");
		return NULL;
	}
	return ohtd_body_check(body, fields, json_object_new_array(),
			       "the body does not say what is needed here", fault);
}

struct json_object *ohtd_body_check(struct json_object *body, const struct ohtd_field *fields,
				    struct json_object *errors, const char *detail,
				    struct ohtd_body_fault *fault)
{
	check_members(body, fields, errors);
	if (!json_object_array_length(errors)) {
		json_object_put(errors);
		return body;
	}
	json_object_put(body);
	fault->status = 400;
	fault->code = "validation";
	fault->errors = errors;
	snprintf(fault->detail, sizeof(fault->detail), "%s", detail);
	return NULL;
}
