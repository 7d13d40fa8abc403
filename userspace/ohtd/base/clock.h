/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     all time of the daemon: monotonic, boot time, wall time, and waiting until a moment.
 * Contexts: any thread, the control thread's cycle included; nothing here allocates.
 * Locks:    none; the wall time's offset is one atomic word. It grows, and is taken back only by a synchronised
 *           system, in ohtd_clock_look().
 */
#ifndef OHTD_BASE_CLOCK_H
#define OHTD_BASE_CLOCK_H

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define OHTD_NS_PER_US	1000ull
#define OHTD_NS_PER_MS	1000000ull
#define OHTD_NS_PER_S	1000000000ull

/**
 * struct ohtd_clock_ops - where time comes from
 * @monotonic_ns: never goes back, stands still in suspend
 * @boottime_ns: never goes back, goes on in suspend
 * @realtime_ns: what the system believes the time of day is; may jump either way
 * @synchronised: somebody keeps the time of day right (NTP, PTP)
 * @wait: sleep until @until_ns (monotonic) or until one of @fds is ready; returns as poll(2) does,
 *	with a negative errno instead of -1; -EINTR after a signal
 */
struct ohtd_clock_ops {
	uint64_t (*monotonic_ns)(void *context);
	uint64_t (*boottime_ns)(void *context);
	int64_t (*realtime_ns)(void *context);
	bool (*synchronised)(void *context);
	int (*wait)(void *context, struct pollfd *fds, unsigned int count, uint64_t until_ns);
};

/* Suspends that are remembered. Of older ones the time of day is as if they had not been. */
#define OHTD_SLEEPS_MAX	64

/**
 * struct ohtd_sleep - a suspend of the computer
 * @before_ns: CLOCK_MONOTONIC of the newest look at the clock before it
 * @length_ns: how long it was
 */
struct ohtd_sleep {
	_Atomic uint64_t before_ns;
	_Atomic uint64_t length_ns;
};

struct ohtd_clock {
	const struct ohtd_clock_ops *ops;
	void *context;
	_Atomic int64_t wall_offset_ns;	/* wall = boottime + offset */
	_Atomic int64_t known_offset_ns;	/* the same, without what an unsynchronised system said */
	int64_t least_ns;		/* wall time is never earlier: date of the build */
	_Atomic int64_t corrected_ns;	/* by how much it was last taken back */
	_Atomic uint64_t corrected_mono_ns;	/* when; 0: never */
	_Atomic int64_t system_offset_ns;	/* the same of the system's time, at its last jump */
	_Atomic uint32_t jumps;
	_Atomic int64_t last_jump_ns;
	_Atomic int64_t moved_ns;	/* by all jumps */
	_Atomic uint64_t last_leap_boot_ns;	/* when the wall time last jumped */
	_Atomic uint64_t unkept_mono_ns;	/* since when nobody keeps the system's time right; 0: somebody does */
	_Atomic uint64_t looked_ns;	/* monotonic: the newest look of which no suspend came */
	_Atomic uint64_t slept_ns;	/* by how much boot time was ahead of it then */
	_Atomic unsigned int sleep_count;
	struct ohtd_sleep sleeps[OHTD_SLEEPS_MAX];
};

/* The system's time of day is said to have jumped when it moves by as much against boot time. */
#define OHTD_JUMP_NS	1000000000ll

/**
 * struct ohtd_clock_view - what is known of the time of day
 * @wall_ns: ours
 * @ahead_ns: of the system's; more than 0 after a jump back, or while the system is before the floor
 * @jumps: of the system's time since the start, either way
 * @last_jump_ns: by how much the last one moved it; 0 when there was none
 * @moved_ns: by how much all of them together moved it
 * @synchronised: somebody keeps the system's time right
 * @unkept_mono_ns: since when nobody does, by the monotonic clock, as far as somebody has looked; 0: somebody does
 * @corrected_ns: by how much a synchronised system last took our time back
 * @corrected_mono_ns: when, by the monotonic clock; 0: it never did
 */
struct ohtd_clock_view {
	int64_t wall_ns;
	int64_t ahead_ns;
	uint32_t jumps;
	int64_t last_jump_ns;
	int64_t moved_ns;
	bool synchronised;
	uint64_t unkept_mono_ns;
	int64_t corrected_ns;
	uint64_t corrected_mono_ns;
};

/* CLOCK_MONOTONIC of the system, for what has no clock of its own. */
uint64_t ohtd_monotonic_ns(void);

/* The clocks of the running system. */
extern const struct ohtd_clock_ops ohtd_clock_system;

/* A clock that stands still until told to go on: for tests and runs in virtual time. */
extern const struct ohtd_clock_ops ohtd_clock_manual;

/**
 * struct ohtd_manual_clock - context of ohtd_clock_manual
 * @now_ns: monotonic time
 * @slept_ns: by how much boot time is ahead of it
 * @realtime_ns: system's time of day
 * @synchronised: as told
 *
 * Its wait goes straight to the moment waited for, unless a descriptor is ready at once.
 */
struct ohtd_manual_clock {
	_Atomic uint64_t now_ns;
	_Atomic uint64_t slept_ns;
	_Atomic int64_t realtime_ns;
	atomic_bool synchronised;
};

/* Moves both times of @manual on by @ns. */
void ohtd_manual_clock_advance(struct ohtd_manual_clock *manual, uint64_t ns);

/**
 * ohtd_since() - time from one moment to another of the same clock
 * @now: the later one, in any unit
 * @then: the earlier one, in the same unit
 *
 * A thread that reads the clock and then waits for a lock can find a moment there that is later than its own. The plain
 * difference of unsigned numbers is then some 600 years.
 *
 * Return: 0 when @then is later than @now.
 */
static inline uint64_t ohtd_since(uint64_t now, uint64_t then)
{
	return now > then ? now - then : 0;
}

/**
 * ohtd_clock_init() - start a clock
 * @clock: to fill; outlives all users
 * @ops: where time comes from
 * @context: for @ops
 * @floor_ns: wall time cannot be earlier: newest persisted time or date of the build, since 1970
 *
 * Source: docs/operations.md, Time: wall time = floor + monotonic, backwards only where a synchronised system says so.
 */
void ohtd_clock_init(struct ohtd_clock *clock, const struct ohtd_clock_ops *ops, void *context,
		     int64_t floor_ns);

/* Wall time is @floor_ns or later from now on. */
void ohtd_clock_raise(struct ohtd_clock *clock, int64_t floor_ns);

static inline uint64_t ohtd_clock_monotonic_ns(const struct ohtd_clock *clock)
{
	return clock->ops->monotonic_ns(clock->context);
}

static inline uint64_t ohtd_clock_boottime_ns(const struct ohtd_clock *clock)
{
	return clock->ops->boottime_ns(clock->context);
}

static inline int ohtd_clock_wait(const struct ohtd_clock *clock, struct pollfd *fds,
				  unsigned int count, uint64_t until_ns)
{
	return clock->ops->wait(clock->context, fds, count, until_ns);
}

/**
 * ohtd_clock_wall_ns() - time of day since 1970, for people and records
 *
 * Follows the system when it says later than we do. When it says earlier, only ohtd_clock_look() follows, and only a synchronised one.
 * Between jumps it runs as boot time does. Do not measure intervals with it.
 */
int64_t ohtd_clock_wall_ns(struct ohtd_clock *clock);

/**
 * ohtd_clock_leapt_since() - has the wall time jumped since a moment?
 * @boottime_ns: the moment, of the boot clock
 *
 * The start of the program counts as one, since nobody has seen what was before it. If so, the wall time that has passed since then says nothing: boot time does.
 */
bool ohtd_clock_leapt_since(const struct ohtd_clock *clock, uint64_t boottime_ns);

/* The same in whole seconds. */
int64_t ohtd_clock_wall_s(struct ohtd_clock *clock);

/**
 * ohtd_clock_known_ns() - the wall time as far as it is certain: what may be kept for the next run
 *
 * The floor, or the time of a synchronised system, and what has passed since. What an unsynchronised system says may be
 * wrong by decades, and could not be taken back.
 */
int64_t ohtd_clock_known_ns(const struct ohtd_clock *clock);

/*
 * What /health tells of the clock. Looks at the system's time, so that a jump is seen by then; if that is synchronised and
 * earlier than ours by OHTD_JUMP_NS or more, ours is taken back. To be called some times a second.
 */
void ohtd_clock_look(struct ohtd_clock *clock, struct ohtd_clock_view *view);

/**
 * ohtd_clock_slept_ns() - how long the computer was suspended since a moment
 * @clock: the clock
 * @monotonic_ns: the moment
 *
 * Return: 0 when that is not known: a moment between the newest look at the clock before a suspend and its end counts as behind it.
 */
uint64_t ohtd_clock_slept_ns(const struct ohtd_clock *clock, uint64_t monotonic_ns);

/**
 * ohtd_clock_wall_of_ns() - time of day of a moment of the monotonic clock
 * @clock: the clock
 * @monotonic_ns: a moment, also one before a suspend
 */
int64_t ohtd_clock_wall_of_ns(struct ohtd_clock *clock, uint64_t monotonic_ns);

#endif
