/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ohtd elsewhere: its address, its authority (pin.h), and the log-in there.
 *
 * Owns:     the tokens in memory, and the file HOST_PORT.json in the folder of keep.h.
 * Contexts: the program's one thread; waits for answers.
 * Locks:    that of the name from before tokens are renewed until the new ones are on the disk: a
 *           refresh token that two programs use ends the session.
 */
#ifndef OHTCTL_SITE_H
#define OHTCTL_SITE_H

#include <stdbool.h>

#include <json-c/json.h>

#include "http.h"

struct cli;

/**
 * site_open() - read what is kept about --url; asks for trust if nothing is
 * @cli: --url, --fingerprint, and where complaints go
 *
 * Return: 0, or an exit code after a complaint.
 */
int site_open(struct cli *cli);

/*
 * site_open_anew() - the same for who logs in: what is kept of an earlier log-in is not read, and an authority
 * that is kept and cannot be read counts as none
 */
int site_open_anew(struct cli *cli);

/**
 * site_exchange() - a request with the access token, which is renewed if it is too old
 * @cli: where complaints go
 * @request: method, body; url is set here
 * @path: below /api/v1/
 * @answer: out; to be given to http_forget() also after a failure
 *
 * Return: 0, or an exit code after a complaint.
 */
int site_exchange(struct cli *cli, struct http_request *request, const char *path,
		  struct http_answer *answer);

/* As http_stream_open(), with the access token and the authority that are kept; path below /api/v1/. */
struct http_stream *site_stream(struct http_request *request, const char *path, http_take_fn take,
				void *arg);

/* The access token was refused: get the next one; 0 or an exit code after a complaint. */
int site_renew(struct cli *cli);

/* Is there a log-in? It may have ended there. */
bool site_is_logged_in(void);

/* Complain about an exchange that brought no answer; returns the exit code. */
int site_fail(struct cli *cli, enum http_result came, const struct http_answer *answer);

/* Log in and keep the tokens; 0 or an exit code. */
int site_login(struct cli *cli, const char *username, const char *password);

/* End the session there and forget the tokens here; 0 or an exit code. */
int site_logout(struct cli *cli);

/* The ohtd has told its new authority, through the old one: trust it the next time. 0 or an exit code. */
int site_trust(struct cli *cli, const char *authority);

/* https://HOST:PORT, after site_open(). */
const char *site_url(void);

/* Forget what is in memory. Allowed at any time. */
void site_close(void);

#endif /* OHTCTL_SITE_H */
