/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     units that have not answered, and when they are asked again.
 * Contexts: gateway thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_GATEWAY_SILENCE_H
#define OHTD_GATEWAY_SILENCE_H

#include <stdbool.h>
#include <stdint.h>

#define OHTD_SILENCE_FIRST_NS	500000000ull
#define OHTD_SILENCE_MAX_NS	16000000000ull

/**
 * struct ohtd_silence - of one unit
 * @since_ns: when it did not answer last
 * @until_ns: it is not asked before
 * @wait_ns: how long it was not asked; doubled each time, 0 after an answer
 */
struct ohtd_silence {
	uint64_t since_ns;
	uint64_t until_ns;
	uint64_t wait_ns;
};

/* It did not answer. */
void ohtd_silence_note(struct ohtd_silence *silence, uint64_t now_ns);

/*
 * Is it to be left alone? @heard_ns: when it last answered somebody else, 0: not that we know. A unit
 * that answers again is asked again, but not sooner than after the shortest wait: perhaps it is only
 * this question that it does not answer.
 */
bool ohtd_silence_holds(const struct ohtd_silence *silence, uint64_t now_ns, uint64_t heard_ns);

#endif
