/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the description of members: what a request may say and what an answer says, as data.
 * Contexts: any thread; constants and pure functions.
 * Locks:    none.
 *
 * A shape describes a plain C struct, member by member. The same shape reads a body or a query into
 * the struct (input.h), writes the struct as JSON (writer.h) and is shown in openapi.json.
 *
 *	struct lamp_view {
 *		unsigned int colour;
 *		int64_t age_ms;
 *	};
 *	OHTD_SHAPE(lamp_view, "Lamp",
 *		OHTD_WORD(lamp_view, colour, .words = &colours, .summary = "Colour of the lamp"),
 *		OHTD_INTEGER(lamp_view, age_ms, .flags = OHTD_NULL, .unit = "ms",
 *			     .summary = "Age of the colour"));
 *
 * The macros take name, place and type of each member from the struct: a wrong type does not compile.
 */
#ifndef OHTD_JSON_MEMBER_H
#define OHTD_JSON_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stands for null, or for a member that is not there, in an int64_t. For a double that is NAN. */
#define OHTD_NONE	INT64_MIN

enum ohtd_member_type {
	OHTD_IS_TEXT,		/* const char *; null: NULL */
	OHTD_IS_INTEGER,	/* any integer type; null: OHTD_NONE in an int64_t */
	OHTD_IS_NUMBER,		/* double; null: not finite */
	OHTD_IS_DECIMAL,	/* const char * with the digits of a number, in answers only; null: NULL */
	OHTD_IS_BOOLEAN,	/* bool */
	OHTD_IS_TRISTATE,	/* int8_t: 1 true, 0 false, -1 null or not there */
	OHTD_IS_WORD,		/* any integer type: number of a word; null: OHTD_NONE, or -1 in an int */
	OHTD_IS_TIME,		/* int64_t: nanoseconds since 1970, in answers only; null: negative */
	OHTD_IS_OBJECT,		/* pointer to a struct; null: NULL */
	OHTD_IS_PART,		/* a struct inside this one, whose members stand among those of this one */
	OHTD_IS_LIST,		/* pointer to structs, and their number in NAME_count */
	OHTD_IS_TEXTS,		/* pointer to texts, and their number in NAME_count */
	OHTD_IS_DECIMALS,	/* struct ohtd_decimals: a list of numbers, in answers only */
	OHTD_IS_SCALAR,		/* struct ohtd_scalar: a value whose type is not known before;
				 * in requests a text or an integer
				 */
};

/* How an integer is kept in the struct. */
enum ohtd_store_as {
	OHTD_AS_NONE,
	OHTD_AS_I8,
	OHTD_AS_U8,
	OHTD_AS_I16,
	OHTD_AS_U16,
	OHTD_AS_I32,
	OHTD_AS_U32,
	OHTD_AS_I64,
	OHTD_AS_U64,
};

/* ohtd_member.flags */
#define OHTD_NEEDED	(1U << 0)	/* a request must have the member */
#define OHTD_NULL	(1U << 1)	/* the value may be null */
#define OHTD_OMIT	(1U << 2)	/* an answer leaves the member out instead of saying null */
#define OHTD_SECRET	(1U << 3)	/* never shown in an example or a log */
#define OHTD_DRIFTS	(1U << 4)	/* changes by itself, as an age: that alone is no news */
#define OHTD_SOME	(1U << 5)	/* a request must have one of those with this */
#define OHTD_PRIVATE	(1U << 6)	/* may have something secret in it: not kept in the audit */
#define OHTD_LINES	(1U << 8)	/* a text of several lines: the handler judges what is in them, and none is shown as it is */
#define OHTD_TYPED	(1U << 7)	/* blanks and tabs around the text are no part of it: the handler takes them off */

/**
 * struct ohtd_words - the words for a range of numbers
 * @name: word of a number; NULL: no such word
 * @first: smallest number
 * @end: number behind the greatest
 * @open: other numbers may come too, from a newer kernel module: their word is "unknown"
 */
struct ohtd_words {
	const char *(*name)(unsigned int number);
	unsigned int first, end;
	bool open;
};

/* Words that stand in an array, by their number; makes the struct ohtd_words @words_. */
#define OHTD_WORDS_OF(words_, array_)							\
	static const char *words_##_name(unsigned int number)				\
	{										\
		return number < sizeof(array_) / sizeof((array_)[0]) ? (array_)[number] : NULL;	\
	}										\
	static const struct ohtd_words words_ = {					\
		.name = words_##_name, .end = sizeof(array_) / sizeof((array_)[0]),	\
	}

/* Numbers: each value divided by 10^decimals; OHTD_NONE: null. Without values it is left out, if it is OHTD_OMIT. */
struct ohtd_decimals {
	const int64_t *values;
	size_t count;
	unsigned int decimals;
};

struct ohtd_scalar {
	enum ohtd_member_type type;	/* TEXT, INTEGER, DECIMAL or BOOLEAN */
	const char *text;		/* TEXT, DECIMAL; NULL: null */
	int64_t number;			/* INTEGER, BOOLEAN */
};

struct ohtd_shape;

/**
 * struct ohtd_member - one member
 * @name: name in JSON and in the struct
 * @key: the name with quotation marks and colon
 * @key_bytes: length of @key
 * @type: what the value is
 * @as: how an integer is kept
 * @flags: OHTD_NEEDED, ...
 * @offset: of the member in the struct
 * @count_offset: LIST, TEXTS: of the size_t NAME_count
 * @min: smallest value; TEXT: shortest length in bytes; LIST, TEXTS: fewest items. In requests
 * @max: greatest value, longest length, most items; @min and @max 0: what the type can hold
 * @preset: value of an integer or word that a request leaves out
 * @unfit: TEXT, in requests: why a text of fitting length cannot be taken, as one sentence, or NULL;
 *	without the function each is taken
 * @pattern: TEXT, in requests: what is taken, as a regular expression, for the description
 * @words: WORD: the words. TEXT, TEXTS: the words that may stand there, for the description
 * @shape: OBJECT, PART, LIST: of the struct
 * @unit: unit of the value, NULL without one
 * @summary: one line for people
 * @example: as JSON, for the documentation
 */
struct ohtd_member {
	const char *name;
	const char *key;
	unsigned int key_bytes;
	enum ohtd_member_type type;
	enum ohtd_store_as as;
	unsigned int flags;
	size_t offset;
	size_t count_offset;
	int64_t min, max;
	int64_t preset;
	const char *(*unfit)(const char *text);
	const char *pattern;
	const struct ohtd_words *words;
	const struct ohtd_shape *shape;
	const char *unit;
	const char *summary;
	const char *example;
};

/**
 * struct ohtd_shape - all members of a struct, in the order in which they are written
 * @name: name in openapi.json; no other shape has the name
 * @bytes: size of the struct
 * @members: the members
 * @count: of @members
 */
struct ohtd_shape {
	const char *name;
	size_t bytes;
	const struct ohtd_member *members;
	size_t count;
};

/*
 * The shape of struct S_; S_##_shape is its name. SHARED: for other files, which declare it extern. AS: A_##_shape, one more shape of S_
 * with some of its members.
 */
#define OHTD_SHAPE_SHARED(S_, title_, ...)	OHTD_SHAPE_SHARED_AS(S_, S_, title_, __VA_ARGS__)
#define OHTD_SHAPE_SHARED_AS(A_, S_, title_, ...)					\
	static const struct ohtd_member A_##_members[] = { __VA_ARGS__ };		\
	const struct ohtd_shape A_##_shape = {						\
		.name = title_, .bytes = sizeof(struct S_), .members = A_##_members,	\
		.count = sizeof(A_##_members) / sizeof(A_##_members[0]),		\
	}
#define OHTD_SHAPE(S_, title_, ...)							\
	static const struct ohtd_member S_##_members[] = { __VA_ARGS__ };		\
	static const struct ohtd_shape S_##_shape = {					\
		.name = title_, .bytes = sizeof(struct S_), .members = S_##_members,	\
		.count = sizeof(S_##_members) / sizeof(S_##_members[0]),		\
	}

/* ---- members; what follows the name are further members of struct ohtd_member ---- */

#define OHTD_TEXT(S_, m_, ...)								\
	OHTD_MEMBER_(S_, m_, OHTD_IS_TEXT, OHTD_TYPE_(S_, m_, const char *), __VA_ARGS__)
#define OHTD_INTEGER(S_, m_, ...)							\
	OHTD_MEMBER_(S_, m_, OHTD_IS_INTEGER, 0, .as = OHTD_AS_(S_, m_), __VA_ARGS__)
#define OHTD_NUMBER(S_, m_, ...)							\
	OHTD_MEMBER_(S_, m_, OHTD_IS_NUMBER, OHTD_TYPE_(S_, m_, double), __VA_ARGS__)
#define OHTD_DECIMAL(S_, m_, ...)							\
	OHTD_MEMBER_(S_, m_, OHTD_IS_DECIMAL, OHTD_TYPE_(S_, m_, const char *), __VA_ARGS__)
#define OHTD_BOOLEAN(S_, m_, ...)							\
	OHTD_MEMBER_(S_, m_, OHTD_IS_BOOLEAN, OHTD_TYPE_(S_, m_, bool), __VA_ARGS__)
#define OHTD_TRISTATE(S_, m_, ...)							\
	OHTD_MEMBER_(S_, m_, OHTD_IS_TRISTATE, OHTD_TYPE_(S_, m_, int8_t), __VA_ARGS__)
#define OHTD_WORD(S_, m_, ...)								\
	OHTD_MEMBER_(S_, m_, OHTD_IS_WORD, 0, .as = OHTD_AS_(S_, m_), __VA_ARGS__)
#define OHTD_TIME(S_, m_, ...)								\
	OHTD_MEMBER_(S_, m_, OHTD_IS_TIME, OHTD_TYPE_(S_, m_, int64_t), __VA_ARGS__)
#define OHTD_SCALAR(S_, m_, ...)							\
	OHTD_MEMBER_(S_, m_, OHTD_IS_SCALAR, OHTD_TYPE_(S_, m_, struct ohtd_scalar), __VA_ARGS__)
#define OHTD_DECIMALS(S_, m_, ...)							\
	OHTD_MEMBER_(S_, m_, OHTD_IS_DECIMALS, OHTD_TYPE_(S_, m_, struct ohtd_decimals), __VA_ARGS__)
/* O_: the struct that m_ points to, contains, or lists. */
#define OHTD_OBJECT(S_, m_, O_, ...)							\
	OHTD_MEMBER_(S_, m_, OHTD_IS_OBJECT, OHTD_TYPE_(S_, m_, const struct O_ *),	\
		     .shape = &O_##_shape, __VA_ARGS__)
#define OHTD_PART(S_, m_, O_)								\
	OHTD_MEMBER_(S_, m_, OHTD_IS_PART, OHTD_TYPE_(S_, m_, struct O_), .shape = &O_##_shape)
/* m_ points to such a struct, or is NULL: then its members are left out. In answers only. */
#define OHTD_PART_IF(S_, m_, O_)							\
	OHTD_MEMBER_(S_, m_, OHTD_IS_PART, OHTD_TYPE_(S_, m_, const struct O_ *),	\
		     .flags = OHTD_OMIT, .shape = &O_##_shape)
#define OHTD_LIST(S_, m_, O_, ...)							\
	OHTD_MEMBER_(S_, m_, OHTD_IS_LIST, OHTD_TYPE_(S_, m_, const struct O_ *),	\
		     .shape = &O_##_shape, .count_offset = OHTD_COUNT_(S_, m_), __VA_ARGS__)
#define OHTD_TEXTS(S_, m_, ...)								\
	OHTD_MEMBER_(S_, m_, OHTD_IS_TEXTS, OHTD_TYPE_(S_, m_, const char *const *),	\
		     .count_offset = OHTD_COUNT_(S_, m_), __VA_ARGS__)

/* ---- private ---- */

#define OHTD_FIELD_(S_, m_)	(((struct S_ *)0)->m_)
/* 0, or it does not compile */
#define OHTD_TYPE_(S_, m_, type_)							\
	(0 * sizeof(struct {								\
		_Static_assert(__builtin_types_compatible_p(				\
				__typeof__(OHTD_FIELD_(S_, m_)), type_), #m_ " must be " #type_);	\
		char unused;								\
	}))
#define OHTD_COUNT_(S_, m_)								\
	(offsetof(struct S_, m_##_count) + OHTD_TYPE_(S_, m_##_count, size_t))
#define OHTD_AS_(S_, m_)								\
	_Generic(OHTD_FIELD_(S_, m_),							\
		 int8_t: OHTD_AS_I8, uint8_t: OHTD_AS_U8, int16_t: OHTD_AS_I16,		\
		 uint16_t: OHTD_AS_U16, int32_t: OHTD_AS_I32, uint32_t: OHTD_AS_U32,	\
		 int64_t: OHTD_AS_I64, uint64_t: OHTD_AS_U64)
#define OHTD_MEMBER_(S_, m_, type_, checked_, ...)					\
	{ .name = #m_, .key = "\"" #m_ "\":", .key_bytes = sizeof("\"" #m_ "\":") - 1,	\
	  .type = type_, .offset = offsetof(struct S_, m_) + (checked_), __VA_ARGS__ }

/* ---- looking at them ---- */

/* Number of a word of @words; -1: no such word. */
int ohtd_word_number(const struct ohtd_words *words, const char *word);
/* The same for a word of @bytes that need not end there. */
int ohtd_word_number_of(const struct ohtd_words *words, const char *word, size_t bytes);

/* Word of a number. Never NULL: "unknown" for a number without one. */
const char *ohtd_word_of(const struct ohtd_words *words, int64_t number);

/* An integer of the struct at @base, as the member keeps it; OHTD_IS_INTEGER and OHTD_IS_WORD. */
int64_t ohtd_member_load(const struct ohtd_member *member, const void *base);
void ohtd_member_store(const struct ohtd_member *member, void *base, int64_t value);

/* Limits of an integer in a request: those of the description, or of the type that keeps it. */
void ohtd_member_range(const struct ohtd_member *member, int64_t *min, int64_t *max);

/**
 * ohtd_shape_find() - look a member up, also in parts
 * @shape: where; NULL has no members
 * @name: need not be NUL-terminated
 * @bytes: length of @name
 * @base: moved on to the part in which the member is; NULL: not asked for
 *
 * Return: the member, or NULL.
 */
const struct ohtd_member *ohtd_shape_find(const struct ohtd_shape *shape, const char *name,
					  size_t bytes, char **base);

/**
 * ohtd_shape_unsound() - what is wrong with a description, also with those inside
 * @shape: NULL is sound
 * @input: a request is read by it
 * @why: on failure one line
 * @size: of @why
 *
 * Return: true with @why filled, or false.
 */
bool ohtd_shape_unsound(const struct ohtd_shape *shape, bool input, char *why, size_t size);

#endif /* OHTD_JSON_MEMBER_H */
