/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine with one account, anna, whose time the test makes; it can be restarted and rebooted.
 *
 * Owns:     store, tokens and sessions of the running test.
 * Contexts: the test's main thread; renewals and checks: any.
 * Locks:    none.
 */
#ifndef SESSION_FIXTURE_H
#define SESSION_FIXTURE_H

#include <stdatomic.h>

#include "auth/session.h"
#include "base/clock.h"

#define DAY_NS	(24 * 3600 * OHTD_NS_PER_S)

extern struct ohtd_manual_clock manual;
extern struct ohtd_clock wall;
extern struct ohtd_store *store;
extern struct ohtd_tokens *tokens;
extern struct ohtd_auth *auth;
extern int64_t anna_id;
/* How many passwords were hashed, and by which method and cost the last. */
extern atomic_uint hashes;
extern char hashed_by[8];
/* Called once, while the next password is hashed: what somebody else does meanwhile. */
extern void (*meanwhile)(void);

/* 0: a hash of a password that may be set. */
int session_hash(const char *text, char hash[OHTD_PASSWORD_HASH_MAX + 1]);
int session_set_up(void **state);
int session_tear_down(void **state);
void session_start(void);
void session_stop(void);
void session_restart(void);
/* The machine was off for so long. */
void session_reboot(uint64_t off_ns);

struct ohtd_credentials credentials_of(const char *name, const char *password);
enum ohtd_auth_result login_with(const char *password, struct ohtd_grant *grant);
/* With the right password; must succeed. */
void login(struct ohtd_grant *grant);
enum ohtd_auth_result refresh(const struct ohtd_grant *from, struct ohtd_grant *grant);
/* The same; the disk takes so long. */
enum ohtd_auth_result refresh_slowly(const struct ohtd_grant *from, struct ohtd_grant *grant, uint64_t disk_ns);
enum ohtd_token_result check(const struct ohtd_grant *grant);
void forget(struct ohtd_grant *grants, int count);
/* In memory and in the store. 0 or -ENOENT. */
int end_session(const char *id, int64_t user_id);
/* As an administrator. */
void order_change(struct ohtd_user_change change);

#endif /* SESSION_FIXTURE_H */
