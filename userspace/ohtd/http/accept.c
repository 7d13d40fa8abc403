// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/accept.h"

#include <string.h>
#include <strings.h>

#define SPACES	" \t"

/* "q=0", "q=0.000": never. Everything else is a weight above that, also what cannot be read. */
static bool is_never(const char *params, size_t bytes)
{
	while (bytes) {
		size_t n = strcspn(params, ";");

		if (n > bytes)
			n = bytes;
		while (n && strchr(SPACES, *params)) {
			params++;
			bytes--;
			n--;
		}
		if (n >= 3 && !strncasecmp(params, "q=0", 3) && strspn(params + 2, "0.") >= n - 2)
			return true;
		params += n;
		bytes -= n;
		if (bytes) {
			params++;
			bytes--;
		}
	}
	return false;
}

/* How well "*", "a/b" or "a/" fits the first @bytes of an element: its length, or 0. */
static size_t fit(const char *element, size_t bytes, const char *wanted, size_t wanted_bytes)
{
	if (bytes == wanted_bytes && !strncasecmp(element, wanted, bytes))
		return bytes + 3;
	if (bytes > 2 && element[bytes - 1] == '*' && element[bytes - 2] == '/' &&
	    bytes - 1 <= wanted_bytes && !strncasecmp(element, wanted, bytes - 1))
		return 2;
	return (bytes == 1 && *element == '*') || (bytes == 3 && !memcmp(element, "*/*", 3));
}

/* The element that fits best decides; @otherwise when none fits. */
static bool takes(const char *list, const char *wanted, size_t wanted_bytes, bool otherwise)
{
	size_t best = 0;
	bool taken = otherwise;

	while (*list) {
		size_t bytes, name, fits;

		list += strspn(list, SPACES ",");
		bytes = strcspn(list, ",");
		name = strcspn(list, ";," SPACES);
		fits = fit(list, name, wanted, wanted_bytes);
		if (fits > best) {
			best = fits;
			taken = !is_never(list + name, bytes - name);
		}
		list += bytes;
	}
	return taken;
}

bool ohtd_accept_takes(const char *accept, const char *type)
{
	/* An empty header says nothing. */
	return takes(accept, type, strcspn(type, ";" SPACES), !accept[strspn(accept, SPACES ",")]);
}

bool ohtd_accept_encodes(const char *accept_encoding, const char *coding)
{
	return accept_encoding && takes(accept_encoding, coding, strlen(coding), false);
}

/* Without the coding that a proxy has put behind the tag: no tag of ours has a hyphen in it. */
static size_t without_coding(const char *text, size_t bytes)
{
	static const char *const codings[] = { "-gzip", "-br", "-zstd", "-deflate" };

	for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
		size_t n = strlen(codings[i]);

		if (bytes > n && !memcmp(text + bytes - n, codings[i], n))
			return bytes - n;
	}
	return bytes;
}

size_t ohtd_http_etag_text(const char *tag, size_t bytes, const char **text)
{
	/* What a weak tag stands for is the same: a version is one, however it is packed. */
	if (bytes > 2 && !memcmp(tag, "W/", 2)) {
		tag += 2;
		bytes -= 2;
	}
	*text = tag + 1;
	return bytes > 2 && *tag == '"' && tag[bytes - 1] == '"' ? without_coding(tag + 1, bytes - 2) : 0;
}

bool ohtd_etag_matches(const char *if_none_match, const char *etag)
{
	size_t bytes = strlen(etag);

	for (const char *at = if_none_match; *at;) {
		const char *text;
		size_t n, found;

		at += strspn(at, SPACES ",");
		if (*at == '*')
			return true;
		n = strcspn(at, "," SPACES);
		found = ohtd_http_etag_text(at, n, &text);
		if (found && found + 2 == bytes && !memcmp(text, etag + 1, found))
			return true;
		at += n;
	}
	return false;
}

static const char *known_as(const char *name, size_t bytes, const char *const *known)
{
	for (; *known; known++)
		if (strlen(*known) == bytes && !memcmp(*known, name, bytes))
			return *known;
	return NULL;
}

const char *ohtd_accept_first(const char *list, const char *const *known)
{
	const char *found = NULL;

	while (*list && !found) {
		size_t bytes;

		list += strspn(list, ", \t");
		bytes = strcspn(list, ", \t");
		found = known_as(list, bytes, known);
		list += bytes;
	}
	return found;
}
