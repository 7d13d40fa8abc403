/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what counts as JSON for this daemon: RFC 8259, without what json-c lets through.
 * Contexts: any thread; pure, allocates nothing.
 * Locks:    none.
 */
#ifndef OHTD_JSON_JSON_SCAN_H
#define OHTD_JSON_JSON_SCAN_H

#include <stddef.h>

#define OHTD_JSON_DEPTH_MAX		16	/* nested arrays and objects */
#define OHTD_JSON_MEMBERS_MAX		64	/* of one object */
#define OHTD_JSON_NUMBER_BYTES_MAX	32

#define OHTD_JSON_POINTER_BYTES		128

struct ohtd_json_fault {
	size_t offset;		/* in bytes from the beginning */
	const char *reason;	/* static text */
	char pointer[OHTD_JSON_POINTER_BYTES];	/* of a name that is there twice, as it stands in the text; "": another fault, or too long */
};

/**
 * ohtd_json_scan() - check that a text is one JSON value and nothing else
 * @text: need not be NUL-terminated
 * @length_bytes: of @text
 * @fault: where and why, on failure
 *
 * Refused beyond the grammar of RFC 8259: duplicate names in an object (also when one is written
 * with escapes), unpaired surrogates, \u0000, invalid UTF-8, numbers that are too long or not finite
 * as a double or, if written as integers, do not fit into 64 bits; and the limits above.
 *
 * Return: 0, or -1 with @fault filled.
 */
int ohtd_json_scan(const char *text, size_t length_bytes, struct ohtd_json_fault *fault);

#endif /* OHTD_JSON_JSON_SCAN_H */
