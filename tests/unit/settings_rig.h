/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration on a real store, beside a robot that answers as it is told.
 *
 * Owns:     the rig. Contexts: one test program, its main thread. Locks: none.
 */
#ifndef OHT_TEST_SETTINGS_RIG_H
#define OHT_TEST_SETTINGS_RIG_H

#include <pthread.h>

#include "config/config.h"
#include "control/robot.h"
#include "settings/settings.h"

/* What the robot does is to be set, what it was asked is counted from rig_open() on. */
struct settings_rig {
	struct ohtd_settings *settings;
	struct ohtd_store *store;
	bool refuses_trial, refuses_take, silent_take, takes_silently;
	unsigned int trials, takes;
	_Atomic unsigned int looks;	/* at what goes well */
	pthread_mutex_t lock;		/* of well */
	struct ohtd_well well;
	_Atomic bool moves, held, leaves;	/* it moves; another person has control; the daemon ends */
	char noted[300];		/* of a version, the last time */
	bool waits;			/* for a person, at the start */
	const struct ohtd_config *config;	/* ohtd.conf; NULL: without a line */
	const struct ohtd_model *model;		/* which modules are required; NULL: none */
	struct ohtd_rule_table taken;
	struct ohtd_searched searched;
	struct ohtd_snapshot seen;
};

extern struct settings_rig rig;

/* What goes well from now on; all does at rig_open(). */
void rig_set_well(const struct ohtd_well *well);
/* Module 4 and everything else. */
extern const struct ohtd_well rig_all_well;

/* The settings on the store of the folder, or NULL with errno. */
struct ohtd_settings *rig_open(void);
/* The same, which must be there. */
void rig_begin(void);
void rig_end(void);

/* So much time goes by. */
void rig_pass(unsigned int seconds);
/* The time of day is set so far ahead, or back. */
void rig_step_clock(int seconds);

/* Asks for a change; then ohtd_change_drop(). */
void rig_ask_as(struct ohtd_change *change, enum ohtd_role role, bool elevated,
		const char *patch);
/* As an administrator with an elevated session. */
void rig_ask(struct ohtd_change *change, const char *patch);
enum ohtd_change_result rig_result_of(const char *patch);

/* That version is in force, and its text has @part. */
void rig_is_live(int64_t version, const char *part);

#endif /* OHT_TEST_SETTINGS_RIG_H */
