// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line of oht-sim. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/number.h"

#define EXIT_USAGE	2
#define CONNECT_PREFIX	"unix:"

static const char help[] =
	"Usage: oht-sim (--connect unix:PATH | --open PATH | --pty LINKPATH | --print) [OPTION...]\n"
	"Simulates every module of the data files at the far end of an RS485 line.\n"
	"\n"
	"The line\n"
	"  --connect unix:PATH   connect to a UNIX socket, such as QEMU's -serial unix:PATH\n"
	"  --open PATH           use an existing tty or pty\n"
	"  --pty LINKPATH        make a pty and a symbolic link to it\n"
	"  --wait SECONDS        how long the other side may be missing (default 30, 0: for ever)\n"
	"  --baud N              300..4000000 bit/s (default 115200)\n"
	"  --format FORMAT       8N1, 8E1, 8O1, 8N2, 8E2 or 8O2 (default 8N1)\n"
	"  --turnaround-us N     from request to reply, 0..1000000 (default 1750)\n"
	"\n"
	"The modules\n"
	"  --profile PROFILE     canonical or legacy (default canonical)\n"
	"  --data DIR            modules.csv and registers.csv (default: as installed)\n"
	"  --seed N              of all randomness (default 1)\n"
	"  --control PATH        UNIX socket for: fault, clear, get, set, unset, status\n"
	"  --print               print all registers after a second and end: for each unit a line UNIT,\n"
	"                        then lines UNIT ADDRESS VALUE\n"
	"\n"
	"  --help, --version\n";

/* No short options, so these need not keep clear of characters. */
enum { CONNECT = 1, OPEN, PTY, WAIT, BAUD, FORMAT, TURNAROUND, PROFILE, DATA, SEED, CONTROL,
       PRINT, HELP, VERSION };

static const struct option table[] = {
	{ "connect", required_argument, NULL, CONNECT },
	{ "open", required_argument, NULL, OPEN },
	{ "pty", required_argument, NULL, PTY },
	{ "wait", required_argument, NULL, WAIT },
	{ "baud", required_argument, NULL, BAUD },
	{ "format", required_argument, NULL, FORMAT },
	{ "turnaround-us", required_argument, NULL, TURNAROUND },
	{ "profile", required_argument, NULL, PROFILE },
	{ "data", required_argument, NULL, DATA },
	{ "seed", required_argument, NULL, SEED },
	{ "control", required_argument, NULL, CONTROL },
	{ "print", no_argument, NULL, PRINT },
	{ "help", no_argument, NULL, HELP },
	{ "version", no_argument, NULL, VERSION },
	{ 0 },
};

static int usage(const char *what, const char *value)
{
	fprintf(stderr, "oht-sim: %s: '%s' (see --help)\n", what, value);
	return EXIT_USAGE;
}

static int take_port(struct oht_sim_options *o, enum oht_sim_port_kind kind, const char *path)
{
	if (o->kind != OHT_SIM_PORT_NONE)
		return usage("only one of --connect, --open and --pty", path);
	if (kind == OHT_SIM_PORT_CONNECT) {
		if (strncmp(path, CONNECT_PREFIX, strlen(CONNECT_PREFIX)))
			return usage("--connect must be unix:PATH", path);
		path += strlen(CONNECT_PREFIX);
	}
	if (!*path)
		return usage("empty path", path);
	o->kind = kind;
	o->path = path;
	return -1;
}

static int take_number(struct oht_sim_options *o, int option, const char *text)
{
	static const struct { const char *refusal; int64_t min, max; } range[] = {
		[WAIT] = { "--wait must be 0..86400", 0, 86400 },
		[BAUD] = { "--baud must be 300..4000000", OHT_SIM_BAUD_MIN_BPS,
			   OHT_SIM_BAUD_MAX_BPS },
		[TURNAROUND] = { "--turnaround-us must be 0..1000000", 0, 1000000 },
		[SEED] = { "--seed must be 0..9223372036854775807", 0, INT64_MAX },
	};
	int64_t number;

	if (oht_number_parse(text, range[option].min, range[option].max, &number))
		return usage(range[option].refusal, text);
	if (option == SEED)
		o->seed = (uint64_t)number;
	else if (option == WAIT)
		o->wait_s = (unsigned int)number;
	else if (option == BAUD)
		o->baud_bps = (unsigned int)number;
	else
		o->turnaround_us = (unsigned int)number;
	return -1;
}

static int take(struct oht_sim_options *o, int option, char *value)
{
	switch (option) {
	case CONNECT:
		return take_port(o, OHT_SIM_PORT_CONNECT, value);
	case OPEN:
		return take_port(o, OHT_SIM_PORT_OPEN, value);
	case PTY:
		return take_port(o, OHT_SIM_PORT_PTY, value);
	case WAIT: case BAUD: case TURNAROUND: case SEED:
		return take_number(o, option, value);
	case FORMAT:
		o->format = value;
		return -1;
	case PROFILE:
		return oht_profile_parse(value, &o->profile) ? usage("bad --profile", value) : -1;
	case DATA:
		o->datadir = value;
		return -1;
	case CONTROL:
		o->control = value;
		return -1;
	case PRINT:
		o->print = true;
		return -1;
	case HELP:
		fputs(help, stdout);
		return 0;
	case VERSION:
		puts("oht-sim " OHT_VERSION);
		return 0;
	default:	/* getopt_long() has said what is wrong */
		return EXIT_USAGE;
	}
}

int oht_sim_options_parse(struct oht_sim_options *o, int argc, char **argv)
{
	int option, status = -1;

	*o = (struct oht_sim_options){
		.baud_bps = 115200, .format = "8N1", .turnaround_us = 1750, .seed = 1, .wait_s = 30,
	};
	while (status < 0 && (option = getopt_long(argc, argv, "", table, NULL)) != -1)
		status = take(o, option, optarg);
	if (status >= 0)
		return status;
	if (optind < argc)
		return usage("unexpected argument", argv[optind]);
	if ((o->kind == OHT_SIM_PORT_NONE) != o->print) {
		fputs("oht-sim: one of --connect, --open, --pty and --print is needed (see --help)\n",
		      stderr);
		return EXIT_USAGE;
	}
	if (oht_sim_timing_set(&o->timing, o->baud_bps, o->format, o->turnaround_us))
		return usage("bad --format", o->format);
	return -1;
}
