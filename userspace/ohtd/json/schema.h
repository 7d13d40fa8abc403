/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     shapes as JSON Schema (2020-12, of which OpenAPI 3.1 is made).
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_JSON_SCHEMA_H
#define OHTD_JSON_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "json/member.h"
#include "json/writer.h"

/*
 * JSON Schema of what a writer with no_null writes, for viewers of data: they take one type for each
 * member, and neither references nor null. @shape has no OHTD_IS_SCALAR.
 */
void ohtd_schema_plain(struct ohtd_writer *writer, const struct ohtd_shape *shape);

#define OHTD_SHAPES_MAX	512

/* Shapes that the document names. */
struct ohtd_shapes {
	const struct ohtd_shape *shapes[OHTD_SHAPES_MAX];
	bool input[OHTD_SHAPES_MAX];	/* a request is read by it */
	size_t count;
	const struct ohtd_shape *twice;	/* another one has its name, or NULL */
	const struct ohtd_shape *beyond;	/* there was no room for it, or NULL */
};

/* Takes a shape with all inside; NULL does nothing. */
void ohtd_shapes_add(struct ohtd_shapes *shapes, const struct ohtd_shape *shape, bool input);

/* False: one has the name of another, or there are more than OHTD_SHAPES_MAX; @why says which. */
bool ohtd_json_shapes_fit(const struct ohtd_shapes *shapes, char *why, size_t size);

/* {"$ref":...} */
void ohtd_schema_ref(struct ohtd_writer *writer, const struct ohtd_shape *shape);

/* JSON Schema of a member, or of a whole shape. */
void ohtd_schema_member(struct ohtd_writer *writer, const struct ohtd_member *member, bool input);
void ohtd_schema_shape(struct ohtd_writer *writer, const struct ohtd_shape *shape, bool input);
/* The same of an answer that has only some of the members. */
void ohtd_schema_some(struct ohtd_writer *writer, const struct ohtd_shape *shape);
/* All shapes by their names, between the brackets of an object. */
void ohtd_schema_shapes(struct ohtd_writer *writer, const struct ohtd_shapes *shapes);

#endif /* OHTD_JSON_SCHEMA_H */
