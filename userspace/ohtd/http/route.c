// SPDX-License-Identifier: GPL-2.0-or-later
/* Parameters of paths. The tree of all paths is in router.c. */
#include "http/route.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"

#define UNIT_MAX	247

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
		int digit = ohtd_hex_digit(text[i]);

		if (digit < 0 || digit >= base)
			return 0;
		unit = unit * (unsigned int)base + (unsigned int)digit;
	}
	return unit <= UNIT_MAX ? unit : 0;
}

int64_t ohtd_route_id(const char *text, size_t bytes)
{
	int64_t id = 0;

	if (!bytes || bytes > 18 || text[0] == '0')
		return 0;
	for (size_t i = 0; i < bytes; i++) {
		if (!isdigit((unsigned char)text[i]))
			return 0;
		id = id * 10 + (text[i] - '0');
	}
	return id;
}

static bool read_unit(const char *text, size_t bytes, struct ohtd_params *params)
{
	params->unit = ohtd_route_unit(text, bytes);
	return params->unit != 0;
}

static bool read_id(const char *text, size_t bytes, struct ohtd_params *params)
{
	params->id = ohtd_route_id(text, bytes);
	return params->id != 0;
}

static bool read_name(const char *text, size_t bytes, struct ohtd_params *params)
{
	if (bytes >= sizeof(params->name))
		return false;
	for (size_t i = 0; i < bytes; i++)
		if (!isascii(text[i]) || (!isalnum((unsigned char)text[i]) && !strchr("_-.", text[i])))
			return false;
	memcpy(params->name, text, bytes);
	params->name[bytes] = 0;
	return true;
}

static const struct ohtd_param_kind param_kinds[] = {
	{ "unit", read_unit, "bad_address", "a unit address is 1 to 247, written as 2 or 0x02",
	  "{\"type\":\"string\",\"pattern\":\"^([0-9]{1,3}|0x[0-9a-fA-F]{1,3})$\"}" },
	{ "id", read_id, "bad_id", "an id is a decimal number above 0",
	  "{\"type\":\"integer\",\"minimum\":1}" },
	{ "name", read_name, "bad_name",
	  "a name has 1 to 64 letters, digits and characters of \"_\", \"-\", \".\"",
	  "{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_.-]{1,64}$\"}" },
};

const struct ohtd_param_kind *ohtd_param_kind(const char *segment)
{
	for (size_t i = 0; i < sizeof(param_kinds) / sizeof(param_kinds[0]); i++) {
		size_t n = strlen(param_kinds[i].name);

		if (segment[0] == '{' && !strncmp(segment + 1, param_kinds[i].name, n) &&
		    segment[n + 1] == '}' && (!segment[n + 2] || segment[n + 2] == '/'))
			return &param_kinds[i];
	}
	return NULL;
}

const char *ohtd_method_name(enum ohtd_method method)
{
	static const char *const names[] = {
		[OHTD_GET] = "GET", [OHTD_POST] = "POST", [OHTD_PUT] = "PUT",
		[OHTD_PATCH] = "PATCH", [OHTD_DELETE] = "DELETE",
	};

	return names[method];
}

bool ohtd_route_lasts(const struct ohtd_route *route)
{
	if (route->method == OHTD_GET)
		return route->elevation == OHTD_ELEVATION_ALWAYS;
	if (route->rate == OHTD_RATE_STOP || route->flags & OHTD_ROUTE_QUIET)
		return false;
	return route->flags & (OHTD_ROUTE_STORE | OHTD_ROUTE_LASTING) || !(route->flags & OHTD_ROUTE_COMMAND);
}

bool ohtd_route_is_admitted(const struct ohtd_route *route)
{
	return route->role && ohtd_route_lasts(route) && !(route->flags & OHTD_ROUTE_MEMORY);
}

bool ohtd_http_route_takes_course(const struct ohtd_route *route)
{
	return route->method != OHTD_GET && route->role > OHTD_ROLE_VIEWER && route->rate == OHTD_RATE_GENERAL && !route->kept_for &&
	       !(route->flags & OHTD_ROUTE_NO_COURSE);
}

bool ohtd_route_is_kept(const struct ohtd_route *route)
{
	return ohtd_route_lasts(route) && !(route->flags & OHTD_ROUTE_DAILY);
}

void ohtd_route_path(const struct ohtd_route *route, char *path, size_t size)
{
	snprintf(path, size, "%s%s", *route->path == '/' ? "" : OHTD_API_PREFIX, route->path);
}
