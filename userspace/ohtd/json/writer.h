/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     writing JSON, straight into the memory of the request that it answers.
 * Contexts: any thread; one writer belongs to one.
 * Locks:    none.
 */
#ifndef OHTD_JSON_WRITER_H
#define OHTD_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ohtd_shape;

/**
 * struct ohtd_memory - where memory comes from that is released all at once, later
 * @take: never returns NULL
 * @from: passed to @take
 */
struct ohtd_memory {
	void *(*take)(void *from, size_t bytes);
	void *from;
};

/**
 * struct ohtd_writer - a text that grows
 * @memory: for the text
 * @text: not NUL-terminated
 * @used: its length
 * @size: room at @text
 * @left_out: members with one of these flags are not written
 * @no_null: members that are null are not written
 * @sparse: the same of members that must not be null
 * @fault: name of the first member whose value its description does not allow, or NULL
 */
struct ohtd_writer {
	const struct ohtd_memory *memory;
	char *text;
	size_t used, size;
	unsigned int left_out;
	bool no_null;
	bool sparse;
	const char *fault;
};

/* @hint_bytes: how much will probably be written. */
void ohtd_writer_begin(struct ohtd_writer *writer, const struct ohtd_memory *memory,
		       size_t hint_bytes);

/**
 * ohtd_write_shape() - write a struct as a JSON object
 * @writer: where to
 * @shape: describes the struct
 * @view: the struct
 *
 * A value that the description does not allow (null where it may not be) is written as null all the
 * same and noted in writer->fault: such an answer is not to be sent.
 */
void ohtd_write_shape(struct ohtd_writer *writer, const struct ohtd_shape *shape, const void *view);

/* ---- by hand, for what is not known before; commas come by themselves ---- */

/* { [ } ] */
void ohtd_write_open(struct ohtd_writer *writer, char bracket);
void ohtd_write_close(struct ohtd_writer *writer, char bracket);
void ohtd_write_key(struct ohtd_writer *writer, const char *key);
/* Quoted and escaped; what is not UTF-8 becomes U+FFFD. NULL: null. */
void ohtd_write_text(struct ohtd_writer *writer, const char *text);
void ohtd_write_integer(struct ohtd_writer *writer, int64_t value);
void ohtd_write_boolean(struct ohtd_writer *writer, bool value);
/* JSON, as it is. */
void ohtd_write_json(struct ohtd_writer *writer, const char *json);
/* A key with a text. */
void ohtd_write_pair(struct ohtd_writer *writer, const char *key, const char *text);

/* Anything, as it is and without a comma. */
void ohtd_write_bytes(struct ohtd_writer *writer, const char *bytes, size_t count);

/* RFC 3339 with milliseconds and "Z" of a time since 1970, before the year 10000; no NUL. */
#define OHTD_TIME_BYTES	24
void ohtd_time_text(int64_t wall_ns, char *text);

/* The fewest digits that are read as the same number again, with a NUL; a nought has no sign. Returns how many bytes. */
#define OHTD_NUMBER_BYTES	32
int ohtd_number_text(char text[static OHTD_NUMBER_BYTES], double value);

#endif /* OHTD_JSON_WRITER_H */
