/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is kept about sessions. A session has a row exactly while it lives.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call().
 * Locks:    none.
 */
#ifndef OHTD_ACCOUNTS_SESSIONS_H
#define OHTD_ACCOUNTS_SESSIONS_H

#include <stdint.h>

#include "accounts/users.h"

struct ohtd_db;

#define OHTD_SESSION_ID_BYTES	33	/* 128 random bits in hexadecimal, and NUL */
#define OHTD_SESSIONS_PER_USER	32	/* the oldest beyond are dropped */

/**
 * struct ohtd_session - a session that lives
 * @id: names it; not secret
 * @user_id: whose
 * @epoch: of the account; another one there means that the session has ended
 * @generation: of the newest refresh token
 * @previous_until_boot_ms: until then the token before the newest may come again; 0: never
 * @boot_id: of the boot whose times the *_boot_ms are
 * @expires_boot_ms: end of the session within that boot
 * @expires_s: the same in wall time, for another boot
 * @created_s: wall time of the log-in
 * @used_s: wall time of the newest use that is written down
 * @address: where the log-in came from
 * @agent: what the client called itself
 * @name: of the account
 * @role: of the account, at that epoch
 * @second: the account has a second factor
 * @device: the account is that of a device: its key has opened the session, and no password
 * @place: in the order of the log-ins in the database
 * @number: its place in the order of the log-ins, given anew in each run; not in the database
 */
struct ohtd_session {
	char id[OHTD_SESSION_ID_BYTES];
	int64_t user_id;
	int64_t epoch;
	int64_t generation;
	int64_t previous_until_boot_ms;
	char boot_id[OHTD_BOOT_ID_BYTES];
	int64_t expires_boot_ms;
	int64_t expires_s;
	int64_t created_s;
	int64_t used_s;
	char address[OHTD_SESSION_ADDRESS_BYTES];
	char agent[OHTD_AGENT_BYTES];
	char name[OHTD_USER_NAME_MAX + 1];
	int role;
	bool second;
	bool device;
	int64_t place;
	uint64_t number;
};

/**
 * struct ohtd_session_dropped - the sessions that a new one has pushed out
 * @ids: which
 * @count: how many
 */
struct ohtd_session_dropped {
	char ids[OHTD_SESSIONS_PER_USER][OHTD_SESSION_ID_BYTES];
	int count;
};

/*
 * Adds a session and drops the user's oldest beyond OHTD_SESSIONS_PER_USER, in one transaction.
 * -ENOENT: the account is disabled, or its epoch is another one than the session's.
 */
int ohtd_db_session_add(struct ohtd_db *db, const struct ohtd_session *session,
			struct ohtd_session_dropped *dropped);

enum ohtd_renewal_result {
	OHTD_RENEWED,	/* the session has a new generation */
	OHTD_REPEATED,	/* the token before the newest, within its time: nothing was changed */
	OHTD_REUSED,	/* any other generation: the session was ended */
};

/**
 * struct ohtd_renewal - a refresh token that came, and what became of its session
 * @id: of the session
 * @generation: of the token
 * @now_s: wall time
 * @now_boot_ms: CLOCK_BOOTTIME
 * @again_ms: how long the token that is replaced may come again
 * @again_until_boot_ms: until when the one that was replaced last may, since its answer was late; 0: not known
 * @again_epoch: of the account when @again_until_boot_ms was asked for; a change meanwhile makes it void
 * @life_ms: the longest life of a session
 * @boot_id: of this boot
 * @ahead: @session is newer than its row, which a full disk has not taken: it is written first
 * @result: out
 * @session: out: as it is now, unless OHTD_REUSED
 * @user: out: whose it is, without the password's hash
 */
struct ohtd_renewal {
	char id[OHTD_SESSION_ID_BYTES];
	int64_t generation;
	int64_t now_s;
	int64_t now_boot_ms;
	int64_t again_ms;
	int64_t again_until_boot_ms;
	int64_t again_epoch;
	int64_t life_ms;
	const char *boot_id;
	bool ahead;
	enum ohtd_renewal_result result;
	struct ohtd_session session;
	struct ohtd_user user;
};

/**
 * ohtd_db_session_renew() - replace the refresh token of a session
 *
 * Return: 0 with @renewal->result, -ENOENT (there is no such session, or it is over), or another
 * negative errno.
 */
int ohtd_db_session_renew(struct ohtd_db *db, struct ohtd_renewal *renewal);

/*
 * The same for @renewal->session alone, in memory, without a store. 0 with @renewal->result, or -ENOENT: it is over.
 */
int ohtd_session_renew(struct ohtd_renewal *renewal);

/* Writes a session as it is in memory, new or newer than its row. -ENOENT: its account has changed. */
int ohtd_db_session_put(struct ohtd_db *db, const struct ohtd_session *session);

/* The rest of a session's time, at most @life_ms; 0 or less: it is over. */
int64_t ohtd_session_left_ms(const struct ohtd_session *session, const char *boot_id,
			     int64_t now_boot_ms, int64_t now_s, int64_t life_ms);

/* Ends a session of @user_id, or whosesoever if that is 0. -ENOENT: there is none. */
int ohtd_db_session_end(struct ohtd_db *db, const char *id, int64_t user_id);

/*
 * Gives the account of the epoch @before the next one: what was judged under @before, and is not done yet, is refused. Its sessions go on with
 * their tokens; with @keep that one alone, and all others end. 0 or a negative errno.
 */
int ohtd_account_sessions_raise(struct ohtd_db *db, int64_t user_id, int64_t before, const char *keep);

/**
 * ohtd_db_sessions() - the sessions that live, in the order of their log-ins
 * @after: where the last call ended, 0 at first; moved on
 *
 * Return: how many of @max were filled, or a negative errno.
 */
int ohtd_db_sessions(struct ohtd_db *db, int64_t *after, struct ohtd_session *sessions, int max);

#endif /* OHTD_ACCOUNTS_SESSIONS_H */
