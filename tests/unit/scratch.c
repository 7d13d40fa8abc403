// SPDX-License-Identifier: GPL-2.0-or-later
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDING	"XXXXXX"

int scratch_make(char *dir)
{
	strcpy(dir + strlen(dir) - strlen(ENDING), ENDING);
	return mkdtemp(dir) ? 0 : -1;
}

int scratch_remove(const char *dir)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}
