/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the thread that takes what is due out of the queue, has it sent, and writes what became of it.
 * Contexts: create, start, stop, destroy: main thread; wake, look: any.
 * Locks:    none.
 *
 * One delivery of each webhook is under way at a time, so that a receiver that is slow delays only itself. What is
 * under way when ohtd is killed is still in the queue, and is sent again with the same id.
 */
#ifndef OHTD_WEBHOOKS_WEBHOOKS_H
#define OHTD_WEBHOOKS_WEBHOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/seal.h"

struct ohtd_clock;
struct ohtd_config;
struct ohtd_daemon_part;
struct ohtd_settings;
struct ohtd_store;
struct ohtd_webhook_row;
struct ohtd_webhooks;

/* @seal: as struct ohtd_part_birth has it; NULL: none. All outlive it. @settings has the name of the robot, @robot_id is that of robot.id. @fd: of ohtd_sender_start(); becomes its own. -1: nothing is sent. */
struct ohtd_webhooks_setup {
	const struct ohtd_config *config;
	struct ohtd_clock *clock;
	struct ohtd_store *store;
	struct ohtd_settings *settings;
	const char *robot_id;
	int fd;
	bool (*seal)(const char *purpose, unsigned char *key);
};

/* NULL with errno. */
struct ohtd_webhooks *ohtd_webhooks_create(const struct ohtd_webhooks_setup *setup);

/* Starts the thread, if anything can be sent. 0 or a negative errno. */
int ohtd_webhooks_start(struct ohtd_webhooks *webhooks);

/*
 * Gives @row, which is kept then, the new @secret, sealed if there is a credential. The one before signs too, if it opens. False: no random
 * numbers. Any thread.
 */
bool ohtd_webhooks_take_secret(const struct ohtd_webhooks *webhooks, struct ohtd_webhook_row *row, const char *secret);

/* How many webhooks that are switched on wait, since their secrets are sealed by another credential. Any thread. */
unsigned int ohtd_webhooks_count_sealed(const struct ohtd_webhooks *webhooks);

/* There is something new in the queue. */
void ohtd_webhooks_wake(struct ohtd_webhooks *webhooks);

/*
 * There are receivers, and none is told: the process that sends has gone for good, never begins, ends by each
 * message or hangs. NULL is allowed. Any thread.
 */
bool ohtd_webhooks_fail(const struct ohtd_webhooks *webhooks);

/* So many attempts of a webhook on end fail before it is an alert: the last of them is 105 s after the first, unless a person asked for a test. */
#define OHTD_WEBHOOKS_FAILURES	4

/* A webhook whose newest attempts failed. @status: of the newest answer, 0: none came. */
struct ohtd_webhooks_failing {
	int64_t id;
	int64_t status;
	int64_t failures;
};

/* Those with OHTD_WEBHOOKS_FAILURES and more, by their ids; @rows has OHTD_WEBHOOKS_MAX. Returns how many. Any thread. */
unsigned int ohtd_webhooks_list_failing(struct ohtd_webhooks *webhooks, struct ohtd_webhooks_failing *rows);

/* Ends the thread and with it the process that sends, before the store ends. NULL is allowed. */
void ohtd_webhooks_stop(struct ohtd_webhooks *webhooks);

/* NULL is allowed. */
void ohtd_webhooks_destroy(struct ohtd_webhooks *webhooks);

/* part.c: what is not well with it. */
extern const struct ohtd_daemon_part ohtd_webhooks_part;

#endif /* OHTD_WEBHOOKS_WEBHOOKS_H */
