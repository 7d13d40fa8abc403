// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/cookie.h"

#include <string.h>
#include <strings.h>

#include "server/loop.h"
#include "settings/settings.h"

#define ID_DIGITS	8
#define ATTRIBUTES	"Path=/api/v1/auth; HttpOnly; Secure; SameSite=Strict"

/* The page's own origin is https and the very Host of the request, with its port. */
#define SCHEME	"https://"

bool ohtd_origin_is_own(struct ohtd_call *call)
{
	const char *origin = ohtd_call_header(call, "origin");
	h2o_iovec_t host = call->req->authority;
	size_t n = sizeof(SCHEME) - 1;

	return origin && !strncasecmp(origin, SCHEME, n) && strlen(origin + n) == host.len &&
	       !strncasecmp(origin + n, host.base, host.len);
}

const char *ohtd_origin_own(struct ohtd_call *call)
{
	h2o_iovec_t host = call->req->authority;

	return ohtd_call_text_of(call, SCHEME "%.*s", (int)host.len, host.base);
}

bool ohtd_cookie_check(struct ohtd_call *call)
{
	const char *site = ohtd_call_header(call, "sec-fetch-site");

	/* Old browsers do not send the second header; each sends the first with a POST. */
	if (ohtd_origin_is_own(call) && (!site || !strcmp(site, "same-origin")))
		return true;
	ohtd_reply_problem(call, 403, "cross_origin",
			   "the cookie is for pages of this machine only; a program sends the token in the body");
	return false;
}

static const char *name_of(struct ohtd_call *call)
{
	return ohtd_call_text_of(call, "__Secure-oht-refresh-%.*s", ID_DIGITS,
				 call->services->robot_id);
}

/* The value of the pair at @pair, if its name is @name; its length. */
static const char *value_of(const char *pair, const char *name, size_t *length)
{
	size_t n = strlen(name);

	pair += strspn(pair, " \t");
	if (strncmp(pair, name, n) || pair[n] != '=')
		return NULL;
	*length = strcspn(pair + n + 1, "; \t");
	return pair + n + 1;
}

bool ohtd_cookie_take(struct ohtd_call *call, struct ohtd_secret *token)
{
	const char *pair = ohtd_call_header(call, "cookie"), *name = name_of(call);
	int found = 0;

	while (pair) {
		size_t length = 0;
		const char *value = value_of(pair, name, &length);

		if (value && length < sizeof(token->revealed)) {
			memcpy(token->revealed, value, length);
			token->revealed[length] = 0;
		}
		found += value ? length < sizeof(token->revealed) ? 1 : 2 : 0;
		pair = strchr(pair, ';');
		if (pair)
			pair++;
	}
	return found == 1;
}

void ohtd_cookie_set(struct ohtd_call *call, const struct ohtd_secret *token, int life_s)
{
	ohtd_reply_header(call, "set-cookie",
			  ohtd_call_text_of(call, "%s=%s; Max-Age=%d; " ATTRIBUTES, name_of(call),
					    token->revealed, life_s));
}

void ohtd_cookie_clear(struct ohtd_call *call)
{
	ohtd_reply_header(call, "set-cookie",
			  ohtd_call_text_of(call, "%s=; Max-Age=0; " ATTRIBUTES, name_of(call)));
}

/* ---- pages elsewhere ---- */

#define ORIGIN		"origin"
/* What the API looks at; what it says. A browser keeps the answer to OPTIONS for so long, whatever the list says meanwhile. */
#define SENT		"authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, range, x-request-id"
#define SAID		"content-disposition, content-range, etag, idempotency-replayed, location, retry-after, x-request-id"
#define KEPT_S		"300"

/* NULL: it is none that is listed. */
static const h2o_iovec_t *listed_origin(h2o_req_t *req)
{
	struct ohtd_settings *settings = ohtd_loop_of(req)->server->services->settings;
	ssize_t at = h2o_find_header_by_str(&req->headers, H2O_STRLIT(ORIGIN), -1);
	const h2o_iovec_t *origin = at < 0 ? NULL : &req->headers.entries[at].value;

	return origin && ohtd_settings_has_origin(settings, origin->base, origin->len) ? origin : NULL;
}

bool ohtd_server_origin_is_listed(struct ohtd_call *call)
{
	return listed_origin(call->req);
}

/* The answer names one origin, so a cache must not give it to the page of another. */
void ohtd_server_let_read(h2o_req_t *req)
{
	const h2o_iovec_t *origin;

	if (!ohtd_settings_has_origins(ohtd_loop_of(req)->server->services->settings))
		return;
	h2o_add_header_by_str(&req->pool, &req->res.headers, H2O_STRLIT("vary"), 0, NULL, H2O_STRLIT(ORIGIN));
	origin = listed_origin(req);
	if (!origin)
		return;
	h2o_add_header_by_str(&req->pool, &req->res.headers, H2O_STRLIT("access-control-allow-origin"), 0, NULL, origin->base, origin->len);
	h2o_add_header_by_str(&req->pool, &req->res.headers, H2O_STRLIT("access-control-expose-headers"), 0, NULL, H2O_STRLIT(SAID));
}

void ohtd_server_let_send(struct ohtd_call *call, const char *allow)
{
	if (!listed_origin(call->req))
		return;
	ohtd_reply_header(call, "access-control-allow-methods", allow);
	ohtd_reply_header(call, "access-control-allow-headers", SENT);
	ohtd_reply_header(call, "access-control-max-age", KEPT_S);
}
