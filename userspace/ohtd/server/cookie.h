/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what pages in a browser may: the refresh token as a cookie, how it is set and when it is taken; pages elsewhere (CORS).
 * Contexts: the loop that received the request.
 * Locks:    none.
 *
 * No script of a page can read it. A browser sends it by itself, also for pages of others: so it is
 * taken only of requests that a page of this machine has made.
 *
 * A browser keeps cookies by host name, whatever the port. The robot's id is in the name, so that the log-in at
 * one robot of a host leaves that at another.
 */
#ifndef OHTD_SERVER_COOKIE_H
#define OHTD_SERVER_COOKIE_H

#include <stdbool.h>

#include "base/secret.h"

struct ohtd_call;
struct st_h2o_req_t;

/* Says the header Origin that a page of this machine has made the request? */
bool ohtd_origin_is_own(struct ohtd_call *call);

/* The header Origin that a page of this machine would send. */
const char *ohtd_origin_own(struct ohtd_call *call);

/* Was the request made by a page of this machine? False: it has been refused. */
bool ohtd_cookie_check(struct ohtd_call *call);

/* False: there is none, or more than one. */
bool ohtd_cookie_take(struct ohtd_call *call, struct ohtd_secret *token);

/* With the answer that comes next. */
void ohtd_cookie_set(struct ohtd_call *call, const struct ohtd_secret *token, int life_s);
void ohtd_cookie_clear(struct ohtd_call *call);

/* Is the header Origin that of a page elsewhere that the configuration lists? Such a page sends a token, and never the cookie. */
bool ohtd_server_origin_is_listed(struct ohtd_call *call);

/* Adds to an answer what lets a listed page read it. */
void ohtd_server_let_read(struct st_h2o_req_t *req);

/* Adds to the answer to OPTIONS what lets a listed page send its request. @allow: methods of the path */
void ohtd_server_let_send(struct ohtd_call *call, const char *allow);

#endif /* OHTD_SERVER_COOKIE_H */
