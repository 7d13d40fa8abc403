// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/route.h"

#include <stdio.h>
#include <string.h>

#define UNIT_MAX	247

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

unsigned int ohtd_route_unit(const char *text, size_t bytes)
{
	unsigned int unit = 0;
	int base = 10;

	if (bytes > 2 && text[0] == '0' && text[1] == 'x') {
		base = 16;
		text += 2;
		bytes -= 2;
	}
	if (!bytes || bytes > 3)
		return 0;
	for (size_t i = 0; i < bytes; i++) {
		if (digit_of(text[i]) >= base)
			return 0;
		unit = unit * (unsigned int)base + (unsigned int)digit_of(text[i]);
	}
	return unit <= UNIT_MAX ? unit : 0;
}

int64_t ohtd_route_id(const char *text, size_t bytes)
{
	int64_t id = 0;

	if (!bytes || bytes > 18 || text[0] == '0')
		return 0;
	for (size_t i = 0; i < bytes; i++) {
		if (digit_of(text[i]) >= 10)
			return 0;
		id = id * 10 + digit_of(text[i]);
	}
	return id;
}

/* Compares segment by segment. What stands for {addr} or {id} goes to @segment, with its length. */
static bool path_matches(const char *pattern, const char *path, size_t bytes,
			 const char **segment, size_t *segment_bytes)
{
	const char *end = path + bytes;

	*segment = NULL;
	while (*pattern) {
		if (*pattern == '{') {
			const char *slash = memchr(path, '/', (size_t)(end - path));

			*segment = path;
			*segment_bytes = (size_t)((slash ? slash : end) - path);
			if (!*segment_bytes)
				return false;
			path += *segment_bytes;
			pattern += strcspn(pattern, "}") + 1;
			continue;
		}
		if (path == end || *path != *pattern)
			return false;
		path++;
		pattern++;
	}
	return path == end;
}

static bool method_matches(const struct ohtd_route *route, const char *method, size_t bytes)
{
	size_t n = strlen(route->method);

	if (n == bytes && !memcmp(route->method, method, n))
		return true;
	return bytes == 4 && !memcmp(method, "HEAD", 4) && !strcmp(route->method, "GET");
}

static void add_allowed(struct ohtd_found *found, const char *method)
{
	size_t used = strlen(found->allow);

	snprintf(found->allow + used, sizeof(found->allow) - used, "%s%s%s", used ? ", " : "",
		 method, strcmp(method, "GET") ? "" : ", HEAD");
}

enum ohtd_match ohtd_route_find(const char *method, size_t method_bytes, const char *path,
				size_t path_bytes, struct ohtd_found *found)
{
	enum ohtd_match match = OHTD_MATCH_NONE;
	size_t segment_bytes = 0;
	const char *segment;

	memset(found, 0, sizeof(*found));
	for (size_t i = 0; i < ohtd_route_count; i++) {
		const struct ohtd_route *route = &ohtd_routes[i];

		if (!path_matches(route->path, path, path_bytes, &segment, &segment_bytes))
			continue;
		if (!method_matches(route, method, method_bytes)) {
			match = OHTD_MATCH_METHOD;
			add_allowed(found, route->method);
			continue;
		}
		found->route = route;
		if (!segment)
			return OHTD_MATCH_FOUND;
		if (strstr(route->path, "{id}"))
			found->id = ohtd_route_id(segment, segment_bytes);
		else
			found->unit = ohtd_route_unit(segment, segment_bytes);
		return found->unit || found->id ? OHTD_MATCH_FOUND : OHTD_MATCH_ADDRESS;
	}
	return match;
}
