/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the command line.
 * Contexts: start.
 * Locks:    none.
 */
#ifndef OHT_SIM_OPTIONS_H
#define OHT_SIM_OPTIONS_H

#include "common/modmap.h"
#include "port.h"
#include "timing.h"

struct oht_sim_options {
	enum oht_sim_port_kind kind;
	const char *path;
	enum oht_profile profile;
	unsigned int baud_bps;
	const char *format;
	unsigned int turnaround_us;
	const char *datadir;	/* NULL: where it is installed */
	const char *control;	/* NULL: no control socket */
	uint64_t seed;
	unsigned int wait_s;
	bool print;		/* the registers, in place of a line */
	struct oht_sim_timing timing;
};

/**
 * oht_sim_options_parse() - read the command line
 * @options: filled
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: -1 to go on, else the exit status: 0 after --help or --version, 2 after a wrong command
 * line with one line on stderr.
 */
int oht_sim_options_parse(struct oht_sim_options *options, int argc, char **argv);

#endif
