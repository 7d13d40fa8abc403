// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/tap.h"

#define LINE_BYTES	128

const char *const sim_fault_names[SIM_FAULTS] = {
	[SIM_SILENCE] = "silence",	[SIM_LATE] = "late",
	[SIM_CRC] = "crc",		[SIM_FLIP] = "flip",
	[SIM_TRUNCATE] = "truncate",	[SIM_INSERT] = "insert",
	[SIM_SPLIT] = "split",		[SIM_MERGE] = "merge",
	[SIM_BABBLE] = "babble",	[SIM_DUPLICATE] = "duplicate",
	[SIM_FOREIGN] = "foreign",
};

uint16_t sim_initial(unsigned int unit, unsigned int address)
{
	return (uint16_t)(unit * 4099 + address * 257 + 17);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) < 0 || fclose(file))
		tap_bail("%s: %s: %s", path, text, strerror(errno));
}

void sim_set(const char *name, const char *value)
{
	char path[LINE_BYTES];

	snprintf(path, sizeof(path), "/sys/module/oht_sim/parameters/%s", name);
	write_file(path, value);
}

void sim_set_number(const char *name, long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", value);
	sim_set(name, text);
}

void sim_set_all(const char *name, long long value)
{
	char text[LINE_BYTES * 2];
	int used = 0, i;

	for (i = 0; i < SIM_SLAVES; i++)
		used += snprintf(text + used, sizeof(text) - (size_t)used, "%s%lld", i ? "," : "",
				 value);
	sim_set(name, text);
}

void sim_set_option(char *setting)
{
	char *value = strchr(setting, '=');

	if (!value)
		tap_bail("%s: not PARAMETER=VALUE", setting);
	*value++ = '\0';
	if (*value == '*')
		sim_set_all(setting, strtoll(value + 1, NULL, 0));
	else
		sim_set(setting, value);
}

void sim_set_clocks_off(void)
{
	sim_set("ppm", "10000,-10000,3300,-4700,8100,-900,600,-8800");
}

void sim_quiet(void)
{
	sim_set_number("coarse", 0);
	sim_set_number("level", 1);
	sim_set_number("echo", 0);
	sim_set_number("faults", 0);
	sim_set_number("every", 1);
	sim_set_number("unit", 0);
	sim_set_number("late_ns", 100000000);
	sim_set_number("babble_ns", 1000000000);
	sim_set_number("flip_bit", -1);
	sim_set_number("grid_ns", 0);
	sim_set_all("ppm", 0);
	sim_set_all("turnaround_ns", 1750000);
}

static void path_of(char *path, const char *group)
{
	snprintf(path, LINE_BYTES, "/sys/kernel/debug/%s/results", group);
}

void sim_reset(void)
{
	write_file("/sys/kernel/debug/oht_sim/results", "0");
}

void sim_reset_disturber(void)
{
	FILE *file = fopen("/sys/kernel/debug/oht_disturb/results", "we");

	if (!file)
		return;
	fputs("0", file);
	fclose(file);
}

uint64_t sim_result(const char *group, const char *name)
{
	char path[LINE_BYTES], line[LINE_BYTES], found[LINE_BYTES];
	uint64_t value;
	FILE *file;

	path_of(path, group);
	file = fopen(path, "re");
	if (!file)
		tap_bail("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%127s %" SCNu64, found, &value) != 2 || strcmp(found, name))
			continue;
		fclose(file);
		return value;
	}
	tap_bail("%s: no line %s", path, name);
}

void sim_print(const char *group, const char *prefix)
{
	char path[LINE_BYTES], line[LINE_BYTES];
	FILE *file;

	path_of(path, group);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		printf("# value %s.%s", prefix, line);
	fclose(file);
}
