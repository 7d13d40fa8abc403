// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log_limit.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"

/* Lines since a moment. */
struct window {
	_Atomic uint64_t since_ns;
	_Atomic unsigned int lines;
};

struct code {
	_Atomic(const char *) code;	/* NULL: free; once set it stays */
	_Atomic(const char *) room;
	struct window now, hour;
	_Atomic unsigned int held;
};

/* The last one is that of everybody who found no place. */
static struct code codes[OHTD_LOG_CODES + 1];

static bool is(const struct code *slot, const char *room, const char *code)
{
	const char *other = atomic_load(&slot->code);
	const char *other_room = atomic_load(&slot->room);

	return other && other_room && !strcmp(other, code) && !strcmp(other_room, room);
}

/* A code that two threads bring at the same moment may get two places: twice the lines, once. */
static struct code *find(const char *room, const char *code)
{
	for (size_t i = 0; i < OHTD_LOG_CODES; i++) {
		const char *none = NULL;

		if (is(&codes[i], room, code))
			return &codes[i];
		if (!atomic_load(&codes[i].code) &&
		    atomic_compare_exchange_strong(&codes[i].code, &none, code)) {
			atomic_store(&codes[i].room, room);
			return &codes[i];
		}
	}
	return &codes[OHTD_LOG_CODES];
}

static bool is_over(const struct window *window, uint64_t now_ns, uint64_t length_ns)
{
	return ohtd_since(now_ns, atomic_load(&window->since_ns)) >= length_ns;
}

/* Is there room in it for a line, which then takes it? */
static bool take(struct window *window, uint64_t now_ns, uint64_t length_ns, unsigned int most)
{
	if (!atomic_load(&window->since_ns) || is_over(window, now_ns, length_ns)) {
		atomic_store(&window->since_ns, now_ns);
		atomic_store(&window->lines, 0);
	}
	return atomic_fetch_add(&window->lines, 1) < most;
}

bool ohtd_log_limit_take(const char *room, const char *code, uint64_t now_ns)
{
	struct code *slot = find(room, code);

	/* One code of those that share a count does not hold back the others for an hour. */
	if (take(&slot->now, now_ns, OHTD_LOG_WINDOW_NS, OHTD_LOG_BURST) &&
	    (slot == &codes[OHTD_LOG_CODES] || take(&slot->hour, now_ns, OHTD_LOG_HOUR_NS, OHTD_LOG_HOUR)))
		return true;
	atomic_fetch_add(&slot->held, 1);
	return false;
}

bool ohtd_log_limit_over(uint64_t now_ns, struct ohtd_log_held *held)
{
	for (size_t i = 0; i <= OHTD_LOG_CODES; i++) {
		struct code *slot = &codes[i];

		if (!atomic_load(&slot->held) || !is_over(&slot->now, now_ns, OHTD_LOG_WINDOW_NS))
			continue;
		held->lines = atomic_exchange(&slot->held, 0);
		held->room = i < OHTD_LOG_CODES ? atomic_load(&slot->room) : "main";
		held->code = i < OHTD_LOG_CODES ? atomic_load(&slot->code) : "others";
		if (held->lines)
			return true;
	}
	return false;
}
