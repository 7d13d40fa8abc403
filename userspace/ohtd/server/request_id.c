// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <openssl/rand.h>

#include "server/loop.h"

/* A number that goes on from a random one: nobody else's, and not the same after a restart. */
void ohtd_request_id_make(char *id)
{
	static _Atomic uint64_t next;
	uint64_t number = atomic_fetch_add(&next, 1), start = 0;

	while (!number) {
		/* The first of all. Without chance the id is still good for one run. */
		if (RAND_bytes((unsigned char *)&start, sizeof(start)) != 1 || !start)
			start = 1;
		number = atomic_fetch_add(&next, start);
	}
	snprintf(id, OHTD_REQUEST_ID_BYTES, "%016llx", (unsigned long long)number);
}

static bool is_fit(const char *id)
{
	size_t n = strlen(id);

	if (!n || n >= OHTD_REQUEST_ID_BYTES)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isascii(id[i]) || (!isalnum((unsigned char)id[i]) && !strchr("._-", id[i])))
			return false;
	return true;
}

void ohtd_request_id_take(struct ohtd_call *call)
{
	const char *sent = ohtd_call_header(call, "x-request-id");

	if (sent && is_fit(sent))
		strcpy(call->request_id, sent);
	else
		ohtd_request_id_make(call->request_id);
	ohtd_reply_header(call, "x-request-id", call->request_id);
}
