// SPDX-License-Identifier: GPL-2.0-or-later
#include "lists/list.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "server/call.h"

#define HASH_DIGITS	8

OHTD_SHAPE_SHARED(ohtd_page, "Page",
	OHTD_INTEGER(ohtd_page, limit, .min = 1, .max = OHTD_LIMIT_MAX, .preset = OHTD_LIMIT_PRESET,
		     .summary = "How many items at most"),
	OHTD_TEXT(ohtd_page, cursor, .min = 1, .max = 60,
		  .summary = "next_cursor of the page before"));

/* ---- what a cursor is good for ---- */

/* FNV-1a: tells a mistake, and is no secret. */
#define HASH_BEGIN	2166136261u
#define HASH_PRIME	16777619u

static uint32_t hash_bytes(uint32_t hash, const void *data, size_t bytes)
{
	const unsigned char *at = data;

	while (bytes--)
		hash = (hash ^ *at++) * HASH_PRIME;
	return hash;
}

static uint32_t hash_text(uint32_t hash, const char *text)
{
	return hash_bytes(hash, text, strlen(text) + 1);
}

static uint32_t hash_value(uint32_t hash, const struct ohtd_member *member, const char *base)
{
	const char *const *text = (const char *const *)(base + member->offset);
	int64_t number;

	switch (member->type) {
	case OHTD_IS_TEXT:
		return hash_text(hash, *text ? *text : "");
	case OHTD_IS_BOOLEAN:
	case OHTD_IS_TRISTATE:
		return hash_bytes(hash, base + member->offset, 1);
	default:
		number = ohtd_member_load(member, base);
		return hash_bytes(hash, &number, sizeof(number));
	}
}

/* Everything but the page itself. */
static uint32_t hash_query(uint32_t hash, const struct ohtd_shape *shape, const char *base)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct ohtd_member *member = &shape->members[i];

		if (member->shape == &ohtd_page_shape)
			continue;
		if (member->type == OHTD_IS_PART)
			hash = hash_query(hash, member->shape, base + member->offset);
		else
			hash = hash_value(hash, member, base);
	}
	return hash;
}

static uint32_t hash_of(const struct ohtd_call *call)
{
	return hash_query(hash_text(HASH_BEGIN, call->route->path), call->route->query, call->query);
}

/* ---- cursors: "PLACE-HASH", "PLACE-PLACE-HASH" ---- */

/* Digits only and no zero in front: no second spelling of a place. Returns what follows, or NULL. */
static const char *read_part(const char *text, uint64_t *part)
{
	char *end;

	if (*text < '0' || *text > '9' || (*text == '0' && text[1] >= '0' && text[1] <= '9'))
		return NULL;
	errno = 0;
	*part = strtoull(text, &end, 10);
	return errno || *end != '-' ? NULL : end + 1;
}

static bool is_hash(const char *text)
{
	return strlen(text) == HASH_DIGITS && strspn(text, "0123456789abcdef") == HASH_DIGITS;
}

int ohtd_cursor_take(struct ohtd_call *call, const struct ohtd_page *page, uint64_t *parts,
		     size_t count)
{
	const char *at = page->cursor;

	if (!at)
		return 0;
	for (size_t i = 0; at && i < count; i++)
		at = read_part(at, &parts[i]);
	if (!at || !is_hash(at)) {
		ohtd_cursor_refuse(call, page);
		return -1;
	}
	if (strtoul(at, NULL, 16) == hash_of(call))
		return 1;
	ohtd_reply_member(call, "/cursor", "cursor_of_other_query",
			  "'%s' is the next_cursor of another filter, sort or list", page->cursor);
	return -1;
}

void ohtd_cursor_refuse(struct ohtd_call *call, const struct ohtd_page *page)
{
	ohtd_reply_member(call, "/cursor", "bad_cursor", "'%s' is no next_cursor of this list",
			  page->cursor);
}

const char *ohtd_cursor_text(struct ohtd_call *call, const uint64_t *parts, size_t count)
{
	if (count == 1)
		return ohtd_call_text_of(call, "%llu-%08x", (unsigned long long)parts[0],
					 hash_of(call));
	return ohtd_call_text_of(call, "%llu-%llu-%08x", (unsigned long long)parts[0],
				 (unsigned long long)parts[1], hash_of(call));
}

/* Tells this run of the daemon from others. Never 0. */
static uint64_t this_run(void)
{
	static _Atomic uint64_t run;
	uint64_t none = 0, drawn = 0;

	if (!atomic_load(&run)) {
		if (getrandom(&drawn, sizeof(drawn), GRND_NONBLOCK) != sizeof(drawn) || !drawn)
			drawn = (uint64_t)getpid();
		atomic_compare_exchange_strong(&run, &none, drawn);
	}
	return atomic_load(&run);
}

int ohtd_cursor_take_of_run(struct ohtd_call *call, const struct ohtd_page *page, uint64_t *place)
{
	uint64_t parts[2];
	int r = ohtd_cursor_take(call, page, parts, 2);

	if (r <= 0)
		return r;
	if (parts[0] != this_run()) {
		ohtd_cursor_refuse(call, page);
		return -1;
	}
	*place = parts[1];
	return 1;
}

const char *ohtd_cursor_text_of_run(struct ohtd_call *call, uint64_t place)
{
	return ohtd_cursor_text(call, (uint64_t[]){ this_run(), place }, 2);
}
