// SPDX-License-Identifier: GPL-2.0-or-later
#include "history/levels.h"

#include <errno.h>
#include <stdlib.h>

#define FIELDS	6

_Static_assert(OHTD_CHUNK_COLUMNS * OHTD_LEVEL_CYCLES == OHTD_CHUNK_CYCLES, "whole columns");

uint32_t ohtd_level_cycles(unsigned int level)
{
	uint32_t cycles = level ? OHTD_LEVEL_CYCLES : 1;

	while (level-- > 1)
		cycles *= OHTD_LEVEL_FACTOR;
	return cycles;
}

void ohtd_column_join(struct ohtd_column *to, const struct ohtd_column *later)
{
	if (!later->count)
		return;
	if (!to->count) {
		*to = *later;
		return;
	}
	to->last = later->last;
	to->min = later->min < to->min ? later->min : to->min;
	to->max = later->max > to->max ? later->max : to->max;
	to->sum += later->sum;
	to->count += later->count;
}

void ohtd_column_add(struct ohtd_column *to, int64_t value)
{
	const struct ohtd_column sample = { value, value, value, value, value, 1 };

	ohtd_column_join(to, &sample);
}

size_t ohtd_columns_of_samples(const int64_t *values, const int64_t *quality, size_t count,
			       uint32_t cycles, struct ohtd_column *columns)
{
	size_t columns_count = (count + cycles - 1) / cycles;

	for (size_t i = 0; i < columns_count; i++)
		columns[i] = (struct ohtd_column){ 0 };
	for (size_t i = 0; i < count; i++)
		if (!quality[i])
			ohtd_column_add(&columns[i / cycles], values[i]);
	return columns_count;
}

size_t ohtd_columns_join(struct ohtd_column *columns, size_t count)
{
	size_t joined = 0;

	for (size_t at = 0; at < count; at += OHTD_LEVEL_FACTOR) {
		struct ohtd_column column = columns[at];

		for (size_t i = at + 1; i < count && i < at + OHTD_LEVEL_FACTOR; i++)
			ohtd_column_join(&column, &columns[i]);
		columns[joined++] = column;
	}
	return joined;
}

static int64_t field_of(const struct ohtd_column *column, unsigned int field)
{
	const int64_t fields[FIELDS] = {
		column->count, column->min, column->max - column->min, column->first - column->min,
		column->last - column->min, column->sum - column->count * column->min,
	};

	return fields[field];
}

/* A bit for each field that is not always 0: those of a signal that stands still are. */
static unsigned char fields_of(const struct ohtd_column *columns, size_t count)
{
	unsigned char fields = 0;

	for (size_t i = 0; i < count; i++)
		for (unsigned int field = 0; field < FIELDS; field++)
			if (columns[i].count && field_of(&columns[i], field))
				fields |= (unsigned char)(1u << field);
	return fields;
}

/*
 * A column without a value repeats the one before, which costs least; its count says that it
 * has none.
 */
static void put_field(struct ohtd_bytes *to, const struct ohtd_column *columns, size_t count,
		      unsigned int field)
{
	int64_t values[OHTD_CODEC_BLOCK], before = 0;

	for (size_t at = 0, n; at < count; at += n) {
		n = count - at < OHTD_CODEC_BLOCK ? count - at : OHTD_CODEC_BLOCK;
		for (size_t i = 0; i < n; i++) {
			if (!field || columns[at + i].count)
				before = field_of(&columns[at + i], field);
			values[i] = before;
		}
		ohtd_codec_put(to, values, n);
	}
}

void ohtd_columns_put(struct ohtd_bytes *to, const struct ohtd_column *columns, size_t count)
{
	unsigned char fields = fields_of(columns, count);

	ohtd_bytes_put(to, &fields, 1);
	for (unsigned int field = 0; field < FIELDS; field++)
		if (fields & 1u << field)
			put_field(to, columns, count, field);
}

/* Of a foreign file a sum may be anything: modulo 2^64. */
static int64_t plus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t times(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a * (uint64_t)b);
}

static void fill(struct ohtd_column *column, const int64_t *fields, size_t stride)
{
	int64_t count = fields[0], min = fields[stride];

	if (count <= 0) {
		*column = (struct ohtd_column){ 0 };
		return;
	}
	*column = (struct ohtd_column){
		.count = count, .min = min, .max = plus(min, fields[2 * stride]),
		.first = plus(min, fields[3 * stride]), .last = plus(min, fields[4 * stride]),
		.sum = plus(fields[5 * stride], times(count, min)),
	};
}

int ohtd_columns_take(struct ohtd_span *from, struct ohtd_column *columns, size_t count)
{
	int64_t *fields = columns ? calloc(count ? count : 1, FIELDS * sizeof(*fields)) : NULL;
	int r = columns && !fields ? -ENOMEM : 0;
	struct ohtd_span there;

	if (!r)
		r = ohtd_span_take(from, 1, &there);
	if (!r && *there.at >> FIELDS)
		r = -EBADMSG;
	for (unsigned int field = 0; !r && field < FIELDS; field++)
		if (*there.at & 1u << field)
			r = ohtd_codec_take(from, fields ? fields + field * count : NULL, count);
	for (size_t i = 0; !r && fields && i < count; i++)
		fill(&columns[i], fields + i, count);
	free(fields);
	return r;
}
