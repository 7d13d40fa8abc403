// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/origins.h"

#include <string.h>


_Static_assert(OHTD_ORIGINS_MAX == 8, "as the text says");

#define SMALL		"abcdefghijklmnopqrstuvwxyz"
#define DIGITS		"0123456789"
#define PORT_DIGITS	5
#define PORT_MAX	65535

static bool begins(const char **text, size_t *bytes, const char *with)
{
	size_t n = strlen(with);

	if (*bytes < n || memcmp(*text, with, n) != 0)
		return false;
	*text += n;
	*bytes -= n;
	return true;
}

/* Bytes of the host at @text, 0: there is none. */
static size_t host_bytes(const char *text, size_t bytes)
{
	size_t n;

	if (bytes && *text == '[') {
		n = strspn(text + 1, "abcdef:" DIGITS) + 2;
		return n > 4 && n <= bytes && text[n - 1] == ']' ? n : 0;
	}
	n = strspn(text, SMALL DIGITS ".-");
	n = n < bytes ? n : bytes;
	return n && *text != '.' && *text != '-' && text[n - 1] != '.' && text[n - 1] != '-' ? n : 0;
}

/* ":8443", or nothing. A browser leaves out @preset, so that an origin with it would never come. */
static bool is_port(const char *text, size_t bytes, unsigned int preset)
{
	unsigned int port = 0;

	if (!bytes)
		return true;
	if (*text != ':' || bytes < 2 || bytes > 1 + PORT_DIGITS || text[1] == '0')
		return false;
	for (size_t i = 1; i < bytes; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		port = port * 10 + (unsigned int)(text[i] - '0');
	}
	return port <= PORT_MAX && port != preset;
}

static const char *complaint(const char *text, size_t bytes)
{
	static const char no_origin[] = "which is no origin as a browser sends it, as https://panel.example:8443";
	bool secure = begins(&text, &bytes, "https://");
	size_t n;

	if (!secure && !begins(&text, &bytes, "http://"))
		return no_origin;
	n = host_bytes(text, bytes);
	if (!n || !is_port(text + n, bytes - n, secure ? 443 : 80))
		return no_origin;
	if (!secure && !(n == 9 && !memcmp(text, "localhost", 9)))
		return "whose page anybody on the way could change: http is for localhost only";
	return NULL;
}

const char *ohtd_config_origins_check(const char *text, struct ohtd_part *part)
{
	const char *why = NULL;
	unsigned int count = 0;
	size_t bytes;

	for (; !why && (bytes = ohtd_entry_next(&text)); text += bytes) {
		why = count++ == OHTD_ORIGINS_MAX ? "which is one more than 8" : complaint(text, bytes);
		if (why) {
			*part = ohtd_entry_part(text, bytes);
			part->has = true;
		}
	}
	return why;
}

bool ohtd_config_origins_has(const char *text, const char *origin, size_t bytes)
{
	size_t n;

	for (; (n = ohtd_entry_next(&text)); text += n)
		if (n == bytes && !memcmp(text, origin, n))
			return true;
	return false;
}
