// SPDX-License-Identifier: GPL-2.0-or-later
/* Method and path of a request against the table of routes. Input: method, space, path. */
#include "fuzz.h"

#include <stdbool.h>

#include "http/route.h"

static enum ohtd_match find(const char *method, size_t method_bytes, const char *path,
			    size_t path_bytes, struct ohtd_found *found)
{
	enum ohtd_match match = ohtd_route_find(method, method_bytes, path, path_bytes, found);

#ifdef FUZZ_SEED_DEFECT
	/* Reads a NUL that is not there. */
	if (match == OHTD_MATCH_FOUND && found->unit)
		return path[path_bytes] == '/' ? OHTD_MATCH_NONE : match;
#endif
	return match;
}

/*
 * The path that a row and what was found in it stand for: the same as what was asked for, but for
 * the number's form.
 */
static void check_path(const struct ohtd_found *found, const char *path, size_t bytes)
{
	const char *pattern = found->route->path, *brace = strchr(pattern, '{');
	size_t front = brace ? (size_t)(brace - pattern) : strlen(pattern);
	size_t back = brace ? strlen(strchr(brace, '}') + 1) : 0;
	char number[32];
	int64_t value;

	HOLDS("the path begins as the row does",
	      bytes >= front + back && !memcmp(path, pattern, front));
	if (!brace) {
		HOLDS("and is no longer", bytes == front);
		return;
	}
	HOLDS("and ends so", !memcmp(path + bytes - back, strchr(brace, '}') + 1, back));
	bytes -= front + back;
	path += front;
	HOLDS("one segment is the number", !memchr(path, '/', bytes) && bytes < sizeof(number));
	memcpy(number, path, bytes);
	number[bytes] = 0;
	value = strtoll(number, NULL, bytes > 2 && number[1] == 'x' ? 16 : 10);
	if (!strncmp(brace, "{id}", 4))
		HOLDS("an id is its number", found->id == value && value > 0 && !found->unit);
	else
		HOLDS("a unit is its number",
		      found->unit == value && value >= 1 && value <= 247 && !found->id);
}

/* Each method that Allow names is served there, and no other is. */
static void check_allow(const struct ohtd_found *found, const char *path, size_t bytes)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" };
	char padded[OHTD_ALLOW_BYTES + 4];
	struct ohtd_found other;

	snprintf(padded, sizeof(padded), ", %s,", found->allow);
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		char word[16];
		enum ohtd_match match = find(methods[i], strlen(methods[i]), path, bytes, &other);

		snprintf(word, sizeof(word), " %s,", methods[i]);
		HOLDS("Allow names what is served",
		      !!strstr(padded, word) ==
			      (match == OHTD_MATCH_FOUND || match == OHTD_MATCH_ADDRESS));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *space = memchr(data, ' ', size);
	size_t method_bytes = space ? (size_t)(space - data) : 0;
	size_t path_bytes = space ? size - method_bytes - 1 : 0;
	char *method = fuzz_copy(data, method_bytes),
	     *path = fuzz_copy(data + size - path_bytes, path_bytes);
	struct ohtd_found found, other;
	enum ohtd_match match = find(method, method_bytes, path, path_bytes, &found);

	if (match == OHTD_MATCH_FOUND)
		check_path(&found, path, path_bytes);
	if (match == OHTD_MATCH_METHOD)
		check_allow(&found, path, path_bytes);
	if (match == OHTD_MATCH_NONE)
		HOLDS("a path that is not there is there for no method",
		      find("GET", 3, path, path_bytes, &other) == OHTD_MATCH_NONE);
	if (match == OHTD_MATCH_FOUND && method_bytes == 3 && !memcmp(method, "GET", 3))
		HOLDS("HEAD is served as GET",
		      find("HEAD", 4, path, path_bytes, &other) == OHTD_MATCH_FOUND &&
			      other.route == found.route);
	free(path);
	free(method);
	return 0;
}
