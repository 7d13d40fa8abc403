/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     values that must not be read in a log, a message or an error: passwords, tokens, codes.
 * Contexts: any thread.
 * Locks:    none.
 *
 * A structure, so that the compiler refuses it where printf wants a text. Code that needs the value
 * names the member, and that is easy to find.
 */
#ifndef OHTD_BASE_SECRET_H
#define OHTD_BASE_SECRET_H

#include <stdio.h>
#include <string.h>

#define OHTD_SECRET_BYTES	80

struct ohtd_secret {
	char revealed[OHTD_SECRET_BYTES];
};

/* What may be printed of @secret. */
static inline const char *ohtd_secret_text(const struct ohtd_secret *secret)
{
	(void)secret;
	return "***";
}

/* Takes a copy of @text; what is longer than OHTD_SECRET_BYTES - 1 is cut, check that before. */
static inline void ohtd_secret_set(struct ohtd_secret *secret, const char *text)
{
	snprintf(secret->revealed, sizeof(secret->revealed), "%s", text);
}

static inline void ohtd_secret_forget(struct ohtd_secret *secret)
{
	explicit_bzero(secret->revealed, sizeof(secret->revealed));
}

#endif /* OHTD_BASE_SECRET_H */
