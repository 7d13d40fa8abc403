// SPDX-License-Identifier: GPL-2.0-or-later
#include "json/member.h"

#include <stdio.h>
#include <string.h>

int ohtd_word_number_of(const struct ohtd_words *words, const char *word, size_t bytes)
{
	for (unsigned int i = words->first; i < words->end; i++) {
		const char *name = words->name(i);

		if (name && strlen(name) == bytes && !memcmp(name, word, bytes))
			return (int)i;
	}
	return -1;
}

int ohtd_word_number(const struct ohtd_words *words, const char *word)
{
	return ohtd_word_number_of(words, word, strlen(word));
}

const char *ohtd_word_of(const struct ohtd_words *words, int64_t number)
{
	const char *name = NULL;

	if (number >= words->first && number < words->end)
		name = words->name((unsigned int)number);
	return name ? name : "unknown";
}

int64_t ohtd_member_load(const struct ohtd_member *member, const void *base)
{
	const void *at = (const char *)base + member->offset;

	switch (member->as) {
	case OHTD_AS_I8:
		return *(const int8_t *)at;
	case OHTD_AS_U8:
		return *(const uint8_t *)at;
	case OHTD_AS_I16:
		return *(const int16_t *)at;
	case OHTD_AS_U16:
		return *(const uint16_t *)at;
	case OHTD_AS_I32:
		return *(const int32_t *)at;
	case OHTD_AS_U32:
		return *(const uint32_t *)at;
	default:
		return *(const int64_t *)at;
	}
}

void ohtd_member_store(const struct ohtd_member *member, void *base, int64_t value)
{
	void *at = (char *)base + member->offset;

	switch (member->as) {
	case OHTD_AS_I8:
		*(int8_t *)at = (int8_t)value;
		break;
	case OHTD_AS_U8:
		*(uint8_t *)at = (uint8_t)value;
		break;
	case OHTD_AS_I16:
		*(int16_t *)at = (int16_t)value;
		break;
	case OHTD_AS_U16:
		*(uint16_t *)at = (uint16_t)value;
		break;
	case OHTD_AS_I32:
		*(int32_t *)at = (int32_t)value;
		break;
	case OHTD_AS_U32:
		*(uint32_t *)at = (uint32_t)value;
		break;
	default:
		*(int64_t *)at = value;
		break;
	}
}

void ohtd_member_range(const struct ohtd_member *member, int64_t *min, int64_t *max)
{
	static const struct {
		int64_t min, max;
	} ranges[] = {
		[OHTD_AS_I8] = { INT8_MIN, INT8_MAX },
		[OHTD_AS_U8] = { 0, UINT8_MAX },
		[OHTD_AS_I16] = { INT16_MIN, INT16_MAX },
		[OHTD_AS_U16] = { 0, UINT16_MAX },
		[OHTD_AS_I32] = { INT32_MIN, INT32_MAX },
		[OHTD_AS_U32] = { 0, UINT32_MAX },
		/* INT64_MIN says that there is no value. */
		[OHTD_AS_I64] = { INT64_MIN + 1, INT64_MAX },
		[OHTD_AS_U64] = { 0, INT64_MAX },
	};
	bool limited = member->min || member->max;

	*min = limited ? member->min : ranges[member->as].min;
	*max = limited ? member->max : ranges[member->as].max;
}

const struct ohtd_member *ohtd_shape_find(const struct ohtd_shape *shape, const char *name,
					  size_t bytes, char **base)
{
	for (size_t i = 0; shape && i < shape->count; i++) {
		const struct ohtd_member *member = &shape->members[i], *found;
		char *part = base ? *base + member->offset : NULL;

		/* A key is the name in quotation marks, and a colon. */
		if (member->type != OHTD_IS_PART && member->key_bytes == bytes + 3 &&
		    !memcmp(member->name, name, bytes))
			return member;
		if (member->type != OHTD_IS_PART)
			continue;
		found = ohtd_shape_find(member->shape, name, bytes, base ? &part : NULL);
		if (!found)
			continue;
		if (base)
			*base = part;
		return found;
	}
	return NULL;
}

/* ---- soundness: what a description can get wrong although it compiles ---- */

static const char *unsound_integer(const struct ohtd_member *member)
{
	struct ohtd_member whole = *member;
	int64_t min, max;

	whole.min = whole.max = 0;
	ohtd_member_range(&whole, &min, &max);
	if (member->min < min || member->max > max || member->min > member->max)
		return "its limits are not those of its type";
	ohtd_member_range(member, &min, &max);
	if (!(member->flags & OHTD_NEEDED) && member->preset != OHTD_NONE &&
	    (member->preset < min || member->preset > max))
		return "its preset is outside its limits";
	if (member->preset == OHTD_NONE && member->as != OHTD_AS_I64)
		return "its type cannot say that there is no value";
	return NULL;
}

static const char *unsound_input(const struct ohtd_member *member)
{
	switch (member->type) {
	case OHTD_IS_INTEGER:
		return unsound_integer(member);
	case OHTD_IS_TEXT:
	case OHTD_IS_LIST:
	case OHTD_IS_TEXTS:
		return member->max > 0 && member->min >= 0 && member->min <= member->max ? NULL :
		       "it has no upper limit";
	case OHTD_IS_TIME:
	case OHTD_IS_DECIMAL:
	case OHTD_IS_DECIMALS:
	case OHTD_IS_SCALAR:
		return "its type is for answers only";
	case OHTD_IS_BOOLEAN:
		return member->flags & OHTD_NEEDED ? NULL : "what may be left out is a tristate";
	default:
		return NULL;
	}
}

static const char *unsound_member(const struct ohtd_member *member, bool input)
{
	if (member->type == OHTD_IS_PART)
		return input && member->flags & OHTD_OMIT ? "its type is for answers only" : NULL;
	if (!member->summary || !*member->summary)
		return "it has no summary";
	if (member->type == OHTD_IS_WORD && !member->words)
		return "it has no words";
	if (!input && member->flags & OHTD_NULL && member->type == OHTD_IS_INTEGER &&
	    member->as != OHTD_AS_I64)
		return "its type cannot say null";
	return input ? unsound_input(member) : NULL;
}

/* A name that @outer has twice, also in its parts; NULL: there is none. */
static const char *name_twice(const struct ohtd_shape *outer, const struct ohtd_shape *shape)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct ohtd_member *member = &shape->members[i];
		const char *twice = NULL;

		/* The first of that name is this one, or there are two. */
		if (member->type == OHTD_IS_PART)
			twice = name_twice(outer, member->shape);
		else if (ohtd_shape_find(outer, member->name, strlen(member->name), NULL) != member)
			twice = member->name;
		if (twice)
			return twice;
	}
	return NULL;
}

bool ohtd_shape_unsound(const struct ohtd_shape *shape, bool input, char *why, size_t size)
{
	for (size_t i = 0; shape && i < shape->count; i++) {
		const struct ohtd_member *member = &shape->members[i];
		const char *fault = unsound_member(member, input);

		if (!fault && !i && name_twice(shape, shape)) {
			fault = "there are two of that name";
			member = ohtd_shape_find(shape, name_twice(shape, shape),
						 strlen(name_twice(shape, shape)), NULL);
		}
		if (fault) {
			snprintf(why, size, "member '%s' of '%s': %s", member->name, shape->name, fault);
			return true;
		}
		if (ohtd_shape_unsound(member->shape, input, why, size))
			return true;
	}
	return false;
}
