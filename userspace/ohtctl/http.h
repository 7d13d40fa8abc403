/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One exchange over HTTP by libcurl, or an answer that does not end by itself: to a unix socket, or
 * over TLS 1.3 to a server whose authority is known. No redirects, no proxies, no cookies, no
 * certificates of the system.
 *
 * Owns:     the libcurl handle with its connection; http_end() frees both. A stream has its own.
 * Contexts: the program's one thread; waits for the answer.
 * Locks:    none.
 */
#ifndef OHTCTL_HTTP_H
#define OHTCTL_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_WHY_BYTES	320

/**
 * struct http_request - what is asked of whom
 * @method: "GET", "POST", ...
 * @url: http://localhost/... with @socket, else https://...
 * @socket: path of a unix socket, or NULL
 * @authority: certificate (PEM) of the only authority that is trusted; NULL trusts everybody and
 *	is only for a look at the certificates
 * @token: access token, or NULL
 * @body: JSON, or NULL
 * @if_match: header of that name, of at most 80 bytes, or NULL
 * @last_id: of a stream: the event behind which it is to go on, or NULL
 * @type: of a stream: its media type, a constant text
 * @answer_s: the answer has to be there by then; 0: as long as the longest request may take
 */
struct http_request {
	const char *method;
	const char *url;
	const char *socket;
	const char *authority;
	const char *token;
	const char *body;
	const char *if_match;
	const char *last_id;
	const char *type;
	long answer_s;
};

enum http_result {
	HTTP_ANSWERED,		/* whatever the answer says */
	HTTP_NOBODY,		/* no connection: nobody listens there, or may not be reached */
	HTTP_ABSENT,		/* the same for a socket that is not there, or has no program behind it */
	HTTP_UNTRUSTED,		/* its certificate does not come from the authority */
	HTTP_MISNAMED,		/* its certificate has other names and addresses than this one */
	HTTP_FAILED,		/* a connection, and then no answer that could be one */
};

/**
 * struct http_answer - what came
 * @status: of HTTP
 * @body: with a NUL behind it; freed by http_forget()
 * @bytes: of the body
 * @last_certificate: PEM of the last one in the server's chain if no authority was given
 * @why: one line unless HTTP_ANSWERED
 */
struct http_answer {
	long status;
	char *body;
	size_t bytes;
	char *last_certificate;
	char why[HTTP_WHY_BYTES];
};

/**
 * http_exchange() - send a request and wait for its answer
 * @request: see there
 * @answer: takes what came; to be given to http_forget() in any case
 *
 * An answer of more than 1 MiB is none.
 */
enum http_result http_exchange(const struct http_request *request, struct http_answer *answer);

/* Free what the answer holds, tokens overwritten first. */
void http_forget(struct http_answer *answer);

struct http_stream;

/* Takes what a stream says; false ends it. */
typedef bool (*http_take_fn)(void *arg, const char *bytes, size_t count);

/**
 * http_stream_open() - ask for an answer of any length
 * @request: see there; may go afterwards
 * @take: gets the bytes of an answer with status 200 and that type, and of no other
 * @arg: for @take
 *
 * Return: NULL: out of memory.
 */
struct http_stream *http_stream_open(const struct http_request *request, http_take_fn take, void *arg);

/**
 * http_stream_wait() - let the stream go on
 * @stream: see http_stream_open()
 * @fd: wait for this to be readable as well; negative: no
 * @timeout_ms: no longer than this; a signal ends the wait
 *
 * Return: false: the stream has ended.
 */
bool http_stream_wait(struct http_stream *stream, int fd, int timeout_ms);

/**
 * http_stream_close() - end a stream; how did it go?
 * @stream: freed
 * @answer: as http_exchange(); status 200 of one that was a stream
 *
 * Return: HTTP_ANSWERED also of a stream that had not ended.
 */
enum http_result http_stream_close(struct http_stream *stream, struct http_answer *answer);

/* Hang up. Allowed at any time. */
void http_end(void);

#endif /* OHTCTL_HTTP_H */
