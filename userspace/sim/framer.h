/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     bytes from the master -> frames, in the time that they would take on a real wire.
 * Contexts: the simulator's one thread; time comes in as an argument, never from a clock.
 * Locks:    none.
 *
 * The far end may hand over its bytes at once (an emulated UART does). A byte that comes while the
 * one before it would still be on the wire begins when that one ends, so the end of the last stop
 * bit is known although nobody saw it.
 */
#ifndef OHT_SIM_FRAMER_H
#define OHT_SIM_FRAMER_H

#include "adu.h"
#include "timing.h"

#define OHT_SIM_NEVER	UINT64_MAX

/* What an observer of the line would note. */
struct oht_sim_framer_stats {
	uint64_t bytes;
	uint64_t frames;	/* whole frames, whoever is meant */
	uint64_t broken;	/* given up: wrong checksum, incomplete, too long */
	uint64_t stale;		/* whole, but another one followed before it was answered */
	uint64_t pauses_t15;	/* inside a frame, above t1.5 up to t3.5: tolerated */
	uint64_t pauses_t35;	/* inside a frame, above t3.5: tolerated if the frame gets whole */
	uint64_t early;		/* requests that began before t3.5 of silence had passed */
};

struct oht_sim_framer {
	const struct oht_sim_timing *timing;
	uint8_t adu[OHT_SIM_ADU_MAX_BYTES];
	size_t len;
	size_t restart;		/* where a new frame may have begun inside @adu; 0: nowhere else */
	bool whole;		/* @adu is one frame with a good checksum */
	bool overlong;		/* throw away until the line is silent */
	uint64_t begin_ns;	/* first start bit of @adu, and of what may begin at @restart */
	uint64_t restart_ns;
	uint64_t quiet_ns;	/* silence of the line in front of these two */
	uint64_t restart_quiet_ns;
	uint64_t line_end_ns;	/* end of the last character on the wire, in either direction */
	struct oht_sim_framer_stats stats;
};

void oht_sim_framer_init(struct oht_sim_framer *f, const struct oht_sim_timing *timing);

/* Forgets what was received; the statistics stay. For a line that was cut. */
void oht_sim_framer_reset(struct oht_sim_framer *f);

/* Takes bytes that arrived at @now_ns. */
void oht_sim_framer_feed(struct oht_sim_framer *f, const uint8_t *bytes, size_t len,
			 uint64_t now_ns);

/* The line was busy with our own frame until @end_ns. */
void oht_sim_framer_line_used(struct oht_sim_framer *f, uint64_t end_ns);

/**
 * oht_sim_framer_take() - is a request due?
 * @f: the framer
 * @now_ns: present time
 * @adu: takes the frame, OHT_SIM_ADU_MAX_BYTES
 * @end_ns: takes the end of its last stop bit
 *
 * A frame of known length is due when the line has then been silent for t3.5 or for the turnaround,
 * whichever is shorter; one of unknown length after t3.5. Frames that stay broken are dropped here.
 *
 * Return: length of the frame, 0 if none is due.
 */
size_t oht_sim_framer_take(struct oht_sim_framer *f, uint64_t now_ns, uint8_t *adu,
			   uint64_t *end_ns);

/* When oht_sim_framer_take() has something to do next, OHT_SIM_NEVER if only bytes can tell. */
uint64_t oht_sim_framer_deadline_ns(const struct oht_sim_framer *f);

#endif
