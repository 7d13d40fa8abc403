/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     an example of each route with a real answer: docs/api-examples.json, made by the tests.
 * Contexts: any thread; constants.
 * Locks:    none.
 */
#ifndef OHTD_DESCRIBE_EXAMPLES_H
#define OHTD_DESCRIBE_EXAMPLES_H

#include <stddef.h>

/**
 * struct ohtd_example - what was asked, and the answer
 * @method: "GET", ...
 * @route: template of the path
 * @path: that was asked
 * @status: of the answer
 * @request: body, as JSON; NULL: none
 * @answer: as JSON; "": it has no body
 */
struct ohtd_example {
	const char *method;
	const char *route;
	const char *path;
	int status;
	const char *request;
	const char *answer;
};

extern const struct ohtd_example ohtd_examples[];
extern const size_t ohtd_example_count;

#endif /* OHTD_DESCRIBE_EXAMPLES_H */
