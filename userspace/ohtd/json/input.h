/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what a request says: the bytes of a body or a query, checked, as a plain C struct.
 * Contexts: any thread; the struct and its texts come from the caller's memory.
 * Locks:    none.
 */
#ifndef OHTD_JSON_INPUT_H
#define OHTD_JSON_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "json/member.h"
#include "json/writer.h"

#define OHTD_QUERY_VALUE_BYTES	1024	/* of a decoded value, with NUL; the longest path */

/**
 * struct ohtd_error - what is wrong with one member
 * @pointer: JSON pointer (RFC 6901) into the body, or "/" and the name in the query, and in a list of
 *	names there the place: "/signals/2"
 * @code: stable word for programs, of the catalogue
 * @detail: sentence for people
 */
struct ohtd_error {
	const char *pointer;
	const char *code;
	const char *detail;
};

/**
 * struct ohtd_input - an input on its way into its struct
 * @memory: where struct, texts and errors come from
 * @shape: what may be said; NULL: nothing
 * @view: out: the struct; NULL without a shape
 * @code: out, when it is refused: "validation", "bad_json" or "bad_query"
 * @detail: out, when it is refused
 * @errors: out: faults of single members
 * @error_count: of @errors
 */
struct ohtd_input {
	const struct ohtd_memory *memory;
	const struct ohtd_shape *shape;
	void *view;
	const char *code;
	char detail[160];
	struct ohtd_error *errors;
	size_t error_count;
};

/*
 * The member @name of a body that is not read yet: its type says by which shape to read it, its id names it
 * in a refusal. A text or an integer; the text NULL if there is none, if it is empty or longer than @length_max, or
 * if the body is not JSON. @memory: keeps the text.
 */
struct ohtd_scalar ohtd_input_peek(const struct ohtd_memory *memory, const char *text, size_t bytes,
				   const char *name, size_t length_max);

/* A JSON object as it came. */
struct ohtd_json_text {
	const char *text;
	size_t bytes;
};

/* A body that is any object: @input->view becomes a struct ohtd_json_text. As ohtd_input_body(). */
int ohtd_input_object(struct ohtd_input *input, const char *text, size_t bytes);

/* A body. No bytes count as {}. 0, or -1 when it is refused with 400. */
int ohtd_input_body(struct ohtd_input *input, const char *text, size_t bytes);

/**
 * ohtd_input_query() - "limit=5&kind=stop"
 * @input: see above
 * @text: the query without its "?", printable ASCII (the prologue refuses other paths)
 * @bytes: its length
 *
 * "%C3%BC" is one character of UTF-8, "+" is a plus sign. What is there twice, not known or not well encoded is refused.
 *
 * Return: 0, or -1 when it is refused with 400.
 */
int ohtd_input_query(struct ohtd_input *input, const char *text, size_t bytes);

/* ---- between input.c and input_query.c ---- */

/* Fills @view with what stands for a member that is not there. */
void ohtd_input_preset(const struct ohtd_shape *shape, void *view);

/* Stores a value, or notes why not; @at: the pointer of the object that the member is in. */
void ohtd_input_text(struct ohtd_input *input, const struct ohtd_member *member, void *base,
		     const char *at, const char *text, size_t bytes);
void ohtd_input_integer(struct ohtd_input *input, const struct ohtd_member *member, void *base,
			const char *at, int64_t value);

/* Notes a fault of the member @name of the object at the pointer @at. */
void ohtd_input_fault(struct ohtd_input *input, const char *at, const char *name, const char *code,
		      const char *format, ...) __attribute__((format(printf, 5, 6)));

/* 0 when nothing has been noted, else -1 with "validation". */
int ohtd_input_end(struct ohtd_input *input, const char *detail);

#endif /* OHTD_JSON_INPUT_H */
