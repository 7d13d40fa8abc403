/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     a bus in memory for the tests of the engine: port, clock, far end by script.
 * Contexts: a test, one thread; time only passes in fake_run().
 * Locks:    none; the engine takes its own.
 */
#ifndef OHT_ENGINE_FAKE_H
#define OHT_ENGINE_FAKE_H

#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "../engine_internal.h"

#define FAKE_NEVER	U64_MAX
#define FAKE_RX_MAX	4096
#define FAKE_FRAMES_MAX	64
#define FAKE_XFERS_MAX	136
#define FAKE_HEALTH_MAX	16
#define FAKE_MS		1000000ULL
#define FAKE_US		1000ULL
#define FAKE_START_NS	(1000 * FAKE_MS)

/* Of runs by a seed; the host may have more, and others. */
#ifndef FAKE_RUNS
#define FAKE_RUNS(usual)	(usual)
#define FAKE_FIRST_RUN()	0
#endif

/* A character that the far end sends. */
struct fake_byte {
	u64 at_ns;		/* when the receiver reports it */
	struct oht_port_byte byte;
};

/* A frame that the engine sent. */
struct fake_frame {
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int bytes;
	u64 start_ns;
	u64 end_ns;		/* last stop bit of what was really sent */
	u64 off_ns;		/* driver enable off */
	u32 enable;		/* in which the machine was when it began, 0: in none */
};

struct fake_bus {
	struct kunit *test;
	struct oht_port port;
	struct oht_engine engine;
	u64 now_ns;
	u64 armed_ns;
	unsigned int arms;		/* how often the timer has been set */
	bool may_move;
	u32 state;			/* enum oht_estop_state, for the plan */
	u32 halts;			/* each one begins another enable */
	u32 session;			/* of the controller, who submits all transfers; 0: none */

	bool de;
	bool cutting;
	bool started;
	int start_error;		/* what the port's start says */
	unsigned int fifo_bytes;	/* what the transmitter takes at once, 0: everything */
	u64 room_ns;			/* when it has room again */
	u64 interrupt_ns;		/* when it says so */
	u64 interrupt_late_ns;		/* how late it is with that */
	u64 read_ns;			/* what it takes to read a character */
	u64 held_ns;			/* how long the processor is kept from it, asked to send */
	u64 handover_ns;		/* how much later than asked it begins to send */
	bool handed;			/* asked, not begun */
	unsigned int rx_level;		/* characters that raise the receive interrupt, 0: one */
	bool unpaced;			/* the transmitter takes no time, as an emulated one */
	unsigned int clicks;		/* characters that the driver makes when it is enabled */
	u64 busy_extra_ns;		/* how much longer than computed it is busy */
	s32 slew_permille;		/* so much faster than the line its clock runs */
	u64 heard_ns;			/* end of the last character, also of those to come */
	u64 known_ns;			/* end of the last one that the engine sent or read */
	unsigned int early;		/* frames that began before t3.5 of silence */

	struct fake_byte rx[FAKE_RX_MAX];
	unsigned int rx_head, rx_tail;
	struct fake_frame frames[FAKE_FRAMES_MAX];
	unsigned int frame_count;

	struct oht_xfer xfers[FAKE_XFERS_MAX];
	unsigned int done[FAKE_XFERS_MAX];
	u64 done_ns[FAKE_XFERS_MAX];
	unsigned int done_order[FAKE_XFERS_MAX];
	unsigned int done_total;

	struct oht_unit_record health[FAKE_HEALTH_MAX];
	unsigned int health_count;
};

/* One at a time is enough, and it is too big for a stack. */
extern struct fake_bus fake;

void fake_init(struct kunit *test, u32 baud_bps);
void fake_init_line(struct kunit *test, const struct oht_line *line);

/* What @chars take on the line, by the clock of the engine. */
u64 fake_chars_ns(unsigned int chars);

/* Let time pass until the next event, at most until @until_ns. */
void fake_step(u64 until_ns);

/* Let time pass until @until_ns; every state that is not idle must have a deadline all along. */
void fake_run(u64 until_ns);

/* Let time pass until transfer @i is done; fails the test if that takes 10 s. */
void fake_run_done(unsigned int i);

/* Let time pass until the engine has put @count frames on the wire and let go of the line. */
void fake_run_sent(unsigned int count);

/*
 * Prepare transfer @i: a read of @count registers, or with @function 6 or 16 a write that may go
 * out while stopped.
 */
struct oht_xfer *fake_xfer(unsigned int i, u8 unit, u8 function, u16 address, u16 count);
void fake_submit(unsigned int i);

/* The far end sends characters whose first start bit is at @start_ns; returns the end. */
u64 fake_say(u64 start_ns, const u8 *data, unsigned int bytes);
/* The same without wire time: all of it within some us. */
void fake_say_at_once(u64 start_ns, const u8 *data, unsigned int bytes);
void fake_say_one(u64 report_ns, u8 data, u8 flags);

/* The answer that a good unit gives to @x (its registers hold address + 0x1000). */
unsigned int fake_answer(const struct oht_xfer *x, u8 *adu);
unsigned int fake_exception(const struct oht_xfer *x, u8 code, u8 *adu);
void fake_reseal(u8 *adu, unsigned int bytes);

/* The good answer to transfer @i begins @turnaround_ns after the last frame that was sent. */
void fake_answer_to(unsigned int i, u64 turnaround_ns);

/* Forget what was sent and said so far; nothing may be under way. */
void fake_rewind(void);

/* Submit transfer @i, answer it after 1 ms, and expect that this works: we are in step. */
void fake_expect_in_step(unsigned int i);

static inline struct fake_frame *fake_last(void)
{
	return &fake.frames[fake.frame_count - 1];
}

/* Transfer @index_ has been done once, and so. */
#define FAKE_EXPECT_DONE(index_, status_, detail_)					\
	do {										\
		unsigned int i_ = (index_);						\
											\
		KUNIT_EXPECT_EQ(fake.test, fake.done[i_], 1);				\
		KUNIT_EXPECT_EQ(fake.test, fake.xfers[i_].status, status_);		\
		KUNIT_EXPECT_EQ(fake.test, fake.xfers[i_].detail, detail_);		\
	} while (0)

#endif /* OHT_ENGINE_FAKE_H */
