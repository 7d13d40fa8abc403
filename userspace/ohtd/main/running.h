/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what daemon.c has opened and started, and end.c ends.
 * Contexts: main thread.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_RUNNING_H
#define OHTD_MAIN_RUNNING_H

#include <stdbool.h>

#include "alerts/disk.h"
#include "alerts/proof.h"
#include "base/behind_clock.h"
#include "base/clock.h"
#include "main/upkeep.h"
#include "views/services.h"

#define WHY_BYTES	512

/* @services are what the rest of the daemon sees; the other members are known to the main thread only. */
struct running {
	struct ohtd_services services;
	const char *config_path;
	char why[WHY_BYTES];
	int swapped;		/* enum ohtd_swap_found */
	bool lasting;		/* the start failed in a way that another start cannot mend */
	struct ohtd_clock clock;
	struct ohtd_behind_clock behind;	/* only of a simulated robot that lives in the past */
	struct ohtd_disk disk;
	struct ohtd_proof proof;
	unsigned int pasts_of_others;	/* beside the history */
	int lock_fd;
	int signal_fd;
	struct ohtd_event_reader stops_read;	/* the recorder's thread */
	bool robot_runs;
	bool cut;		/* the run before was */
	bool unclean;		/* the robot waits for a person since it began */
	struct ohtd_server *server;
	struct ohtd_upkeep upkeep;
};

/* Ends what there is of it, in the reverse order. 0, or -1: the control thread did not end in order. */
int ohtd_end_all(struct running *run);

#endif /* OHTD_MAIN_RUNNING_H */
