// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/second.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "auth/code.h"
#include "auth/seal.h"
#include "base/hex.h"
#include "accounts/pins.h"
#include "accounts/sessions.h"

#define SEALED_BYTES	(OHTD_AUTH_TOTP_SECRET_BYTES + OHTD_AUTH_SEAL_MORE)
#define DIGITS		OHTD_ACCOUNT_RECOVERY_DIGITS

_Static_assert(2 * SEALED_BYTES + 1 == OHTD_ACCOUNT_SEALED_BYTES, "a sealed secret is as long as its column");

/* ---- secrets on the disk, bound to the account, so that a row that is moved to another one opens nothing ---- */

static bool seal(struct ohtd_account_second *second, const unsigned char *key, unsigned char secret[OHTD_AUTH_TOTP_SECRET_BYTES])
{
	unsigned char sealed[SEALED_BYTES];

	if (!ohtd_auth_seal_close(key, second->user_id, secret, OHTD_AUTH_TOTP_SECRET_BYTES, sealed))
		return false;
	ohtd_hex_text(second->sealed, sealed, sizeof(sealed));
	return true;
}

static bool unseal(const struct ohtd_account_second *second, const unsigned char *key, unsigned char secret[OHTD_AUTH_TOTP_SECRET_BYTES])
{
	unsigned char sealed[SEALED_BYTES];

	return strlen(second->sealed) == 2 * sizeof(sealed) && ohtd_hex_read(sealed, sizeof(sealed), second->sealed) &&
	       ohtd_auth_seal_open(key, second->user_id, sealed, OHTD_AUTH_TOTP_SECRET_BYTES, secret);
}

/* ---- codes ---- */

static int count_left(const struct ohtd_account_second *second)
{
	return (int)(strlen(second->recovery) / DIGITS);
}

/* Takes the code out of those that are left. What came is a guess of 80 bits: how long a comparison takes says nothing about them. */
static bool take_recovery(struct ohtd_account_second *second, const char *typed)
{
	char hash[DIGITS + 1];

	if (ohtd_auth_code_hash(typed, hash))
		return false;
	for (char *at = second->recovery; strlen(at) >= DIGITS; at += DIGITS) {
		if (memcmp(at, hash, DIGITS))
			continue;
		memmove(at, at + DIGITS, strlen(at + DIGITS) + 1);
		return true;
	}
	return false;
}

static enum ohtd_auth_second_result judge_digits(struct ohtd_account_second *second, const struct ohtd_auth_second_now *now,
						 const char code[OHTD_AUTH_TOTP_DIGITS])
{
	unsigned char secret[OHTD_AUTH_TOTP_SECRET_BYTES];
	int64_t step;

	if (second->wrong >= OHTD_AUTH_SECOND_TRIES)
		return OHTD_AUTH_SECOND_LOCKED;
	/* The code of the step behind the present one may have been taken. */
	if (!now->kept || second->last_step > now->now_s / OHTD_AUTH_TOTP_STEP_S + 1)
		return OHTD_AUTH_SECOND_CLOCK;
	if (!unseal(second, now->key, secret))
		return OHTD_AUTH_SECOND_SEALED;
	step = ohtd_auth_totp_find(secret, code, now->now_s, second->last_step);
	OPENSSL_cleanse(secret, sizeof(secret));
	if (step == OHTD_AUTH_TOTP_NONE)
		return OHTD_AUTH_SECOND_WRONG;
	second->last_step = step;
	return OHTD_AUTH_SECOND_RIGHT;
}

/* Codes beyond the tries are not counted, so that guesses wear no disk. */
static int judge(struct ohtd_db *db, struct ohtd_account_second *second, struct ohtd_auth_second_try *try)
{
	char code[OHTD_AUTH_TOTP_DIGITS];

	try->recovery = false;
	if (ohtd_auth_totp_read(code, try->code.revealed)) {
		try->result = judge_digits(second, &try->now, code);
	} else {
		try->recovery = take_recovery(second, try->code.revealed);
		try->result = try->recovery ? OHTD_AUTH_SECOND_RIGHT : OHTD_AUTH_SECOND_WRONG;
	}
	OPENSSL_cleanse(code, sizeof(code));
	try->left = count_left(second);
	if (try->result == OHTD_AUTH_SECOND_RIGHT)
		second->wrong = 0;
	else if (try->result == OHTD_AUTH_SECOND_WRONG && second->wrong < OHTD_AUTH_SECOND_TRIES)
		second->wrong++;
	else
		return 0;
	return ohtd_account_second_put(db, second);
}

int ohtd_auth_second_judge(struct ohtd_db *db, struct ohtd_auth_second_try *try)
{
	struct ohtd_account_second second = { .user_id = try->user_id };
	int r = ohtd_account_second_get(db, &second);

	try->result = OHTD_AUTH_SECOND_NONE;
	if (r == -ENOENT || (!r && !second.confirmed))
		return 0;
	try->result = OHTD_AUTH_SECOND_MISSING;
	return r || !*try->code.revealed ? r : judge(db, &second, try);
}

/* ---- what the person of the account does ---- */

static int enrol(struct ohtd_db *db, struct ohtd_auth_second_order *order, bool there, const struct ohtd_account_second *before)
{
	struct ohtd_account_second second = { .user_id = before->user_id, .made_s = order->try.now.now_s };
	unsigned char secret[OHTD_AUTH_TOTP_SECRET_BYTES];
	int r;

	if (there && before->confirmed)
		return -EEXIST;
	if (!order->try.now.kept) {
		order->try.result = OHTD_AUTH_SECOND_CLOCK;
		return 0;
	}
	r = RAND_bytes(secret, sizeof(secret)) == 1 && seal(&second, order->try.now.key, secret) ? 0 : -EIO;
	if (!r)
		ohtd_auth_totp_text(order->secret, secret);
	OPENSSL_cleanse(secret, sizeof(secret));
	return r ? r : ohtd_account_second_put(db, &second);
}

static int draw_recovery(struct ohtd_account_second *second, char codes[OHTD_ACCOUNT_RECOVERY_CODES][OHTD_CODE_TEXT_BYTES])
{
	char drawn[OHTD_CODE_CHARS];
	int r = 0;

	for (int i = 0; !r && i < OHTD_ACCOUNT_RECOVERY_CODES; i++) {
		r = ohtd_auth_code_draw(drawn);
		if (r)
			break;
		ohtd_auth_code_text(codes[i], drawn);
		r = ohtd_auth_code_hash(codes[i], second->recovery + i * DIGITS);
	}
	OPENSSL_cleanse(drawn, sizeof(drawn));
	return r;
}

/* The PIN ends that the password alone has set, and its sessions with another epoch. */
static int confirm(struct ohtd_db *db, struct ohtd_auth_second_order *order, struct ohtd_account_second *second)
{
	int r;

	second->confirmed = true;
	second->made_s = order->try.now.now_s;
	r = draw_recovery(second, order->codes);
	r = r ? r : ohtd_account_second_put(db, second);
	return r ? r : ohtd_account_pin_end(db, second->user_id);
}

static int renew(struct ohtd_db *db, struct ohtd_auth_second_order *order, struct ohtd_account_second *second)
{
	int r = draw_recovery(second, order->codes);

	return r ? r : ohtd_account_second_put(db, second);
}

static int act(struct ohtd_db *db, struct ohtd_auth_second_order *order, struct ohtd_account_second *second)
{
	if (order->act == OHTD_AUTH_SECOND_CONFIRM)
		return confirm(db, order, second);
	return order->act == OHTD_AUTH_SECOND_RENEW ? renew(db, order, second) : ohtd_account_second_end(db, second->user_id);
}

int ohtd_auth_second_work(struct ohtd_db *db, void *arg)
{
	struct ohtd_auth_second_order *order = arg;
	struct ohtd_account_second second = { .user_id = order->try.user_id };
	struct ohtd_user user = { .id = order->try.user_id };
	int r = ohtd_db_user_get(db, &user);

	order->raised = 0;
	order->try.result = OHTD_AUTH_SECOND_RIGHT;
	if (r == -ENOENT || (!r && (user.epoch != order->epoch || user.disabled)))
		return -ESTALE;
	r = r ? r : ohtd_account_second_get(db, &second);
	if (order->act == OHTD_AUTH_SECOND_ENROL)
		return r && r != -ENOENT ? r : enrol(db, order, !r, &second);
	if (!r && second.confirmed == (order->act == OHTD_AUTH_SECOND_CONFIRM))
		r = -ENOENT;
	r = r ? r : judge(db, &second, &order->try);
	if (r || order->try.result != OHTD_AUTH_SECOND_RIGHT)
		return r;
	r = act(db, order, &second);
	r = r ? r : ohtd_account_sessions_raise(db, second.user_id, order->epoch, order->act == OHTD_AUTH_SECOND_CONFIRM ? order->keep : NULL);
	order->raised = r ? 0 : order->epoch + 1;
	return r;
}
