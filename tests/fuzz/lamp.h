/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the targets for bodies and queries share: a struct with every type of member, and
 *           what an answer to a request for it must be like.
 * Contexts: one fuzz program, one thread.
 * Locks:    none.
 */
#ifndef OHT_FUZZ_LAMP_H
#define OHT_FUZZ_LAMP_H

#include "fuzz.h"

#include <stdbool.h>

#include "json/input.h"
#include "json/json_scan.h"
#include "http/problem.h"

#define BLOCKS_MAX	8192

/* Memory of one input, each block by itself so that AddressSanitizer sees its end. */
struct fuzz_memory {
	void *blocks[BLOCKS_MAX];
	size_t count;
};

static inline void *fuzz_take(void *from, size_t bytes)
{
	struct fuzz_memory *memory = from;

	HOLDS("memory is asked for in moderation", memory->count < BLOCKS_MAX);
	return memory->blocks[memory->count++] = malloc(bytes);
}

static inline void fuzz_release(struct fuzz_memory *memory)
{
	while (memory->count)
		free(memory->blocks[--memory->count]);
}

/* ---- the struct ---- */

static const char *const lamp_colours[] = { "red", NULL, "green" };
OHTD_WORDS_OF(lamp_words, lamp_colours);

struct lamp_bulb {
	uint8_t watts;
	const char *maker;
};

OHTD_SHAPE(lamp_bulb, "LampBulb",
	OHTD_INTEGER(lamp_bulb, watts, .flags = OHTD_NEEDED, .min = 1, .max = 200, .summary = "Power"),
	OHTD_TEXT(lamp_bulb, maker, .flags = OHTD_NULL, .max = 20, .summary = "Who made it"));

struct lamp_place {
	int32_t limit;
};

OHTD_SHAPE(lamp_place, "LampPlace",
	OHTD_INTEGER(lamp_place, limit, .min = -5, .max = 200, .preset = 50, .summary = "Limit"));

struct lamp {
	struct lamp_place place;
	const char *name;
	uint16_t colour;
	int64_t age;
	int8_t on;
};

#define LAMP_FLAT									\
	OHTD_PART(lamp, place, lamp_place),						\
	OHTD_TEXT(lamp, name, .flags = OHTD_NEEDED, .min = 2, .max = 40, .summary = "Name"),	\
	OHTD_WORD(lamp, colour, .words = &lamp_words, .summary = "Colour"),		\
	OHTD_INTEGER(lamp, age, .flags = OHTD_NULL, .preset = OHTD_NONE, .summary = "Age"),	\
	OHTD_TRISTATE(lamp, on, .flags = OHTD_NULL, .summary = "On")

OHTD_SHAPE(lamp, "Lamp", LAMP_FLAT);

struct street {
	struct lamp lamp;
	double length;
	const struct lamp_bulb *spare;
	const struct lamp_bulb *bulbs;
	size_t bulbs_count;
	const char *const *owners;
	size_t owners_count;
};

OHTD_SHAPE(street, "Street",
	OHTD_PART(street, lamp, lamp),
	OHTD_NUMBER(street, length, .flags = OHTD_NULL, .min = -1000, .max = 1000, .summary = "Length"),
	OHTD_OBJECT(street, spare, lamp_bulb, .flags = OHTD_NULL, .summary = "Spare"),
	OHTD_LIST(street, bulbs, lamp_bulb, .max = 4, .summary = "Bulbs"),
	OHTD_TEXTS(street, owners, .max = 4, .summary = "Owners"));

/* ---- properties ---- */

/* What is written is JSON that our own scanner takes, UTF-8 and all. */
static inline struct ohtd_writer fuzz_write(struct fuzz_memory *memory, const struct ohtd_shape *shape,
					    const void *view)
{
	struct ohtd_memory from = { fuzz_take, memory };
	struct ohtd_json_fault where;
	struct ohtd_writer writer;

	ohtd_writer_begin(&writer, &from, 1);
	ohtd_write_shape(&writer, shape, view);
	writer.memory = NULL;
	HOLDS("what is written is as described", !writer.fault);
	HOLDS("what is written is JSON", !ohtd_json_scan(writer.text, writer.used, &where));
	return writer;
}

static inline void fuzz_check_lamp(const struct lamp *lamp)
{
	HOLDS("a part is inside its limits", lamp->place.limit >= -5 && lamp->place.limit <= 200);
	HOLDS("a needed text is there, inside its limits",
	      lamp->name && strlen(lamp->name) >= 2 && strlen(lamp->name) <= 40);
	HOLDS("a word is one", lamp->colour == 0 || lamp->colour == 2);
	HOLDS("a tristate is one", lamp->on >= -1 && lamp->on <= 1);
}

/* A refusal says why, and each of its errors points at a member. */
static inline void fuzz_check_refusal(struct fuzz_memory *memory, const struct ohtd_input *input)
{
	struct ohtd_problem problem = {
		.status = 400, .code = input->code, .detail = input->detail, .request_id = "id",
		.type = "", .title = "", .errors = input->errors,
		.errors_count = input->error_count,
	};

	HOLDS("a refusal says why", input->code && *input->detail);
	HOLDS("errors are for validation only",
	      !strcmp(input->code, "validation") == (input->error_count > 0));
	for (size_t i = 0; i < input->error_count; i++)
		HOLDS("an error points at a member",
		      *input->errors[i].pointer == '/' && *input->errors[i].detail);
	fuzz_write(memory, &ohtd_problem_shape, &problem);
}

#endif
