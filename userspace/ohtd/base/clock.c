// SPDX-License-Identifier: GPL-2.0-or-later
#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timex.h>
#include <time.h>

#include "base/part.h"

/* Being held up for longer between two readings makes them useless for finding a jump. */
#define HELD_UP_NS	(100 * OHTD_NS_PER_MS)
/* Boot time that is ahead by less may be no suspend. */
#define SLEEP_NS	OHTD_NS_PER_S

/* Limit of the kernel's bound of the clock's error, which grows when nothing corrects the clock (NTP_PHASE_LIMIT). */
#define ERROR_LIMIT_US	16000000

/* Two readings so near each other are taken as one; that many pairs are read to find such a pair. */
#define APART_NS	(50 * OHTD_NS_PER_US)
#define READINGS	8

static uint64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * OHTD_NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t ohtd_monotonic_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static uint64_t system_monotonic_ns(void *context)
{
	(void)context;
	return ohtd_monotonic_ns();
}

static uint64_t system_boottime_ns(void *context)
{
	(void)context;
	return read_clock(CLOCK_BOOTTIME);
}

static int64_t system_realtime_ns(void *context)
{
	struct timespec ts;

	(void)context;
	/* A clock set before 1970 has negative seconds. */
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * (int64_t)OHTD_NS_PER_S + ts.tv_nsec;
}

/*
 * STA_UNSYNC says no more than that the kernel does not write the battery's clock: chrony without rtcsync leaves it set, though
 * it keeps the time right. The bound of the error is what each correction sets, and what a person who sets the time lifts to its limit.
 */
static bool system_synchronised(void *context)
{
	struct timex state = { .modes = 0 };
	int r = adjtimex(&state);

	(void)context;
	return r >= 0 && state.maxerror < ERROR_LIMIT_US && !(state.status & STA_CLOCKERR);
}

static int system_wait(void *context, struct pollfd *fds, unsigned int count, uint64_t until_ns)
{
	uint64_t now_ns = read_clock(CLOCK_MONOTONIC);
	uint64_t rest_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	struct timespec ts = {
		.tv_sec = (time_t)(rest_ns / OHTD_NS_PER_S),
		.tv_nsec = (long)(rest_ns % OHTD_NS_PER_S),
	};
	int ready;

	(void)context;
	ready = ppoll(fds, count, &ts, NULL);
	return ready < 0 ? -errno : ready;
}

const struct ohtd_clock_ops ohtd_clock_system = {
	.monotonic_ns = system_monotonic_ns,
	.boottime_ns = system_boottime_ns,
	.realtime_ns = system_realtime_ns,
	.synchronised = system_synchronised,
	.wait = system_wait,
};

static uint64_t manual_now_ns(void *context)
{
	struct ohtd_manual_clock *manual = context;

	return atomic_load(&manual->now_ns);
}

static uint64_t manual_boottime_ns(void *context)
{
	struct ohtd_manual_clock *manual = context;

	return atomic_load(&manual->now_ns) + atomic_load(&manual->slept_ns);
}

static int64_t manual_realtime_ns(void *context)
{
	struct ohtd_manual_clock *manual = context;

	return atomic_load(&manual->realtime_ns);
}

static bool manual_synchronised(void *context)
{
	struct ohtd_manual_clock *manual = context;

	return atomic_load(&manual->synchronised);
}

void ohtd_manual_clock_advance(struct ohtd_manual_clock *manual, uint64_t ns)
{
	atomic_fetch_add(&manual->now_ns, ns);
	atomic_fetch_add(&manual->realtime_ns, (int64_t)ns);
}

static int manual_wait(void *context, struct pollfd *fds, unsigned int count, uint64_t until_ns)
{
	struct ohtd_manual_clock *manual = context;
	uint64_t now_ns = atomic_load(&manual->now_ns);
	int ready = count ? poll(fds, count, 0) : 0;

	if (ready < 0)
		return -errno;
	if (!ready && until_ns > now_ns)
		ohtd_manual_clock_advance(manual, until_ns - now_ns);
	return ready;
}

const struct ohtd_clock_ops ohtd_clock_manual = {
	.monotonic_ns = manual_now_ns,
	.boottime_ns = manual_boottime_ns,
	.realtime_ns = manual_realtime_ns,
	.synchronised = manual_synchronised,
	.wait = manual_wait,
};

/* Raises an offset to @wanted_ns unless it is there already; returns by how much. */
static int64_t raise_offset(_Atomic int64_t *offset, int64_t wanted_ns)
{
	int64_t offset_ns = atomic_load(offset);

	while (wanted_ns > offset_ns)
		if (atomic_compare_exchange_weak(offset, &offset_ns, wanted_ns))
			return wanted_ns - offset_ns;
	return 0;
}

/*
 * NTP slews boot time and the time of day alike, so their difference only moves when the time of
 * day is set. Of several threads that see a jump, the one that exchanges the offset counts it.
 */
static void note_jump(struct ohtd_clock *clock, int64_t known_ns, int64_t offset_ns)
{
	int64_t jump_ns = offset_ns - known_ns;

	if (llabs(jump_ns) < OHTD_JUMP_NS ||
	    !atomic_compare_exchange_strong(&clock->system_offset_ns, &known_ns, offset_ns))
		return;
	atomic_store(&clock->last_jump_ns, jump_ns);
	atomic_fetch_add(&clock->moved_ns, jump_ns);
	atomic_fetch_add(&clock->jumps, 1);
}

/*
 * Boot time runs ahead of monotonic time in a suspend alone. The thread that exchanges what was known counts it, and none takes a look as
 * one from before it until then.
 */
static void note_sleep(struct ohtd_clock *clock, uint64_t now_ns, uint64_t slept_ns)
{
	uint64_t before_ns = atomic_load(&clock->looked_ns), known_ns = atomic_load(&clock->slept_ns);
	struct ohtd_sleep *sleep;

	if (ohtd_since(slept_ns, known_ns) < SLEEP_NS) {
		atomic_store(&clock->looked_ns, now_ns);
		return;
	}
	if (!atomic_compare_exchange_strong(&clock->slept_ns, &known_ns, slept_ns))
		return;
	sleep = &clock->sleeps[atomic_fetch_add(&clock->sleep_count, 1) % OHTD_SLEEPS_MAX];
	atomic_store(&sleep->length_ns, 0);
	atomic_store(&sleep->before_ns, before_ns);
	atomic_store(&sleep->length_ns, slept_ns - known_ns);
}

/* Follows the system's time if it is later. Returns boot time; @system_ns takes the system's time. */
static uint64_t follow_system(struct ohtd_clock *clock, int64_t *system_ns)
{
	int64_t known_ns = atomic_load(&clock->system_offset_ns);
	uint64_t before_ns = ohtd_clock_boottime_ns(clock);
	/*
	 * Real time is read before the boot time that it is held against: being held up between the
	 * two then makes the offset too small, which changes nothing, and never too large, which
	 * could not be taken back.
	 */
	int64_t realtime_ns = clock->ops->realtime_ns(clock->context);
	uint64_t now_ns = ohtd_clock_monotonic_ns(clock);
	uint64_t boottime_ns = ohtd_clock_boottime_ns(clock);
	int64_t offset_ns = realtime_ns - (int64_t)boottime_ns;

	*system_ns = realtime_ns;
	if (boottime_ns - before_ns < HELD_UP_NS) {
		note_jump(clock, known_ns, offset_ns);
		note_sleep(clock, now_ns, ohtd_since(boottime_ns, now_ns));
	}
	if (raise_offset(&clock->wall_offset_ns, offset_ns) >= OHTD_JUMP_NS)
		atomic_store(&clock->last_leap_boot_ns, boottime_ns);
	return boottime_ns;
}

void ohtd_clock_init(struct ohtd_clock *clock, const struct ohtd_clock_ops *ops, void *context,
		     int64_t floor_ns)
{
	int64_t boottime_ns = (int64_t)ops->boottime_ns(context);
	int64_t system_ns;

	*clock = (struct ohtd_clock){ .ops = ops, .context = context, .least_ns = floor_ns };
	atomic_init(&clock->wall_offset_ns, floor_ns - boottime_ns);
	atomic_init(&clock->known_offset_ns, floor_ns - boottime_ns);
	atomic_init(&clock->system_offset_ns, ops->realtime_ns(context) - boottime_ns);
	atomic_init(&clock->looked_ns, ops->monotonic_ns(context));
	atomic_init(&clock->slept_ns, ohtd_since((uint64_t)boottime_ns, ops->monotonic_ns(context)));
	/* What the wall time did before this program ran, nobody has seen: that counts as a leap. */
	atomic_store(&clock->last_leap_boot_ns, follow_system(clock, &system_ns));
}

void ohtd_clock_raise(struct ohtd_clock *clock, int64_t floor_ns)
{
	int64_t offset_ns = floor_ns - (int64_t)ohtd_clock_boottime_ns(clock);

	raise_offset(&clock->wall_offset_ns, offset_ns);
	raise_offset(&clock->known_offset_ns, offset_ns);
}

int64_t ohtd_clock_known_ns(const struct ohtd_clock *clock)
{
	return (int64_t)ohtd_clock_boottime_ns(clock) + atomic_load(&clock->known_offset_ns);
}

/* A synchronised system is right, also when ours was right before: somebody may have kept a wrong time. */
static void believe_system(struct ohtd_clock *clock, uint64_t boottime_ns, int64_t system_ns)
{
	int64_t offset_ns = system_ns - (int64_t)boottime_ns;
	int64_t wall_offset_ns = atomic_load(&clock->wall_offset_ns);
	int64_t ahead_ns = wall_offset_ns - offset_ns;

	if (system_ns < clock->least_ns)
		return;
	if (ahead_ns >= OHTD_JUMP_NS &&
	    atomic_compare_exchange_strong(&clock->wall_offset_ns, &wall_offset_ns, offset_ns)) {
		atomic_store(&clock->corrected_ns, ahead_ns);
		atomic_store(&clock->corrected_mono_ns, ohtd_clock_monotonic_ns(clock));
		atomic_store(&clock->last_leap_boot_ns, boottime_ns);
	}
	if (atomic_load(&clock->known_offset_ns) - offset_ns >= OHTD_JUMP_NS)
		atomic_store(&clock->known_offset_ns, offset_ns);
	raise_offset(&clock->known_offset_ns, offset_ns);
}

int64_t ohtd_clock_wall_ns(struct ohtd_clock *clock)
{
	int64_t system_ns;
	uint64_t boottime_ns = follow_system(clock, &system_ns);

	return (int64_t)boottime_ns + atomic_load(&clock->wall_offset_ns);
}

int64_t ohtd_clock_wall_s(struct ohtd_clock *clock)
{
	return ohtd_clock_wall_ns(clock) / (int64_t)OHTD_NS_PER_S;
}

bool ohtd_clock_leapt_since(const struct ohtd_clock *clock, uint64_t boottime_ns)
{
	return atomic_load(&clock->last_leap_boot_ns) > boottime_ns;
}

static void note_keeping(struct ohtd_clock *clock, bool synchronised)
{
	uint64_t unkept_ns = 0;

	if (synchronised)
		atomic_store(&clock->unkept_mono_ns, 0);
	else
		atomic_compare_exchange_strong(&clock->unkept_mono_ns, &unkept_ns, ohtd_clock_monotonic_ns(clock));
}

void ohtd_clock_look(struct ohtd_clock *clock, struct ohtd_clock_view *view)
{
	int64_t system_ns;
	uint64_t boottime_ns = follow_system(clock, &system_ns);

	view->synchronised = clock->ops->synchronised(clock->context);
	if (view->synchronised)
		believe_system(clock, boottime_ns, system_ns);
	note_keeping(clock, view->synchronised);
	view->unkept_mono_ns = atomic_load(&clock->unkept_mono_ns);
	view->wall_ns = (int64_t)boottime_ns + atomic_load(&clock->wall_offset_ns);
	view->ahead_ns = view->wall_ns - system_ns;
	view->jumps = atomic_load(&clock->jumps);
	view->last_jump_ns = atomic_load(&clock->last_jump_ns);
	view->moved_ns = atomic_load(&clock->moved_ns);
	view->corrected_ns = atomic_load(&clock->corrected_ns);
	view->corrected_mono_ns = atomic_load(&clock->corrected_mono_ns);
}

uint64_t ohtd_clock_slept_ns(const struct ohtd_clock *clock, uint64_t monotonic_ns)
{
	unsigned int count = atomic_load(&clock->sleep_count);
	uint64_t slept_ns = 0;

	for (unsigned int i = 0; i < count && i < OHTD_SLEEPS_MAX; i++)
		if (monotonic_ns <= atomic_load(&clock->sleeps[i].before_ns))
			slept_ns += atomic_load(&clock->sleeps[i].length_ns);
	return slept_ns;
}

/* Two clocks are not read at once: being held up in between would move the answer by as much. */
int64_t ohtd_clock_wall_of_ns(struct ohtd_clock *clock, uint64_t monotonic_ns)
{
	uint64_t narrowest_ns = UINT64_MAX;
	int64_t found_ns = 0;

	for (int i = 0; i < READINGS && narrowest_ns > APART_NS; i++) {
		uint64_t before_ns = ohtd_clock_monotonic_ns(clock);
		int64_t wall_ns = ohtd_clock_wall_ns(clock);
		uint64_t apart_ns = ohtd_clock_monotonic_ns(clock) - before_ns;

		if (apart_ns >= narrowest_ns)
			continue;
		narrowest_ns = apart_ns;
		found_ns = wall_ns - (int64_t)(before_ns - monotonic_ns);
	}
	return found_ns - (int64_t)ohtd_clock_slept_ns(clock, monotonic_ns);
}

/* ---- what is not well ---- */

/* An hour is enough for a person to see it; the time is right by then. */
#define CORRECTED_TOLD_NS	(3600 * OHTD_NS_PER_S)
/* A machine that starts has its time from the network some minutes later. */
#define NOT_KEPT_NS		(600 * OHTD_NS_PER_S)
#define AHEAD_NS		(10 * (int64_t)OHTD_NS_PER_S)

enum { CORRECTED, AHEAD, NOT_KEPT };

/* A simulated robot needs no time of day, and computers of developers often run without time servers. */
static const struct ohtd_part_alert alerts[] = {
	[CORRECTED] = { "clock", "clock_corrected", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "Records from before carry the wrong time. Give the machine a clock with a battery, or time from the network." },
	[AHEAD] = { "clock", "clock_ahead", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "Set the time of day of the machine right, and have it kept right (NTP, PTP): then ohtd follows at once." },
	[NOT_KEPT] = { "clock", "clock_not_synchronised", OHTD_SEVERITY_WARNING, .notice = true, .real_only = true,
		.text = "Nothing keeps the time of day of the machine right: records may carry a wrong time.",
		.action = "Name a time server that the machine can reach (systemd-timesyncd, chrony), or acknowledge this." },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_clock_view view;

	ohtd_clock_look(part, &view);
	if (view.corrected_mono_ns && ohtd_since(to->now_ns, view.corrected_mono_ns) <= CORRECTED_TOLD_NS)
		ohtd_part_report_text(to, CORRECTED, view.corrected_mono_ns, "The time of day was %lld s ahead and has been set right.",
				      (long long)(view.corrected_ns / (int64_t)OHTD_NS_PER_S));
	if (view.unkept_mono_ns && ohtd_since(to->now_ns, view.unkept_mono_ns) > NOT_KEPT_NS)
		ohtd_part_report(to, NOT_KEPT, view.unkept_mono_ns);
	if (view.ahead_ns >= AHEAD_NS)
		ohtd_part_report_text(to, AHEAD, 0, "The time of day of ohtd is %lld s ahead of the machine's, which was set back.",
				      (long long)(view.ahead_ns / (int64_t)OHTD_NS_PER_S));
}

const struct ohtd_daemon_part ohtd_clock_part = { OHTD_PART_ALERTS(alerts), .judge = judge };
