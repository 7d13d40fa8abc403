/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     a wire in software: our UART and a tty on one side, slaves on the other, an observer.
 * Contexts: port callbacks (engine lock held), one HARD timer, process context for all else.
 * Locks:    wire.lock (raw), inside engine.lock; not held when oht_port.event is called.
 *
 * Time is CLOCK_MONOTONIC in picoseconds. When a character is on the wire is arithmetic alone, done
 * up to the present by oht_sim_advance() before anything else looks. So a timer that is late makes
 * us deliver late, as a UART whose interrupt is served late; it changes nothing that has happened.
 */
#ifndef OHT_SIM_H
#define OHT_SIM_H

#include <linux/bitmap.h>
#include <linux/hrtimer.h>
#include <linux/prandom.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "../frame.h"
#include "../port.h"
#include "hist.h"

#define OHT_SIM_FIFO_BYTES	16
#define OHT_SIM_LEVEL_MAX	14u
#define OHT_SIM_TIMEOUT_BITS	32
#define OHT_SIM_RING		1024	/* power of two */
#define OHT_SIM_TALKS		4
#define OHT_SIM_SLAVES		8
#define OHT_SIM_FIRST_UNIT	2
#define OHT_SIM_REGISTERS	1024
/* Two answers, or an answer and something foreign. */
#define OHT_SIM_TALK_BYTES	(2 * OHT_ADU_MAX_BYTES + 8)

/* What may become of an answer; bits of the parameter `faults`. */
enum oht_sim_fault {
	OHT_SIM_SILENCE = 0,	/* none */
	OHT_SIM_LATE,		/* comes late_ns later */
	OHT_SIM_CRC,		/* wrong checksum */
	OHT_SIM_FLIP,		/* one bit: the one of the parameter flip_bit, or any */
	OHT_SIM_TRUNCATE,	/* breaks off anywhere */
	OHT_SIM_INSERT,		/* one character more, anywhere */
	OHT_SIM_SPLIT,		/* a pause of t1.5 to 2 x t3.5 anywhere */
	OHT_SIM_MERGE,		/* another unit's answer right behind it */
	OHT_SIM_BABBLE,		/* instead of it babble_ns of random characters without a pause */
	OHT_SIM_DUPLICATE,	/* twice, t3.5 apart */
	OHT_SIM_FOREIGN,	/* another unit's answer before it, t3.5 apart */
	OHT_SIM_FAULTS
};

/* The line as the observer counts it: of its own, from baud rate and format alone. */
struct oht_sim_line {
	u64 char_ps;
	u64 bit_ps;
	u64 stop_rest_ps;	/* from the middle of the first stop bit to the end */
	u64 t15_ps;
	u64 t35_ps;
};

/* What the observer saw of one transmitter on our side. */
struct oht_sim_seen {
	u64 frames;
	u64 violations;		/* began before t3.5 after the last stop bit of anybody */
	u64 not_judged;		/* began while a character was on the wire that was not foreseen */
	u64 pauses;		/* silence inside a frame, up to t1.5 */
	u64 shortest_gap_ns;
	u64 without_de;		/* characters that began with the driver off */
	u64 de_early;		/* driver off before the last stop bit had ended */
	u64 received;
	u64 deaf;		/* characters of the far end lost: our driver was still on */
	u64 overruns;
	struct oht_hist late;	/* of a first start bit, after an answer, beyond t3.5 */
	struct oht_hist de_release;
	u64 cycle;		/* of the grid: the last one that was seen to begin, from 1 */
	struct oht_hist cycle_late;	/* of its first request beyond its point of the grid */
};

/* One UART on our side. */
struct oht_sim_uart {
	bool on;
	bool automatic;			/* drives while it sends, as the tty does */
	unsigned int tx_fifo;
	unsigned int rx_fifo;

	u8 tx[OHT_SIM_RING];
	u64 tx_start_ps[OHT_SIM_RING];
	unsigned int tx_in;		/* taken so far */
	unsigned int tx_out;		/* heard by the others so far */
	u64 tx_end_ps;			/* end of the last one taken */
	bool wants_room;

	struct oht_port_byte rx[OHT_SIM_RING];
	unsigned int rx_in;
	unsigned int rx_out;
	u64 rx_last_ps;			/* when the last one was reported */
	bool rx_overrun;

	bool de;
	u64 de_on_ps;
	u64 de_off_ps;
	bool de_judged;

	u8 frame[OHT_ADU_MAX_BYTES];	/* what the slaves have heard of it */
	unsigned int frame_bytes;
	u64 frame_end_ps;
	bool spoiled;			/* another sender spoke meanwhile */

	struct oht_sim_seen seen;
};

/* One transmission of the far end. */
struct oht_sim_talk {
	bool active;
	u64 start_ps;
	u64 char_ps;
	unsigned int bytes;
	unsigned int next;		/* not delivered yet */
	unsigned int pause_at;		/* silence before that character, 0: none */
	u64 pause_ps;
	u64 pause_each_ps;		/* before every character but the first */
	unsigned int framing_at;	/* its stop bit is spoiled; >= bytes: none */
	bool random;			/* data is not looked at */
	u8 data[OHT_SIM_TALK_BYTES];
};

struct oht_sim_slave {
	u16 reg[OHT_SIM_REGISTERS];
	DECLARE_BITMAP(has, OHT_SIM_REGISTERS);
	u64 requests;
};

struct oht_sim_wire {
	raw_spinlock_t lock;
	struct hrtimer timer;
	struct oht_sim_line line;
	struct oht_port port;
	struct oht_sim_uart uart;	/* of the engine */
	struct oht_sim_uart tty;
	struct oht_sim_talk talk[OHT_SIM_TALKS];
	struct oht_sim_slave slave[OHT_SIM_SLAVES];
	u64 far_end_ps;			/* end of the last character of the far end */
	u64 next_ps;			/* nothing is reported before; 0: look */
	struct rnd_state rnd;
	u64 entered_ns;			/* when the lock was taken for the port */
	u64 own_ns;			/* spent with it */

	/* of the far end */
	u64 answers;
	u64 spoiled;			/* requests that another sender spoke into */
	u64 broken;			/* what no slave could make sense of */
	u64 stop_writes;		/* heard: of the stop's register, of the one that moves, */
	u64 motion_writes;		/* and of that one behind a stop */
	u64 writes_behind;
	u64 disturbed[OHT_SIM_FAULTS];
	u64 crc_passed;			/* disturbed, and yet of a good checksum */
};

/* What the parameters of the module say; read where it is needed, written at any time. */
struct oht_sim_settings {
	bool coarse;
	unsigned int level;
	bool echo;
	unsigned int seed;
	int ppm[OHT_SIM_SLAVES];
	unsigned int turnaround_ns[OHT_SIM_SLAVES];
	unsigned int faults;
	unsigned int every;
	unsigned int unit;
	unsigned int late_ns;
	unsigned int babble_ns;
	int flip_bit;
	u64 grid_origin_ns;
	u64 grid_ns;
	unsigned int grid_unit;
	unsigned int pause_ns;
	unsigned int pause_unit;
	int stop_address;
	int motion_address;
	bool stopped;
};

extern struct oht_sim_settings oht_sim_settings;

static inline u64 oht_sim_random(struct oht_sim_wire *w, u64 below)
{
	u64 r = (u64)prandom_u32_state(&w->rnd) << 32 | prandom_u32_state(&w->rnd);

	return below ? r - div64_u64(r, below) * below : 0;
}

static inline u64 oht_sim_now_ps(void)
{
	return ktime_get_ns() * 1000;
}

/* ---- wire.c: wire.lock held, interrupts off, unless said otherwise ---- */

/* Everything that has happened up to @now_ps. */
void oht_sim_advance(struct oht_sim_wire *w, u64 now_ps);

/* Whether the receiver of @u has enough to interrupt, or has waited long enough for more. */
bool oht_sim_rx_raises(const struct oht_sim_wire *w, const struct oht_sim_uart *u, u64 now_ps);

/* Set the timer to what happens next. */
void oht_sim_kick(struct oht_sim_wire *w);

/* Give @u characters to send; returns how many it took. */
unsigned int oht_sim_send(struct oht_sim_wire *w, struct oht_sim_uart *u, const u8 *data,
			  unsigned int bytes);

/* Throw away what has not begun to leave. */
void oht_sim_cut(struct oht_sim_uart *u, u64 char_ps, u64 now_ps);

/* How many characters have not begun to leave. */
unsigned int oht_sim_tx_waiting(const struct oht_sim_uart *u, u64 now_ps);

/* Whether @t has a character on the wire between the two. */
bool oht_sim_talk_overlaps(const struct oht_sim_talk *t, u64 from_ps, u64 until_ps);

/* A free one, zeroed, or NULL. */
struct oht_sim_talk *oht_sim_talk_get(struct oht_sim_wire *w);

/* ---- observer.c: the same ---- */

/* @u is about to send the character @data at @start_ps. */
void oht_sim_judge_start(struct oht_sim_wire *w, struct oht_sim_uart *u, u8 data, u64 start_ps);

/* A request has been heard that writes one register. */
void oht_sim_judge_write(struct oht_sim_wire *w, unsigned int address);

/* @u has switched its driver. */
void oht_sim_judge_de(struct oht_sim_uart *u, bool on, u64 now_ps);

/* Whether the driver of @u was on at that time, not long ago. */
bool oht_sim_was_driving(const struct oht_sim_uart *u, u64 at_ps);

/* Lines "NAME NUMBER". Process context, lock not held. */
void oht_sim_show(struct oht_sim_wire *w, struct seq_file *s);

/* All counters to zero. */
void oht_sim_forget(struct oht_sim_wire *w);

/* ---- slave.c: the same ---- */

/* Registers as after power on; also draws from the seed again. */
void oht_sim_slaves_reset(struct oht_sim_wire *w);

/*
 * A line "UNIT" takes all registers from that slave, a line "UNIT ADDRESS VALUE" gives it one.
 * What a slave does not have it refuses. 0, or -EINVAL: no such line, slave or register.
 */
int oht_sim_slaves_set(struct oht_sim_wire *w, const char *line);

/* @u pauses: perhaps what it has sent is a request. */
void oht_sim_slaves_hear(struct oht_sim_wire *w, struct oht_sim_uart *u);

/* ---- fault.c: the same ---- */

/* Perhaps spoil an answer that was about to be given by @unit. */
void oht_sim_disturb(struct oht_sim_wire *w, struct oht_sim_talk *t, u8 unit);

/* ---- port.c ---- */

extern const struct oht_port_ops oht_sim_port_ops;

/* Set line and port from the properties of @dev. Process context. 0 or an errno, reported. */
int oht_sim_port_init(struct oht_sim_wire *w, struct device *dev);

/* Wait until no callback runs that has seen a UART on which is off now. Process context. */
void oht_sim_settle(struct oht_sim_wire *w);

/* ---- tty.c: process context ---- */

int oht_sim_tty_add(struct oht_sim_wire *w);
void oht_sim_tty_remove(struct oht_sim_wire *w);

/* Something has come for the tty, or has left it. Hard interrupt context, no lock held. */
void oht_sim_tty_event(void);

#endif /* OHT_SIM_H */
