// SPDX-License-Identifier: GPL-2.0-only
/* The button: pressed, pressed without an interrupt, released, pressed by a storm. */
#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>

#include "../../../kernel/compat.h"
#include "stim.h"

#define STIM_STORMS_MAX		(OHT_STIM_FREE | OHT_STIM_A | OHT_STIM_B)
#define STIM_WATCH_MAX_US	2000
#define STIM_AHEAD_MAX_NS	(10 * NSEC_PER_MSEC)
#define STIM_READY_MAX_US	(10 * USEC_PER_MSEC)
#define STIM_BURST_MAX_NS	NSEC_PER_MSEC

/* The press that is waited for; under the door's mutex, and the timer's until it is done. */
static struct {
	struct hrtimer timer;
	struct oht_stim_press *press;
	struct completion done;
} stim_due;

static bool stim_is_button(u32 channels)
{
	return channels && !(channels & ~(OHT_STIM_A | OHT_STIM_B));
}

static void stim_wait_until(u64 at_ns)
{
	while ((s64)(at_ns - ktime_get_ns()) > 0)
		cpu_relax();
}

static void stim_watch(struct oht_stim_press *press)
{
	u64 end = press->edge_ns + (u64)press->watch_us * NSEC_PER_USEC;
	u64 before, now = press->edge_ns;

	press->low_ns = 0;
	press->high_ns = 0;
	do {
		before = now;
		press->outputs = stim_outputs();
		now = ktime_get_ns();
		if (press->outputs) {
			press->high_ns = before;
			press->low_ns = 0;
		} else if (!press->low_ns) {
			press->low_ns = now;
		}
		/* With one thread for all emulated CPUs (icount) this lets the others run. */
		cpu_relax();
	} while (now < end);
}

static enum hrtimer_restart stim_press_now(struct hrtimer *timer)
{
	struct oht_stim_press *press = stim_due.press;

	stim_wait_until(press->at_ns);
	press->edge_ns = stim_drive(press->channels, false);
	press->open_ns = ktime_get_ns();
	stim_watch(press);
	complete(&stim_due.done);
	return HRTIMER_NORESTART;
}

void stim_press_init(void)
{
	oht_hrtimer_setup(&stim_due.timer, stim_press_now, CLOCK_MONOTONIC,
			  HRTIMER_MODE_ABS_PINNED_HARD);
	init_completion(&stim_due.done);
}

/*
 * A timer of this CPU makes it, so that until then it leaves the others alone: in icount one that
 * waited by looking at the clock would be the only one to run, and what interrupts another of them
 * has switched off at that moment would not be by chance.
 */
long stim_press(struct oht_stim_press *press)
{
	s64 wait_ns = press->at_ns - ktime_get_ns();
	u64 start_ns = press->at_ns - (u64)press->ready_us * NSEC_PER_USEC;

	if (!stim_is_button(press->channels))
		return -EINVAL;
	if (!press->watch_us || press->watch_us > STIM_WATCH_MAX_US)
		return -EINVAL;
	if (wait_ns > (s64)STIM_AHEAD_MAX_NS || press->ready_us > STIM_READY_MAX_US)
		return -EINVAL;
	stim_due.press = press;
	reinit_completion(&stim_due.done);
	hrtimer_start(&stim_due.timer, ns_to_ktime(wait_ns > 0 ? start_ns : 0),
		      HRTIMER_MODE_ABS_PINNED_HARD);
	wait_for_completion(&stim_due.done);
	/* It may still be on its way out of its handler. */
	hrtimer_cancel(&stim_due.timer);
	return 0;
}

long stim_press_lost(u32 channels)
{
	u8 enabled, pins = stim_pins(channels);
	unsigned long flags;

	if (!stim_is_button(channels))
		return -EINVAL;
	local_irq_save(flags);
	enabled = readb(stim_board.base + STIM_IE);
	writeb(enabled & ~pins, stim_board.base + STIM_IE);
	stim_drive(channels, false);
	writeb(pins, stim_board.base + STIM_IC);
	writeb(enabled, stim_board.base + STIM_IE);
	local_irq_restore(flags);
	return 0;
}

long stim_release(u32 channels)
{
	if (!stim_is_button(channels))
		return -EINVAL;
	stim_drive(channels, true);
	return 0;
}

/* Interrupts off. One edge of a storm; in the middle of one beside the button that is pressed. */
static void stim_storm_edge(const struct oht_stim_storm *storm, u32 edge)
{
	u32 pressed = storm->channel & ~OHT_STIM_FREE;

	if (!(storm->channel & OHT_STIM_FREE)) {
		stim_drive(storm->channel, edge & 1);
		return;
	}
	stim_drive_pins(STIM_FREE_PIN, edge & 1 ? STIM_FREE_PIN : 0);
	if (pressed && edge == storm->edges / 2)
		stim_drive(pressed, false);
}

long stim_storm(struct oht_stim_storm *storm)
{
	bool free_pin = !stim_board.reset && !stim_board.pulse;
	unsigned long flags;
	bool burst;
	u64 at_ns;
	u32 i;

	if (storm->channel & OHT_STIM_FREE ? !free_pin || storm->channel > STIM_STORMS_MAX :
	    storm->channel != OHT_STIM_A && storm->channel != OHT_STIM_B)
		return -EINVAL;
	if (storm->edges < 2 || storm->edges > 1000000 ||
	    storm->period_ns < 1000 || storm->period_ns > 1000000)
		return -EINVAL;
	burst = (u64)storm->edges * storm->period_ns <= STIM_BURST_MAX_NS;
	local_irq_save(flags);
	at_ns = ktime_get_ns();
	for (i = 0; i < storm->edges; i++) {
		at_ns += storm->period_ns;
		stim_wait_until(at_ns);
		stim_storm_edge(storm, i);
		if (!burst) {
			local_irq_restore(flags);
			local_irq_save(flags);
		}
	}
	local_irq_restore(flags);
	if (!(storm->channel & OHT_STIM_FREE))
		stim_release(storm->channel);
	storm->outputs = stim_outputs();
	return 0;
}

long stim_irqs_off(unsigned long us)
{
	unsigned long flags;

	if (!us || us > USEC_PER_SEC)
		return -EINVAL;
	local_irq_save(flags);
	stim_wait_until(ktime_get_ns() + us * NSEC_PER_USEC);
	local_irq_restore(flags);
	return 0;
}
