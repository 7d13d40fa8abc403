/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the form of codes that people read and type: the set-up code, the code for a new password.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_AUTH_CODE_H
#define OHTD_AUTH_CODE_H

#include <stdbool.h>

#define OHTD_CODE_CHARS		16	/* 80 bits; without NUL */
#define OHTD_CODE_TEXT_BYTES	20	/* in groups of four with hyphens, and NUL */

/* Draws a code at random. 0, or -EIO: there are no random numbers. */
int ohtd_auth_code_draw(char code[OHTD_CODE_CHARS]);

/* The code as a person reads it. */
void ohtd_auth_code_text(char text[OHTD_CODE_TEXT_BYTES], const char code[OHTD_CODE_CHARS]);

/* Reads what a person has typed: hyphens, spaces and the case of letters do not count. False: it cannot be a code. */
bool ohtd_auth_code_read(char code[OHTD_CODE_CHARS], const char *typed);

#define OHTD_CODE_HASH_BYTES	65	/* SHA-256 in hexadecimal digits, and NUL */

/* SHA-256 of a code that ohtd_auth_code_read() takes; of any other text that of the text. 0 or -EIO. */
int ohtd_auth_code_hash(const char *typed, char hash[OHTD_CODE_HASH_BYTES]);

#endif /* OHTD_AUTH_CODE_H */
