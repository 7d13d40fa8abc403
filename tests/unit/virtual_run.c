// SPDX-License-Identifier: GPL-2.0-or-later
#include "virtual_run.h"

#include <stdio.h>

#include "command.h"
#include "sim_far.h"

unsigned int virtual_roll(struct virtual_run *run, unsigned int sides)
{
	run->dice = run->dice * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned int)(run->dice >> 33) % sides;
}

void virtual_begin(struct virtual_run *run, uint64_t seed)
{
	struct oht_sim_timing timing;
	char error[OHT_ERROR_BYTES];

	run->dice = seed;
	if (oht_modmap_load(OHT_SOURCE_DATADIR, &run->modmap, error))
		fail_msg("%s", error);
	assert_int_equal(oht_sim_timing_set(&timing, 115200, "8N1", 1750), 0);
	assert_int_equal(oht_sim_station_init(&run->station, run->modmap, OHT_PROFILE_CANONICAL,
					      &timing, seed), 0);
	run->f = fixture_create(true);
	run->f->fake->far = sim_far;
	run->f->fake->far_context = &run->station;
	fixture_open(run->f);
}

void virtual_end(struct virtual_run *run)
{
	fixture_destroy(run->f);
	oht_sim_station_free(&run->station);
	oht_modmap_free(run->modmap);
}

static void disturb(struct virtual_run *run)
{
	static const char *const faults[] = {
		"fault 2 silence count=3", "fault 3 crc count=5", "fault 4 delay ms=60 count=2",
		"fault 5 exception count=4", "fault 3 noise count=2", "fault 4 truncate count=2",
		"fault 5 silence", "clear",
	};
	char line[64], answer[OHT_SIM_ANSWER_BYTES];

	snprintf(line, sizeof(line), "%s", faults[virtual_roll(run, sizeof(faults) / sizeof(faults[0]))]);
	oht_sim_command(&run->station, line, atomic_load(&run->f->time.now_ns), answer);
}

void virtual_act(struct virtual_run *run)
{
	switch (virtual_roll(run, 8)) {
	case 0:
		fake_bus_press(run->f->fake);
		break;
	case 1:
	case 2:
		run->f->fake->pressed = false;
		fixture_ask(run->f, OHTD_COMMAND_RESET);
		break;
	case 3:
	case 4:
	case 5:
		fixture_ask(run->f, OHTD_COMMAND_ENABLE);
		break;
	case 6:
		disturb(run);
		break;
	default:
		break;
	}
}
