/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the parts of the daemon that requests and views are answered from.
 * Contexts: any.
 * Locks:    none; each part has its own.
 */
#ifndef OHTD_VIEWS_SERVICES_H
#define OHTD_VIEWS_SERVICES_H

struct ohtd_alert_keeper;
struct ohtd_alert_rules;
struct ohtd_audit;
struct ohtd_auth;
struct ohtd_backups;
struct ohtd_certificate;
struct ohtd_checks;
struct ohtd_clock;
struct ohtd_config;
struct ohtd_disk;
struct ohtd_gateway;
struct ohtd_history;
struct ohtd_jobs;
struct ohtd_proof;
struct ohtd_recorder;
struct ohtd_robot;
struct ohtd_settings;
struct ohtd_setup;
struct ohtd_store;
struct ohtd_webhooks;
struct ohtd_workers;

/* Everything outlives the server. */
struct ohtd_services {
	const struct ohtd_config *config;
	struct ohtd_clock *clock;
	struct ohtd_robot *robot;
	struct ohtd_auth *auth;
	struct ohtd_workers *workers;	/* reads */
	struct ohtd_workers *changers;	/* changes, however many reads wait */
	struct ohtd_checks *checks;
	struct ohtd_store *store;
	const struct ohtd_recorder *recorder;	/* NULL: no journal */
	struct ohtd_setup *setup;
	struct ohtd_certificate *certificate;
	const struct ohtd_gateway *gateway;	/* NULL: none */
	struct ohtd_alert_keeper *alert_keeper;
	struct ohtd_history *history;
	struct ohtd_alert_rules *rules;
	struct ohtd_webhooks *webhooks;
	struct ohtd_settings *settings;
	struct ohtd_audit *audit;
	struct ohtd_jobs *jobs;
	struct ohtd_backups *backups;
	const char *robot_id;
	const struct ohtd_disk *disk;
	const struct ohtd_proof *proof;
	bool another_machine;	/* the state folder is of one */
};

#endif /* OHTD_VIEWS_SERVICES_H */
