// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/stop_head.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/hex.h"

#define LENGTH_DIGITS_MAX	9

size_t ohtd_http_path_begin(const char *path, size_t bytes)
{
	const char *authority = memmem(path, bytes, "://", 3), *slash;

	if (!bytes || *path == '/' || !authority)
		return 0;
	authority += 3;
	slash = memchr(authority, '/', bytes - (size_t)(authority - path));
	return slash ? (size_t)(slash - path) : bytes;
}

/* The character at @at, decoded, which is moved behind it. */
static char next_character(const char *path, size_t bytes, size_t *at)
{
	int high = -1, low = -1;
	char c = path[(*at)++];

	if (c == '%' && bytes - *at >= 2) {
		high = ohtd_hex_digit(path[*at]);
		low = ohtd_hex_digit(path[*at + 1]);
	}
	if (high < 0 || low < 0)
		return c;
	*at += 2;
	return (char)(high * 16 + low);
}

static bool is_path(const char *path, size_t bytes)
{
	static const char wanted[] = OHTD_STOP_PATH "/";
	size_t at = ohtd_http_path_begin(path, bytes), same = 0;

	while (at < bytes && path[at] != '?' && path[at] != '#') {
		char c = next_character(path, bytes, &at);

		if (c == '/' && same && wanted[same - 1] == '/')
			continue;
		if (!wanted[same] || tolower((unsigned char)c) != wanted[same])
			return false;
		same++;
	}
	return same + 1 >= sizeof(wanted) - 1;
}

bool ohtd_stop_head_is(const char *method, size_t method_bytes, const char *path, size_t path_bytes)
{
	return method_bytes == 4 && !strncasecmp(method, "POST", 4) && is_path(path, path_bytes);
}

/* ---- control bytes ---- */

static bool is_control(char c)
{
	return ((unsigned char)c < ' ' && !strchr("\t\r\n", c)) || c == 0x7f;
}

/* Behind the name, or @end; a folded line is a value from its begin on. */
static char *value_of(char *line, char *end)
{
	char *colon = memchr(line, ':', (size_t)(end - line));

	if (*line == ' ' || *line == '\t')
		return line;
	return colon ? colon : end;
}

bool ohtd_stop_head_mend(char *behind_path, size_t bytes)
{
	char *end = behind_path + bytes, *line = memchr(behind_path, '\n', bytes), *next;
	bool mended = false;

	for (line = line ? line + 1 : end; line < end; line = next) {
		next = memchr(line, '\n', (size_t)(end - line));
		next = next ? next + 1 : end;
		if (*line == '\n' || (next - line == 2 && *line == '\r'))
			break;
		for (char *c = value_of(line, next); c < next; c++) {
			if (!is_control(*c))
				continue;
			*c = (char)OHTD_STOP_HEAD_MENDED;
			mended = true;
		}
	}
	return mended;
}

/* ---- headers ---- */

static bool is_name(const struct phr_header *header, const char *name)
{
	return header->name && header->name_len == strlen(name) && !strncasecmp(header->name, name, header->name_len);
}

static bool is_value(const struct phr_header *header, const char *value)
{
	return header->value_len == strlen(value) && !strncasecmp(header->value, value, header->value_len);
}

/*
 * The client, the client that a proxy speaks for, and how the connection goes on. So few of each stay that h2o takes all; of the
 * addresses the last, since each proxy adds its own behind the others.
 */
#define EACH_MAX	16

struct kind {
	const char *name;
	size_t most;
	bool last;
	bool body;	/* only if all of the body is here: then there is one length */
};

static const struct kind kinds[] = {
	{ "authorization", OHTD_STOP_PROOFS_MAX, false, false }, { "connection", EACH_MAX, false, false },
	{ "forwarded", EACH_MAX, true, false }, { "host", EACH_MAX, false, false },
	{ "x-forwarded-for", EACH_MAX, true, false }, { "x-request-id", EACH_MAX, false, false },
	{ "content-length", 1, false, true }, { "expect", 1, false, true },
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

/* Index into kinds[]; KINDS: of none. */
static size_t kind_of(const struct phr_header *header)
{
	size_t kind = 0;

	while (kind < KINDS && !is_name(header, kinds[kind].name))
		kind++;
	return kind;
}

static bool is_about_body(const struct phr_header *header)
{
	return is_name(header, "content-length") || is_name(header, "transfer-encoding");
}

static bool is_length_of(const struct phr_header *header, size_t bytes_here)
{
	size_t length = 0;

	if (!header->value_len || header->value_len > LENGTH_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < header->value_len; i++) {
		if (!isdigit((unsigned char)header->value[i]))
			return false;
		length = 10 * length + (size_t)(header->value[i] - '0');
	}
	return length <= bytes_here;
}

/* Is all of the body here, its length said once and plainly, and nothing expected that is not known? */
static bool is_body_here(const struct phr_header *headers, size_t count, size_t bytes_here)
{
	size_t said = 0;

	for (size_t i = 0; i < count; i++) {
		if (is_name(&headers[i], "expect") && !is_value(&headers[i], "100-continue"))
			return false;
		if (is_about_body(&headers[i]) &&
		    (said++ || !is_name(&headers[i], "content-length") || !is_length_of(&headers[i], bytes_here)))
			return false;
	}
	return said;
}

static bool stays(const struct kind *kind, size_t before, size_t behind, bool here)
{
	return (here || !kind->body) && (kind->last ? behind : before) < kind->most;
}

size_t ohtd_stop_head_trim(struct phr_header *headers, size_t count, size_t bytes_here)
{
	bool here = is_body_here(headers, count, bytes_here);
	size_t left[KINDS + 1] = { 0 }, seen[KINDS + 1] = { 0 }, kept = 0;

	for (size_t i = 0; i < count; i++)
		left[kind_of(&headers[i])]++;
	for (size_t i = 0; i < count; i++) {
		size_t kind = kind_of(&headers[i]);

		left[kind]--;
		if (kind < KINDS && stays(&kinds[kind], seen[kind]++, left[kind], here))
			headers[kept++] = headers[i];
	}
	return kept;
}
