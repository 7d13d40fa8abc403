/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the sessions that live, in memory: what is not in here has ended.
 * Contexts: any thread but the control thread.
 * Locks:    its own mutex, for a walk over one chain; over all for a list and for the end of an account's.
 *
 * Each access token is looked up in here at each use, so the end of a session is at once and stays,
 * whatever the token says of its own age. A session is added before it is written: nobody has a
 * token of it yet. What ends sessions in the store takes them out of here before it is answered.
 *
 * Whether a session is elevated is known in here only: a restart ends it, and so does all that ends
 * the session or gives its account a new epoch (password, role, disabled).
 */
#ifndef OHTD_AUTH_LIVE_H
#define OHTD_AUTH_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "accounts/sessions.h"

struct ohtd_auth_live;

/* NULL: out of memory. */
struct ohtd_auth_live *ohtd_live_create(void);
void ohtd_live_destroy(struct ohtd_auth_live *live);

/* Takes a copy, with expires_boot_ms as a time of this boot. 0 or -ENOMEM. */
int ohtd_live_add(struct ohtd_auth_live *live, const struct ohtd_session *session);

/*
 * Lets no access token of the session be good any more. False if @user_id, or anybody if that is 0,
 * has no such session. The entry stays until the row in the store has gone too; without a row it
 * goes at once.
 */
bool ohtd_live_end(struct ohtd_auth_live *live, const char *id, int64_t user_id);

/* The row of the session has gone. */
void ohtd_live_forget(struct ohtd_auth_live *live, const char *id);

/*
 * The session has ended, and its row may have been written behind the deletion. It stays an entry
 * that has ended until two deletions were answered, since the answer to the earlier one may still
 * come. Out of memory, the row stays.
 */
void ohtd_live_bury(struct ohtd_auth_live *live, const char *id, int64_t user_id);

/* Ends the sessions of a user that are of an earlier epoch than @epoch. */
void ohtd_live_end_user(struct ohtd_auth_live *live, int64_t user_id, int64_t epoch);

/*
 * The account of a session that goes on has a new epoch, and its refresh token is of @generation. The session is not
 * elevated any more.
 */
void ohtd_live_raise(struct ohtd_auth_live *live, const char *id, int64_t epoch, int64_t generation);

/*
 * The account has the epoch @epoch. Its sessions go on with their tokens, with @keep that one alone, and all others end. None is elevated
 * any more.
 */
void ohtd_auth_live_raise_all(struct ohtd_auth_live *live, int64_t user_id, const char *keep, int64_t epoch);

/**
 * ohtd_live_use() - does the session of an access token live?
 * @id: of the session
 * @user_id: whose the token says that it is
 * @epoch: of the account, in: as the token says; out: as it is now. They differ behind ohtd_auth_live_raise_all()
 * @now_s: wall clock; noted as the last use
 * @now_boot_ms: CLOCK_BOOTTIME
 */
bool ohtd_live_use(struct ohtd_auth_live *live, const char *id, int64_t user_id, int64_t *epoch,
		   int64_t now_s, int64_t now_boot_ms);

/* The same without noting a use: for connections that stay. */
bool ohtd_live_lives(struct ohtd_auth_live *live, const char *id, int64_t user_id, int64_t epoch,
		     int64_t now_boot_ms);

/**
 * ohtd_live_elevate() - elevate a session, or end that
 * @until_boot_ms: CLOCK_BOOTTIME; 0: from now on it is not elevated
 *
 * Return: false if it does not live, or its account has another epoch than @epoch, under which the password was
 * judged; then nothing is changed.
 */
bool ohtd_live_elevate(struct ohtd_auth_live *live, const char *id, int64_t user_id, int64_t epoch,
		       int64_t now_boot_ms, int64_t until_boot_ms);

/* The same by the PIN of the person, which opens less. @device: account of the device on which it was typed; 0: none. */
bool ohtd_auth_live_elevate_by_pin(struct ohtd_auth_live *live, const char *id, int64_t user_id, int64_t epoch,
				   int64_t now_boot_ms, int64_t until_boot_ms, int64_t device);

/* The PIN of the account has ended, or it is that of a device: no session stays elevated by that PIN, or on that device. */
void ohtd_auth_live_end_pin(struct ohtd_auth_live *live, int64_t user_id);

/*
 * Its refresh token was replaced in the store, by that of @session, and the new one is answered now: the old one may come again
 * until then. Ignored if the account has another epoch by now than @session. False: the session has ended in memory.
 */
bool ohtd_live_renewed(struct ohtd_auth_live *live, const struct ohtd_session *session, int64_t again_until_ms);

/* ---- while the store takes nothing: a session is ahead of its row, or has none ---- */

/* What the store would do with a refresh token. 0 with @renewal->result, or -ENOENT. */
int ohtd_live_renew(struct ohtd_auth_live *live, struct ohtd_renewal *renewal);

/*
 * The store did not take a new session, which has no row then. Of more than @max of its user the
 * oldest end, also in the store once it takes that.
 */
void ohtd_live_keep(struct ohtd_auth_live *live, const char *id, int max);

/*
 * A copy of the session @id, if it lives, or of any if that is NULL, that is ahead; false: there is
 * none. One that has ended has the epoch 0, and a row that is to go.
 */
bool ohtd_live_find_ahead(struct ohtd_auth_live *live, const char *id, struct ohtd_session *session);

/* @session was written. False: it has ended meanwhile, and nothing is kept of it in here. */
bool ohtd_live_written(struct ohtd_auth_live *live, const struct ohtd_session *session);

/* Until when the session was last elevated again, and the epoch under which that holds; 0: not in this run. */
int64_t ohtd_live_again_until_ms(struct ohtd_auth_live *live, const char *id, int64_t *epoch);

/* For how long the session is still elevated, 0: it is not, or does not live. */
int64_t ohtd_live_elevated_ms(struct ohtd_auth_live *live, const char *id, int64_t user_id,
			      int64_t epoch, int64_t now_boot_ms);

/* The same of an elevation by the PIN. */
int64_t ohtd_auth_live_pin_ms(struct ohtd_auth_live *live, const char *id, int64_t user_id, int64_t epoch, int64_t now_boot_ms);

/* Notes of all sessions of an account whether it has a second factor. */
void ohtd_auth_live_note_second(struct ohtd_auth_live *live, int64_t user_id, bool second);

/* Has its account a second factor, as noted last? False also if the session does not live. */
bool ohtd_auth_live_has_second(struct ohtd_auth_live *live, const char *id);

/* Has the session not ended? Of whatever epoch its account is. */
bool ohtd_live_has(struct ohtd_auth_live *live, const char *id, int64_t now_boot_ms);

/* The sessions of a user, the newest log-in first. Returns how many were filled. */
int ohtd_live_list(struct ohtd_auth_live *live, int64_t user_id, int64_t now_boot_ms,
		   struct ohtd_session *sessions, int max);

#endif /* OHTD_AUTH_LIVE_H */
