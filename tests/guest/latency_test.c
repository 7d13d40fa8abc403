// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How fast, and whether always: presses made by oht_stim on another CPU than the handler's.
 *
 *	latency_test [--presses N] [--race N] [--bars] [--seed S]
 *
 * --presses: N times enabled, pressed at a random moment, released. A press counts as seen only if
 *	its own record, with the tag of its own reset and enable, has the button as its cause.
 * --race: N times an enable on one CPU against a press on another; afterwards both outputs are low.
 * Two opinions on when the outputs were low: the driver's own stamp, and oht_stim's, who polls the
 * register. In icount all emulated CPUs share one thread, so the poller only sees what there is once
 * the other CPU has nothing left to do: an upper bound. For the same reason the other CPU may get its
 * turn between a stamp and the edge that it is of: such a press is not judged for how soon, and counted.
 *
 * --bars: also demand the bars of the specification, and that nothing but a press stops the machine.
 *	Only where guest time counts instructions.
 * Results are lines "# value ID NUMBER"; times in ns.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/stim.h"
#include "lib/stop.h"
#include "lib/tap.h"

#define DEADMAN_MS		10000
/* Every instruction of waiting and watching is emulated: what counts is over after 50 us. */
#define WATCH_US		100
#define RACE_AHEAD_NS		(3000 * US)
/* A timer of an emulator that counts no instructions may be late by more than the enable is away. */
#define RACE_READY_US		2500
/* How soon is for the figures to say; here a guest that stalls with its host has not missed. */
#define GOES_LOW_MS		5000
#define RECORD_MS		5000
#define TRIES_MAX		10
#define COUNT_MAX		10000000
#define SLOW_TOLD		10
/* From the stamp before an edge to the one behind it: 0.2 us, unless another CPU had its turn there. */
#define EDGE_WITHIN_NS		(1 * US)
#define RACE_SPREAD_NS		(40 * US)

#define BAR_EDGE_P99_NS		(10 * US)
#define BAR_EDGE_MAX_NS		(50 * US)
#define BAR_PATH_MAX_NS		(5 * US)

struct options {
	int presses;
	int race;
	bool bars;
	unsigned int seed;
};

struct series {
	uint64_t *values;
	int count;
};

/* From the edge to ... */
struct figures {
	struct series watched;	/* low, as oht_stim saw it in the register */
	struct series entry;	/* the handler's first instructions */
	struct series path;	/* from there to low, as the driver says */
	struct series stamped;	/* low, as the driver says */
	int contradicted;	/* still high in the register after the driver had said low */
	int slow;		/* longer than the bar; always, where guest time is a host's */
	int vague;		/* nobody knows when exactly the edge was */
};

static int device, stim;

static uint32_t random_below(uint32_t limit)
{
	return (uint32_t)random() % limit;
}

static void series_init(struct series *series, int room)
{
	series->values = calloc(room, sizeof(*series->values));
	series->count = 0;
	if (!series->values)
		tap_bail("no memory for %d values", room);
}

static void series_add(struct series *series, uint64_t value)
{
	series->values[series->count++] = value;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t per_mille(const struct series *series, int share)
{
	return series->values[(long long)(series->count - 1) * share / 1000];
}

/*
 * An emulated CPU may not get to run for a while when its host is busy: what counts is that the
 * outputs go low, and how long it took is in the figures.
 */
static bool goes_low(void)
{
	return GUEST_UNTIL(!stop_outputs(stim), GOES_LOW_MS);
}

static void series_print(struct series *series, const char *name)
{
	if (!series->count) {
		tap_note("no value for estop.%s", name);
		return;
	}
	qsort(series->values, series->count, sizeof(*series->values), compare);
	tap_note("value estop.%s_p50_ns %llu", name, (unsigned long long)per_mille(series, 500));
	tap_note("value estop.%s_p99_ns %llu", name, (unsigned long long)per_mille(series, 990));
	tap_note("value estop.%s_max_ns %llu", name, (unsigned long long)per_mille(series, 1000));
}

/* With both opened at once, a supervision that has just read a finds b first. */
static bool is_button(uint32_t cause, uint32_t channels)
{
	return (cause == OHT_CAUSE_BUTTON_A && (channels & OHT_STIM_A)) ||
	       (cause == OHT_CAUSE_BUTTON_B && (channels & OHT_STIM_B));
}

/* What ended this very enable. Later records, of the other channel, are passed over next time. */
static bool find_record(uint64_t tag, struct oht_record *record)
{
	const struct oht_safety_record *safety = &record->safety;

	while (guest_next_safety(device, RECORD_MS, record)) {
		if (safety->kind != OHT_SAFETY_STOP && safety->kind != OHT_SAFETY_GLITCH)
			continue;
		if (safety->tag == tag && safety->state_from == OHT_ESTOP_ENABLED)
			return true;
	}
	return false;
}

/*
 * On a stalled host the interrupt of the last release may come after the reset: an edge, so it stops.
 * Then once more.
 */
static void make_enabled(uint64_t tag)
{
	int tries = 0, error;

	do {
		error = guest_reset_when_stable(device, tag);
		if (!error)
			error = guest_command(device, OHT_IOC_ENABLE, tag, NULL);
		else if (error == EBUSY)
			/* A host that stalls leaves one channel open for longer than the window. */
			stop_work_button(stim, device);
	} while ((error == ECANCELED || error == EBUSY) && ++tries < TRIES_MAX);
	if (error)
		tap_bail("press %llu: cannot enable: %s", (unsigned long long)tag, strerror(error));
}

enum outcome {
	SEEN,
	MISSED,
	NOT_PRESSED,	/* stopped before the edge */
};

/*
 * Whether the stop came before the edge. Without instructions counted that may be the edge of the
 * last release, late on a stalled host. With them nothing has stopped it but the driver itself. A
 * supervision that had begun before the edge may have seen it.
 */
static bool is_before(const struct oht_stim_press *press, const struct oht_safety_record *safety)
{
	if (safety->kind == OHT_SAFETY_GLITCH)
		return safety->event_ns < press->edge_ns;
	return safety->low_ns < press->edge_ns;
}

static enum outcome judge(const struct oht_stim_press *press, uint64_t tag, struct oht_record *record)
{
	const struct oht_safety_record *safety = &record->safety;
	bool seen;

	if (!goes_low() || !find_record(tag, record)) {
		tap_note("press %llu of channels %u: outputs %d, no record", (unsigned long long)tag,
			 press->channels, stop_outputs(stim));
		return MISSED;
	}
	seen = is_button(safety->cause, press->channels);
	if (seen && !is_before(press, safety))
		return SEEN;
	tap_note("press %llu of channels %u: stopped by cause %u, %lld ns after the edge",
		 (unsigned long long)tag, press->channels, safety->cause,
		 (long long)(safety->event_ns - press->edge_ns));
	return is_before(press, safety) && safety->kind == OHT_SAFETY_GLITCH ? NOT_PRESSED : MISSED;
}

/* How soon it was, of a press that was seen. */
static void take_times(const struct oht_stim_press *press, const struct oht_record *record,
		       struct figures *figures)
{
	const struct oht_safety_record *safety = &record->safety;

	if (press->high_ns > safety->low_ns)
		figures->contradicted++;
	series_add(&figures->path, safety->low_ns - safety->event_ns);
	if (press->open_ns - press->edge_ns > EDGE_WITHIN_NS) {
		figures->vague++;
		return;
	}
	if (press->low_ns)
		series_add(&figures->watched, press->low_ns - press->edge_ns);
	/* A supervision that had begun before the edge may be the one that saw it. */
	if (safety->event_ns >= press->edge_ns)
		series_add(&figures->entry, safety->event_ns - press->edge_ns);
	series_add(&figures->stamped, safety->low_ns - press->edge_ns);
	/* One in a million wants to be found by when it was. */
	if (safety->low_ns - press->edge_ns > BAR_EDGE_MAX_NS && figures->slow++ < SLOW_TOLD)
		tap_note("press %llu, edge at %llu ns: handler %lld ns later, low %lld ns later",
			 (unsigned long long)safety->tag, (unsigned long long)press->edge_ns,
			 (long long)(safety->event_ns - press->edge_ns),
			 (long long)(safety->low_ns - press->edge_ns));
}

/* One press. */
static enum outcome press_once(uint64_t tag, struct figures *figures)
{
	struct oht_stim_press press = {
		.channels = 1 + random_below(OHT_STIM_A | OHT_STIM_B),
		.watch_us = WATCH_US,
	};
	struct oht_record record;
	enum outcome outcome;

	make_enabled(tag);
	press.at_ns = guest_now_ns() + random_below(3000) * US;
	if (ioctl(stim, OHT_STIM_IOC_PRESS, &press) < 0)
		tap_bail("press: %s", strerror(errno));
	outcome = judge(&press, tag, &record);
	/* One channel alone is a discrepancy. */
	stop_work_button(stim, device);
	if (outcome == SEEN)
		take_times(&press, &record, figures);
	return outcome;
}

static void print_figures(struct figures *figures, int missed, int not_pressed)
{
	series_print(&figures->stamped, "edge_to_low");
	series_print(&figures->watched, "edge_to_low_watched");
	series_print(&figures->entry, "edge_to_handler");
	series_print(&figures->path, "irq_path");
	tap_note("value estop.presses_missed %d", missed);
	tap_note("value estop.presses_stopped_before %d", not_pressed);
	tap_note("value estop.presses_not_judged %d", figures->vague);
}

static void check_bars(const struct options *options, const struct figures *figures)
{
	/* The other CPU has its turn there once in some thousand presses; a single one says nothing. */
	tap_ok(figures->vague <= 1 + options->presses / 1000, "edges whose moment nobody knows: %d",
	       figures->vague);
	if (!tap_ok(figures->stamped.count && figures->watched.count && figures->path.count,
		    "there are values"))
		return;
	tap_ok(per_mille(&figures->stamped, 990) <= BAR_EDGE_P99_NS, "edge -> low: p99 <= 10 us");
	tap_ok(per_mille(&figures->stamped, 1000) <= BAR_EDGE_MAX_NS, "edge -> low: max <= 50 us");
	/* The median only: the watching CPU looks again when the others have nothing left to do. */
	tap_ok(per_mille(&figures->watched, 500) <= BAR_EDGE_MAX_NS,
	       "edge -> low, as watched: median <= 50 us");
	tap_ok(per_mille(&figures->path, 1000) <= BAR_PATH_MAX_NS, "handler path: max <= 5 us");
}

static void test_presses(const struct options *options)
{
	struct figures figures = { 0 };
	int i, pressed = 0, missed = 0, not_pressed = 0;
	enum outcome outcome;

	series_init(&figures.watched, options->presses);
	series_init(&figures.entry, options->presses);
	series_init(&figures.path, options->presses);
	series_init(&figures.stamped, options->presses);
	/* A stall of the host may stop the machine just before a press, which then is no press of an enabled machine. */
	for (i = 0; pressed < options->presses && i < 2 * options->presses; i++) {
		outcome = press_once(i + 1, &figures);
		pressed += outcome != NOT_PRESSED;
		missed += outcome == MISSED;
		not_pressed += outcome == NOT_PRESSED;
	}
	print_figures(&figures, missed, not_pressed);
	tap_is(missed, 0, "%d presses, none missed", pressed);
	if (options->bars)
		tap_is(not_pressed, 0, "none met a machine that had stopped before");
	else
		tap_is(pressed, options->presses,
		       "%d more met a machine that had just stopped", not_pressed);
	tap_is(figures.contradicted, 0, "the register never contradicts the driver's stamp");
	if (options->bars)
		check_bars(options, &figures);
}

/* ---- enable against press ---- */

static struct {
	atomic_ullong at_ns;	/* when to enable; 0: wait, 1: end */
	uint64_t called_ns;	/* when it did; valid once error is */
	atomic_int error;	/* of the enable; -1: not done */
	int cpu;
} enabler;

static void *enabler_run(void *unused)
{
	unsigned long long at_ns;

	guest_pin_cpu(enabler.cpu);
	for (;;) {
		while (!(at_ns = atomic_load(&enabler.at_ns)))
			guest_sleep_ms(1);
		if (at_ns == 1)
			return unused;
		while (guest_now_ns() < at_ns)
			;
		atomic_store(&enabler.at_ns, 0);
		enabler.called_ns = guest_now_ns();
		atomic_store(&enabler.error, guest_command(device, OHT_IOC_ENABLE, 0, NULL));
	}
}

struct race_counts {
	int enabled_first;	/* the enable succeeded, then the press stopped */
	int pressed_first;	/* the enable was refused */
	int seen_high;		/* the outputs were high for a moment after the press */
	int stayed_high;	/* a failure */
	int enabled_open;	/* another: enabled although called after the channels opened */
};

static void race_once(struct race_counts *counts)
{
	struct oht_stim_press press = {
		.channels = OHT_STIM_A | OHT_STIM_B,
		.watch_us = 300,
		.ready_us = RACE_READY_US,
	};
	int error = guest_reset_when_stable(device, 0);

	if (error)
		tap_bail("race: cannot reset: %s", strerror(error));
	press.at_ns = guest_now_ns() + RACE_AHEAD_NS;
	atomic_store(&enabler.error, -1);
	atomic_store(&enabler.at_ns, press.at_ns - RACE_SPREAD_NS +
		     random_below(2 * RACE_SPREAD_NS));
	if (ioctl(stim, OHT_STIM_IOC_PRESS, &press) < 0)
		tap_bail("race: %s", strerror(errno));
	while ((error = atomic_load(&enabler.error)) < 0)
		guest_sleep_ms(1);
	if (!goes_low())
		counts->stayed_high++;
	counts->enabled_first += !error;
	counts->enabled_open += !error && enabler.called_ns > press.open_ns;
	counts->pressed_first += error == ECANCELED;
	counts->seen_high += press.high_ns > 0;
	guest_unpress(stim, press.channels);
}

static void race_between(int press_cpu, int enable_cpu, int rounds, struct race_counts *counts)
{
	pthread_t thread;
	int i;

	guest_pin_cpu(press_cpu);
	enabler.cpu = enable_cpu;
	atomic_store(&enabler.at_ns, 0);
	if (pthread_create(&thread, NULL, enabler_run, NULL))
		tap_bail("no thread");
	for (i = 0; i < rounds; i++)
		race_once(counts);
	atomic_store(&enabler.at_ns, 1);
	pthread_join(thread, NULL);
	guest_drain(device);
}

/*
 * The interrupt is handled on CPU 0. First the enable runs there, so that it holds the interrupt
 * up; then the press, which keeps interrupts off while it watches, so that only what the enable
 * itself reads can refuse it.
 */
static void test_race(const struct options *options)
{
	struct race_counts counts = { 0 };
	int last = guest_cpus() - 1;

	race_between(last, 0, options->race / 2, &counts);
	race_between(0, last, options->race - options->race / 2, &counts);
	tap_note("race: %d enables came first, %d presses; outputs seen high after the edge %d times",
		 counts.enabled_first, counts.pressed_first, counts.seen_high);
	tap_note("value estop.race_stayed_high %d", counts.stayed_high);
	tap_is(counts.enabled_first + counts.pressed_first, options->race,
	       "race: every enable succeeded or was refused as stopped");
	tap_ok(counts.enabled_first && counts.pressed_first, "race: each was first at times");
	tap_is(counts.enabled_open, 0, "race: no enable with an open channel");
	tap_is(counts.stayed_high, 0, "%d enables racing a press: outputs never stay high",
	       options->race);
}

static void parse(int argc, char **argv, struct options *options)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--bars"))
			options->bars = true;
		else if (!strcmp(argv[i], "--presses") && i + 1 < argc)
			options->presses = guest_number(argv[++i], COUNT_MAX);
		else if (!strcmp(argv[i], "--race") && i + 1 < argc)
			options->race = guest_number(argv[++i], COUNT_MAX);
		else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
			options->seed = guest_number(argv[++i], UINT32_MAX);
		else
			tap_bail("usage: latency_test [--presses N] [--race N] [--bars] [--seed S]");
	}
}

int main(int argc, char **argv)
{
	struct options options = { .seed = guest_default_seed() };
	int error;

	parse(argc, argv, &options);
	guest_seed(options.seed);
	stim = guest_open_stim();
	device = guest_open(O_RDWR);
	error = guest_take(device, DEADMAN_MS);
	if (error)
		tap_bail("cannot take the role: %s", strerror(error));
	guest_subscribe(device, OHT_SUBSCRIBE_SAFETY);
	/* Not where the interrupt is handled. */
	guest_pin_cpu(guest_cpus() - 1);
	if (options.presses)
		TAP_TEST(test_presses(&options), "%d presses", options.presses);
	if (options.race)
		TAP_TEST(test_race(&options), "%d enables that race a press", options.race);
	close(device);
	return tap_done();
}
