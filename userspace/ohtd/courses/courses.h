/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     which acts need a course, and which accounts have a certificate of it: the one place that decides.
 * Contexts: ohtd_courses_act(): the store's thread. Open, close: main thread. The rest: any thread but the control thread.
 * Locks:    its own mutex, for a look at the certificates of one account; none while no course is required.
 *
 * The store has the rows, and this room a copy of them in memory. Each change makes the next copy in its own transaction, with a number, so
 * that of two copies the newer one stays, in whichever order they are taken.
 *
 * What stops the robot, or only takes motion away, asks for no course. Neither does root at the socket of this machine.
 */
#ifndef OHTD_COURSES_COURSES_H
#define OHTD_COURSES_COURSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "courses/rows.h"

struct ohtd_clock;
struct ohtd_courses;
struct ohtd_courses_copy;
struct ohtd_daemon_part;
struct ohtd_principal;
struct ohtd_store;

#define OHTD_COURSES_DUE_DAYS		30	/* before its end a certificate is an alert */
#define OHTD_OVERRIDE_HOURS_MAX		8
#define OHTD_OVERRIDE_WAITS_S		900	/* so long an override waits for the second person */
#define OHTD_COURSES_LACK_BYTES		512

/**
 * ohtd_courses_open() - read what is kept
 * @store, @clock: outlive the result
 * @boot_id: of this boot; copied
 * @simulated: there is no robot: the clock counts as kept right
 *
 * Return: NULL with errno.
 */
struct ohtd_courses *ohtd_courses_open(struct ohtd_store *store, struct ohtd_clock *clock, const char *boot_id, bool simulated);
void ohtd_courses_close(struct ohtd_courses *courses);

/* ---- the decision ---- */

enum ohtd_courses_kind {
	OHTD_COURSES_VERB,	/* word of POST robot/commands */
	OHTD_COURSES_MODULE,	/* unit address whose registers are written, as decimal */
	OHTD_COURSES_ROUTE,	/* "POST safety/reset" */
	OHTD_COURSES_MODE,
};

enum ohtd_courses_why {
	OHTD_COURSES_NEVER,	/* no certificate was ever granted */
	OHTD_COURSES_NOT_YET,	/* it begins later */
	OHTD_COURSES_ENDED,
	OHTD_COURSES_REVOKED,
	OHTD_COURSES_CLOCK,	/* there is one, and the time of day has not been kept right since the start */
	OHTD_COURSES_NO_ACCOUNT,	/* the local user, or the client of the gateway, has no account that could have one */
};

/**
 * struct ohtd_courses_lack - what is missing for an act
 * @course, @title: the course
 * @grant_role: the least role that grants its certificates
 * @why: see there
 * @at_s: wall clock: of NOT_YET, ENDED and REVOKED when
 * @user: name of the account or user
 */
struct ohtd_courses_lack {
	char course[OHTD_COURSES_NAME_BYTES];
	char title[OHTD_COURSES_TITLE_BYTES];
	int grant_role;
	enum ohtd_courses_why why;
	int64_t at_s;
	char user[OHTD_USER_NAME_MAX + 1];
};

/**
 * ohtd_courses_lacks() - does @who lack a course for an act?
 * @who: NULL: a client of the gateway
 * @kind: of @word
 * @word: the act
 * @lack: out: the first course that is missing; NULL: not asked for
 *
 * Each required course that names the act is needed. A user of the local socket has the certificates of the account that has the name of
 * the user; root needs none.
 */
bool ohtd_courses_lacks(struct ohtd_courses *courses, const struct ohtd_principal *who, enum ohtd_courses_kind kind, const char *word,
			struct ohtd_courses_lack *lack);

/* The missing course, and the way to get it, as one sentence. */
void ohtd_courses_lack_text(const struct ohtd_courses_lack *lack, char text[OHTD_COURSES_LACK_BYTES]);

/* "never_granted" and so on, for programs. */
const char *ohtd_courses_why_word(enum ohtd_courses_why why);

/* Has the time of day been kept right at some moment since the start? */
bool ohtd_courses_clock_is_kept(struct ohtd_courses *courses);

/* ---- changes ---- */

enum ohtd_courses_what {
	OHTD_COURSES_ADD,
	OHTD_COURSES_CHANGE,
	OHTD_COURSES_DELETE,
	OHTD_COURSES_GRANT,
	OHTD_COURSES_REVOKE,
	OHTD_COURSES_OVERRIDE,
	OHTD_COURSES_CONFIRM,
};

/* Members of a course that CHANGE is about. */
#define OHTD_COURSES_TITLE	(1U << 0)
#define OHTD_COURSES_DAYS	(1U << 1)
#define OHTD_COURSES_GRANTERS	(1U << 2)
#define OHTD_COURSES_VERBS	(1U << 3)
#define OHTD_COURSES_MODULES	(1U << 4)
#define OHTD_COURSES_ROUTES	(1U << 5)
#define OHTD_COURSES_MODES	(1U << 6)
#define OHTD_COURSES_REQUIRED	(1U << 7)
#define OHTD_COURSES_SCENARIOS	(1U << 8)

/**
 * struct ohtd_courses_order - what is done with a course or certificate
 * @what: see there
 * @members: of CHANGE, OHTD_COURSES_*
 * @by: name of the account that asks, @by_id its number, @by_epoch and @by_role as it is; 0: root or a local administrator
 * @now_s: wall clock
 * @course: ADD: the course; CHANGE: its id and the new members; DELETE: its id; GRANT, OVERRIDE: its name. Out: as it is now
 * @before: out: of CHANGE and DELETE, the course
 * @certificate: GRANT, OVERRIDE: name of the account, evidence, starts_s, ends_s (0: as long as the course says), override_ms; REVOKE: id
 *	and why; CONFIRM: id. Out: as it is now
 * @in_force: out: of DELETE that was refused: how many certificates
 * @copy: private
 */
struct ohtd_courses_order {
	enum ohtd_courses_what what;
	unsigned int members;
	char by[OHTD_USER_NAME_MAX + 1];
	int64_t by_id;
	int by_role;
	int64_t now_s;
	struct ohtd_courses_course course;
	struct ohtd_courses_course before;
	struct ohtd_courses_certificate certificate;
	int in_force;
	struct ohtd_courses_copy *copy;
};

/**
 * ohtd_courses_act() - do it, all or nothing
 *
 * Return: 0; -ENOENT: no such course or certificate; -ESRCH: no such account; -EEXIST: a course of that name, or an override that is under
 * way; -E2BIG: no room; -ENOTEMPTY: the course is in use; -EPERM: oneself, or the same account twice; -EACCES: the role does not grant;
 * -ETIME: the certificate would be over already; -ERANGE: it would last longer than the course says; -EALREADY: it is revoked or confirmed;
 * -EDOM: the course is not required; -ENODEV: the clock has not been kept; or a negative errno of the store.
 */
int ohtd_courses_act(struct ohtd_courses *courses, struct ohtd_db *db, struct ohtd_courses_order *order);

/* What the robot itself grants is by this name, which no account can have. */
#define OHTD_COURSES_GRANTER	"the robot"

/**
 * ohtd_courses_earn() - an account has just passed a scenario: grant what it has earned by that
 * @user_id: the account; service accounts and disabled accounts earn nothing
 * @scenario: its name
 * @tell: is called for each certificate that was granted, behind the disk
 * @arg: for @tell
 *
 * A course with scenarios is passed by an account that has passed each of them within the days for which its certificate is valid.
 * Context: a worker, which waits for the store.
 *
 * Return: 0, or a negative errno as ohtd_courses_act(): nothing was granted.
 */
int ohtd_courses_earn(struct ohtd_courses *courses, int64_t user_id, const char *scenario,
		      void (*tell)(void *arg, const struct ohtd_courses_certificate *certificate), void *arg);

/* It is on the disk: from now on it is decided by it. */
void ohtd_courses_settle(struct ohtd_courses *courses, struct ohtd_courses_order *order);

/* What @order owns. */
void ohtd_courses_release(struct ohtd_courses_order *order);

/* An account was changed or has left: the copy is made anew soon. */
void ohtd_courses_accounts_changed(struct ohtd_courses *courses);

/* ---- what people are told ---- */

enum ohtd_courses_state {
	OHTD_CERTIFICATE_VALID,
	OHTD_CERTIFICATE_DUE,		/* and ends within OHTD_COURSES_DUE_DAYS, without a later one */
	OHTD_CERTIFICATE_NOT_YET,
	OHTD_CERTIFICATE_ENDED,
	OHTD_CERTIFICATE_REVOKED,
	OHTD_CERTIFICATE_WAITS,		/* an override without its second person */
};

enum ohtd_courses_state ohtd_courses_state_of(struct ohtd_courses *courses, const struct ohtd_courses_certificate *certificate);

/* part.c: certificates that end, and overrides that last. */
extern const struct ohtd_daemon_part ohtd_courses_part;

/**
 * struct ohtd_courses_concern - what is to be looked after
 * @user, @course: names, good for the call
 * @id: of the certificate
 * @override: an override that lasts; false: a certificate that is to be renewed
 * @over: it has ended already
 */
struct ohtd_courses_concern {
	const char *user;
	const char *course;
	int64_t id;
	bool override;
	bool over;
};

/* For part.c: of required courses. @tell must call nothing in here. */
void ohtd_courses_concerns(struct ohtd_courses *courses, void (*tell)(void *arg, const struct ohtd_courses_concern *concern), void *arg);

/* For part.c: some times a second, on a worker. */
void ohtd_courses_tick(struct ohtd_courses *courses);

#endif /* OHTD_COURSES_COURSES_H */
