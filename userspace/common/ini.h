/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the syntax of the configuration file: [section], key = value, # and ; remarks.
 * Contexts: the main thread before the others start.
 * Locks:    none.
 */
#ifndef OHT_COMMON_INI_H
#define OHT_COMMON_INI_H

#include <stddef.h>

struct oht_ini_line {
	const char *section;
	const char *key;
	const char *value;
	unsigned int number;
};

/* Returns 0 to go on, or -1 with @why filled (without file and line, oht_ini_parse() adds them). */
typedef int (*oht_ini_cb)(const struct oht_ini_line *line, void *ctx, char *why, size_t size);

/**
 * oht_ini_parse() - walk through the lines of a file
 * @path: the file, also the name in messages
 * @cb: called once for each key
 * @ctx: passed on
 * @why: on failure one line "file:line: text"
 * @size: of @why in bytes
 *
 * A remark begins with # or ; at the start of a line or behind a blank, and goes to the end of the line.
 * A line may have at most 1,022 bytes, a NUL or another control byte but tab is refused, as is a key
 * before the first section, an empty key and a line without "=".
 *
 * Return: 0, or -1 with @why filled and errno: EINVAL for what is in the file, else why it cannot be opened or read.
 */
int oht_ini_parse(const char *path, oht_ini_cb cb, void *ctx, char *why, size_t size);

#endif /* OHT_COMMON_INI_H */
