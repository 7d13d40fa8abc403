/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     whole numbers in text: data files, command lines, control words.
 * Contexts: any; a pure function.
 * Locks:    none.
 */
#ifndef OHT_COMMON_NUMBER_H
#define OHT_COMMON_NUMBER_H

#include <stdint.h>

/**
 * oht_number_parse() - text -> whole number
 * @text: decimal with an optional '-', or 0x and hexadecimal digits; nothing before or behind
 * @min: lowest that is accepted
 * @max: highest that is accepted
 * @number: takes it on success
 *
 * Unlike strtoll() it takes neither spaces nor '+', and 010 is ten.
 *
 * Return: 0, -EINVAL for what is no number, -ERANGE outside @min and @max.
 */
int oht_number_parse(const char *text, int64_t min, int64_t max, int64_t *number);

#endif
