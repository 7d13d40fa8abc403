/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the arithmetic of the wire: characters, gaps, ends, deadlines, divisors. Pure.
 * Contexts: any, hard interrupt included; nothing sleeps, allocates or keeps state.
 * Locks:    none.
 *
 * Source: MODBUS over Serial Line 1.02 section 2.5.1.1 (t1.5, t3.5 and the 19200 rule). The same
 * file is compiled on the host for the unit tests.
 */
#ifndef OHT_TIMING_H
#define OHT_TIMING_H

#include <linux/types.h>

#define OHT_BAUD_MIN_BPS		1200
#define OHT_BAUD_MAX_BPS		1000000
#define OHT_GAP_CHAR_BITS_MIN		10
#define OHT_GAP_CHAR_BITS_MAX		12
#define OHT_GAP_CHAR_BITS_DEFAULT	11
#define OHT_INTER_FRAME_MAX_US		1000000
#define OHT_DE_DELAY_MAX_US		100000
/* Longest wait for the first byte of an answer that a transfer may ask for. */
#define OHT_TURNAROUND_MAX_US		5000000
#define OHT_TURNAROUND_MIN_US		1000

enum oht_parity {
	OHT_PARITY_NONE	= 0,
	OHT_PARITY_EVEN	= 1,
	OHT_PARITY_ODD	= 2,
};

/**
 * struct oht_line - how the line is set, as asked for
 * @baud_bps: 1200..1000000
 * @parity: enum oht_parity
 * @stop_bits: 1 or 2
 * @gap_char_bits: bits that a character counts in gaps at 19200 and below, 10..12
 * @inter_frame_us: silence between frames; 0: as the specification has it
 * @de_setup_us: from driver enable on to the first start bit
 * @de_hold_us: from the last stop bit to driver enable off
 */
struct oht_line {
	u32 baud_bps;
	u32 parity;
	u32 stop_bits;
	u32 gap_char_bits;
	u32 inter_frame_us;
	u32 de_setup_us;
	u32 de_hold_us;
};

/**
 * struct oht_timing - everything that the engine needs to know about time on this line
 * @baud_bps: rate asked for; it decides on which side of the 19200 rule we are
 * @baud_effective_millibps: rate really set, in milli-bit per second; all times come from it
 * @char_bits: bits of a character on the wire: start, 8 data, parity, stop
 * @parity: enum oht_parity
 * @stop_bits: 1 or 2
 * @char_ns: one character, rounded up
 * @bit_ns: one bit, rounded up
 * @t15_ns: longest silence inside a frame
 * @t35_ns: shortest silence between frames
 * @stop_rest_ns: from the middle of the first stop bit, where a receiver reports, to the end of
 *	the character
 * @de_setup_ns: from driver enable on to the first start bit
 * @de_hold_ns: from the last stop bit to driver enable off
 */
struct oht_timing {
	u32 baud_bps;
	u64 baud_effective_millibps;
	u8 char_bits;
	u8 parity;
	u8 stop_bits;
	u32 char_ns;
	u32 bit_ns;
	u32 t15_ns;
	u32 t35_ns;
	u32 stop_rest_ns;
	u32 de_setup_ns;
	u32 de_hold_ns;
};

/**
 * oht_timing_init() - compute all times of a line
 * @t: out
 * @line: how it is set
 * @baud_effective_millibps: what the divisor really makes, in milli-bit per second
 * @what: out: on error the name of the member of @line that is wrong, in words; never NULL
 *
 * Return: 0, or -ERANGE: a member of @line is out of its range, or @inter_frame_us is below 3.5
 * characters, or the effective rate is more than 1 % off ("baud_bps").
 */
int oht_timing_init(struct oht_timing *t, const struct oht_line *line, u64 baud_effective_millibps,
		    const char **what);

/* Time that @chars characters take on the wire, rounded up as a whole; @chars up to 65535. */
u64 oht_timing_chars_ns(const struct oht_timing *t, unsigned int chars);

/* End of the last stop bit if the first of @chars start bits begins at @start_ns. */
u64 oht_timing_tx_end_ns(const struct oht_timing *t, u64 start_ns, unsigned int chars);

/* End of the character that a receiver reported at @stamp_ns. */
u64 oht_timing_rx_end_ns(const struct oht_timing *t, u64 stamp_ns);

/* Beginning of the start bit of the character that a receiver reported at @stamp_ns. */
u64 oht_timing_rx_start_ns(const struct oht_timing *t, u64 stamp_ns);

/* Earliest start bit of the next frame, if the last character ended at @end_ns. */
u64 oht_timing_next_ns(const struct oht_timing *t, u64 end_ns);

/* When the first byte of an answer must have been reported: its start bit may be as late as
 * @timeout_us after our last stop bit.
 */
u64 oht_timing_deadline_ns(const struct oht_timing *t, u64 tx_end_ns, u32 timeout_us);

/**
 * oht_timing_stop_silence_ns() - how long a stop waits for the answer to an earlier request
 * @t: line
 * @turnaround_ns: longest that the unit has ever taken to begin an answer
 *
 * A tenth more than ever, at least t3.5, and the character in which the answer would be noticed.
 *
 * Return: silence after the last stop bit of that request.
 */
u64 oht_timing_stop_silence_ns(const struct oht_timing *t, u64 turnaround_ns);

/* Of a request: if it is cut before these characters, the rest is no request at all. */
#define OHT_TIMING_TAIL_MAX	2

/**
 * struct oht_timing_exchange - one exchange, as far as its length matters
 * @request_bytes: ADU
 * @reply_bytes: ADU; 0: none comes
 * @turnaround_ns: longest from the last stop bit of the request to the reply's start bit
 * @pause_ns: longest silence between two characters of the reply that is waited out
 * @rest_ns: silence behind the reply that the unit wants before its next request; 0: t3.5
 */
struct oht_timing_exchange {
	unsigned int request_bytes;
	unsigned int reply_bytes;
	u64 turnaround_ns;
	u64 pause_ns;
	u64 rest_ns;
};

/**
 * oht_timing_stop_bound_ns() - worst time from a stop to the first stop telegram
 * @t: line
 * @busy: what was on the bus when the stop came; the worst of all that may be there
 * @telegram: the first of the list
 * @answer_ns: out: worst time to the last stop bit of the answer
 *
 * Wire time only: the lateness of interrupts and timers comes on top, three times. Holds for units
 * that have answered before and take no longer than @busy says; and while no unit talks without
 * being asked.
 *
 * Return: worst time to the last stop bit of the telegram.
 */
u64 oht_timing_stop_bound_ns(const struct oht_timing *t, const struct oht_timing_exchange *busy,
			     const struct oht_timing_exchange *telegram, u64 *answer_ns);

/* The same for the write of one register, and without its answer. */
u64 oht_timing_stop_ns(const struct oht_timing *t, const struct oht_timing_exchange *busy);

/**
 * struct oht_divisor - a baud rate divisor and what it makes
 * @integer: 1..65535; IBRD of a PL011, divisor latch of a 16550
 * @fraction: 64ths, FBRD of a PL011, 0..63
 * @effective_millibps: resulting rate in milli-bit per second
 * @error_ppm: how far that is from the rate asked for, absolute
 */
struct oht_divisor {
	u16 integer;
	u8 fraction;
	u64 effective_millibps;
	u32 error_ppm;
};

/**
 * oht_timing_pl011_divisor() - choose the divisor of a PL011
 * @clock_hz: its UARTCLK
 * @baud_bps: rate asked for, not 0
 * @d: out
 *
 * Source: PrimeCell UART (PL011) TRM, 3.3.6: divisor = UARTCLK / (16 x baud), six fraction bits.
 * The divisor is at least 1, so rounding it to 64ths is never off by more than 0.8 %.
 *
 * Return: 0, or -ERANGE: the divisor does not fit its registers.
 */
int oht_timing_pl011_divisor(u32 clock_hz, u32 baud_bps, struct oht_divisor *d);

/**
 * oht_timing_16550_divisor() - choose the divisor of a 16550
 * @clock_hz: its input clock
 * @baud_bps: rate asked for, not 0
 * @d: out; @fraction is 0
 *
 * Source: PC16550D data sheet, 8.3, programmable baud generator: divisor = clock / (16 x baud),
 * a whole number. At high rates it is small and may be off by more than the 1 % that
 * oht_timing_init() allows: 24 MHz makes 115200 with 0.16 %, and 230400 not at all.
 *
 * Return: 0, or -ERANGE: the divisor does not fit its registers.
 */
int oht_timing_16550_divisor(u32 clock_hz, u32 baud_bps, struct oht_divisor *d);

#endif /* OHT_TIMING_H */
