/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     public keys of devices (ECDSA, P-256), their fingerprints in words, and the challenges that they sign.
 * Contexts: any thread.
 * Locks:    one mutex around the challenges that were taken, held for a look at them.
 *
 * A challenge is kept nowhere until it is taken: it is sealed by a key of this process, so a flood of requests for challenges pushes none
 * out, and none outlives the process.
 */
#ifndef OHTD_PEOPLE_DEVICE_KEY_H
#define OHTD_PEOPLE_DEVICE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "accounts/devices.h"

#define OHTD_PEOPLE_KEY_TEXT		124	/* DER of a public key in base64 */
#define OHTD_PEOPLE_KEY_TEXT_MAX	128	/* beyond, a body is not looked at */
#define OHTD_PEOPLE_SIGNATURE_TEXT	88	/* r and s, 32 bytes each, in base64 */
#define OHTD_PEOPLE_CHALLENGE_BYTES	97	/* hexadecimal digits, and NUL */
#define OHTD_PEOPLE_CHALLENGE_MS	60000
#define OHTD_PEOPLE_DEVICE_WORDS_BYTES	64	/* six words of at most 8 letters, and NUL */
/* In front of the challenge in what is signed, so that no other signature of the key is one of these. */
#define OHTD_PEOPLE_DEVICE_PURPOSE	"oht device 1\n"

/* Members of a body that has the proof of a device. */
#define OHTD_PEOPLE_KEY_MEMBER(S_)							\
	OHTD_TEXT(S_, public_key, .flags = OHTD_NEEDED, .min = OHTD_PEOPLE_KEY_TEXT, .max = OHTD_PEOPLE_KEY_TEXT_MAX,	\
		  .unfit = ohtd_people_device_key_unfit, .pattern = "^MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE[A-Za-z0-9+/]{86}==$",	\
		  .example = "\"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQ8DHverkE3oOTeVV/IUCvjNu7YnWIqrRYuAo2YxU1KfX9QpLbfrIT+39SOnq8R5WqNO40kab6Yhy8ETitUGcJw==\"",	\
		  .summary = "Public key of the device on P-256: SubjectPublicKeyInfo, DER in base64")

#define OHTD_PEOPLE_PROOF_MEMBERS(S_)							\
	OHTD_PEOPLE_KEY_MEMBER(S_),							\
	OHTD_TEXT(S_, challenge, .flags = OHTD_NEEDED | OHTD_PRIVATE, .min = 1, .max = OHTD_PEOPLE_CHALLENGE_BYTES - 1,	\
		  .summary = "Of POST auth/device/challenge, for this key"),		\
	OHTD_TEXT(S_, signature, .flags = OHTD_NEEDED | OHTD_SECRET, .min = OHTD_PEOPLE_SIGNATURE_TEXT, .max = OHTD_PEOPLE_SIGNATURE_TEXT,	\
		  .summary = "By the private key: r and s, 32 bytes each, in base64")

/* Why @text is not the SubjectPublicKeyInfo of a point on P-256, DER in base64, as a clause; NULL: it is one. */
const char *ohtd_people_device_key_unfit(const char *text);

/* SHA-256 of the DER of such a key. False: out of memory. */
bool ohtd_people_device_print(const char *key, char print[OHTD_DEVICE_PRINT_BYTES]);

/* The first 66 bits of @print as six words. */
void ohtd_people_device_words(const char *print, char words[OHTD_PEOPLE_DEVICE_WORDS_BYTES]);

/* Draws a challenge for the key of @print. 0 or -EIO. */
int ohtd_people_challenge_make(const char *print, int64_t boot_ms, char challenge[OHTD_PEOPLE_CHALLENGE_BYTES]);

/* Is it one of this process for the key of @print, and not older than OHTD_PEOPLE_CHALLENGE_MS? */
bool ohtd_people_challenge_is(const char *print, int64_t boot_ms, const char *challenge);

/* One device takes so many challenges within their life, */
#define OHTD_PEOPLE_TAKEN_OF_DEVICE	64
/* and so many whatever others have taken: the oldest that is remembered gives way then, and no challenge that ends before that one is good any more. */
#define OHTD_PEOPLE_TAKEN_SURELY	4

/* Takes it: once, for the key of @print. 0; -EALREADY: it was taken, or is too old; -EBUSY: this device has taken as many as it may. */
int ohtd_people_challenge_take(const char *print, int64_t boot_ms, const char *challenge);

/* Is @signature, r and s in base64, that of the private key over purpose and challenge? */
bool ohtd_people_device_signed(const char *key, const char *challenge, const char *signature);

#endif /* OHTD_PEOPLE_DEVICE_KEY_H */
