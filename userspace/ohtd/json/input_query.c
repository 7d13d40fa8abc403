// SPDX-License-Identifier: GPL-2.0-or-later
#include "json/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "common/utf8.h"

#define DIGITS_MAX	18	/* of what surely fits into 64 bits */
#define MEMBERS_MAX	64	/* as many as an object of a body may have */

/* Names that have come so far: a name that comes twice is refused. */
struct said {
	const struct ohtd_member *members[MEMBERS_MAX];
	size_t count;
};

/* Is it UTF-8 without control characters, those from U+0080 on among them? */
static bool is_printable(const char *text, size_t bytes)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + bytes;

	for (size_t n; at < end; at += n) {
		n = oht_utf8_character((const char *)at, (size_t)(end - at), NULL);
		if (!n || *at < ' ' || *at == 0x7f || (*at == 0xc2 && at[1] < 0xa0))
			return false;
	}
	return true;
}

/* Decodes @bytes into @to; -1 if it is too long, not well encoded, no UTF-8, or has a control character in it. */
static int decode(const char *from, size_t bytes, char *to, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < bytes; i++) {
		int byte = (unsigned char)from[i];

		if (byte == '%') {
			int high = bytes - i < 3 ? -1 : ohtd_hex_digit(from[i + 1]);
			int low = bytes - i < 3 ? -1 : ohtd_hex_digit(from[i + 2]);

			if (high < 0 || low < 0)
				return -1;
			byte = high * 16 + low;
			i += 2;
		}
		if (used + 1 == size)
			return -1;
		to[used++] = (char)byte;
	}
	to[used] = 0;
	return is_printable(to, used) ? 0 : -1;
}

static bool is_integer(const char *text)
{
	size_t digits = strspn(text + (*text == '-'), "0123456789");

	return digits && digits <= DIGITS_MAX && !text[digits + (*text == '-')];
}

static bool was_said(const struct said *said, const struct ohtd_member *member)
{
	for (size_t i = 0; i < said->count; i++)
		if (said->members[i] == member)
			return true;
	return false;
}

static void take_boolean(struct ohtd_input *input, const struct ohtd_member *member, void *base,
			 const char *value)
{
	bool yes = !strcmp(value, "true");
	char *to = (char *)base + member->offset;

	if (!yes && strcmp(value, "false"))
		ohtd_input_fault(input, "", member->name, "type", "must be true or false, is '%s'",
				 value);
	else if (member->type == OHTD_IS_BOOLEAN)
		*(bool *)to = yes;
	else
		*(int8_t *)to = yes;
}

static void take_value(struct ohtd_input *input, const struct ohtd_member *member, void *base,
		       const char *value)
{
	switch (member->type) {
	case OHTD_IS_TEXT:
	case OHTD_IS_WORD:
		ohtd_input_text(input, member, base, "", value, strlen(value));
		break;
	case OHTD_IS_BOOLEAN:
	case OHTD_IS_TRISTATE:
		take_boolean(input, member, base, value);
		break;
	default:
		if (is_integer(value))
			ohtd_input_integer(input, member, base, "", strtoll(value, NULL, 10));
		else
			ohtd_input_fault(input, "", member->name, "type",
					 "must be an integer, is '%s'", value);
		break;
	}
}

static void take(struct ohtd_input *input, struct said *said, const char *name, const char *value)
{
	char *base = input->view;
	const struct ohtd_member *member = ohtd_shape_find(input->shape, name, strlen(name), &base);

	if (!member) {
		ohtd_input_fault(input, "", name, "unknown_member", "is not known here");
		return;
	}
	if (was_said(said, member)) {
		ohtd_input_fault(input, "", name, "twice", "is there twice");
		return;
	}
	/* Each member is noted once, and a shape for a query has fewer. */
	if (said->count < MEMBERS_MAX)
		said->members[said->count++] = member;
	take_value(input, member, base, value);
}

static int refuse(struct ohtd_input *input, const char *what, size_t bytes, const char *from)
{
	input->code = "bad_query";
	input->error_count = 0;
	snprintf(input->detail, sizeof(input->detail), "%s: '%.*s'", what, oht_utf8_cut(from, bytes < 64 ? bytes : 64), from);
	return -1;
}

/* One "name=value"; false if it cannot be read. */
static bool take_pair(struct ohtd_input *input, struct said *said, const char *from, size_t bytes)
{
	char name[OHTD_QUERY_VALUE_BYTES], value[OHTD_QUERY_VALUE_BYTES];
	const char *equals = memchr(from, '=', bytes);
	size_t name_bytes = equals ? (size_t)(equals - from) : 0;

	if (!name_bytes || decode(from, name_bytes, name, sizeof(name)) ||
	    decode(equals + 1, bytes - name_bytes - 1, value, sizeof(value)))
		return false;
	take(input, said, name, value);
	return true;
}

static void check_needed(struct ohtd_input *input, const struct said *said,
			 const struct ohtd_shape *shape)
{
	for (size_t i = 0; shape && i < shape->count; i++) {
		const struct ohtd_member *member = &shape->members[i];

		if (member->type == OHTD_IS_PART)
			check_needed(input, said, member->shape);
		else if (member->flags & OHTD_NEEDED && !was_said(said, member))
			ohtd_input_fault(input, "", member->name, "missing", "is required");
	}
}

int ohtd_input_query(struct ohtd_input *input, const char *text, size_t bytes)
{
	struct said said = { .count = 0 };
	size_t from = 0;

	if (input->shape) {
		input->view = input->memory->take(input->memory->from, input->shape->bytes);
		memset(input->view, 0, input->shape->bytes);
		ohtd_input_preset(input->shape, input->view);
	}
	while (from < bytes) {
		const char *end = memchr(text + from, '&', bytes - from);
		size_t length = end ? (size_t)(end - text) - from : bytes - from;

		if (!take_pair(input, &said, text + from, length))
			return refuse(input, "not 'name=value' in printable UTF-8, or too long", length,
				      text + from);
		from += length + 1;
	}
	check_needed(input, &said, input->shape);
	return ohtd_input_end(input, "the query is not what is taken here");
}
