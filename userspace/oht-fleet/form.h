/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of VDA 5050 as tables: a row says where a member is in a struct, and how each version of the standard names it.
 * The same rows write a message and read one.
 *
 * Owns:     nothing.
 * Contexts: the program's one thread; does no I/O.
 * Locks:    none.
 */
#ifndef FLEET_FORM_H
#define FLEET_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

enum fleet_version {
	FLEET_V3_0,
	FLEET_V2_1,
	FLEET_VERSIONS,
};

enum form_kind {
	FORM_END,
	FORM_TEXT,	/* char[@bytes] */
	FORM_COUNT,	/* uint32_t */
	FORM_NUMBER,	/* double */
	FORM_FLAG,	/* bool */
	FORM_WORD,	/* unsigned int: place in @words */
	FORM_TEXTS,	/* char[@max][@bytes], a uint32_t at @count_at says how many */
	FORM_OBJECT,	/* a struct of @rows; an optional one begins with a bool: is it there? */
	FORM_LIST,	/* structs of @rows, @bytes each, at most @max, a uint32_t at @count_at says how many */
	FORM_VALUE,	/* char[@bytes]: any value, as JSON */
	FORM_UNUSED,	/* a member of the standard that this robot can do nothing with: read only */
};

/* Left out where it is "", NaN, empty or not there. Without the flag a message must have it. */
#define FORM_OPTIONAL	0x1
/* A change of it alone is no news. */
#define FORM_QUIET	0x2

#define FORM_WORDS_MAX	10

/* Words of an enumeration by its number, of each version; NULL behind the last. Several numbers may share a word. */
struct form_words {
	const char *word[FLEET_VERSIONS][FORM_WORDS_MAX];
};

/* @names: NULL: this version has no such member. A list of a name that is there already goes on behind it. */
struct form_row {
	const char *names[FLEET_VERSIONS];
	enum form_kind kind;
	unsigned int flags;
	size_t at, bytes, count_at;
	uint32_t max;
	const struct form_row *rows;
	const struct form_words *words;
	double low, high;	/* of a number or count; both 0: any */
};

enum form_verdict {
	FORM_FINE,
	FORM_WRONG,		/* not as the standard has it */
	FORM_UNSUPPORTED,	/* a member that this robot can do nothing with */
	FORM_TOO_LARGE,		/* more than there is room for */
};

#define FORM_PLACE_BYTES	128

/* The first fault of a message: @place is the name of the member, as nodes[2].nodeId. */
struct form_fault {
	enum form_verdict verdict;
	char place[FORM_PLACE_BYTES];
};

/**
 * form_write() - a struct as JSON
 * @rows: of the message
 * @version: whose names are taken
 * @from: the struct
 * @without: rows with one of these flags are left out
 *
 * Return: an object of the caller's, or NULL: out of memory.
 */
struct json_object *form_write(const struct form_row *rows, enum fleet_version version, const void *from, unsigned int without);

/**
 * form_read() - JSON to a struct
 * @rows: of the message
 * @version: whose names are taken
 * @object: the message
 * @to: the struct; zeroed first
 * @fault: what is wrong
 *
 * A member that no row names is left alone, as the standard may grow. Text has no control bytes.
 *
 * Return: FORM_FINE, or the verdict that is in @fault.
 */
enum form_verdict form_read(const struct form_row *rows, enum fleet_version version, struct json_object *object, void *to,
			    struct form_fault *fault);

/**
 * form_parse() - a message that has come
 * @text: ends with NUL
 * @bytes: of the message; a NUL within them is an error
 *
 * One value and nothing behind it, in UTF-8 that is whole: names of a message are said again in others.
 *
 * Return: a value of the caller's, or NULL.
 */
struct json_object *form_parse(const char *text, size_t bytes);

/* All of @text is UTF-8, and a NUL is not within @bytes. */
bool form_is_utf8(const char *text, size_t bytes);

/* Word of number @number, "" if there is none. */
const char *form_word(const struct form_words *words, enum fleet_version version, unsigned int number);

#endif /* FLEET_FORM_H */
