/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is kept about users and their sessions.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call().
 * Locks:    none.
 */
#ifndef OHTD_STORE_USERS_H
#define OHTD_STORE_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ohtd_db;

#define OHTD_USER_NAME_MAX	64	/* characters are ASCII, so also bytes */
#define OHTD_PASSWORD_HASH_MAX	127
#define OHTD_SESSION_ID_BYTES	33	/* 128 random bits in hexadecimal, and NUL */
#define OHTD_REFRESH_HASH_BYTES	32	/* SHA-256 */
#define OHTD_BOOT_ID_BYTES	37
#define OHTD_SESSIONS_PER_USER	32	/* the oldest beyond are dropped */

struct ohtd_user {
	int64_t id;
	char name[OHTD_USER_NAME_MAX + 1];
	int role;			/* enum ohtd_role */
	char password_hash[OHTD_PASSWORD_HASH_MAX + 1];
	bool disabled;
	int64_t created_s;		/* wall clock; only in a list and after a change */
};

struct ohtd_session {
	char id[OHTD_SESSION_ID_BYTES];
	int64_t user_id;
	const struct ohtd_user *as;	/* of a new one: as whom he logged in; NULL: not looked at */
	unsigned char refresh_hash[OHTD_REFRESH_HASH_BYTES];
	char address[64];
	int64_t created_s;		/* wall clock */
	int64_t expires_s;
	char boot_id[OHTD_BOOT_ID_BYTES];
	int64_t expires_boot_s;		/* CLOCK_BOOTTIME of that boot */
	bool revoked;
	bool superseded;		/* found by the token before the present one */
};

/* @user->name says whom; the rest is filled. Returns 0, -ENOENT or another negative errno. */
int ohtd_db_user_find(struct ohtd_db *db, struct ohtd_user *user);

/* Name, role and hash must be set. Returns 0, -EEXIST (the name, or an unfit value), or errno. */
int ohtd_db_user_add(struct ohtd_db *db, const struct ohtd_user *user, int64_t now_s);

/* 1 if there is an administrator who can log in, 0 if not, or a negative errno. */
int ohtd_db_has_administrator(struct ohtd_db *db);

/* ohtd_db_user_add(), but only while there is no administrator who can log in: -EALREADY. */
int ohtd_db_user_add_first(struct ohtd_db *db, const struct ohtd_user *user, int64_t now_s);

/**
 * struct ohtd_user_change - what becomes of an account
 * @id: whose
 * @role: the new one, 0: as it is
 * @disabled: 0 or 1, -1: as it is
 * @password_hash: the new one, NULL: as it is
 * @by_role: of who wants it; nobody changes, or makes, somebody above himself
 * @now_s: wall clock
 * @user: out: as it is now, without the hash
 * @ended: out: ids of the sessions that ended by it; any change ends all
 * @ended_count: out: how many
 */
struct ohtd_user_change {
	int64_t id;
	int role;
	int disabled;
	const char *password_hash;
	int by_role;
	int64_t now_s;
	struct ohtd_user user;
	char ended[OHTD_SESSIONS_PER_USER][OHTD_SESSION_ID_BYTES];
	int ended_count;
};

/**
 * ohtd_db_user_change() - change an account and end its sessions, or do nothing
 *
 * Return: 0, -ENOENT, -EACCES (above @by_role), -EPERM (the last administrator that can log in), or
 * another negative errno.
 */
int ohtd_db_user_change(struct ohtd_db *db, struct ohtd_user_change *change);

/* Accounts with an id above @after, in order. Returns how many were filled, or a negative errno. */
int ohtd_db_user_list(struct ohtd_db *db, int64_t after, struct ohtd_user *users, int max);

/* Adds a session (-ENOENT: the account is not as @session->as any more) and drops the user's oldest beyond OHTD_SESSIONS_PER_USER, in one transaction. */
int ohtd_db_session_add(struct ohtd_db *db, const struct ohtd_session *session);

/**
 * ohtd_db_session_find() - the session of a refresh token, and its user
 * @session: refresh_hash says which token; the rest is filled
 * @user: filled without the password hash
 *
 * Return: 0 (look at revoked and superseded), -ENOENT, or another negative errno.
 */
int ohtd_db_session_find(struct ohtd_db *db, struct ohtd_session *session, struct ohtd_user *user);

/* Puts @new_hash in the place of @old_hash. -ENOENT: somebody else did so first, or revoked. */
int ohtd_db_session_rotate(struct ohtd_db *db, const unsigned char *old_hash,
			   const unsigned char *new_hash);

/* Revoking twice is 0 too. */
int ohtd_db_session_revoke(struct ohtd_db *db, const char *id, int64_t now_s);

/* The ids of the newest revoked sessions. Returns how many were filled, or a negative errno. */
int ohtd_db_sessions_revoked(struct ohtd_db *db, char (*ids)[OHTD_SESSION_ID_BYTES], int max);

#endif /* OHTD_STORE_USERS_H */
