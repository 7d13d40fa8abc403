// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/options.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/role.h"

static const struct option longs[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check-config", no_argument, NULL, 'k' },
	{ "add-user", required_argument, NULL, 'u' },
	{ "administer", no_argument, NULL, 'a' },
	{ "restore", required_argument, NULL, 'b' },
	{ "another-robot", no_argument, NULL, 'f' },
	{ "without-history", no_argument, NULL, 'w' },
	{ "machine", required_argument, NULL, 'm' },
	{ "role", required_argument, NULL, 'r' },
	{ "print-openapi", no_argument, NULL, 'o' },
	{ "print-asyncapi", no_argument, NULL, 's' },
	{ "version", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void print_help(void)
{
	puts("Usage: ohtd --config FILE [--check-config]\n"
	     "       ohtd --config FILE --add-user NAME --role ROLE < password\n"
	     "       ohtd --config FILE --administer < request\n"
	     "       ohtd --config FILE --restore BACKUP [--another-robot] [--without-history]\n"
	     "       ohtd --config FILE --machine moved|copied\n"
	     "       ohtd --print-openapi | --print-asyncapi | --version | --help\n"
	     "\n"
	     "  --config FILE    configuration, usually /etc/oht/ohtd.conf\n"
	     "  --check-config   say whether FILE is good and its paths are there\n"
	     "  --add-user NAME  make an account; the password is one line on standard input\n"
	     "  --role ROLE      viewer, operator, supervisor or administrator\n"
	     "  --administer     for ohtctl: answer a request about accounts while no ohtd runs\n"
	     "  --restore BACKUP check a backup and leave it for the next start, which puts it in\n"
	     "  --another-robot  it may be another robot's\n"
	     "  --without-history leave the values of today as they are\n"
	     "  --machine moved  the card is in another machine now, which is this robot\n"
	     "  --machine copied the card is a copy: draw an id, keys and an authority of its own\n"
	     "  --print-openapi  print the description of all routes, and end\n"
	     "  --print-asyncapi print the description of all messages of WebSockets, and end\n"
	     "  --version        print the version, and end\n"
	     "  --help           print this, and end\n"
	     "\n"
	     "SIGTERM stops the machine and ends in order. SIGHUP reads certificates and log level\n"
	     "again. Exit status: 0 done, 1 could not run, 2 wrong usage, 78 wrong configuration\n"
	     "or files, which no restart mends.");
}

static enum ohtd_action complain(const char *what, const char *value)
{
	fprintf(stderr, "ohtd: %s%s%s; see ohtd --help\n", what, *value ? " " : "", value);
	return OHTD_ACTION_USAGE;
}

static enum ohtd_action judge(const struct ohtd_options *options, bool check, bool administer,
			      const char *role)
{
	if (!options->config)
		return complain("--config is missing", "");
	if (!options->user && role)
		return complain("--role is for --add-user only", "");
	if (options->foreign && !options->restore)
		return complain("--another-robot is for --restore only", "");
	if (options->without_history && !options->restore)
		return complain("--without-history is for --restore only", "");
	if (options->machine && (options->user || check || administer || options->restore))
		return complain("--machine stands alone beside --config", "");
	if (options->machine && strcmp(options->machine, "moved") && strcmp(options->machine, "copied"))
		return complain("--machine is moved or copied:", options->machine);
	if (options->machine)
		return OHTD_ACTION_MACHINE;
	if (options->restore && (options->user || check || administer))
		return complain("--restore stands alone beside --config", "");
	if (options->restore)
		return OHTD_ACTION_RESTORE;
	if (administer && (options->user || check))
		return complain("--administer stands alone beside --config", "");
	if (administer)
		return OHTD_ACTION_ADMINISTER;
	if (!options->user)
		return check ? OHTD_ACTION_CHECK : OHTD_ACTION_RUN;
	if (check)
		return complain("--check-config and --add-user exclude each other", "");
	if (!role)
		return complain("--add-user needs --role", "");
	if (options->role == OHTD_ROLE_NONE)
		return complain("unknown role", role);
	return OHTD_ACTION_ADD_USER;
}

enum ohtd_action ohtd_options_parse(struct ohtd_options *options, int argc, char **argv)
{
	const char *role = NULL;
	bool check = false, administer = false;
	int c;

	*options = (struct ohtd_options){ .role = OHTD_ROLE_NONE };
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			options->config = optarg;
			break;
		case 'k':
			check = true;
			break;
		case 'a':
			administer = true;
			break;
		case 'b':
			options->restore = optarg;
			break;
		case 'f':
			options->foreign = true;
			break;
		case 'w':
			options->without_history = true;
			break;
		case 'm':
			options->machine = optarg;
			break;
		case 'u':
			options->user = optarg;
			break;
		case 'r':
			role = optarg;
			options->role = ohtd_role_parse(optarg);
			break;
		case 'o':
			return OHTD_ACTION_PRINT_OPENAPI;
		case 's':
			return OHTD_ACTION_PRINT_ASYNCAPI;
		case 'v':
			puts("ohtd " OHT_VERSION);
			return OHTD_ACTION_DONE;
		case 'h':
			print_help();
			return OHTD_ACTION_DONE;
		default:
			return OHTD_ACTION_USAGE;	/* getopt_long() has said why */
		}
	}
	if (optind < argc)
		return complain("unexpected argument", argv[optind]);
	return judge(options, check, administer, role);
}
