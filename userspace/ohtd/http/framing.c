// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/framing.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

struct count {
	unsigned int lengths;
	unsigned int encodings;
	unsigned int hosts;
};

static bool is_name(const char *line, size_t name_bytes, const char *name)
{
	return strlen(name) == name_bytes && !strncasecmp(line, name, name_bytes);
}

static const char *take_header(struct count *count, const char *line, size_t bytes)
{
	const char *colon = memchr(line, ':', bytes);
	size_t name_bytes = colon ? (size_t)(colon - line) : 0;

	/* A folded line begins with a blank. */
	if (!name_bytes || memchr(line, ' ', name_bytes) || memchr(line, '\t', name_bytes))
		return "a header without a name, or with a blank in the name";
	count->lengths += is_name(line, name_bytes, "content-length");
	count->encodings += is_name(line, name_bytes, "transfer-encoding");
	count->hosts += is_name(line, name_bytes, "host");
	return NULL;
}

static const char *judge(const struct count *count)
{
	if (count->lengths > 1)
		return "more than one Content-Length";
	if (count->encodings > 1)
		return "more than one Transfer-Encoding";
	if (count->lengths && count->encodings)
		return "both Content-Length and Transfer-Encoding";
	return count->hosts > 1 ? "more than one Host" : NULL;
}

/* NULL with @count filled, or what is wrong with a line. */
static const char *count_headers(const char *head, size_t bytes, struct count *count)
{
	const char *at = head, *end = head + bytes, *fault = NULL;
	bool first = true;

	/* An empty line in front of a request is allowed. */
	if (bytes >= 2 && !memcmp(at, "\r\n", 2))
		at += 2;
	while (!fault) {
		const char *line = at;

		at = memchr(line, '\n', (size_t)(end - line));
		if (!at)
			return "the headers have no end";
		if (at == line || at[-1] != '\r')
			return "a line that does not end with CR LF";
		at++;
		if (at - line == 2)
			return NULL;
		if (!first)
			fault = take_header(count, line, (size_t)(at - line) - 2);
		first = false;
	}
	return fault;
}

const char *ohtd_framing_fault(const char *head, size_t bytes)
{
	struct count count = { 0 };
	const char *fault = count_headers(head, bytes, &count);

	return fault ? fault : judge(&count);
}

bool ohtd_framing_has_body(const char *head, size_t bytes)
{
	struct count count = { 0 };

	count_headers(head, bytes, &count);
	return count.lengths || count.encodings;
}

bool ohtd_framing_is_chunked(const char *head, size_t bytes)
{
	struct count count = { 0 };

	return !count_headers(head, bytes, &count) && count.encodings;
}
