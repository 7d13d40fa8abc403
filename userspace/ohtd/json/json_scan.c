// SPDX-License-Identifier: GPL-2.0-or-later
#include "json/json_scan.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "common/utf8.h"

struct scan {
	const unsigned char *begin, *at, *end;
	unsigned int depth;
	bool points;	/* the fault gets a pointer on the way out */
	struct ohtd_json_fault *fault;
};

/* A member's name as it stands in the text, without the quotes. */
struct name {
	const unsigned char *at, *end;
};

static int scan_value(struct scan *s);

static int fail(struct scan *s, const char *reason)
{
	s->fault->offset = (size_t)(s->at - s->begin);
	s->fault->reason = reason;
	return -1;
}

static int peek(const struct scan *s)
{
	return s->at < s->end ? *s->at : -1;
}

static void skip_space(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
		s->at++;
}

/* The four digits behind \u, or -1. */
static int hex_unit(const unsigned char *at, const unsigned char *end)
{
	int unit = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = ohtd_hex_digit(at[i]);

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

static bool is_high(int unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(int unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/* s->at is behind "\u" */
static int scan_unicode_escape(struct scan *s)
{
	int unit = hex_unit(s->at, s->end);

	if (unit < 0)
		return fail(s, "\\u needs four hexadecimal digits");
	if (unit == 0)
		return fail(s, "\\u0000 is not accepted");
	if (is_low(unit))
		return fail(s, "unpaired surrogate");
	s->at += 4;
	if (!is_high(unit))
		return 0;
	if (s->end - s->at < 6 || s->at[0] != '\\' || s->at[1] != 'u' ||
	    !is_low(hex_unit(s->at + 2, s->end)))
		return fail(s, "unpaired surrogate");
	s->at += 6;
	return 0;
}

static int scan_escape(struct scan *s)
{
	int c = peek(s);

	if (c == 'u') {
		s->at++;
		return scan_unicode_escape(s);
	}
	if (c <= 0 || !strchr("\"\\/bfnrt", c))
		return fail(s, "unknown escape");
	s->at++;
	return 0;
}

static int scan_string(struct scan *s)
{
	s->at++;
	for (;;) {
		int c = peek(s);
		size_t n;

		if (c < 0)
			return fail(s, "string without end");
		if (c < 0x20)
			return fail(s, "control byte in a string");
		if (c >= 0x80) {
			n = oht_utf8_character((const char *)s->at, (size_t)(s->end - s->at), NULL);
			if (!n)
				return fail(s, "invalid UTF-8");
			s->at += n;
			continue;
		}
		s->at++;
		if (c == '"')
			return 0;
		if (c == '\\' && scan_escape(s))
			return -1;
	}
}

static size_t skip_digits(struct scan *s)
{
	const unsigned char *from = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return (size_t)(s->at - from);
}

/* Walks over a number's grammar. Returns 1 for an integer, 0 for another number, -1 for none. */
static int walk_number(struct scan *s)
{
	int integer = 1;

	if (peek(s) == '-')
		s->at++;
	if (peek(s) == '0')
		s->at++;
	else if (!skip_digits(s))
		return fail(s, "expected a value");
	if (peek(s) == '.') {
		integer = 0;
		s->at++;
		if (!skip_digits(s))
			return fail(s, "number without digits behind the point");
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		integer = 0;
		s->at++;
		if (peek(s) == '+' || peek(s) == '-')
			s->at++;
		if (!skip_digits(s))
			return fail(s, "number without digits in the exponent");
	}
	return integer;
}

static int scan_number(struct scan *s)
{
	const unsigned char *from = s->at;
	char copy[OHTD_JSON_NUMBER_BYTES_MAX + 1];
	int integer = walk_number(s);
	size_t n = (size_t)(s->at - from);

	if (integer < 0)
		return -1;
	if (n > OHTD_JSON_NUMBER_BYTES_MAX) {
		s->at = from;
		return fail(s, "number too long");
	}
	memcpy(copy, from, n);
	copy[n] = 0;
	errno = 0;
	if (integer)
		(void)strtoll(copy, NULL, 10);
	if ((integer && errno == ERANGE) || !isfinite(strtod(copy, NULL))) {
		s->at = from;
		return fail(s, "number out of range");
	}
	return 0;
}

static int scan_word(struct scan *s)
{
	static const char *const words[] = { "true", "false", "null" };
	size_t left = (size_t)(s->end - s->at);

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);

		if (left >= n && !memcmp(s->at, words[i], n)) {
			s->at += n;
			return 0;
		}
	}
	return fail(s, "expected a value");
}

static int code_unit_escape(struct name *name)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	int c = *name->at++;
	const char *found;

	if (c == 'u') {
		int unit = hex_unit(name->at, name->end);

		name->at += 4;
		if (!is_high(unit))
			return unit;
		unit = 0x10000 + ((unit - 0xd800) << 10) +
		       (hex_unit(name->at + 2, name->end) - 0xdc00);
		name->at += 6;
		return unit;
	}
	found = strchr(from, c);
	return found ? to[found - from] : c;
}

/* The next character of a name that has been scanned already, so that it is well-formed; -1: end. */
static int next_character(struct name *name)
{
	uint32_t number;
	int c;

	if (name->at == name->end)
		return -1;
	c = *name->at;
	if (c == '\\') {
		name->at++;
		return code_unit_escape(name);
	}
	name->at += oht_utf8_character((const char *)name->at, (size_t)(name->end - name->at), &number);
	return (int)number;
}

static bool same_name(struct name a, struct name b)
{
	for (;;) {
		int ca = next_character(&a), cb = next_character(&b);

		if (ca != cb)
			return false;
		if (ca < 0)
			return true;
	}
}

/* Puts a name in front of the pointer of the fault. */
static void point_at(struct scan *s, struct name name)
{
	char pointer[OHTD_JSON_POINTER_BYTES] = "/";
	size_t used = 1, behind = strlen(s->fault->pointer);

	for (; name.at < name.end && used + 2 < sizeof(pointer); name.at++) {
		bool is_special = *name.at == '~' || *name.at == '/';

		pointer[used++] = is_special ? '~' : (char)*name.at;
		if (is_special)
			pointer[used++] = *name.at == '~' ? '0' : '1';
	}
	s->points = name.at == name.end && used + behind < sizeof(pointer);
	if (s->points) {
		memmove(s->fault->pointer + used, s->fault->pointer, behind + 1);
		memcpy(s->fault->pointer, pointer, used);
	} else {
		*s->fault->pointer = 0;
	}
}

/* One name with its colon. @names has @count earlier ones, the new one is put behind. */
static int scan_name(struct scan *s, struct name *names, size_t count)
{
	const unsigned char *from = s->at;

	if (peek(s) != '"')
		return fail(s, "expected a name in double quotes");
	if (count == OHTD_JSON_MEMBERS_MAX)
		return fail(s, "too many members in an object");
	if (scan_string(s))
		return -1;
	names[count] = (struct name){ from + 1, s->at - 1 };
	for (size_t i = 0; i < count; i++) {
		if (same_name(names[i], names[count])) {
			s->at = from;
			s->points = true;
			return fail(s, "duplicate name");
		}
	}
	skip_space(s);
	if (peek(s) != ':')
		return fail(s, "expected ':'");
	s->at++;
	return 0;
}

/* Behind an element: 1 when another one follows, 0 when @close ended the list, -1 on a fault. */
static int scan_separator(struct scan *s, char close)
{
	skip_space(s);
	if (peek(s) == close) {
		s->at++;
		return 0;
	}
	if (peek(s) != ',')
		return fail(s, close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
	s->at++;
	skip_space(s);
	return 1;
}

static int scan_object(struct scan *s)
{
	struct name names[OHTD_JSON_MEMBERS_MAX];
	size_t count = 0;
	int more = 1;

	s->at++;
	skip_space(s);
	if (peek(s) == '}') {
		s->at++;
		return 0;
	}
	while (more > 0) {
		if (scan_name(s, names, count++) || scan_value(s)) {
			if (s->points)
				point_at(s, names[count - 1]);
			return -1;
		}
		more = scan_separator(s, '}');
	}
	return more;
}

static int scan_array(struct scan *s)
{
	unsigned int place = 0;
	char number[12];
	int more = 1;

	s->at++;
	skip_space(s);
	if (peek(s) == ']') {
		s->at++;
		return 0;
	}
	while (more > 0) {
		if (scan_value(s)) {
			snprintf(number, sizeof(number), "%u", place);
			if (s->points)
				point_at(s, (struct name){ (unsigned char *)number, (unsigned char *)number + strlen(number) });
			return -1;
		}
		place++;
		more = scan_separator(s, ']');
	}
	return more;
}

static int scan_value(struct scan *s)
{
	int c, r;

	skip_space(s);
	c = peek(s);
	if (c == '"')
		return scan_string(s);
	if (c == '-' || (c >= '0' && c <= '9'))
		return scan_number(s);
	if (c != '{' && c != '[')
		return scan_word(s);
	if (s->depth == OHTD_JSON_DEPTH_MAX)
		return fail(s, "nested too deep");
	s->depth++;
	r = c == '{' ? scan_object(s) : scan_array(s);
	s->depth--;
	return r;
}

int ohtd_json_scan(const char *text, size_t length_bytes, struct ohtd_json_fault *fault)
{
	const unsigned char *begin = (const unsigned char *)text;
	struct scan s = { .begin = begin, .at = begin, .end = begin + length_bytes, .fault = fault };

	*fault->pointer = 0;
	if (length_bytes >= 3 && !memcmp(begin, "\xef\xbb\xbf", 3))
		return fail(&s, "a byte order mark (EF BB BF) in front of the text: leave it out");
	if (scan_value(&s))
		return -1;
	skip_space(&s);
	if (s.at != s.end)
		return fail(&s, "something behind the value");
	return 0;
}
