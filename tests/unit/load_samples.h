/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a series of values, and its line "figure NAME P50 P99 MAX COUNT" for tests/bench.
 * Contexts: a program of one thread.
 * Locks:    none.
 */
#ifndef LOAD_SAMPLES_H
#define LOAD_SAMPLES_H

#include <stdio.h>
#include <stdlib.h>

#include "drive_robot.h"

#define SAMPLES_MAX	100000

struct samples {
	const char *name;
	unsigned int count;
	double value[SAMPLES_MAX];
};

static inline void samples_add(struct samples *s, double value)
{
	assert_true(s->count < SAMPLES_MAX);
	s->value[s->count++] = value;
}

static inline int samples_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline void samples_show(struct samples *s)
{
	qsort(s->value, s->count, sizeof(s->value[0]), samples_compare);
	printf("figure %s %.3f %.3f %.3f %u\n", s->name, s->value[s->count / 2],
	       s->value[s->count * 99 / 100], s->value[s->count - 1], s->count);
	fflush(stdout);
}

static inline struct samples *samples_begin(const char *name)
{
	struct samples *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->name = name;
	return s;
}

#endif /* LOAD_SAMPLES_H */
