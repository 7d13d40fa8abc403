/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     turning the bytes of a body into a validated JSON object.
 * Contexts: any thread; allocates.
 * Locks:    none.
 */
#ifndef OHTD_HTTP_BODY_H
#define OHTD_HTTP_BODY_H

#include <stddef.h>
#include <json-c/json.h>

struct ohtd_field;

struct ohtd_body_fault {
	int status;
	const char *code;
	char detail[160];
	struct json_object *errors;	/* to be released, or NULL */
};

/* The one of that name, or NULL; so with @fields NULL. */
const struct ohtd_field *ohtd_field_find(const struct ohtd_field *fields, const char *name);

/**
 * ohtd_body_parse() - bytes to a JSON object with nothing unexpected in it
 * @text: the body
 * @bytes: its length; 0 counts as {}
 * @fields: what may and must be in it, NULL for nothing
 * @fault: filled on failure
 *
 * Return: the object, or NULL.
 */
struct json_object *ohtd_body_parse(const char *text, size_t bytes,
				    const struct ohtd_field *fields,
				    struct ohtd_body_fault *fault);

/**
 * ohtd_body_check() - the second half of ohtd_body_parse(), for what was not a body
 * @body: JSON object; returned, or released
 * @fields: what may and must be in it, NULL for nothing
 * @errors: array of the faults that have been found already; always released or handed on
 * @detail: what is said if there are any
 * @fault: filled on failure
 *
 * Return: @body, or NULL.
 */
struct json_object *ohtd_body_check(struct json_object *body, const struct ohtd_field *fields,
				    struct json_object *errors, const char *detail,
				    struct ohtd_body_fault *fault);

#endif /* OHTD_HTTP_BODY_H */
