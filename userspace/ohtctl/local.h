/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One request to ohtd over its socket for local administration.
 *
 * Owns:     nothing that outlives a call.
 * Contexts: the program's one thread; waits for the answer.
 * Locks:    none.
 */
#ifndef OHTCTL_LOCAL_H
#define OHTCTL_LOCAL_H

#include <json-c/json.h>

#define LOCAL_DEFAULT_SOCKET	"/run/oht/ohtd.sock"

struct cli;

/**
 * local_request() - send a request and wait for its answer
 * @cli: where complaints go, and the path of the socket
 * @method: "GET", "POST", ...
 * @path: below /api/v1/
 * @body: JSON to send, NULL for none; not released
 * @answer: out: the answer's JSON, to be released; NULL unless CLI_DONE is returned
 *
 * Return: CLI_DONE; CLI_FAILED after a complaint that says why ohtd refused; CLI_NO_DEVICE after
 * one that says that no ohtd answers.
 */
int local_request(struct cli *cli, const char *method, const char *path, struct json_object *body,
		  struct json_object **answer);

#endif /* OHTCTL_LOCAL_H */
