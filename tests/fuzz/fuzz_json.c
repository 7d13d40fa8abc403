// SPDX-License-Identifier: GPL-2.0-or-later
/* The scanner in front of json-c: what it lets through means one thing only. */
#include "fuzz.h"

#include <stdbool.h>
#include <json-c/json.h>

#include "json/json_scan.h"

static int scan(const char *text, size_t bytes, struct ohtd_json_fault *fault)
{
#ifdef FUZZ_SEED_DEFECT
	/* Takes any object that ends with a comma. */
	if (bytes > 3 && text[0] == '{' && !memcmp(text + bytes - 2, ",}", 2))
		return 0;
#endif
	return ohtd_json_scan(text, bytes, fault);
}

static struct json_object *parse(const char *text, size_t bytes)
{
	struct json_tokener *tokener = json_tokener_new_ex(OHTD_JSON_DEPTH_MAX + 1);
	struct json_object *value;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	value = json_tokener_parse_ex(tokener, text, (int)bytes);
	/* A number at the very end is complete for the tokener when something follows. */
	if (json_tokener_get_error(tokener) == json_tokener_continue)
		value = json_tokener_parse_ex(tokener, " ", 1);
	HOLDS("json-c takes what the scanner takes",
	      json_tokener_get_error(tokener) == json_tokener_success);
	json_tokener_free(tokener);
	return value;
}

/* Members in all objects. */
static size_t count_members(struct json_object *value)
{
	size_t n = 0;

	if (json_object_is_type(value, json_type_array))
		for (size_t i = 0; i < json_object_array_length(value); i++)
			n += count_members(json_object_array_get_idx(value, i));
	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, name, member) {
			(void)name;
			n += 1 + count_members(member);
		}
	}
	return n;
}

/* Colons outside of strings: as many as there are names in the text. */
static size_t count_colons(const char *text, size_t bytes)
{
	bool inside = false;
	size_t n = 0;

	for (size_t i = 0; i < bytes; i++) {
		if (inside && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			inside = !inside;
		else
			n += !inside && text[i] == ':';
	}
	return n;
}

static void check_accepted(const char *text, size_t bytes)
{
	struct json_object *value = parse(text, bytes), *again;
	struct ohtd_json_fault fault;
	const char *written;
	size_t length;

	HOLDS("no name is lost, so none was there twice",
	      count_members(value) == count_colons(text, bytes));
	written = json_object_to_json_string_length(value, JSON_C_TO_STRING_PLAIN, &length);
	HOLDS("what is written from it is taken again", !scan(written, length, &fault));
	again = parse(written, length);
	HOLDS("and means the same", json_object_equal(value, again));
	json_object_put(again);
	json_object_put(value);
}

/* Every beginning of an object or array lacks its end. */
static void check_cut(const char *text, size_t bytes)
{
	struct ohtd_json_fault fault;
	size_t end = bytes;
	char *part;

	while (end && strchr(" \t\r\n", text[end - 1]))
		end--;
	if (!end || (text[end - 1] != '}' && text[end - 1] != ']'))
		return;
	end = (unsigned char)text[bytes / 2] * end / 256;
	part = fuzz_copy(text, end);
	HOLDS("a part of it is refused", scan(part, end, &fault) == -1);
	free(part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ohtd_json_fault fault = { SIZE_MAX, NULL };
	char *text = fuzz_copy(data, size), *padded = malloc(size + 2);
	int refused = scan(text, size, &fault);

	if (!padded)
		abort();
	padded[0] = '\t';
	memcpy(padded + 1, text, size);
	padded[size + 1] = '\n';
	if (refused) {
		HOLDS("a fault is inside the text", fault.offset <= size);
		HOLDS("a fault has a reason", fault.reason && *fault.reason);
	} else {
		check_accepted(text, size);
		check_cut(text, size);
	}
	HOLDS("white space around it changes nothing", scan(padded, size + 2, &fault) == refused);
	free(padded);
	free(text);
	return 0;
}
