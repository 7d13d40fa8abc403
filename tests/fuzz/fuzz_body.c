// SPDX-License-Identifier: GPL-2.0-or-later
/* The body of a request. Input: one byte that chooses the route, then the body. */
#include "fields.h"

static struct json_object *parse(const char *text, size_t bytes, const struct ohtd_field *fields,
				 struct ohtd_body_fault *fault)
{
	struct json_object *taken = ohtd_body_parse(text, bytes, fields, fault);

#ifdef FUZZ_SEED_DEFECT
	/* Forgets the upper limit of a number. */
	if (taken && json_object_object_get_ex(taken, "limit", NULL))
		json_object_object_add(taken, "limit", json_object_new_int64(1 << 20));
#endif
	return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	const struct ohtd_field *fields = fuzz_fields(fuzz_take8(&in));
	struct json_object *taken, *again;
	struct ohtd_body_fault fault;
	char *text = fuzz_copy(in.at, in.left);
	const char *written;
	size_t bytes;

	taken = parse(text, in.left, fields, &fault);
	if (!taken) {
		fuzz_check_fault(&fault);
	} else {
		fuzz_check_taken(taken, fields);
		written = json_object_to_json_string_length(taken, JSON_C_TO_STRING_PLAIN, &bytes);
		again = parse(written, bytes, fields, &fault);
		HOLDS("what is written from it is taken again and means the same",
		      again && json_object_equal(taken, again));
		json_object_put(again);
		json_object_put(taken);
	}
	free(text);
	return 0;
}
