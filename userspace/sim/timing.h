/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the times of the simulated line, from baud rate and character format.
 * Contexts: the simulator's one thread; pure functions.
 * Locks:    none.
 */
#ifndef OHT_SIM_TIMING_H
#define OHT_SIM_TIMING_H

#include <stdint.h>

#define OHT_SIM_BAUD_MIN_BPS	300u
#define OHT_SIM_BAUD_MAX_BPS	4000000u

/**
 * struct oht_sim_timing - all times on the line
 * @baud_bps: bits per second
 * @parity: 'N', 'E' or 'O'
 * @stop_bits: 1 or 2
 * @char_bits: 10..12: start, eight data bits, parity if any, stop
 * @char_ns: one character, rounded up
 * @t15_ns: longest pause inside a frame (Modbus over serial line 1.02, 2.5.1.1)
 * @t35_ns: shortest pause between frames
 * @turnaround_ns: from the end of a request to the start of its reply
 * @abandon_ns: pause after which an incomplete frame is given up
 */
struct oht_sim_timing {
	unsigned int baud_bps;
	char parity;
	unsigned int stop_bits;
	unsigned int char_bits;
	uint64_t char_ns;
	uint64_t t15_ns;
	uint64_t t35_ns;
	uint64_t turnaround_ns;
	uint64_t abandon_ns;
};

/**
 * oht_sim_timing_set() - compute the times
 * @timing: filled
 * @baud_bps: OHT_SIM_BAUD_MIN_BPS..OHT_SIM_BAUD_MAX_BPS
 * @format: "8N1", "8E1", "8O1", "8N2", "8E2" or "8O2"
 * @turnaround_us: see struct oht_sim_timing
 *
 * Above 19200 bit/s the pauses are 750 us and 1750 us, as the standard has it.
 *
 * Return: 0, or -EINVAL for a rate or format outside of the above.
 */
int oht_sim_timing_set(struct oht_sim_timing *timing, unsigned int baud_bps, const char *format,
		       unsigned int turnaround_us);

#endif
