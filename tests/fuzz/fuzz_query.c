// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands behind the "?" of a path. Input: the query. ohtd_prologue() lets printable ASCII
 * through only, so other bytes of an input become such.
 */
#include "lamp.h"

#define QUERY_BYTES	1024

static int parse(struct ohtd_input *input, const char *text, size_t bytes)
{
#ifdef FUZZ_SEED_DEFECT
	/* Takes "+" for a space, as forms do. */
	char *copy = fuzz_copy(text, bytes);
	int r;

	for (size_t i = 0; i < bytes; i++)
		copy[i] = copy[i] == '+' ? ' ' : copy[i];
	r = ohtd_input_query(input, copy, bytes);
	free(copy);
	return r;
#else
	return ohtd_input_query(input, text, bytes);
#endif
}

static size_t encode(const char *value, bool all, char *to)
{
	char *at = to;

	for (; *value; value++)
		at += all || strchr("%&", *value) ?
		      sprintf(at, "%%%02X", (unsigned int)(unsigned char)*value) :
		      sprintf(at, "%c", *value);
	return (size_t)(at - to);
}

/* The same as a query again, with every character of the name encoded or only those that need it. */
static size_t write_query(const struct lamp *lamp, bool all, char *to)
{
	size_t n = (size_t)sprintf(to, "limit=%d&colour=%s&name=", lamp->place.limit,
				   lamp_colours[lamp->colour]);

	n += encode(lamp->name, all, to + n);
	if (lamp->age != OHTD_NONE)
		n += (size_t)sprintf(to + n, "&age=%lld", (long long)lamp->age);
	if (lamp->on >= 0)
		n += (size_t)sprintf(to + n, "&on=%s", lamp->on ? "true" : "false");
	return n;
}

static void check_again(struct fuzz_memory *memory, const struct lamp *lamp, bool all)
{
	const struct ohtd_memory from = { fuzz_take, memory };
	struct ohtd_input input = { .memory = &from, .shape = &lamp_shape };
	struct ohtd_writer first = fuzz_write(memory, &lamp_shape, lamp), second;
	char text[QUERY_BYTES], *copy;
	size_t bytes = write_query(lamp, all, text);

	copy = fuzz_copy(text, bytes);
	HOLDS("what is written from it is taken again", !parse(&input, copy, bytes));
	second = fuzz_write(memory, &lamp_shape, input.view);
	HOLDS("and means the same",
	      first.used == second.used && !memcmp(first.text, second.text, first.used));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_memory memory;
	const struct ohtd_memory from = { fuzz_take, &memory };
	struct ohtd_input input = { .memory = &from, .shape = &lamp_shape };
	/* A path is not longer. */
	size_t bytes = size < 1024 ? size : 1024;
	char *text = fuzz_copy(data, bytes);

	for (size_t i = 0; i < bytes; i++)
		if (text[i] < '!' || text[i] > '~')
			text[i] = (char)('!' + (uint8_t)text[i] % ('~' - '!' + 1));
	if (parse(&input, text, bytes)) {
		fuzz_check_refusal(&memory, &input);
	} else {
		fuzz_check_lamp(input.view);
		check_again(&memory, input.view, true);
		check_again(&memory, input.view, false);
	}
	free(text);
	fuzz_release(&memory);
	return 0;
}
