// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "http/loop.h"
#include "http/problem.h"
#include "main/log.h"

#define DETAIL_BYTES	512

static const char *const security_headers[][2] = {
	{ "content-security-policy",
	  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
	  "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'" },
	{ "x-content-type-options", "nosniff" },
	{ "x-frame-options", "DENY" },
	{ "referrer-policy", "no-referrer" },
	{ "cross-origin-opener-policy", "same-origin" },
	{ "cross-origin-resource-policy", "same-origin" },
};

static bool is_head(const h2o_req_t *req)
{
	return h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));
}

/* @data must live as long as the request. */
static void send_body(struct ohtd_call *call, int status, const char *data, size_t length_bytes)
{
	static h2o_generator_t generator = { NULL, NULL };
	h2o_req_t *req = call->req;
	h2o_iovec_t body = h2o_iovec_init(data, length_bytes);

	req->res.status = status;
	req->res.reason = ohtd_status_text(status);
	/* Without a length h2o sends chunks, or closes the connection. */
	if (status != 304)
		req->res.content_length = length_bytes;
	call->conn->answered_ms = h2o_now(call->loop->ctx.loop);
	ohtd_log(OHTD_LOG_DEBUG, "http", "answer", "%.*s %.*s: %d", (int)req->method.len,
		 req->method.base, (int)req->path_normalized.len, req->path_normalized.base, status);
	h2o_start_response(req, &generator);
	/* Only h2o_send_inline() would know that HEAD has no body. */
	h2o_send(req, &body, is_head(req) || !length_bytes ? 0 : 1, H2O_SEND_STATE_FINAL);
}

void ohtd_reply_data(struct ohtd_call *call, int status, const char *content_type,
		     const char *data, size_t length_bytes)
{
	h2o_iovec_t copy = h2o_strdup(&call->req->pool, data, length_bytes);

	ohtd_reply_header(call, "content-type", content_type);
	send_body(call, status, copy.base, copy.len);
}

void ohtd_reply_empty(struct ohtd_call *call, int status)
{
	send_body(call, status, "", 0);
}

static bool has_control_byte(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

void ohtd_reply_header(struct ohtd_call *call, const char *name, const char *value)
{
	h2o_req_t *req = call->req;
	h2o_iovec_t copy;

	if (has_control_byte(value)) {
		ohtd_log(OHTD_LOG_ERROR, "http", "bad_header", "%s: left out, control byte in it",
			 name);
		return;
	}
	copy = h2o_strdup(&req->pool, value, strlen(value));
	h2o_set_header_by_str(&req->pool, &req->res.headers, name, strlen(name), 1, copy.base,
			      copy.len, 1);
}

static void reply_text(struct ohtd_call *call, int status, const char *type,
		       struct json_object *json)
{
	const char *text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN |
							  JSON_C_TO_STRING_NOSLASHESCAPE);

	ohtd_reply_data(call, status, type, text, strlen(text));
	json_object_put(json);
}

void ohtd_reply_json(struct ohtd_call *call, int status, struct json_object *json)
{
	if (json)
		reply_text(call, status, "application/json", json);
	else
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
}

void ohtd_reply_problem(struct ohtd_call *call, int status, const char *code,
			const char *format, ...)
{
	char detail[DETAIL_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	ohtd_reply_problem_list(call, status, code, detail, NULL);
}

void ohtd_reply_problem_list(struct ohtd_call *call, int status, const char *code,
			     const char *detail, struct json_object *errors)
{
	struct json_object *json = ohtd_problem_json(status, code, detail, call->request_id);

	if (errors)
		json_object_object_add(json, "errors", errors);
	reply_text(call, status, "application/problem+json", json);
}

/*
 * ---- what every answer goes through, also those that h2o makes itself ----
 *
 * h2o answers a body that is too long or badly framed before any handler runs, as plain text.
 */

struct replaced_body {
	h2o_ostream_t super;
	h2o_iovec_t body;
};

static void send_replaced(h2o_ostream_t *self, h2o_req_t *req, h2o_iovec_t *bufs, size_t count,
			  h2o_send_state_t state)
{
	struct replaced_body *replaced = (struct replaced_body *)self;

	(void)bufs;
	h2o_ostream_send_next(self, req, &replaced->body, count ? 1 : 0, state);
}

static bool made_by_h2o(const h2o_req_t *req)
{
	ssize_t i = h2o_find_header(&req->res.headers, H2O_TOKEN_CONTENT_TYPE, -1);
	const h2o_iovec_t *type = i < 0 ? NULL : &req->res.headers.entries[i].value;

	return req->res.status >= 400 && type &&
	       h2o_memis(type->base, type->len, H2O_STRLIT("text/plain; charset=utf-8"));
}

static h2o_ostream_t **replace_body(h2o_req_t *req, h2o_ostream_t **slot)
{
	const char *code = req->res.status == 413 ? "body_too_large" : "bad_request";
	struct replaced_body *replaced;
	struct json_object *json;
	const char *text;
	char id[OHTD_REQUEST_ID_BYTES];

	/* No call was ever made of it, so it has no id yet. */
	ohtd_request_id_make(id);
	json = ohtd_problem_json(req->res.status, code, req->res.reason, id);
	text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN);
	h2o_set_header_by_str(&req->pool, &req->res.headers, H2O_STRLIT("x-request-id"), 1,
			      h2o_strdup(&req->pool, id, strlen(id)).base, strlen(id), 1);
	replaced = (struct replaced_body *)h2o_add_ostream(req, sizeof(*replaced), slot);
	replaced->super.do_send = send_replaced;
	replaced->body = h2o_strdup(&req->pool, text, strlen(text));
	req->res.content_length = replaced->body.len;
	h2o_set_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE,
		       H2O_STRLIT("application/problem+json"), 1);
	json_object_put(json);
	return &replaced->super.next;
}

static void set_default(h2o_req_t *req, const char *name, const char *value)
{
	h2o_set_header_by_str(&req->pool, &req->res.headers, name, strlen(name), 1, value,
			      strlen(value), 0);
}

static void on_answer(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot)
{
	(void)self;
	if (made_by_h2o(req))
		slot = replace_body(req, slot);
	for (size_t i = 0; i < sizeof(security_headers) / sizeof(security_headers[0]); i++)
		set_default(req, security_headers[i][0], security_headers[i][1]);
	set_default(req, "cache-control", "no-store");
	h2o_setup_next_ostream(req, slot);
}

void ohtd_reply_register_filter(h2o_pathconf_t *path)
{
	h2o_filter_t *filter = h2o_create_filter(path, sizeof(*filter));

	filter->on_setup_ostream = on_answer;
}
