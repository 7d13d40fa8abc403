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

static void follow(void *context)
{
	struct virtual_run *run = context;

	run->station.world.rail.outputs_low = run->f->fake->status.state != OHT_STATE_ENABLED;
	oht_sim_world_advance(&run->station.world, virtual_now_ns(run));
	virtual_hold(run);
}

void virtual_begin(struct virtual_run *run, uint64_t seed, enum oht_profile profile)
{
	struct oht_sim_timing timing;
	char error[OHT_ERROR_BYTES];

	run->dice = seed;
	if (oht_modmap_load(OHT_SOURCE_DATADIR, &run->modmap, error))
		fail_msg("%s", error);
	assert_int_equal(oht_sim_timing_set(&timing, 115200, "8N1", 1750), 0);
	assert_int_equal(oht_sim_station_init(&run->station, run->modmap, profile, &timing,
					      seed), 0);
	run->f = fixture_create(true);
	run->f->fake->far = sim_far;
	run->f->fake->far_context = &run->station;
	run->f->watch = follow;
	run->f->watch_context = run;
	fixture_open(run->f);
}

void virtual_end(struct virtual_run *run)
{
	fixture_destroy(run->f);
	oht_sim_station_free(&run->station);
	oht_modmap_free(run->modmap);
}

void virtual_sim(struct virtual_run *run, const char *line)
{
	char text[OHT_SIM_COMMAND_BYTES], answer[OHT_SIM_ANSWER_BYTES];

	snprintf(text, sizeof(text), "%s", line);
	oht_sim_command(&run->station, text, virtual_now_ns(run), answer);
	if (answer[0] != 'o')
		fail_msg("%s: %s", line, answer);
}
