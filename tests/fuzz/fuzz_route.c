// SPDX-License-Identifier: GPL-2.0-or-later
/* Method and path of a request against a table of routes. Input: method, space, path. */
#include "fuzz.h"

#include <stdbool.h>

#include "http/route.h"

struct nothing {
	int64_t number;
};

OHTD_SHAPE(nothing, "Nothing", OHTD_INTEGER(nothing, number, .summary = "A number"));

static void handle(struct ohtd_call *call)
{
	(void)call;
}

#define ROW(method_, path_)							\
	{ .method = method_, .path = path_, .replies = { { 200, &nothing_shape } },	\
	  .handle = handle, .summary = "A route" }

static const struct ohtd_route rows[] = {
	ROW(OHTD_GET, "robot"),
	ROW(OHTD_POST, "robot/commands"),
	ROW(OHTD_GET, "modules"),
	ROW(OHTD_POST, "modules/discover"),
	ROW(OHTD_GET, "modules/{unit}"),
	ROW(OHTD_GET, "modules/{unit}/registers"),
	ROW(OHTD_PUT, "modules/{unit}/registers/{name}"),
	ROW(OHTD_GET, "users"),
	ROW(OHTD_POST, "users"),
	ROW(OHTD_PATCH, "users/{id}"),
	ROW(OHTD_DELETE, "users/{id}"),
	ROW(OHTD_GET, "/metrics"),
};

static const struct ohtd_route_table table = { "All", rows, sizeof(rows) / sizeof(rows[0]) };
static const struct ohtd_route_table *const tables[] = { &table, NULL };

static enum ohtd_match find(const struct ohtd_router *router, const char *method,
			    size_t method_bytes, const char *path, size_t path_bytes,
			    struct ohtd_found *found)
{
	enum ohtd_match match = ohtd_route_find(router, method, method_bytes, path, path_bytes,
						found);

#ifdef FUZZ_SEED_DEFECT
	/* Reads a NUL that is not there. */
	if (match == OHTD_MATCH_FOUND && found->params.unit)
		return path[path_bytes] == '/' ? OHTD_MATCH_NONE : match;
#endif
	return match;
}

/* One segment of the path against one of the row: the same, or the value of its parameter. */
static void check_segment(const struct ohtd_found *found, const char *pattern, size_t pattern_bytes,
			  const char *segment, size_t bytes)
{
	char text[OHTD_PARAM_BYTES];

	if (*pattern != '{') {
		HOLDS("a word is the same",
		      bytes == pattern_bytes && !memcmp(pattern, segment, bytes));
		return;
	}
	HOLDS("a parameter has a length", bytes && bytes < sizeof(text));
	memcpy(text, segment, bytes);
	text[bytes] = 0;
	if (!strncmp(pattern, "{id}", 4))
		HOLDS("an id is its number",
		      found->params.id == strtoll(text, NULL, 10) && found->params.id > 0);
	else if (!strncmp(pattern, "{name}", 6))
		HOLDS("a name is its text", !strcmp(found->params.name, text));
	else
		HOLDS("a unit is its number",
		      found->params.unit == strtoul(text, NULL, text[1] == 'x' ? 16 : 10) &&
		      found->params.unit >= 1 && found->params.unit <= 247);
}

static void check_path(const struct ohtd_found *found, const char *path, size_t bytes)
{
	const char *end = path + bytes, *pattern;
	char whole[128];

	ohtd_route_path(found->route, whole, sizeof(whole));
	pattern = whole;
	while (*pattern) {
		size_t pattern_bytes = strcspn(pattern + 1, "/");
		const char *slash;

		HOLDS("a segment begins with a slash", path < end && *path == '/');
		path++;
		slash = memchr(path, '/', (size_t)(end - path));
		slash = slash ? slash : end;
		check_segment(found, pattern + 1, pattern_bytes, path, (size_t)(slash - path));
		path = slash;
		pattern += pattern_bytes + 1;
	}
	HOLDS("the path ends as the row does", path == end);
}

/* Each method that Allow names is served there, and no other is. */
static void check_allow(const struct ohtd_router *router, const char *allow, const char *path,
			size_t bytes)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" };
	struct ohtd_found other;
	char padded[128];

	snprintf(padded, sizeof(padded), ", %s,", allow);
	HOLDS("OPTIONS is allowed everywhere", strstr(padded, " OPTIONS,"));
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		enum ohtd_match match = find(router, methods[i], strlen(methods[i]), path, bytes,
					     &other);
		char word[16];

		snprintf(word, sizeof(word), " %s,", methods[i]);
		HOLDS("Allow names what is served",
		      !!strstr(padded, word) ==
			      (match == OHTD_MATCH_FOUND || match == OHTD_MATCH_PARAM));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ohtd_router *router;
	const uint8_t *space = memchr(data, ' ', size);
	size_t method_bytes = space ? (size_t)(space - data) : 0;
	size_t path_bytes = space ? size - method_bytes - 1 : 0;
	char *method = fuzz_copy(data, method_bytes),
	     *path = fuzz_copy(data + size - path_bytes, path_bytes);
	struct ohtd_found found, other;
	enum ohtd_match match;
	char why[256];

	if (!router)
		router = ohtd_router_create(tables, why, sizeof(why));
	HOLDS("the table is taken", router);
	match = find(router, method, method_bytes, path, path_bytes, &found);
	if (match == OHTD_MATCH_FOUND)
		check_path(&found, path, path_bytes);
	if (match == OHTD_MATCH_METHOD)
		check_allow(router, found.allow, path, path_bytes);
	if (match == OHTD_MATCH_PARAM)
		HOLDS("a wrong parameter is named", found.wrong && *found.wrong->code);
	if (match == OHTD_MATCH_NONE)
		HOLDS("a path that is not there is there for no method",
		      find(router, "GET", 3, path, path_bytes, &other) == OHTD_MATCH_NONE);
	if (match == OHTD_MATCH_FOUND && method_bytes == 3 && !memcmp(method, "GET", 3))
		HOLDS("HEAD is served as GET",
		      find(router, "HEAD", 4, path, path_bytes, &other) == OHTD_MATCH_FOUND &&
			      other.route == found.route);
	free(path);
	free(method);
	return 0;
}
