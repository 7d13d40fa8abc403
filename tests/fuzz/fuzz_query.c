// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands behind the "?" of a path. Input: one byte that chooses the route, then the query.
 * ohtd_prologue() lets printable ASCII through only, so other bytes of an input become such.
 */
#include "fields.h"

#include "http/query.h"

#define QUERY_BYTES	8192

static struct json_object *parse(const char *text, size_t bytes, const struct ohtd_field *fields,
				 struct ohtd_body_fault *fault)
{
#ifdef FUZZ_SEED_DEFECT
	/* Takes "+" for a space, as forms do. */
	char *copy = fuzz_copy(text, bytes);
	struct json_object *taken;

	for (size_t i = 0; i < bytes; i++)
		copy[i] = copy[i] == '+' ? ' ' : copy[i];
	taken = ohtd_query_parse(copy, bytes, fields, fault);
	free(copy);
	return taken;
#else
	return ohtd_query_parse(text, bytes, fields, fault);
#endif
}

static size_t encode(const char *value, char *to)
{
	char *at = to;

	for (; *value; value++)
		at += sprintf(at, "%%%02X", (unsigned int)(unsigned char)*value);
	return (size_t)(at - to);
}

/* The same query with every character of its values encoded. */
static size_t write_encoded(struct json_object *taken, char *to)
{
	size_t n = 0;

	json_object_object_foreach(taken, name, value) {
		n += (size_t)sprintf(to + n, "%s%s=", n ? "&" : "", name);
		n += encode(json_object_get_string(value), to + n);
	}
	return n;
}

static size_t write_plain(struct json_object *taken, char *to)
{
	size_t n = 0;

	json_object_object_foreach(taken, name, value) {
		const char *text = json_object_get_string(value);

		n += (size_t)sprintf(to + n, "%s%s=", n ? "&" : "", name);
		for (; *text; text++)
			n += strchr("%&", *text) ? encode((char[]){ *text, 0 }, to + n)
						 : (size_t)sprintf(to + n, "%c", *text);
	}
	return n;
}

static void check_again(struct json_object *taken, const struct ohtd_field *fields,
			size_t (*write)(struct json_object *taken, char *to))
{
	char text[QUERY_BYTES], *copy;
	size_t bytes = write(taken, text);
	struct ohtd_body_fault fault;
	struct json_object *again;

	copy = fuzz_copy(text, bytes);
	again = parse(copy, bytes, fields, &fault);
	HOLDS("what is written from it is taken again and means the same",
	      again && json_object_equal(taken, again));
	json_object_put(again);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	const struct ohtd_field *fields = fuzz_fields(fuzz_take8(&in));
	struct ohtd_body_fault fault;
	struct json_object *taken;
	char *text = fuzz_copy(in.at, in.left);

	for (size_t i = 0; i < in.left; i++)
		if (text[i] < '!' || text[i] > '~')
			text[i] = (char)('!' + (uint8_t)text[i] % ('~' - '!' + 1));
	taken = parse(text, in.left, fields, &fault);
	if (taken) {
		fuzz_check_taken(taken, fields);
		check_again(taken, fields, write_encoded);
		check_again(taken, fields, write_plain);
		json_object_put(taken);
	} else {
		fuzz_check_fault(&fault);
	}
	free(text);
	return 0;
}
