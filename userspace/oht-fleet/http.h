/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One request to ohtd over its local socket, and its answer: whole, or piece by piece while it comes.
 *
 * Owns:     the connection of the request.
 * Contexts: the program's one thread; never waits.
 * Locks:    none.
 */
#ifndef FLEET_HTTP_H
#define FLEET_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#define FLEET_HEAD_BYTES	4096
#define FLEET_ANSWER_BYTES	(256 * 1024)

enum fleet_http_state {
	FLEET_HTTP_NONE,	/* there is no request */
	FLEET_HTTP_UNDER_WAY,
	FLEET_HTTP_DONE,	/* the answer is whole */
	FLEET_HTTP_FAILED,	/* no connection, or an answer that is none */
};

/* A piece of the body. False: enough, the request has failed. */
typedef bool (*fleet_http_fn)(void *arg, const char *bytes, size_t count);

enum fleet_http_part { FLEET_HTTP_HEAD, FLEET_HTTP_SIZE, FLEET_HTTP_BODY, FLEET_HTTP_BODY_END };

struct fleet_http {
	int fd;
	enum fleet_http_state state;
	char *request;
	size_t request_bytes, sent;
	/* of the answer */
	int status;
	enum fleet_http_part part;
	char line[FLEET_HEAD_BYTES];	/* the head, or the line with the size of a chunk */
	size_t line_bytes;
	bool chunked;
	size_t left;			/* of the body, or of this chunk */
	fleet_http_fn tell;
	void *arg;
	char *body;			/* without @tell: text */
	size_t body_bytes;
};

/**
 * fleet_http_ask() - begin a request
 * @http: has none; zeroed at first
 * @socket: path of the socket
 * @method: GET, POST
 * @path: behind /api/v1/
 * @match: for If-Match, or NULL
 * @body: JSON, or NULL
 * @tell: takes the body as it comes; NULL: it is collected in @http->body
 * @arg: for @tell
 */
void fleet_http_ask(struct fleet_http *http, const char *socket, const char *method, const char *path, const char *match, const char *body,
		    fleet_http_fn tell, void *arg);

/* What to wait for at @http->fd: events of poll(); 0: nothing. */
short fleet_http_events(const struct fleet_http *http);

/* The descriptor is ready. */
void fleet_http_turn(struct fleet_http *http);

/* Forget the request, whatever has become of it. */
void fleet_http_end(struct fleet_http *http);

#endif /* FLEET_HTTP_H */
