/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the one list of the parts of the daemon: main/ opens, ticks and ends them, requests and views are answered from them.
 * Contexts: any; the main thread fills it in before the loops start.
 * Locks:    none; each part has its own.
 */
#ifndef OHTD_VIEWS_SERVICES_H
#define OHTD_VIEWS_SERVICES_H

#include <stdbool.h>

struct ohtd_alert_keeper;
struct ohtd_alert_rules;
struct ohtd_analytics_odometer;
struct ohtd_analytics_service;
struct ohtd_audit;
struct ohtd_auth;
struct ohtd_backups;
struct ohtd_certificate;
struct ohtd_checks;
struct ohtd_clock;
struct ohtd_config;
struct ohtd_courses;
struct ohtd_disk;
struct ohtd_gateway;
struct ohtd_history;
struct ohtd_jobs;
struct ohtd_keeper;
struct ohtd_missions;
struct ohtd_daemon_part;
struct ohtd_location_file;
struct ohtd_people_watch;
struct ohtd_proof;
struct ohtd_recorder;
struct ohtd_robot;
struct ohtd_settings;
struct ohtd_setup;
struct ohtd_store;
struct ohtd_tokens;
struct ohtd_training;
struct ohtd_views_part;
struct ohtd_webhooks;
struct ohtd_workers;

/* Each part is NULL until it is open, and outlives the server. */
struct ohtd_services {
	struct ohtd_config *config;
	struct ohtd_clock *clock;
	struct ohtd_robot *robot;
	struct ohtd_auth *auth;
	struct ohtd_tokens *tokens;	/* and the keys that sign them */
	struct ohtd_workers *workers;	/* reads */
	struct ohtd_workers *changers;	/* changes, however many reads wait */
	struct ohtd_checks *checks;
	struct ohtd_store *store;
	struct ohtd_recorder *recorder;	/* NULL: no journal */
	struct ohtd_setup *setup;
	struct ohtd_people_watch *people;	/* what administrators are told of */
	struct ohtd_certificate *certificate;
	struct ohtd_gateway *gateway;	/* NULL: none */
	struct ohtd_keeper *keeper;	/* of commands */
	struct ohtd_alert_keeper *alert_keeper;
	struct ohtd_history *history;
	struct ohtd_alert_rules *rules;
	struct ohtd_webhooks *webhooks;
	struct ohtd_courses *courses;
	struct ohtd_missions *missions;
	struct ohtd_training *training;	/* scenarios */
	struct ohtd_settings *settings;
	struct ohtd_analytics_service *service;
	struct ohtd_analytics_odometer *odometer;
	struct ohtd_audit *audit;
	struct ohtd_jobs *jobs;
	struct ohtd_backups *backups;
	const char *robot_id;
	struct ohtd_disk *disk;
	struct ohtd_proof *proof;
	struct ohtd_location_file *place;	/* where the robot is, on the disk */
	int (*keep_place)(const struct ohtd_services *services);	/* waits until it is there; 0 or a negative errno */
	const struct ohtd_views_part *parts;	/* all of them */
	unsigned int part_count;
	bool another_machine;	/* the state folder is of one */
	bool simulated;		/* there is no real robot */
};

/**
 * struct ohtd_views_part - a part and where it is
 * @part: its description
 * @of: the object that its judge has, or NULL while it is not open; NULL: it has none
 */
struct ohtd_views_part {
	const struct ohtd_daemon_part *part;
	void *(*of)(const struct ohtd_services *services);
};

#endif /* OHTD_VIEWS_SERVICES_H */
