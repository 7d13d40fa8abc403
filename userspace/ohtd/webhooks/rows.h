/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     webhooks, and the queue of what each is to be told: one row each.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call() and ohtd_store_read().
 * Locks:    none.
 *
 * What an alert gives to be told is queued in the transaction that keeps the alert: after a crash there are both or
 * none.
 */
#ifndef OHTD_WEBHOOKS_ROWS_H
#define OHTD_WEBHOOKS_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "alerts/rows.h"

struct ohtd_db;
struct ohtd_journal_notice;
struct ohtd_stored_row;

#define OHTD_WEBHOOKS_MAX		16
#define OHTD_WEBHOOK_URL_BYTES		401
#define OHTD_WEBHOOK_WORD_BYTES		24
#define OHTD_WEBHOOK_SECRET_BYTES	40	/* "whsec_", base64 of 24 bytes, NUL */
#define OHTD_WEBHOOKS_KEPT_BYTES	160	/* the same as it is kept: in clear, or sealed (webhooks/sign.h) */
#define OHTD_WEBHOOK_ERROR_BYTES	120
#define OHTD_WEBHOOK_MESSAGE_BYTES	32
/* A delivery that is tried as often in vain, and for 54 hours, is dead. */
#define OHTD_WEBHOOK_ATTEMPTS		10
/* Delivered or dead messages kept, and waiting ones, of all webhooks. */
#define OHTD_WEBHOOK_KEPT		1000
#define OHTD_WEBHOOK_WAITING		5000

/* What a webhook is told of, as tables, clients and receivers name it. webhooks/body.c has a row for each. */
#define OHTD_EVENT_BEGAN	"alert.began"
#define OHTD_EVENT_FLAPS	"alert.flaps"	/* as OHTD_EVENT_BEGAN, of an alert that comes more often than it is told */
#define OHTD_EVENT_ENDED	"alert.ended"
#define OHTD_EVENT_LOST		"alert.lost"
#define OHTD_EVENT_ALIVE	"alive"
#define OHTD_EVENT_TEST		"test"
#define OHTD_EVENT_MISSION_HELD		"mission.held"
#define OHTD_EVENT_MISSION_FAILED	"mission.failed"
#define OHTD_EVENT_MISSION_FINISHED	"mission.finished"

/**
 * struct ohtd_webhook_row - somebody who is told
 * @id: no other that is kept has it
 * @url: where to
 * @format: "oht", "alertmanager" or "ntfy"
 * @severity: least severity of an alert that is told
 * @alive: told each day that this daemon lives
 * @missions: told of missions
 * @enabled: told at all; the receiver ends it with 410
 * @made_ns: wall clock
 * @made_by: who
 * @secret: signs; as it is kept
 * @secret_before: signs too, until everybody knows the new one; "": none
 * @last_ns: wall clock of the newest attempt; 0: none
 * @last_status: what came of it: status of the answer; 0: none came
 * @last_error: the same; "": there was an answer
 * @failures: attempts in vain since the last success
 * @retry_ns: wall clock: nothing is sent before, since the receiver is away; 0: it is not
 * @waiting: deliveries that wait
 * @dead: deliveries that are kept and dead
 */
struct ohtd_webhook_row {
	int64_t id;
	char url[OHTD_WEBHOOK_URL_BYTES];
	char format[OHTD_WEBHOOK_WORD_BYTES];
	char severity[OHTD_ALERT_WORD_BYTES];
	bool alive;
	bool missions;
	bool enabled;
	int64_t made_ns;
	char made_by[OHTD_USER_NAME_MAX + 1];
	char secret[OHTD_WEBHOOKS_KEPT_BYTES];
	char secret_before[OHTD_WEBHOOKS_KEPT_BYTES];
	int64_t last_ns;
	int64_t last_status;
	char last_error[OHTD_WEBHOOK_ERROR_BYTES];
	int64_t failures;
	int64_t retry_ns;
	int64_t waiting;
	int64_t dead;
};

/**
 * struct ohtd_delivery_row - something that a webhook is to be told
 * @number: no other that is kept has it; that of one that was deleted may come again
 * @webhook: id, for which the same holds
 * @message: webhook-id, the same in each attempt; no other ever has it
 * @event: one of OHTD_EVENT_BEGAN and its like
 * @state: "waiting", "delivered" or "dead"
 * @alert: its number, 0: it is about none. What follows is as of the alert, at the moment of the event
 *	(@times of OHTD_EVENT_FLAPS: since it was told before)
 * @made_ns: wall clock of the event
 * @due_ns: the same, of the next attempt
 * @tried_ns: the same, of the last attempt; 0: none
 * @lived_ns: time from the first attempt to it, of which no pause counts for more than a day
 * @attempts: in vain, or the one that was not
 * @last_status: as of a webhook
 * @last_error: the same
 */
struct ohtd_delivery_row {
	int64_t number;
	int64_t webhook;
	char message[OHTD_WEBHOOK_MESSAGE_BYTES];
	char event[OHTD_WEBHOOK_WORD_BYTES];
	char state[OHTD_WEBHOOK_WORD_BYTES];
	int64_t alert;
	char code[OHTD_ALERT_WORD_BYTES];
	char severity[OHTD_ALERT_WORD_BYTES];
	char source[OHTD_ALERT_WORD_BYTES];
	uint8_t unit;
	char subject[OHTD_ALERT_SUBJECT_BYTES];
	char text[OHTD_ALERT_TEXT_BYTES];
	int64_t since_ns;
	int64_t ended_ns;
	int64_t times;
	int64_t made_ns;
	int64_t due_ns;
	int64_t tried_ns;
	int64_t lived_ns;
	int64_t attempts;
	int64_t last_status;
	char last_error[OHTD_WEBHOOK_ERROR_BYTES];
};

/* The greatest number the newest. */
extern const struct ohtd_stored_row ohtd_kept_deliveries;

/* ---- webhooks.c ---- */

/* @row->id: out. 0, -E2BIG: there are OHTD_WEBHOOKS_MAX already, or a negative errno. */
int ohtd_db_webhook_add(struct ohtd_db *db, struct ohtd_webhook_row *row);

/* @row->id: which; out: all of it. 0, -ENOENT, or a negative errno. */
int ohtd_db_webhook_get(struct ohtd_db *db, struct ohtd_webhook_row *row);

/* The same without waiting and dead, which are counted. */
int ohtd_db_webhook_find(struct ohtd_db *db, struct ohtd_webhook_row *row);

/* Keeps enabled, last_ns, last_status, last_error, failures and retry_ns. 0 or a negative errno. */
int ohtd_db_webhook_attempted(struct ohtd_db *db, const struct ohtd_webhook_row *row);

/*
 * Keeps url, severity, alive, missions, enabled and the secrets. A place that is new, or switched on, gets at once what waits. 0 or
 * a negative errno.
 */
int ohtd_db_webhook_change(struct ohtd_db *db, const struct ohtd_webhook_row *row);

/* With all that it was to be told. 1, 0: there was none, or a negative errno. */
int ohtd_db_webhook_delete(struct ohtd_db *db, int64_t id);

/* All, by their id; @rows has OHTD_WEBHOOKS_MAX. How many, or a negative errno. */
int ohtd_db_webhooks_list(struct ohtd_db *db, struct ohtd_webhook_row *rows);

/* The same of those that are enabled, without waiting and dead. */
int ohtd_db_webhooks_enabled(struct ohtd_db *db, struct ohtd_webhook_row *rows);

/* ---- webhook_queue.c ---- */

/* Queues what an alert that is not kept yet has to say beyond what the table of alerts knows. */
extern const struct ohtd_alerts_listener ohtd_webhooks_listener;

/* For whatever adds to the queue, once: it does not grow either while nothing can be sent. 0 or a negative errno. */
int ohtd_db_webhooks_bound(struct ohtd_db *db);

/*
 * Queues a test for a webhook. @row->webhook: which, @row->made_ns: now; out: all of it. 0, -ENOENT, -EPERM: it is
 * switched off, or a negative errno.
 */
int ohtd_db_webhook_test(struct ohtd_db *db, struct ohtd_delivery_row *row);

/* Queues a notice for each webhook that wants its source: of missions, that one is held, has failed or has finished. 0 or a negative errno. */
int ohtd_webhooks_notice(struct ohtd_db *db, const struct ohtd_journal_notice *notice);

/* Queues that this daemon lives, for each webhook that wants it and has not been told for a day. */
int ohtd_db_webhooks_alive(struct ohtd_db *db, int64_t now_ns);

/* A delivery, and whom it is for. */
struct ohtd_due {
	struct ohtd_delivery_row delivery;
	struct ohtd_webhook_row webhook;
};

/* A delivery whose receiver has taken it, before that is kept. */
struct ohtd_webhook_told {
	int64_t webhook;
	int64_t number;
};

/**
 * ohtd_db_webhooks_due() - the first delivery of each webhook that is due
 * @db: the database
 * @now_ns: wall clock
 * @told: these are not due, and nothing waits behind them; one of each webhook at most
 * @told_count: of @told
 * @due: has OHTD_WEBHOOKS_MAX
 * @alive: out: ohtd_db_webhooks_alive() has something to do
 *
 * Return: how many, or a negative errno.
 */
int ohtd_db_webhooks_due(struct ohtd_db *db, int64_t now_ns, const struct ohtd_webhook_told *told, unsigned int told_count,
			 struct ohtd_due *due, bool *alive);

/**
 * struct ohtd_delivery_result - what has become of an attempt
 * @number: of the delivery
 * @message: the same; another one has got the number when it does not fit
 * @url: where it went; the webhook may lead elsewhere since
 * @now_ns: wall clock
 * @status: of the answer; 0: none came
 * @broken: the process that sends has ended: nobody else is to blame, and nothing is dead by it
 * @after_s: the receiver wishes to be left alone so long
 * @error: "": there was an answer
 * @failures: out: attempts of the webhook in vain before this one; as it was: this says nothing about the webhook
 */
struct ohtd_delivery_result {
	int64_t number;
	const char *message;
	const char *url;
	int64_t now_ns;
	int status;
	bool broken;
	int after_s;
	const char *error;
	int64_t failures;
};

/*
 * All of them or, with a negative errno, none. A delivery that is not there any more, or is to go elsewhere now, is passed over. One that has
 * become dead meanwhile stays so; the webhook is judged all the same.
 */
int ohtd_db_webhooks_results(struct ohtd_db *db, struct ohtd_delivery_result *results, unsigned int count);

/* A delivery that is dead, or was delivered, waits again. 0, -ENOENT, -EALREADY: it waits, or a negative errno. @row: out. */
int ohtd_db_webhook_resend(struct ohtd_db *db, int64_t number, struct ohtd_delivery_row *row);

#endif /* OHTD_WEBHOOKS_ROWS_H */
