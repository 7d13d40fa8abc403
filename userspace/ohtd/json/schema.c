// SPDX-License-Identifier: GPL-2.0-or-later
#include "json/schema.h"

#include <stdio.h>
#include <string.h>

static void add_inner(struct ohtd_shapes *shapes, const struct ohtd_shape *shape, bool input)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct ohtd_member *member = &shape->members[i];

		if (member->type == OHTD_IS_PART)
			add_inner(shapes, member->shape, input);
		else
			ohtd_shapes_add(shapes, member->shape, input);
	}
}

void ohtd_shapes_add(struct ohtd_shapes *shapes, const struct ohtd_shape *shape, bool input)
{
	size_t i = 0;

	if (!shape)
		return;
	while (i < shapes->count && strcmp(shapes->shapes[i]->name, shape->name))
		i++;
	if (i == OHTD_SHAPES_MAX) {
		shapes->beyond = shape;
		return;
	}
	if (i == shapes->count)
		shapes->shapes[shapes->count++] = shape;
	if (shapes->shapes[i] != shape) {
		shapes->twice = shape;
		return;
	}
	shapes->input[i] = shapes->input[i] || input;
	add_inner(shapes, shape, input);
}

bool ohtd_json_shapes_fit(const struct ohtd_shapes *shapes, char *why, size_t size)
{
	if (shapes->twice)
		snprintf(why, size, "there are two shapes named '%s'", shapes->twice->name);
	else if (shapes->beyond)
		snprintf(why, size, "there is no room for the shape '%s': there are more than OHTD_SHAPES_MAX, %d", shapes->beyond->name, OHTD_SHAPES_MAX);
	return !shapes->twice && !shapes->beyond;
}

void ohtd_schema_ref(struct ohtd_writer *writer, const struct ohtd_shape *shape)
{
	char ref[128];

	snprintf(ref, sizeof(ref), "#/components/schemas/%s", shape->name);
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "$ref", ref);
	ohtd_write_close(writer, '}');
}

static const char *type_name(enum ohtd_member_type type)
{
	switch (type) {
	case OHTD_IS_INTEGER:
		return "integer";
	case OHTD_IS_NUMBER:
	case OHTD_IS_DECIMAL:
		return "number";
	case OHTD_IS_BOOLEAN:
	case OHTD_IS_TRISTATE:
		return "boolean";
	case OHTD_IS_LIST:
	case OHTD_IS_TEXTS:
	case OHTD_IS_DECIMALS:
		return "array";
	default:
		return "string";
	}
}

static bool is_array(const struct ohtd_member *member)
{
	return member->type == OHTD_IS_LIST || member->type == OHTD_IS_TEXTS ||
	       member->type == OHTD_IS_DECIMALS;
}

static bool may_be_null(const struct ohtd_member *member)
{
	return member->flags & OHTD_NULL;
}

static void write_type(struct ohtd_writer *writer, const struct ohtd_member *member)
{
	ohtd_write_key(writer, "type");
	if (member->type == OHTD_IS_SCALAR) {
		ohtd_write_json(writer, "[\"string\",\"number\",\"boolean\",\"null\"]");
	} else if (may_be_null(member)) {
		ohtd_write_open(writer, '[');
		ohtd_write_text(writer, type_name(member->type));
		ohtd_write_text(writer, "null");
		ohtd_write_close(writer, ']');
	} else {
		ohtd_write_text(writer, type_name(member->type));
	}
}

static void write_words(struct ohtd_writer *writer, const struct ohtd_words *words, bool null,
			bool input)
{
	ohtd_write_key(writer, "enum");
	ohtd_write_open(writer, '[');
	for (unsigned int i = words->first; i < words->end; i++)
		if (words->name(i))
			ohtd_write_text(writer, words->name(i));
	if (words->open && !input)
		ohtd_write_text(writer, "unknown");
	if (null)
		ohtd_write_json(writer, "null");
	ohtd_write_close(writer, ']');
}

static void write_limit(struct ohtd_writer *writer, const char *name, int64_t value)
{
	ohtd_write_key(writer, name);
	ohtd_write_integer(writer, value);
}

/*
 * Lengths of texts are those of their bytes, of which a text has at least as many as characters: a text
 * of the shortest length in characters is always long enough.
 */
static void write_limits(struct ohtd_writer *writer, const struct ohtd_member *member)
{
	int64_t min, max;

	switch (member->type) {
	case OHTD_IS_TEXT:
		if (member->min > 0)
			write_limit(writer, "minLength", member->min);
		write_limit(writer, "maxLength", member->max);
		if (member->pattern)
			ohtd_write_pair(writer, "pattern", member->pattern);
		write_limit(writer, "x-min-bytes", member->min);
		write_limit(writer, "x-max-bytes", member->max);
		if (member->flags & OHTD_LINES) {
			ohtd_write_key(writer, "x-lines");
			ohtd_write_boolean(writer, true);
		}
		break;
	case OHTD_IS_INTEGER:
		ohtd_member_range(member, &min, &max);
		write_limit(writer, "minimum", min);
		write_limit(writer, "maximum", max);
		break;
	case OHTD_IS_NUMBER:
		if (!member->min && !member->max)
			break;
		write_limit(writer, "minimum", member->min);
		write_limit(writer, "maximum", member->max);
		break;
	case OHTD_IS_LIST:
	case OHTD_IS_TEXTS:
		write_limit(writer, "minItems", member->min);
		write_limit(writer, "maxItems", member->max);
		break;
	default:
		break;
	}
}

/* Not as "default": generators of types take such a member for one that is always there. */
static void write_preset(struct ohtd_writer *writer, const struct ohtd_member *member)
{
	if (member->flags & OHTD_NEEDED || member->preset == OHTD_NONE)
		return;
	if (member->type == OHTD_IS_INTEGER)
		write_limit(writer, "x-default", member->preset);
	else if (member->type == OHTD_IS_WORD && member->words &&
		 member->preset >= member->words->first && member->preset < member->words->end)
		ohtd_write_pair(writer, "x-default", ohtd_word_of(member->words, member->preset));
}

static void write_items(struct ohtd_writer *writer, const struct ohtd_member *member, bool input)
{
	if (!is_array(member))
		return;
	ohtd_write_key(writer, "items");
	if (member->type == OHTD_IS_DECIMALS) {
		ohtd_write_json(writer, "{\"type\":[\"number\",\"null\"]}");
		return;
	}
	if (member->type == OHTD_IS_LIST) {
		ohtd_schema_ref(writer, member->shape);
		return;
	}
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "type", "string");
	if (member->words)
		write_words(writer, member->words, false, input);
	ohtd_write_close(writer, '}');
}

static void write_notes(struct ohtd_writer *writer, const struct ohtd_member *member)
{
	ohtd_write_pair(writer, "description", member->summary);
	if (member->unit)
		ohtd_write_pair(writer, "x-unit", member->unit);
	if (member->flags & OHTD_SECRET)
		ohtd_write_pair(writer, "format", "password");
	if (!member->example)
		return;
	ohtd_write_key(writer, "examples");
	ohtd_write_open(writer, '[');
	ohtd_write_json(writer, member->example);
	ohtd_write_close(writer, ']');
}

static void write_object(struct ohtd_writer *writer, const struct ohtd_member *member)
{
	if (!may_be_null(member)) {
		ohtd_write_key(writer, "allOf");
		ohtd_write_open(writer, '[');
		ohtd_schema_ref(writer, member->shape);
		ohtd_write_close(writer, ']');
		return;
	}
	ohtd_write_key(writer, "anyOf");
	ohtd_write_open(writer, '[');
	ohtd_schema_ref(writer, member->shape);
	ohtd_write_json(writer, "{\"type\":\"null\"}");
	ohtd_write_close(writer, ']');
}

void ohtd_schema_member(struct ohtd_writer *writer, const struct ohtd_member *member, bool input)
{
	ohtd_write_open(writer, '{');
	if (member->type == OHTD_IS_OBJECT) {
		write_object(writer, member);
	} else {
		write_type(writer, member);
		if (member->words && member->type != OHTD_IS_TEXTS)
			write_words(writer, member->words, may_be_null(member), input);
		if (member->type == OHTD_IS_TIME)
			ohtd_write_pair(writer, "format", "date-time");
		write_items(writer, member, input);
		if (input) {
			write_limits(writer, member);
			write_preset(writer, member);
		}
	}
	write_notes(writer, member);
	ohtd_write_close(writer, '}');
}

static void write_properties(struct ohtd_writer *writer, const struct ohtd_shape *shape, bool input)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct ohtd_member *member = &shape->members[i];

		if (member->type == OHTD_IS_PART) {
			write_properties(writer, member->shape, input);
			continue;
		}
		ohtd_write_key(writer, member->name);
		ohtd_schema_member(writer, member, input);
	}
}

/* An answer has all its members but those that are left out instead of null. */
static void write_required(struct ohtd_writer *writer, const struct ohtd_shape *shape, bool input)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct ohtd_member *member = &shape->members[i];

		if (member->type == OHTD_IS_PART && !(member->flags & OHTD_OMIT))
			write_required(writer, member->shape, input);
		else if (member->type == OHTD_IS_PART)
			continue;
		else if (input ? member->flags & OHTD_NEEDED : !(member->flags & OHTD_OMIT))
			ohtd_write_text(writer, member->name);
	}
}

static bool needs_some(const struct ohtd_shape *shape)
{
	for (size_t i = 0; i < shape->count; i++)
		if (shape->members[i].flags & OHTD_SOME)
			return true;
	return false;
}

static void write_schema(struct ohtd_writer *writer, const struct ohtd_shape *shape, bool input,
			 bool some)
{
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "type", "object");
	ohtd_write_key(writer, "properties");
	ohtd_write_open(writer, '{');
	write_properties(writer, shape, input);
	ohtd_write_close(writer, '}');
	if (!some) {
		ohtd_write_key(writer, "required");
		ohtd_write_open(writer, '[');
		write_required(writer, shape, input);
		ohtd_write_close(writer, ']');
	}
	if (input && needs_some(shape))
		write_limit(writer, "minProperties", 1);
	/* An answer may grow, a request may not. */
	if (input) {
		ohtd_write_key(writer, "additionalProperties");
		ohtd_write_boolean(writer, false);
	}
	ohtd_write_close(writer, '}');
}

void ohtd_schema_shape(struct ohtd_writer *writer, const struct ohtd_shape *shape, bool input)
{
	write_schema(writer, shape, input, false);
}

void ohtd_schema_some(struct ohtd_writer *writer, const struct ohtd_shape *shape)
{
	write_schema(writer, shape, false, true);
}

void ohtd_schema_shapes(struct ohtd_writer *writer, const struct ohtd_shapes *shapes)
{
	for (size_t i = 0; i < shapes->count; i++) {
		ohtd_write_key(writer, shapes->shapes[i]->name);
		ohtd_schema_shape(writer, shapes->shapes[i], shapes->input[i]);
	}
}

/* ---- as viewers of data read it ---- */

static void write_plain_items(struct ohtd_writer *writer, const struct ohtd_member *member)
{
	ohtd_write_key(writer, "items");
	if (member->type == OHTD_IS_LIST) {
		ohtd_schema_plain(writer, member->shape);
		return;
	}
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "type", member->type == OHTD_IS_DECIMALS ? "number" : "string");
	ohtd_write_close(writer, '}');
}

static void write_plain_member(struct ohtd_writer *writer, const struct ohtd_member *member)
{
	if (member->type == OHTD_IS_OBJECT) {
		ohtd_schema_plain(writer, member->shape);
		return;
	}
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "type", type_name(member->type));
	if (is_array(member))
		write_plain_items(writer, member);
	ohtd_write_pair(writer, "description", member->summary);
	ohtd_write_close(writer, '}');
}

static void write_plain_properties(struct ohtd_writer *writer, const struct ohtd_shape *shape)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct ohtd_member *member = &shape->members[i];

		if (member->type == OHTD_IS_PART) {
			write_plain_properties(writer, member->shape);
			continue;
		}
		ohtd_write_key(writer, member->name);
		write_plain_member(writer, member);
	}
}

static void write_plain_required(struct ohtd_writer *writer, const struct ohtd_shape *shape)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct ohtd_member *member = &shape->members[i];

		if (member->flags & (OHTD_OMIT | OHTD_NULL))
			continue;
		if (member->type == OHTD_IS_PART)
			write_plain_required(writer, member->shape);
		else
			ohtd_write_text(writer, member->name);
	}
}

void ohtd_schema_plain(struct ohtd_writer *writer, const struct ohtd_shape *shape)
{
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "type", "object");
	ohtd_write_key(writer, "properties");
	ohtd_write_open(writer, '{');
	write_plain_properties(writer, shape);
	ohtd_write_close(writer, '}');
	ohtd_write_key(writer, "required");
	ohtd_write_open(writer, '[');
	write_plain_required(writer, shape);
	ohtd_write_close(writer, ']');
	ohtd_write_close(writer, '}');
}
