// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each answer to a request that changes something or takes something away for good, or was to, becomes a record of the audit. That of a change which the store
 * has is sent when the record is on the disk, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "server/audited.h"
#include "server/late.h"
#include "server/loop.h"

/**
 * struct ohtd_held - an answer that waits for its record
 * @wait: the audit's; first member
 * @status: of the answer
 * @data: its body, in the memory of the request
 * @bytes: of it
 * @error: why the record is not kept, or 0
 */
struct ohtd_held {
	struct ohtd_audit_wait wait;
	struct ohtd_pending pending;
	int status;
	const char *data;
	size_t bytes;
	int error;
};

/* On any thread. */
static void is_kept(struct ohtd_audit_wait *wait, int error)
{
	struct ohtd_held *held = (struct ohtd_held *)wait;

	held->error = error;
	ohtd_pending_post(&held->pending);
}

/* Without its record nothing is acknowledged. */
static void tell_unrecorded(struct ohtd_call *call, int error)
{
	struct ohtd_store_problem problem = ohtd_store_problem(error);

	ohtd_reply_header(call, "retry-after", "2");
	ohtd_reply_problem(call, problem.status, problem.code, "it was done, but its record for the audit waits for the disk");
}

/* On the loop. */
static void finish(struct ohtd_pending *pending)
{
	struct ohtd_held *held = (struct ohtd_held *)(void *)((char *)pending - offsetof(struct ohtd_held, pending));
	struct ohtd_call *call = pending->call;

	pending->loop->writes--;
	if (call && held->error)
		tell_unrecorded(call, held->error);
	else if (call)
		ohtd_reply_send(call, held->status, held->data, held->bytes);
	free(held);
}

static bool is_change(const struct ohtd_call *call, int status)
{
	const struct ohtd_route *route = call->asks;

	if (!route || call->recorded || (route->method == OHTD_GET && !ohtd_route_lasts(route)))
		return false;
	return !(route->flags & OHTD_ROUTE_QUIET) || status == 401 || status == 403;
}

static void copy(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
}

/* Too long for a record: how long it was. */
static void copy_json(char *to, size_t size, const char *text)
{
	size_t bytes = strlen(text);

	if (bytes < size)
		copy(to, size, text);
	else
		snprintf(to, size, "{\"left_out_bytes\":%zu}", bytes);
}

/* Copies the body of the request without its secret members. */
static void copy_body(struct ohtd_call *call, struct ohtd_audit_row *row)
{
	const char *json;

	if (!call->input || call->asks->flags & OHTD_ROUTE_SHAPELESS || !call->asks->body)
		return;
	json = ohtd_call_json(call, call->asks->body, call->input);
	if (strcmp(json, "{}") != 0)
		copy_json(row->after, sizeof(row->after), json);
}

static void fill(struct ohtd_call *call, int status, const char *code, struct ohtd_audit_row *row)
{
	const struct ohtd_noted *noted = &call->noted;
	h2o_iovec_t path = call->req->path_normalized;
	size_t skip = strlen(OHTD_API_PREFIX);

	memset(row, 0, sizeof(*row));
	/* Behind a 401 no name is proven. */
	copy(row->who, sizeof(row->who), noted->who ? noted->who : status == 401 ? "" : call->who.user);
	snprintf(row->act, sizeof(row->act), "%s %s", ohtd_method_name(call->asks->method), call->asks->path);
	if (noted->object)
		copy(row->object, sizeof(row->object), noted->object);
	else if (strchr(call->asks->path, '{') && path.len > skip)
		snprintf(row->object, sizeof(row->object), "%.*s", (int)(path.len - skip), path.base + skip);
	snprintf(row->result, sizeof(row->result), code ? "%d %s" : "%d", status, code);
	copy(row->source, sizeof(row->source), call->conn->local ? "local" : ohtd_call_address(call));
	copy(row->request_id, sizeof(row->request_id), call->request_id);
	if (noted->before)
		copy_json(row->before, sizeof(row->before), noted->before);
	if (noted->after)
		copy_json(row->after, sizeof(row->after), noted->after);
	else
		copy_body(call, row);
}

/* What the store has is acknowledged when its record is there, too; the stop and what moves do not wait for a disk. */
static bool may_wait(const struct ohtd_route *route)
{
	return route->method != OHTD_GET &&
	       (route->flags & (OHTD_ROUTE_STORE | OHTD_ROUTE_MEMORY | OHTD_ROUTE_QUIET)) == OHTD_ROUTE_STORE;
}

/* 0, or -1 when the request has been answered. */
static int admit(struct ohtd_call *call)
{
	struct ohtd_audit *audit = call->services->audit;
	unsigned int wait_s;

	/* Loops of tests have none. */
	if (!audit || !ohtd_route_is_admitted(call->route))
		return 0;
	wait_s = ohtd_audit_admit(audit, call->who.user);
	call->admitted = !wait_s;
	if (!wait_s)
		return 0;
	ohtd_reply_header(call, "retry-after", ohtd_call_text_of(call, "%u", wait_s));
	ohtd_reply_problem(call, 429, "rate_limited", "the audit has no room for more changes by this account; wait for %u s", wait_s);
	return -1;
}

int ohtd_audited_prepare(struct ohtd_call *call)
{
	struct ohtd_held *held;

	if (admit(call))
		return -1;
	if (!may_wait(call->route))
		return 0;
	held = call->held = calloc(1, sizeof(*held));
	if (held)
		held->wait.room = ohtd_audit_room();
	if (held && held->wait.room && !ohtd_pending_prepare(&held->pending))
		return 0;
	ohtd_audited_drop(call);
	ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
	return -1;
}

void ohtd_audited_drop(struct ohtd_call *call)
{
	if (!call->held)
		return;
	free(call->held->wait.room);
	free(call->held->pending.post);
	free(call->held);
	call->held = NULL;
}

/* From now on the audit and the loop have it. */
static struct ohtd_audit_wait *hold(struct ohtd_call *call, int status, const char *data, size_t bytes)
{
	struct ohtd_held *held = call->held;

	call->held = NULL;
	held->wait.kept = is_kept;
	held->status = status;
	held->data = data;
	held->bytes = bytes;
	/* What it takes is there. */
	ohtd_pending_begin(&held->pending, call, OHTD_LATE_MS, finish);
	call->loop->writes++;
	return &held->wait;
}

/* How many of its kind the audit keeps. */
static unsigned int flags_of(const struct ohtd_call *call, int status)
{
	const struct ohtd_route *route = call->asks;

	if (status >= 400)
		return OHTD_AUDIT_REFUSED | (route->rate == OHTD_RATE_LOGIN ? OHTD_AUDIT_LOG_IN : 0);
	if (!ohtd_route_lasts(route))
		return OHTD_AUDIT_USUAL;
	return ohtd_route_is_admitted(route) ? 0 : OHTD_AUDIT_LASTING;
}

bool ohtd_audited(struct ohtd_call *call, int status, const char *code, const char *data, size_t bytes)
{
	struct ohtd_audit *audit = call->services->audit;
	struct ohtd_audit_row row;
	unsigned int flags;
	bool waits;

	if (!is_change(call, status))
		return false;
	call->recorded = true;
	if (call->admitted && status >= 400)
		ohtd_audit_give_back(audit, call->who.user);
	fill(call, status, code, &row);
	flags = flags_of(call, status);
	if (status < 400 && (call->asks->flags & OHTD_ROUTE_REPEATS || call->noted.repeats))
		flags |= OHTD_AUDIT_REPEATS;
	waits = status < 400 && call->held;
	ohtd_audit_add(audit, &row, flags, waits ? hold(call, status, data, bytes) : NULL);
	return waits;
}

void ohtd_audited_message(struct ohtd_loop *loop, const struct ohtd_audited_message *message)
{
	struct ohtd_audit *audit = loop->server->services->audit;
	struct ohtd_audit_row row = { 0 };
	unsigned int flags = message->status >= 400 ? OHTD_AUDIT_REFUSED :
			     OHTD_AUDIT_USUAL | (message->repeats ? OHTD_AUDIT_REPEATS : 0);

	/* Loops of tests have none. */
	if (!audit)
		return;
	copy(row.who, sizeof(row.who), message->who->user);
	copy(row.act, sizeof(row.act), message->act);
	copy(row.object, sizeof(row.object), message->object);
	copy(row.after, sizeof(row.after), message->after);
	copy(row.source, sizeof(row.source), message->source);
	snprintf(row.result, sizeof(row.result), message->code ? "%d %s" : "%d", message->status, message->code);
	ohtd_audit_add(audit, &row, flags, NULL);
}
