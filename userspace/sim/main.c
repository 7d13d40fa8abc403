// SPDX-License-Identifier: GPL-2.0-or-later
/* oht-sim: the modules of the robot at the far end of an RS485 line. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "loop.h"
#include "options.h"

#define NS_PER_S	1000000000ull

static int serve(const struct oht_sim_options *o, struct oht_sim_station *station)
{
	struct oht_sim_port port = { .kind = o->kind, .path = o->path, .timing = &o->timing };
	struct oht_sim_server server = { .fd = -1 };
	struct oht_sim_loop loop = {
		.station = station, .port = &port, .server = &server, .wait_s = o->wait_s,
	};
	int err = 0;

	if (o->control) {
		err = oht_sim_server_open(&server, o->control);
		if (err) {
			fprintf(stderr, "oht-sim: %s: %s\n", o->control, strerror(-err));
			return err;
		}
	}
	err = oht_sim_loop_run(&loop);
	oht_sim_server_close(&server);
	return err;
}

/* A line at a time: the kernel's simulator takes one per write. */
static int print(struct oht_sim_station *station)
{
	size_t i, r;
	unsigned int k;

	setvbuf(stdout, NULL, _IOLBF, 0);
	oht_sim_world_advance(&station->world, 1);
	oht_sim_world_advance(&station->world, NS_PER_S);
	for (i = 0; i < station->units; i++) {
		const struct oht_sim_bank *bank = &station->unit[i].bank;
		unsigned int unit = station->unit[i].module->unit;

		printf("%u\n", unit);
		for (r = 0; r < bank->map->count; r++)
			for (k = 0; k < bank->map->reg[r].words; k++)
				printf("%u %u %u\n", unit, bank->map->reg[r].address + k,
				       bank->cell[r].word[k]);
	}
	return ferror(stdout) ? -EIO : 0;
}

int main(int argc, char **argv)
{
	static struct oht_sim_station station;
	struct oht_sim_options options;
	struct oht_modmap *modmap;
	char error[OHT_ERROR_BYTES];
	int status = oht_sim_options_parse(&options, argc, argv);
	int err;

	if (status >= 0)
		return status;
	if (oht_modmap_load(options.datadir, &modmap, error)) {
		fprintf(stderr, "oht-sim: %s\n", error);
		return 1;
	}
	err = oht_sim_station_init(&station, modmap, options.profile, &options.timing,
				   options.seed);
	if (err)
		fprintf(stderr, "oht-sim: cannot simulate the modules: %s\n", strerror(-err));
	else
		err = options.print ? print(&station) : serve(&options, &station);
	oht_sim_station_free(&station);
	oht_modmap_free(modmap);
	return err ? 1 : 0;
}
