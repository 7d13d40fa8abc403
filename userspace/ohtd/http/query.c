// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/problem.h"
#include "http/route.h"

#define DIGITS_MAX	18	/* of what surely fits into 64 bits */

static int hex_digit(char c)
{
	const char *const digits = "0123456789abcdef", *at = c ? strchr(digits, c | ' ') : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Decodes @bytes into @to; -1 if it is too long, not well encoded, or has a control byte in it. */
static int decode(const char *from, size_t bytes, char *to, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < bytes; i++) {
		int byte = (unsigned char)from[i];

		if (byte == '%') {
			int high = bytes - i < 3 ? -1 : hex_digit(from[i + 1]);
			int low = bytes - i < 3 ? -1 : hex_digit(from[i + 2]);

			if (high < 0 || low < 0)
				return -1;
			byte = high * 16 + low;
			i += 2;
		}
		if (byte < ' ' || byte > '~' || used + 1 == size)
			return -1;
		to[used++] = (char)byte;
	}
	to[used] = 0;
	return 0;
}

static bool is_integer(const char *text)
{
	size_t digits = strspn(text + (*text == '-'), "0123456789");

	return digits && digits <= DIGITS_MAX && !text[digits + (*text == '-')];
}

static void complain(struct json_object *errors, const char *name, const char *code,
		     const char *value)
{
	char pointer[OHTD_QUERY_VALUE_BYTES + 2], detail[OHTD_QUERY_VALUE_BYTES + 32];

	snprintf(pointer, sizeof(pointer), "/%s", name);
	if (!strcmp(code, "type"))
		snprintf(detail, sizeof(detail), "must be an integer, is '%s'", value);
	else
		snprintf(detail, sizeof(detail), "is there twice");
	ohtd_error_add(errors, pointer, code, detail);
}

static void take(struct json_object *query, struct json_object *errors,
		 const struct ohtd_field *field, const char *value)
{
	if (json_object_object_get_ex(query, field->name, NULL))
		complain(errors, field->name, "twice", value);
	else if (field->type == OHTD_FIELD_STRING)
		json_object_object_add(query, field->name, json_object_new_string(value));
	else if (is_integer(value))
		json_object_object_add(query, field->name,
				       json_object_new_int64(strtoll(value, NULL, 10)));
	else
		complain(errors, field->name, "type", value);
}

static struct json_object *refuse(struct ohtd_body_fault *fault, const char *what, size_t bytes,
				  const char *from)
{
	fault->status = 400;
	fault->code = "bad_query";
	snprintf(fault->detail, sizeof(fault->detail), "%s: '%.*s'", what,
		 bytes < 64 ? (int)bytes : 64, from);
	return NULL;
}

/* One "name=value"; false if it cannot be read. */
static bool take_pair(struct json_object *query, struct json_object *errors,
		      const struct ohtd_field *fields, const char *from, size_t bytes)
{
	char name[OHTD_QUERY_VALUE_BYTES], value[OHTD_QUERY_VALUE_BYTES];
	const char *equals = memchr(from, '=', bytes);
	size_t name_bytes = equals ? (size_t)(equals - from) : 0;
	const struct ohtd_field *field;

	if (!name_bytes || decode(from, name_bytes, name, sizeof(name)) ||
	    decode(equals + 1, bytes - name_bytes - 1, value, sizeof(value)))
		return false;
	field = ohtd_field_find(fields, name);
	if (field)
		take(query, errors, field, value);
	else
		/* The check of all members refuses it by its name. */
		json_object_object_add(query, name, json_object_new_string(value));
	return true;
}

struct json_object *ohtd_query_parse(const char *text, size_t bytes,
				     const struct ohtd_field *fields,
				     struct ohtd_body_fault *fault)
{
	struct json_object *query = json_object_new_object();
	struct json_object *errors = json_object_new_array();
	size_t from = 0;

	fault->errors = NULL;
	while (from < bytes) {
		const char *end = memchr(text + from, '&', bytes - from);
		size_t length = end ? (size_t)(end - text) - from : bytes - from;

		if (!take_pair(query, errors, fields, text + from, length)) {
			json_object_put(query);
			json_object_put(errors);
			return refuse(fault, "not 'name=value' in printable ASCII, or too long",
				      length, text + from);
		}
		from += length + 1;
	}
	return ohtd_body_check(query, fields, errors, "the query is not what is taken here",
			       fault);
}
