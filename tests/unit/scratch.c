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

void scratch_put(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "we");
	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

int scratch_load(const char *name, const char *text, int (*load)(const char *dir))
{
	char dir[] = "/tmp/oht-load-" ENDING;
	int result;

	if (scratch_make(dir))
		abort();
	scratch_put(dir, name, text);
	result = load(dir);
	scratch_remove(dir);
	return result;
}
