/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     which numbers of JSON are whole numbers.
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

#endif /* OHTD_JSON_WHOLE_H */
