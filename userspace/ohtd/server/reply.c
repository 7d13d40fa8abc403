// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/rand.h>
#include <zlib.h>

#include "http/catalogue.h"
#include "server/cookie.h"
#include "server/loop.h"
#include "http/problem.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/workers.h"
#include "pki/certificate.h"

#define DETAIL_BYTES	512
/* A robot that goes back to a certificate of its own is let in by browsers again a week later. */
#define INSIST		"max-age=604800"

#define HEADER(name_, value_)							\
	{ .name = &(h2o_iovec_t){ (char *)(name_), sizeof(name_) - 1 },			\
	  .value = { (char *)(value_), sizeof(value_) - 1 } }

/* On every answer, also those of h2o; constant, so that a request copies nothing of them. */
static h2o_header_t security_headers[] = {
	HEADER("content-security-policy",
	       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
	       "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
	       "require-trusted-types-for 'script'; trusted-types 'none'"),
	HEADER("x-content-type-options", "nosniff"),
	HEADER("x-frame-options", "DENY"),
	HEADER("referrer-policy", "no-referrer"),
	HEADER("cross-origin-opener-policy", "same-origin"),
	HEADER("cross-origin-resource-policy", "same-origin"),
};

static void begin_answer(struct ohtd_call *call, int status, size_t length_bytes)
{
	h2o_req_t *req = call->req;

	req->res.status = status;
	req->res.reason = ohtd_status_text(status);
	/* Without a length h2o sends chunks, or closes the connection. */
	if (status != 304 && status != 204)
		req->res.content_length = length_bytes;
	call->conn->answered_ms = h2o_now(call->loop->ctx.loop);
	ohtd_figures_note(call->count, status,
			  ohtd_since(ohtd_clock_monotonic_ns(call->services->clock), call->begun_ns));
	ohtd_log(OHTD_LOG_DEBUG, "http", "answer", "%.*s %.*s: %d", (int)req->method.len,
		 req->method.base, (int)req->path_normalized.len, req->path_normalized.base, status);
}

/* ---- a body in pieces ---- */

/* h2o encrypts each piece at once and keeps it in memory until the client has taken it. */
#define PIECE_BYTES	16384
/* An answer above that takes a share of the account until the client has taken it. */
#define LARGE_BYTES	262144

struct pieces {
	h2o_generator_t super;
	const char *data;
	size_t left;
};

static void send_piece(h2o_generator_t *generator, h2o_req_t *req)
{
	struct pieces *pieces = (struct pieces *)generator;
	size_t n = pieces->left < PIECE_BYTES ? pieces->left : PIECE_BYTES;
	h2o_iovec_t body = h2o_iovec_init(pieces->data, n);

	pieces->data += n;
	pieces->left -= n;
	h2o_send(req, &body, n ? 1 : 0, pieces->left ? H2O_SEND_STATE_IN_PROGRESS : H2O_SEND_STATE_FINAL);
}

static void send_pieces(struct ohtd_call *call, int status, const char *data, size_t length_bytes)
{
	h2o_req_t *req = call->req;
	struct pieces *pieces = ohtd_call_alloc(call, sizeof(*pieces));
	bool head = ohtd_method_is_head(req->method.base, req->method.len);

	*pieces = (struct pieces){ { send_piece, NULL }, data, head ? 0 : length_bytes };
	begin_answer(call, status, length_bytes);
	h2o_start_response(req, &pieces->super);
	send_piece(&pieces->super, req);
}

/* Goes with the memory of the request. */
struct large {
	struct ohtd_workers *workers;	/* NULL: the answer is not large */
	struct ohtd_work_hold hold;
	void *block;
};

static void leave_large(void *data)
{
	struct large *large = data;

	if (large->workers)
		ohtd_workers_release(large->workers, &large->hold);
	free(large->block);
}

/* @block: memory of the answer, from malloc(), or NULL. */
static void keep_large(struct ohtd_call *call, void *block, size_t length_bytes)
{
	struct large *large = h2o_mem_alloc_shared(&call->req->pool, sizeof(*large), leave_large);

	*large = (struct large){ .block = block };
	if (length_bytes <= LARGE_BYTES)
		return;
	large->workers = call->services->workers;
	ohtd_workers_hold(large->workers, &large->hold, ohtd_principal_tag(&call->who));
}

void ohtd_reply_send(struct ohtd_call *call, int status, const char *data, size_t length_bytes)
{
	static h2o_generator_t generator = { NULL, NULL };
	h2o_req_t *req = call->req;
	h2o_iovec_t body = h2o_iovec_init(data, length_bytes);

	if (length_bytes > LARGE_BYTES && data) {
		keep_large(call, NULL, length_bytes);
		send_pieces(call, status, data, length_bytes);
		return;
	}
	begin_answer(call, status, length_bytes);
	h2o_start_response(req, &generator);
	/* Only h2o_send_inline() would know that HEAD has no body. */
	h2o_send(req, &body, ohtd_method_is_head(req->method.base, req->method.len) || !length_bytes ? 0 : 1, H2O_SEND_STATE_FINAL);
}

/* @data must live as long as the request. @code: of a refusal, or NULL. */
static void send_body(struct ohtd_call *call, int status, const char *code, const char *data, size_t length_bytes)
{
	if (!ohtd_server_key_answer(call, status, data, length_bytes) && !ohtd_audited(call, status, code, data, length_bytes))
		ohtd_reply_send(call, status, data, length_bytes);
}

void ohtd_server_reply_kept(struct ohtd_call *call, int status, const char *data, size_t length_bytes)
{
	send_body(call, status, NULL, data, length_bytes);
}

void ohtd_reply_data(struct ohtd_call *call, int status, const char *content_type,
		     const char *data, size_t length_bytes)
{
	h2o_iovec_t copy = h2o_strdup(&call->req->pool, data, length_bytes);

	ohtd_reply_header(call, "content-type", content_type);
	send_body(call, status, NULL, copy.base, copy.len);
}

void ohtd_reply_lasting(struct ohtd_call *call, int status, const char *content_type,
			const char *data, size_t length_bytes)
{
	ohtd_reply_header(call, "content-type", content_type);
	send_pieces(call, status, data, length_bytes);
}

/* Of zlib: the largest window, and a gzip header in place of zlib's own. */
#define GZIP_WINDOW	(15 + 16)

struct unpacked {
	h2o_generator_t super;
	z_stream stream;
	size_t left;
	char piece[PIECE_BYTES];
};

/* It goes with the request, however that ends. */
static void *take_for_zlib(void *call, unsigned int count, unsigned int bytes)
{
	return ohtd_call_alloc(call, (size_t)count * bytes);
}

static void leave_to_request(void *call, void *data)
{
	(void)call;
	(void)data;
}

static void unpack_piece(h2o_generator_t *generator, h2o_req_t *req)
{
	struct unpacked *unpacked = (struct unpacked *)generator;
	size_t n = unpacked->left < PIECE_BYTES ? unpacked->left : PIECE_BYTES;
	h2o_iovec_t body = h2o_iovec_init(unpacked->piece, n);
	bool good = true;

	unpacked->stream.next_out = (Bytef *)unpacked->piece;
	unpacked->stream.avail_out = (uInt)n;
	if (n)
		good = inflate(&unpacked->stream, Z_SYNC_FLUSH) >= Z_OK && !unpacked->stream.avail_out;
	unpacked->left -= n;
	h2o_send(req, &body, n && good ? 1 : 0, !good ? H2O_SEND_STATE_ERROR :
		 unpacked->left ? H2O_SEND_STATE_IN_PROGRESS : H2O_SEND_STATE_FINAL);
}

void ohtd_reply_unpacked(struct ohtd_call *call, int status, const char *content_type,
			 const char *gzip, size_t gzip_bytes, size_t length_bytes)
{
	h2o_req_t *req = call->req;
	struct unpacked *unpacked = ohtd_call_alloc(call, sizeof(*unpacked));
	bool head = ohtd_method_is_head(req->method.base, req->method.len);

	unpacked->super.proceed = unpack_piece;
	unpacked->left = head ? 0 : length_bytes;
	unpacked->stream = (z_stream){ .next_in = (Bytef *)(uintptr_t)gzip, .avail_in = (uInt)gzip_bytes,
				       .zalloc = take_for_zlib, .zfree = leave_to_request, .opaque = call };
	inflateInit2(&unpacked->stream, GZIP_WINDOW);
	ohtd_reply_header(call, "content-type", content_type);
	begin_answer(call, status, length_bytes);
	h2o_start_response(req, &unpacked->super);
	unpack_piece(&unpacked->super, req);
}

void ohtd_reply_empty(struct ohtd_call *call, int status)
{
	send_body(call, status, NULL, "", 0);
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

/* ---- the id of a request ---- */

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

/* ---- structs ---- */

static bool is_described(const struct ohtd_route *route, int status, const struct ohtd_shape *shape)
{
	for (size_t i = 0; route && i < OHTD_REPLIES_MAX && route->replies[i].status; i++)
		if (route->replies[i].status == status && route->replies[i].shape == shape)
			return true;
	return false;
}

static void refuse_own(struct ohtd_call *call, const char *what)
{
	ohtd_log(OHTD_LOG_ERROR, "http", "bad_answer", "%s: %s",
		 call->route ? call->route->path : "no route", what);
	ohtd_reply_problem(call, 500, "internal", "the answer was not as it is described");
}

void ohtd_reply_view(struct ohtd_call *call, int status, const struct ohtd_shape *shape,
		     const void *view)
{
	struct ohtd_writer writer;

	if (!is_described(call->route, status, shape)) {
		refuse_own(call, shape->name);
		return;
	}
	ohtd_writer_begin(&writer, &call->memory, call->count->body_bytes + 32);
	ohtd_write_shape(&writer, shape, view);
	if (writer.fault) {
		refuse_own(call, writer.fault);
		return;
	}
	if (writer.used > call->count->body_bytes)
		call->count->body_bytes = writer.used;
	ohtd_reply_header(call, "content-type", "application/json");
	send_body(call, status, NULL, writer.text, writer.used);
}

void ohtd_reply_written(struct ohtd_call *call, int status, const struct ohtd_shape *shape,
			const struct ohtd_writer *writer, void *block)
{
	keep_large(call, block, writer->used);
	if (writer->fault || !is_described(call->route, status, shape)) {
		refuse_own(call, writer->fault ? writer->fault : shape->name);
		return;
	}
	ohtd_reply_lasting(call, status, "application/json", writer->text, writer->used);
}

/* ---- problems ---- */

void ohtd_reply_problem(struct ohtd_call *call, int status, const char *code,
			const char *format, ...)
{
	char detail[DETAIL_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	ohtd_reply_errors(call, status, code, detail, NULL, 0);
}

/* A code without an entry in the catalogue is a defect, and is told as one. */
static bool is_catalogued(const struct ohtd_problem *problem)
{
	if (!ohtd_catalogue_find(problem->status, problem->code))
		return false;
	for (size_t i = 0; i < problem->errors_count; i++)
		if (!ohtd_catalogue_has_detail(problem->errors[i].code))
			return false;
	return true;
}

void ohtd_reply_errors(struct ohtd_call *call, int status, const char *code, const char *detail,
		       const struct ohtd_error *errors, size_t count)
{
	struct ohtd_problem problem = {
		.status = status, .code = code, .detail = detail, .request_id = call->request_id,
		.errors = count ? errors : NULL, .errors_count = count,
	};
	struct ohtd_writer writer;

	if (!is_catalogued(&problem)) {
		ohtd_log(OHTD_LOG_ERROR, "http", "bad_code", "%d %s is not in the catalogue", status,
			 code);
		problem.status = 500;
		problem.code = "internal";
	}
	ohtd_writer_begin(&writer, &call->memory, 512);
	ohtd_problem_write(&writer, &problem);
	ohtd_reply_header(call, "content-type", "application/problem+json");
	send_body(call, problem.status, problem.code, writer.text, writer.used);
}

void ohtd_reply_member(struct ohtd_call *call, const char *pointer, const char *code,
		       const char *format, ...)
{
	struct ohtd_error error = { .pointer = pointer, .code = code };
	char detail[DETAIL_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	error.detail = detail;
	ohtd_reply_errors(call, 400, "validation", "the request does not say what is needed here",
			  &error, 1);
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

static const char *code_of(int status)
{
	if (status == 413)
		return "body_too_large";
	return status == 417 ? "expectation_failed" : "bad_request";
}

/* A problem in place of h2o's text. No call was ever made of the request, so it has no id yet. */
static h2o_iovec_t problem_text(h2o_req_t *req, const char *id)
{
	const struct ohtd_memory memory = ohtd_pool_memory(&req->pool);
	struct ohtd_problem problem = {
		.status = req->res.status, .code = code_of(req->res.status),
		.detail = req->res.reason, .request_id = id,
	};
	struct ohtd_writer writer;

	ohtd_writer_begin(&writer, &memory, 512);
	ohtd_problem_write(&writer, &problem);
	return h2o_iovec_init(writer.text, writer.used);
}

static h2o_ostream_t **replace_body(h2o_req_t *req, h2o_ostream_t **slot)
{
	struct ohtd_loop *loop = ohtd_loop_of(req);
	struct replaced_body *replaced;
	char id[OHTD_REQUEST_ID_BYTES];

	ohtd_request_id_make(id);
	h2o_set_header_by_str(&req->pool, &req->res.headers, H2O_STRLIT("x-request-id"), 1,
			      h2o_strdup(&req->pool, id, strlen(id)).base, strlen(id), 1);
	replaced = (struct replaced_body *)h2o_add_ostream(req, sizeof(*replaced), slot);
	replaced->super.do_send = send_replaced;
	replaced->body = problem_text(req, id);
	req->res.content_length = replaced->body.len;
	h2o_set_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE,
		       H2O_STRLIT("application/problem+json"), 1);
	ohtd_figures_note(&loop->counts[ohtd_router_count(loop->server->router) + 1],
			  req->res.status, 0);
	return &replaced->super.next;
}

static void add_security(h2o_req_t *req)
{
	const size_t count = sizeof(security_headers) / sizeof(security_headers[0]);
	h2o_headers_t *headers = &req->res.headers;

	h2o_vector_reserve(&req->pool, headers, headers->size + count + 1);
	memcpy(headers->entries + headers->size, security_headers, sizeof(security_headers));
	headers->size += count;
}

/* Only where another authority vouches for the robot: else nobody could pass the warning of the browser any more. */
static void add_insistence(h2o_req_t *req)
{
	if (req->input.scheme == &H2O_URL_SCHEME_HTTPS && ohtd_pki_is_vouched(ohtd_loop_of(req)->server->services->certificate))
		h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_STRICT_TRANSPORT_SECURITY, NULL, H2O_STRLIT(INSIST));
}

static void on_answer(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot)
{
	(void)self;
	if (made_by_h2o(req))
		slot = replace_body(req, slot);
	add_security(req);
	add_insistence(req);
	ohtd_server_let_read(req);
	if (h2o_find_header(&req->res.headers, H2O_TOKEN_CACHE_CONTROL, -1) < 0)
		h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CACHE_CONTROL, NULL,
			       H2O_STRLIT("no-store"));
	h2o_setup_next_ostream(req, slot);
}

void ohtd_reply_register_filter(h2o_pathconf_t *path)
{
	h2o_filter_t *filter = h2o_create_filter(path, sizeof(*filter));

	filter->on_setup_ostream = on_answer;
}
