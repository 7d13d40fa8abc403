/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the targets for bodies and queries share: the members that some route takes, and
 *           what an answer to them must be like.
 * Contexts: one fuzz program, one thread.
 * Locks:    none.
 */
#ifndef OHT_FUZZ_FIELDS_H
#define OHT_FUZZ_FIELDS_H

#include "fuzz.h"

#include "http/body.h"
#include "http/json_scan.h"
#include "http/problem.h"
#include "http/route.h"

/* The members of the @choice-th route that takes any. */
static inline const struct ohtd_field *fuzz_fields(unsigned int choice)
{
	for (size_t i = 0;; i++) {
		const struct ohtd_field *fields = ohtd_routes[i % ohtd_route_count].fields;

		if (fields && !choice--)
			return fields;
	}
}

/* What is written into an answer is JSON that our own scanner takes, UTF-8 and all. */
static inline void fuzz_check_json(struct json_object *json)
{
	struct ohtd_json_fault where;
	size_t bytes;
	const char *text = json_object_to_json_string_length(json, JSON_C_TO_STRING_PLAIN, &bytes);

	HOLDS("an answer is JSON", !ohtd_json_scan(text, bytes, &where));
}

/* Of a refusal; releases its list of errors. */
static inline void fuzz_check_fault(const struct ohtd_body_fault *fault)
{
	struct json_object *problem =
		ohtd_problem_json(fault->status, fault->code, fault->detail, "id");

	HOLDS("a refusal is the client's fault and says why",
	      fault->status == 400 && *fault->detail);
	fuzz_check_json(problem);
	for (size_t i = 0; fault->errors && i < json_object_array_length(fault->errors); i++) {
		struct json_object *error = json_object_array_get_idx(fault->errors, i);

		fuzz_check_json(error);
		HOLDS("an error points at a member",
		      json_object_get_string(json_object_object_get(error, "pointer"))[0] == '/');
	}
	json_object_put(problem);
	json_object_put(fault->errors);
}

/* What is taken has each member of its type and inside its limits, and what must be there. */
static inline void fuzz_check_taken(struct json_object *taken, const struct ohtd_field *fields)
{
	json_object_object_foreach(taken, name, value) {
		const struct ohtd_field *field = fields;
		int64_t measure = 0;

		while (field->name && strcmp(field->name, name))
			field++;
		HOLDS("only what is known is taken", field->name);
		if (field->type == OHTD_FIELD_BOOLEAN) {
			HOLDS("a boolean is one", json_object_is_type(value, json_type_boolean));
			continue;
		}
		if (field->type == OHTD_FIELD_INTEGER) {
			HOLDS("an integer is one", json_object_is_type(value, json_type_int));
			measure = json_object_get_int64(value);
		} else {
			HOLDS("a string is one", json_object_is_type(value, json_type_string));
			measure = json_object_get_string_len(value);
		}
		HOLDS("each value is inside its limits",
		      measure >= field->min && measure <= field->max);
	}
	for (; fields->name; fields++)
		HOLDS("what must be there is there",
		      !fields->required || json_object_object_get_ex(taken, fields->name, NULL));
}

#endif
