/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the frame that is being sent, byte by byte in the time that the wire would need.
 * Contexts: the simulator's one thread; time comes in as an argument, never from a clock.
 * Locks:    none.
 */
#ifndef OHT_SIM_PACER_H
#define OHT_SIM_PACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "timing.h"

/* The longest frame, and what faults put around it. */
#define OHT_SIM_PACER_BYTES	336u

struct oht_sim_pacer {
	const struct oht_sim_timing *timing;
	uint8_t bytes[OHT_SIM_PACER_BYTES];
	size_t len;
	size_t sent;
	uint64_t start_ns;	/* start bit of the first byte */
	uint64_t pause_ns;	/* silence in front of every byte but the first */
	bool again;		/* send it once more, t3.5 later */
};

void oht_sim_pacer_init(struct oht_sim_pacer *p, const struct oht_sim_timing *timing);

/* Forgets the frame under way. For a line that was cut. */
void oht_sim_pacer_reset(struct oht_sim_pacer *p);

/**
 * oht_sim_pacer_start() - put a frame on the wire
 * @p: must not be busy
 * @bytes: the frame, copied
 * @len: 1..OHT_SIM_PACER_BYTES
 * @start_ns: when its first start bit falls
 * @pause_ns: silence between its bytes
 * @again: send it twice, with t3.5 between
 */
void oht_sim_pacer_start(struct oht_sim_pacer *p, const uint8_t *bytes, size_t len,
			 uint64_t start_ns, uint64_t pause_ns, bool again);

static inline bool oht_sim_pacer_busy(const struct oht_sim_pacer *p)
{
	return p->len != 0;
}

/* End of the last stop bit of the frame under way. */
uint64_t oht_sim_pacer_end_ns(const struct oht_sim_pacer *p);

/**
 * oht_sim_pacer_take() - bytes that have passed the wire by now
 * @p: the pacer
 * @now_ns: present time
 * @bytes: takes a pointer to them, good until the next call
 *
 * No byte is handed out before its last stop bit. Bytes come in groups that span at most half of
 * t1.5, so that no pause between two groups can be taken for one in the frame.
 *
 * Return: how many; 0 if none.
 */
size_t oht_sim_pacer_take(struct oht_sim_pacer *p, uint64_t now_ns, const uint8_t **bytes);

/* When oht_sim_pacer_take() has something next, OHT_SIM_NEVER if idle. */
uint64_t oht_sim_pacer_deadline_ns(const struct oht_sim_pacer *p);

#endif
