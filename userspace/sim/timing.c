// SPDX-License-Identifier: GPL-2.0-or-later
/* Times of the simulated line. */
#include "timing.h"

#include <errno.h>
#include <string.h>

#define NS_PER_S	1000000000ull
#define NS_PER_US	1000ull

/*
 * The standard wants a pause above t1.5 to spoil the frame. Here a pause is mostly the other
 * machine's scheduler, since an emulated UART does not keep the rate, so an incomplete frame waits
 * much longer; framer.c says how a new frame is told from a continuation.
 */
#define ABANDON_NS	50000000ull

static int parse_format(struct oht_sim_timing *t, const char *format)
{
	if (strlen(format) != 3 || format[0] != '8' || !strchr("NEO", format[1]) ||
	    !strchr("12", format[2]))
		return -EINVAL;
	t->parity = format[1];
	t->stop_bits = (unsigned int)(format[2] - '0');
	t->char_bits = 1 + 8 + (t->parity != 'N') + t->stop_bits;
	return 0;
}

int oht_sim_timing_set(struct oht_sim_timing *t, unsigned int baud_bps, const char *format,
		       unsigned int turnaround_us)
{
	memset(t, 0, sizeof(*t));
	if (baud_bps < OHT_SIM_BAUD_MIN_BPS || baud_bps > OHT_SIM_BAUD_MAX_BPS ||
	    parse_format(t, format))
		return -EINVAL;
	t->baud_bps = baud_bps;
	t->char_ns = (t->char_bits * NS_PER_S + baud_bps - 1) / baud_bps;
	t->t15_ns = baud_bps > 19200 ? 750 * NS_PER_US : t->char_ns * 3 / 2;
	t->t35_ns = baud_bps > 19200 ? 1750 * NS_PER_US : t->char_ns * 7 / 2;
	t->turnaround_ns = turnaround_us * NS_PER_US;
	t->abandon_ns = t->t35_ns * 2 > ABANDON_NS ? t->t35_ns * 2 : ABANDON_NS;
	return 0;
}
