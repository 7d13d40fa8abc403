/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     one-time passwords by the time (RFC 6238): SHA-1, 6 digits, steps of 30 s.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_AUTH_TOTP_H
#define OHTD_AUTH_TOTP_H

#include <stdbool.h>
#include <stdint.h>

#define OHTD_AUTH_TOTP_SECRET_BYTES	20
#define OHTD_AUTH_TOTP_TEXT_BYTES	33	/* the secret in base32, and NUL */
#define OHTD_AUTH_TOTP_DIGITS		6
#define OHTD_AUTH_TOTP_STEP_S		30
#define OHTD_AUTH_TOTP_NONE		(-1)	/* no step */

/* The secret as apps take it: base32 (RFC 4648), in one piece. */
void ohtd_auth_totp_text(char text[OHTD_AUTH_TOTP_TEXT_BYTES], const unsigned char secret[OHTD_AUTH_TOTP_SECRET_BYTES]);

/* Reads what a person has typed: spaces and hyphens do not count. False: it is not six digits. */
bool ohtd_auth_totp_read(char code[OHTD_AUTH_TOTP_DIGITS], const char *typed);

/* The code of a step. 0, or -EIO. */
int ohtd_auth_totp_code(char code[OHTD_AUTH_TOTP_DIGITS], const unsigned char secret[OHTD_AUTH_TOTP_SECRET_BYTES], int64_t step);

/**
 * ohtd_auth_totp_find() - find the step of a code
 * @secret: of the account
 * @code: six digits
 * @now_s: wall clock
 * @last_step: the newest step whose code was taken
 *
 * Return: the earliest step behind @last_step that has this code, among the one of @now_s, the one before and the one behind it;
 * OHTD_AUTH_TOTP_NONE.
 */
int64_t ohtd_auth_totp_find(const unsigned char secret[OHTD_AUTH_TOTP_SECRET_BYTES], const char code[OHTD_AUTH_TOTP_DIGITS],
			    int64_t now_s, int64_t last_step);

#endif /* OHTD_AUTH_TOTP_H */
