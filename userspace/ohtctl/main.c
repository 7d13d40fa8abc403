// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl: look at and act on a device from the command line. */
#include <stdio.h>

#include "cli.h"

int main(int argc, char **argv)
{
	int result;

	/* A stream that somebody reads is read line by line. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	result = ohtctl_run(argc, argv, stdout, stderr);
	/* A full disk is a failure too. */
	if ((fflush(stdout) || ferror(stdout)) && result == CLI_DONE) {
		perror("ohtctl: standard output");
		return CLI_FAILED;
	}
	return result;
}
