/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     second factors: their secrets, sealed on the disk; which code is good; recovery codes.
 * Contexts: ohtd_auth_second_judge(), ohtd_auth_second_work(): the thread that owns the database handle. The rest: any.
 * Locks:    none.
 *
 * A code is taken in the transaction that opens the session, so of two log-ins with one code exactly one gets in, and a code that was
 * taken is on the disk before anybody is answered.
 */
#ifndef OHTD_AUTH_SECOND_H
#define OHTD_AUTH_SECOND_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/code.h"
#include "auth/seal.h"
#include "auth/totp.h"
#include "base/secret.h"
#include "accounts/users.h"

struct ohtd_db;

#define OHTD_AUTH_SECOND_KEY_BYTES	OHTD_AUTH_SEAL_KEY_BYTES
/* Behind so many wrong codes only a recovery code is good, until a right one or another password: three of a million codes are right. */
#define OHTD_AUTH_SECOND_TRIES		50

enum ohtd_auth_second_result {
	OHTD_AUTH_SECOND_NONE,		/* the account has none */
	OHTD_AUTH_SECOND_RIGHT,
	OHTD_AUTH_SECOND_MISSING,	/* no code came */
	OHTD_AUTH_SECOND_WRONG,		/* also one that was taken before */
	OHTD_AUTH_SECOND_LOCKED,	/* too many were wrong */
	OHTD_AUTH_SECOND_CLOCK,		/* the time of day is not kept right, or has gone back behind the newest code */
	OHTD_AUTH_SECOND_SEALED,	/* the key that opens the secret is another one */
};

/* What all judging needs. @key: that secrets are sealed with. @now_s: wall clock. @kept: it is kept right. */
struct ohtd_auth_second_now {
	const unsigned char *key;
	int64_t now_s;
	bool kept;
};

/**
 * struct ohtd_auth_second_try - a code that came
 * @now: when
 * @user_id: for which account
 * @code: as typed; "": none
 * @result: out
 * @recovery: out: it was a recovery code
 * @left: out: recovery codes that are left
 */
struct ohtd_auth_second_try {
	struct ohtd_auth_second_now now;
	int64_t user_id;
	struct ohtd_secret code;
	enum ohtd_auth_second_result result;
	bool recovery;
	int left;
};

/* Takes the code, or counts it as wrong; the caller commits. 0 with @try->result, or a negative errno. */
int ohtd_auth_second_judge(struct ohtd_db *db, struct ohtd_auth_second_try *try);

enum ohtd_auth_second_act {
	OHTD_AUTH_SECOND_ENROL,		/* draw a secret, which waits for its first code */
	OHTD_AUTH_SECOND_CONFIRM,	/* by that code; draws recovery codes; ends the other sessions and the PIN */
	OHTD_AUTH_SECOND_RENEW,		/* other recovery codes, by a code */
	OHTD_AUTH_SECOND_REMOVE,	/* by a code */
	/* All but the first give the account another epoch: nothing that was judged by the rule of before is granted behind it. */
};

/**
 * struct ohtd_auth_second_order - what the person of an account does with its second factor
 * @act: what
 * @epoch: of the account when it was asked for
 * @keep: session that asks
 * @try: now, user_id and code; of CONFIRM and what is done by a code also result
 * @raised: out: epoch of the account as it is now; 0: as it was. Sessions go on with their tokens, but for those that CONFIRM ends
 * @secret: out, of ENROL: in base32
 * @codes: out, of CONFIRM and RENEW: the recovery codes
 */
struct ohtd_auth_second_order {
	enum ohtd_auth_second_act act;
	int64_t epoch;
	const char *keep;
	struct ohtd_auth_second_try try;
	int64_t raised;
	char secret[OHTD_AUTH_TOTP_TEXT_BYTES];
	char codes[OHTD_ACCOUNT_RECOVERY_CODES][OHTD_CODE_TEXT_BYTES];
};

/*
 * 0, or 0 with a @order->try.result that says why nothing was done; -EEXIST: ENROL, and there is one; -ENOENT: there is none, or, CONFIRM,
 * none that waits; -ESTALE: the account has changed; another negative errno.
 */
int ohtd_auth_second_work(struct ohtd_db *db, void *order);

#endif /* OHTD_AUTH_SECOND_H */
