/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     sets of small numbers: signals of telemetry, members of a channel's state, names of a query.
 * Contexts: any; pure functions.
 * Locks:    none.
 *
 * A set is a value: it is copied, passed and returned as a number is. Zeroed, it is empty.
 */
#ifndef OHT_COMMON_SET_H
#define OHT_COMMON_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers of a set are below it; a multiple of 64. */
#define OHT_SET_MAX	128
#define OHT_SET_WORDS	(OHT_SET_MAX / 64)

_Static_assert(OHT_SET_WORDS * 64 == OHT_SET_MAX, "OHT_SET_MAX: a multiple of 64");

/**
 * struct oht_set - a set of numbers
 * @words: number n is bit n % 64 of word n / 64
 */
struct oht_set {
	uint64_t words[OHT_SET_WORDS];
};

/* @number: below OHT_SET_MAX. */
static inline void oht_set_add(struct oht_set *set, unsigned int number)
{
	set->words[number / 64] |= 1ull << number % 64;
}

/* A number above all sets is in none. */
static inline bool oht_set_has(const struct oht_set *set, unsigned int number)
{
	return number < OHT_SET_MAX && set->words[number / 64] >> number % 64 & 1;
}

static inline bool oht_set_is_empty(const struct oht_set *set)
{
	uint64_t all = 0;

	for (size_t i = 0; i < OHT_SET_WORDS; i++)
		all |= set->words[i];
	return !all;
}

/* How many numbers @set has. */
static inline unsigned int oht_set_count(const struct oht_set *set)
{
	unsigned int count = 0;

	for (size_t i = 0; i < OHT_SET_WORDS; i++)
		count += (unsigned int)__builtin_popcountll(set->words[i]);
	return count;
}

/* The numbers below @count, which is at most OHT_SET_MAX. */
static inline struct oht_set oht_set_below(unsigned int count)
{
	struct oht_set set = { 0 };

	for (size_t i = 0; i < OHT_SET_WORDS && count > 64 * i; i++)
		set.words[i] = count < 64 * (i + 1) ? (1ull << count % 64) - 1 : UINT64_MAX;
	return set;
}

/* Adds the numbers of @more to @set. */
static inline void oht_set_join(struct oht_set *set, const struct oht_set *more)
{
	for (size_t i = 0; i < OHT_SET_WORDS; i++)
		set->words[i] |= more->words[i];
}

/* The numbers that both have. */
static inline struct oht_set oht_set_common(const struct oht_set *a, const struct oht_set *b)
{
	struct oht_set set;

	for (size_t i = 0; i < OHT_SET_WORDS; i++)
		set.words[i] = a->words[i] & b->words[i];
	return set;
}

/* The numbers of @set that are not in @without. */
static inline struct oht_set oht_set_rest(const struct oht_set *set, const struct oht_set *without)
{
	struct oht_set rest;

	for (size_t i = 0; i < OHT_SET_WORDS; i++)
		rest.words[i] = set->words[i] & ~without->words[i];
	return rest;
}

#endif /* OHT_COMMON_SET_H */
