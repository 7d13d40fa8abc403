/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how numbers of JSON are read, and which of them are whole numbers.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_JSON_WHOLE_H
#define OHTD_JSON_WHOLE_H

#include <stdbool.h>
#include <stdint.h>

struct json_object;

/**
 * ohtd_json_whole() - read a whole number
 * @value: what JSON has there, or NULL
 * @number: filled with it; NULL: only asks
 *
 * 2000.0 and 2e3 are the whole number 2000: some languages write it so. Beyond 2^53 only what is written as an
 * integer counts, since a double names no single one there.
 *
 * Return: false if it is no number or none that is whole.
 */
bool ohtd_json_whole(struct json_object *value, int64_t *number);

/* A number of JSON as a double. -0 is 0, and so is what is too small for a double, such as -1e-400. */
double ohtd_json_number(struct json_object *value);

#endif /* OHTD_JSON_WHOLE_H */
