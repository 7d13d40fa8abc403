// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/close.h"

#define UNAUTHENTICATED	4401

const struct ohtd_close_kind ohtd_closes[OHTD_CLOSES] = {
	[OHTD_CLOSE_SHUTTING_DOWN] = { 1001, "shutting_down", OHTD_AGAIN_YES, NULL },
	[OHTD_CLOSE_NOT_TEXT] = { 1003, "not_text", OHTD_AGAIN_NEVER, NULL },
	[OHTD_CLOSE_SAFETY_NOT_TAKEN] = { 4008, "safety_not_taken", OHTD_AGAIN_YES, NULL },
	[OHTD_CLOSE_AUTH_TIMEOUT] = { UNAUTHENTICATED, "auth_timeout", OHTD_AGAIN_LOGIN, NULL },
	[OHTD_CLOSE_TOKEN_INVALID] = { UNAUTHENTICATED, "token_invalid", OHTD_AGAIN_LOGIN, NULL },
	[OHTD_CLOSE_TOKEN_EXPIRED] = { UNAUTHENTICATED, "token_expired", OHTD_AGAIN_LOGIN, NULL },
	[OHTD_CLOSE_TOKEN_REVOKED] = { UNAUTHENTICATED, "token_revoked", OHTD_AGAIN_LOGIN, NULL },
	[OHTD_CLOSE_TICKET_INVALID] = { UNAUTHENTICATED, "ticket_invalid", OHTD_AGAIN_LOGIN, NULL },
	[OHTD_CLOSE_TOO_SLOW] = { 4408, "too_slow", OHTD_AGAIN_YES, NULL },
	[OHTD_CLOSE_TOO_MANY] = { 4429, "too_many_messages", OHTD_AGAIN_YES, NULL },
	[OHTD_CLOSE_BROKEN_FRAME] = { 1002, "", OHTD_AGAIN_NEVER, "A frame breaks the rules of RFC 6455." },
	[OHTD_CLOSE_NOT_UTF8] = { 1007, "", OHTD_AGAIN_NEVER, "A text message is not UTF-8." },
	[OHTD_CLOSE_TOO_LONG] = { 1009, "", OHTD_AGAIN_NEVER, "A message is longer than 4096 bytes." },
};

const char *ohtd_close_again_word(enum ohtd_close_again again)
{
	static const char *const words[] = {
		[OHTD_AGAIN_YES] = "yes", [OHTD_AGAIN_LOGIN] = "login", [OHTD_AGAIN_NEVER] = "never",
	};

	return words[again];
}
