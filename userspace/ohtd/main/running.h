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
#include "base/clock.h"
#include "main/upkeep.h"

#define WHY_BYTES	512

struct running {
	struct ohtd_config *config;
	const char *config_path;
	char why[WHY_BYTES];
	bool administered;	/* the state folder has its mark */
	bool another_machine;
	int swapped;		/* enum ohtd_swap_found */
	bool lasting;		/* the start failed in a way that another start cannot mend */
	struct ohtd_clock clock;
	int lock_fd;
	int sender_fd;
	struct ohtd_store *store;
	struct ohtd_tokens *tokens;
	struct ohtd_auth *auth;
	struct ohtd_setup *setup;
	struct ohtd_workers *workers, *changers;
	struct ohtd_checks *checks;
	struct ohtd_recorder *recorder;
	struct ohtd_event_reader stops_read;	/* the recorder's thread */
	struct ohtd_keeper *keeper;
	struct ohtd_alert_keeper *alert_keeper;
	struct ohtd_robot *robot;
	struct ohtd_alert_rules *rules;
	struct ohtd_settings *settings;
	struct ohtd_audit *audit;
	struct ohtd_history *history;
	struct ohtd_jobs *jobs;
	struct ohtd_backups *backups;
	struct ohtd_disk disk;
	struct ohtd_proof proof;
	bool robot_runs;
	struct ohtd_gateway *gateway;
	struct ohtd_webhooks *webhooks;
	struct ohtd_certificate *certificate;
	struct ohtd_server *server;
	struct ohtd_upkeep upkeep;
};

/* Ends what there is of it, in the reverse order. 0, or -1: the control thread did not end in order. */
int ohtd_end_all(struct running *run);

#endif /* OHTD_MAIN_RUNNING_H */
