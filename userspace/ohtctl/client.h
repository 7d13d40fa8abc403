/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One request to ohtd: over its socket for local administration, or with --url over TLS.
 *
 * Owns:     nothing that outlives a call.
 * Contexts: the program's one thread; waits for the answer.
 * Locks:    none.
 */
#ifndef OHTCTL_CLIENT_H
#define OHTCTL_CLIENT_H

#include <stdbool.h>

#include <json-c/json.h>

#include "http.h"

#define CLIENT_DEFAULT_SOCKET	"/run/oht/ohtd.sock"

/* Of a path below /api/v1/ with its query, and the NUL. */
#define CLIENT_PATH_BYTES	1024

struct cli;

/**
 * client_request() - send a request and wait for its answer
 * @cli: where complaints go, and who is asked: --url, else --socket
 * @method: "GET", "POST", ...
 * @path: below /api/v1/, of at most CLIENT_PATH_BYTES
 * @body: JSON to send, NULL for none; not released
 * @answer: out: the answer's JSON object, to be released; NULL unless CLI_DONE is returned
 *
 * Return: CLI_DONE; CLI_FAILED after a complaint that says why ohtd refused; CLI_NO_DEVICE after
 * one that says that no ohtd answers.
 */
int client_request(struct cli *cli, const char *method, const char *path, struct json_object *body,
		   struct json_object **answer);

/* The same with a body as it was written, which ohtd reads first. */
int client_send(struct cli *cli, const char *method, const char *path, const char *body, struct json_object **answer);

/* A change of what has the ETag @tag: refused if it has another one by now. */
int client_put(struct cli *cli, const char *path, const char *tag, struct json_object *body, struct json_object **answer);

/**
 * client_do() - send a request with a body and show its answer
 * @cli: as client_request()
 * @result: of what has made @body and @path: if that failed nothing is sent
 * @method: "POST", "PATCH", ...
 * @path: as client_request()
 * @body: JSON to send; released in any case
 *
 * Return: @result if that is not CLI_DONE, else as client_request().
 */
int client_do(struct cli *cli, int result, const char *method, const char *path, struct json_object *body);

/* Strict and with its NUL: "12,000" is not the number 12. NULL: no JSON as a whole, or null. To be released. */
struct json_object *client_json(const char *word);

/* The same for an answer that is text: @text is to be freed. */
int client_text(struct cli *cli, const char *path, char **text);

typedef int (*client_item_fn)(struct cli *cli, struct json_object *item, void *arg);

/**
 * client_each() - all items of a list, page by page
 * @cli: as client_request()
 * @path: below /api/v1/, with or without a query: cursors are put behind it
 * @fn: called for each item; anything but CLI_DONE ends it
 * @arg: for @fn
 *
 * Return: as client_request(), or what @fn has returned.
 */
int client_each(struct cli *cli, const char *path, client_item_fn fn, void *arg);

/**
 * client_judge() - make an exit code of an answer
 * @cli: where complaints go
 * @whom: who has answered, for complaints
 * @answer: as it came
 * @json: as client_request()
 */
int client_judge(struct cli *cli, const char *whom, const struct http_answer *answer,
		 struct json_object **json);

/* Adds @text to a path or an address of at most @bytes, so that it stands there as a value of the query; what is too long is cut. */
void client_add_text(char *path, size_t bytes, const char *text);

/* May the word stand in a path as it is, as the name of a signal? Small letters, digits and "_". */
bool client_is_name(const char *word);

/* In place: every text in it, so that none acts on a reader's terminal. Line ends stay. */
void client_clean(struct json_object *json);

/**
 * client_prepare() - what is asked of a person, or wrong from the beginning, before a stream
 * @cli: see client_request()
 *
 * Return: 0, or an exit code after a complaint.
 */
int client_prepare(struct cli *cli);

/**
 * client_stream() - http_stream_open(), behind client_prepare()
 * @cli: who is asked
 * @path: below /api/v1/
 * @kind: its @last_id and @type; the rest is filled in
 * @take: see http_stream_open()
 * @arg: for @take
 */
struct http_stream *client_stream(struct cli *cli, const char *path, struct http_request kind,
				  http_take_fn take, void *arg);

/**
 * struct client_whole - a request whose answer is taken piece by piece to its end
 * @path: below /api/v1/
 * @type: media type that is asked for
 * @take: see http_stream_open(); false ends the stream
 * @show: called now and then, and once at the end with @last: shows how much has come
 * @arg: for @take and @show
 */
struct client_whole {
	const char *path, *type;
	http_take_fn take;
	void (*show)(void *arg, bool last);
	void *arg;
};

/**
 * client_stream_whole() - take an answer to its end, behind client_prepare(); an interrupt ends it
 * @cli: the daemon that is asked. The call renews an access token that the daemon refuses, and asks again, once
 * @whole: the request, and what takes its answer
 * @came: out: as http_stream_close() said it
 * @answer: out: the same; to be given to http_forget() also after a failure
 *
 * Return: CLI_DONE with @came, or an exit code after a complaint.
 */
int client_stream_whole(struct cli *cli, const struct client_whole *whole, enum http_result *came,
			struct http_answer *answer);

/**
 * client_stream_failed() - complain about a stream that has not been one
 * @cli: where complaints go
 * @came: as http_stream_close() said it
 * @answer: the same
 *
 * Return: the exit code.
 */
int client_stream_failed(struct cli *cli, enum http_result came, const struct http_answer *answer);

#endif /* OHTCTL_CLIENT_H */
