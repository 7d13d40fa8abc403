/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what tests of the stop share: an enabled machine, and a stop that must have happened.
 * Contexts: one thread.
 * Locks:    none.
 */
#ifndef STOP_H
#define STOP_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/oht.h>

/* For a record that must come; a busy host may hold it up. */
#define STOP_WAIT_MS	15000
/* No heartbeat is due while a test lasts. */
#define LONG_MS		10000
#define BOTH		(OHT_STIM_A | OHT_STIM_B)
/* Of a look that is due: the timer's own lateness, the way from there to low, two stamps. */
#define STOP_SLACK_US	100

/* OHT_STIM_ENABLE_* as the GPIO register has them; @stim is guest_open_stim(). */
int stop_outputs(int stim);

/* The relays of oht_stim behind the outputs: enum oht_stim_relay of each, and their delay. */
void stop_relays(int stim, uint32_t first, uint32_t second, uint32_t delay_us);

/* Those inputs cannot be read from now on, all others can: mask of OHT_STIM_* lines. */
void stop_unreadable(int stim, uint32_t lines);

/* A controller with the outputs high, its journal read up to now; bails out if that fails. */
int stop_enabled_controller(int stim, uint32_t deadman_ms);

/* One assertion: the next record is a stop from enabled for @cause that lowered the outputs. */
bool stop_expect(int stim, int fd, uint32_t cause, const char *what, struct oht_record *record);

/*
 * The same after both contacts have opened at the same moment. The driver reads them one after the
 * other: a supervision that has read a just before then names b first.
 */
bool stop_expect_press(int stim, int fd, const char *what, struct oht_record *record);

/*
 * One assertion: that happened at most @before_us and so many supervision periods after @since_ns.
 * The number is that of docs/faults.md; check-faults compares the two. Only for guest time that does
 * not stall (icount).
 */
void stop_within(uint64_t happened_ns, uint64_t since_ns, uint64_t before_us, unsigned int periods,
		 const char *what);

/*
 * To another moment of a supervision period for each @phase below the number of them: a fault is
 * found in time at all of them. Where time is not exact, one moment is as good as another.
 */
#define STOP_PHASES	8
#define STOP_PHASES_OF(exact)	((exact) ? STOP_PHASES : 1)
void stop_sleep_to_phase(int phase);

/* Opens both channels so that the driver sees it, and closes them: ends what one alone leaves. */
void stop_work_button(int stim, int fd);

/* Of the two channels as causes the one that @cause, which is one of them, is not. */
uint32_t stop_other_channel(uint32_t cause);

#endif /* STOP_H */
