/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     a stop with lines in memory, a clock that stands still unless it is told to go on, and
 *	     no interrupt, timer or thread of its own.
 * Contexts: KUnit's thread, or one thread on the host.
 * Locks:    none; estop->lock is taken by the code under test.
 */
#ifndef OHT_ESTOP_FAKE_H
#define OHT_ESTOP_FAKE_H

#include <linux/errno.h>
#include <kunit/test.h>
#include "../estop_internal.h"

#define FAKE_ESTOP_MS		((u64)NSEC_PER_MSEC)
#define FAKE_DEADMAN_MS		100
#define FAKE_STABLE_MS		50
#define FAKE_WINDOW_MS		20
#define FAKE_SETTLE_MS		30
#define FAKE_STALL_US		4000
#define FAKE_PERIOD_MS		2

/* What a line reads, beside an errno. */
#define FAKE_OPEN		0
#define FAKE_CLOSED		1

struct fake_line {
	int value;		/* active: closed, high, pressed; negative: cannot be read */
	unsigned int writes;
};

struct fake_estop {
	struct kunit *test;
	struct oht_estop estop;
	u64 now_ns;
	bool beats;			/* the controller sends heartbeats while time passes */
	struct fake_line channel[OHT_ESTOP_CHANNELS_MAX];
	struct fake_line enable[OHT_ESTOP_OUTPUTS];
	struct fake_line contact[OHT_ESTOP_OUTPUTS];
	struct fake_line pulse;
	struct fake_line button;
	bool contacts_stick;		/* they do not follow the outputs */
	bool opens_at_raise;		/* channel a opens when the outputs have risen */
	bool in_thread;			/* the handler of the edge runs in a thread */
	bool unlocked;			/* outputs are being cut: without the lock */
	u64 missing;			/* OHT_CAUSE_BIT() mask of what the machine lacks */
	unsigned int stopped;		/* times that the owner was told of a stop */
	unsigned int recorded;		/* times that readers are to be woken */
	unsigned int masked;		/* times that the interrupt of a line was masked */
	unsigned int unmasked;
};

/* One at a time is enough, and it is too big for a stack. */
extern struct fake_estop fake_estop;

/* The controller, and a descriptor without a role. */
extern const char fake_controller, fake_stranger;

/* As after probe: stopped for the start, inputs closed, no descriptor has the role. */
void fake_estop_init(struct kunit *test, unsigned int channels);

/* The same with contacts behind the outputs, a pulse output, a reset button. */
void fake_estop_with_contacts(void);
void fake_estop_with_pulse(void);
void fake_estop_with_button(void);

/* The role is taken and the machine reset; and enabled. */
void fake_estop_ready(void);
void fake_estop_enable(void);

/* Time passes with supervision, and with heartbeats if there is a controller that beats. */
void fake_estop_pass(unsigned int ms);
/* Time passes, and nothing looks. */
void fake_estop_skip(u64 ns);

/* An edge of a channel, whatever its level reads. */
void fake_estop_edge(unsigned int channel);
/* A channel opens or closes, with its edge. */
void fake_estop_turn(unsigned int channel, int value);

/* Reset and enable by the controller; the causes that forbid it. */
int fake_estop_reset(u64 *blocking);
int fake_estop_try_enable(u64 *blocking);

/* The newest record. */
const struct oht_safety_record *fake_estop_record(void);

/* Both outputs are so, and known to be. */
#define FAKE_EXPECT_OUTPUTS(test, high)							\
	do {										\
		struct kunit *test_ = (test);						\
		int high_ = (high);							\
											\
		KUNIT_EXPECT_EQ(test_, fake_estop.enable[0].value, high_);		\
		KUNIT_EXPECT_EQ(test_, fake_estop.enable[1].value, high_);		\
		KUNIT_EXPECT_EQ(test_, !!fake_estop.estop.outputs, high_);		\
	} while (0)

#endif /* OHT_ESTOP_FAKE_H */
