/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how far two words are apart, to offer the word that was meant.
 * Contexts: any; a pure function.
 * Locks:    none.
 */
#ifndef OHT_COMMON_DISTANCE_H
#define OHT_COMMON_DISTANCE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * oht_distance() - letters to add, drop or change to make one word of the other (Levenshtein)
 * @one: a word, which need not end with a zero
 * @bytes: of @one
 * @other: the other word; only its first 96 bytes count
 *
 * Return: how many.
 */
unsigned int oht_distance(const char *one, size_t bytes, const char *other);

/**
 * oht_is_nearer() - find the nearest of several words, one after the other
 * @one: a word, which need not end with a zero
 * @bytes: of @one
 * @other: the other word
 * @best: distance of the nearest word so far, at first one more than is near; set if @other is nearer
 *
 * Return: whether @other is nearer.
 */
bool oht_is_nearer(const char *one, size_t bytes, const char *other, unsigned int *best);

#endif
