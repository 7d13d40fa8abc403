// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What h2o lets through and nobody behind this point should have to think about: it neither checks
 * the case of the method nor insists on one Host and one length, decodes %00 into the path and keeps
 * folded headers as entries without a name.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "http/framing.h"
#include "http/stop_head.h"
#include "server/loop.h"

/* ---- the head of a stop ---- */

/* h2o takes 100 headers; of a stop far more are read, and few of them kept. */
#define STOP_HEADERS_MAX	1024

typedef int parse_fn(const char *head, size_t bytes, const char **method, size_t *method_bytes, const char **path,
		     size_t *path_bytes, int *minor_version, struct phr_header *headers, size_t *count, size_t looked_at);

parse_fn phr_parse_request;

/* The head is in the buffer of the connection, which h2o itself changes. */
static bool mend(const char *head, size_t bytes, const char *behind_path)
{
	size_t line_bytes = (size_t)(behind_path - head);

	return ohtd_stop_head_mend((char *)head + line_bytes, bytes - line_bytes);
}

static bool is_host(const struct phr_header *header, const char *name, size_t bytes)
{
	return header->name && header->name_len == 4 && !strncasecmp(header->name, "host", 4) && header->value_len == bytes &&
	       !strncasecmp(header->value, name, bytes);
}

/* A client may write the whole URI (RFC 9112, 3.2.2). Only the Host of the request says whom it asks, so both must be the same. */
static void take_path(const char **path, size_t *bytes, const struct phr_header *headers, size_t count)
{
	static const char scheme[] = "https://";
	const size_t name_at = sizeof(scheme) - 1, at = ohtd_http_path_begin(*path, *bytes);

	if (at <= name_at || at == *bytes || strncasecmp(*path, scheme, name_at) != 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (is_host(&headers[i], *path + name_at, at - name_at)) {
			*path += at;
			*bytes -= at;
			return;
		}
}

/*
 * h2o refuses heads before any handler is asked: for control bytes, their number of headers, Expect, a Transfer-Encoding. It
 * calls its parser through the dynamic linker, which finds this function in front of the library's: the head of a stop is made
 * plain here, and h2o never sees what is odd about it. Of every other head a whole URI is made its path, and the rest passes as it is.
 */
int phr_parse_request(const char *head, size_t bytes, const char **method, size_t *method_bytes, const char **path,
		      size_t *path_bytes, int *minor_version, struct phr_header *headers, size_t *count, size_t looked_at)
{
	static _Atomic(parse_fn *) library;
	parse_fn *parse = atomic_load_explicit(&library, memory_order_relaxed);
	struct phr_header all[STOP_HEADERS_MAX];
	size_t room = *count, found = STOP_HEADERS_MAX;
	int r;

	if (!parse) {
		*(void **)&parse = dlsym(RTLD_NEXT, "phr_parse_request");
		atomic_store_explicit(&library, parse, memory_order_relaxed);
	}
	r = parse(head, bytes, method, method_bytes, path, path_bytes, minor_version, all, &found, looked_at);
	if (r == -1 && *path && ohtd_stop_head_is(*method, *method_bytes, *path, *path_bytes) &&
	    mend(head, bytes, *path + *path_bytes)) {
		found = STOP_HEADERS_MAX;
		r = parse(head, bytes, method, method_bytes, path, path_bytes, minor_version, all, &found, looked_at);
	}
	if (r < 0)
		return r;
	if (ohtd_stop_head_is(*method, *method_bytes, *path, *path_bytes)) {
		*method = "POST";
		*path = OHTD_STOP_PATH;
		*path_bytes = strlen(OHTD_STOP_PATH);
		found = ohtd_stop_head_trim(all, found, bytes - (size_t)r);
	} else {
		take_path(path, path_bytes, all, found);
	}
	if (found > room)
		return -1;
	memcpy(headers, all, found * sizeof(*headers));
	*count = found;
	return r;
}

/* ---- what no handler should have to think about ---- */

static int refuse(struct ohtd_call *call, int status, const char *code, const char *detail)
{
	/* What follows on this connection may not be what the client believes it to be. */
	call->req->http1_is_persistent = 0;
	ohtd_reply_problem(call, status, code, "%s", detail);
	return -1;
}

static bool all_between(h2o_iovec_t text, unsigned char low, unsigned char high)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.base[i] < low || (unsigned char)text.base[i] > high)
			return false;
	return true;
}

static bool is_printable(h2o_iovec_t text)
{
	for (size_t i = 0; i < text.len; i++)
		if (((unsigned char)text.base[i] < ' ' && text.base[i] != '\t') ||
		    text.base[i] == 0x7f)
			return false;
	return true;
}

static int check_line(struct ohtd_call *call)
{
	h2o_req_t *req = call->req;

	/* 1.0 comes from proxies; a minor version above 1 is served as 1.1. */
	if (req->version < 0x101)
		req->http1_is_persistent = 0;
	if (!req->method.len || req->method.len > 16 || !all_between(req->method, 'A', 'Z'))
		return refuse(call, 400, "bad_method", "the method must be in capital letters");
	if (req->path.len > OHTD_PATH_BYTES_MAX)
		return refuse(call, 414, "uri_too_long", "the path is longer than 1024 bytes");
	if (!req->path.len || req->path.base[0] != '/')
		return refuse(call, 400, "bad_path", "the path must begin with '/'");
	if (!all_between(req->path, 0x21, 0x7e) || !all_between(req->path_normalized, 0x20, 0x7e))
		return refuse(call, 400, "bad_path", "control byte or non-ASCII byte in the path");
	return 0;
}

/* h2o has changed nothing of the head but the case of names, and takes it off the buffer at the end. */
static int check_framing(struct ohtd_call *call)
{
	const h2o_buffer_t *input = call->conn->sock->input;
	const char *fault = ohtd_framing_fault(input->bytes, input->size);

	/* HTTP/1.0 knows no chunks: a proxy would see another end of the body than h2o. */
	if (!fault && call->req->version < 0x101 && ohtd_framing_is_chunked(input->bytes, input->size))
		fault = "Transfer-Encoding with HTTP/1.0";
	return fault ? refuse(call, 400, "bad_framing", fault) : 0;
}

/* A stop is done all the same, but nothing behind it on this connection is read. */
static void check_end_of_stop(struct ohtd_call *call)
{
	const h2o_buffer_t *input = call->conn->sock->input;

	if (ohtd_framing_fault(input->bytes, input->size) || memchr(input->bytes, OHTD_STOP_HEAD_MENDED, input->size) ||
	    (ohtd_framing_has_body(input->bytes, input->size) && !call->req->entity.base))
		call->req->http1_is_persistent = 0;
}

static int check_headers(struct ohtd_call *call, bool stops)
{
	const h2o_headers_t *headers = &call->req->headers;
	size_t bytes = 0, authorizations = 0;

	if (headers->size > OHTD_HEADERS_MAX && !stops)
		return refuse(call, 431, "too_many_headers", "more than 96 headers");
	for (size_t i = 0; i < headers->size; i++) {
		const h2o_header_t *header = &headers->entries[i];

		if (!header->name->len || !is_printable(header->value))
			return refuse(call, 400, "bad_header", "folded header or control byte");
		bytes += header->name->len + header->value.len;
		authorizations += header->name == &H2O_TOKEN_AUTHORIZATION->buf;
	}
	if (bytes > OHTD_HEADER_BYTES_MAX && !stops)
		return refuse(call, 431, "headers_too_large", "headers longer than 65536 bytes");
	if (authorizations > 1 && !stops)
		return refuse(call, 400, "bad_header", "more than one Authorization");
	return 0;
}

/* Splits "name:port" and "[v6]:port" off a Host; returns the name. */
static h2o_iovec_t host_name(h2o_iovec_t host)
{
	const char *end = NULL;

	if (host.len && host.base[0] == '[') {
		end = memchr(host.base, ']', host.len);
		return end ? h2o_iovec_init(host.base + 1, (size_t)(end - host.base) - 1) :
			     h2o_iovec_init(H2O_STRLIT(""));
	}
	end = memchr(host.base, ':', host.len);
	return end ? h2o_iovec_init(host.base, (size_t)(end - host.base)) : host;
}

static bool is_known_name(const struct ohtd_names *names, h2o_iovec_t name)
{
	/* The dot at the end says only that the name is whole. */
	if (name.len > 1 && name.base[name.len - 1] == '.')
		name.len--;
	for (unsigned int i = 0; i < names->count; i++)
		if (strlen(names->names[i]) == name.len &&
		    !strncasecmp(names->names[i], name.base, name.len))
			return true;
	return false;
}

/* A machine may get its name after the start, from DHCP or a person. Looked at only before a refusal. */
static bool is_new_name(const struct ohtd_call *call, h2o_iovec_t name)
{
	const struct ohtd_server *server = call->loop->server;
	struct ohtd_names names;

	if (!ohtd_names_changed(&server->names))
		return false;
	ohtd_names_collect(&names, server->services->config);
	return is_known_name(&names, name);
}

/* An address is always right when it is the one the client has connected to. */
static bool is_own_address(struct ohtd_call *call, h2o_iovec_t name)
{
	h2o_conn_t *conn = call->req->conn;
	struct sockaddr_storage own;
	char own_text[OHTD_PEER_BYTES], name_text[OHTD_PEER_BYTES];

	return conn->callbacks->get_sockname(conn, (struct sockaddr *)&own) &&
	       ohtd_address_text((struct sockaddr *)&own, own_text) &&
	       ohtd_address_normalise(name.base, name.len, name_text) && !strcmp(own_text, name_text);
}

/*
 * Probes of load balancers speak HTTP/1.0 and name no host. No browser does that, so a rebound name gains
 * nothing by it: the first page and health are answered, which anybody may read.
 */
static bool is_probe(const h2o_req_t *req, const struct ohtd_route *get)
{
	return req->version < 0x101 && ((get && get->rate == OHTD_RATE_HEALTH) ||
		h2o_memis(req->path_normalized.base, req->path_normalized.len, H2O_STRLIT("/")));
}

/* Another name than ours means a proxy that is lost, or a page that had its DNS name rebound. */
static int check_host(struct ohtd_call *call, const struct ohtd_route *get)
{
	h2o_req_t *req = call->req;
	h2o_iovec_t host = req->authority, name;

	/* h2o puts its own text there when the client sent none. */
	if (!host.len || host.base == req->hostconf->authority.hostport.base)
		return is_probe(req, get) ? 0 : refuse(call, 400, "no_host", "the header Host is missing");
	name = host_name(host);
	if (is_known_name(&call->loop->server->names, name) || is_own_address(call, name) || is_new_name(call, name))
		return 0;
	return refuse(call, 421, "wrong_host",
		      "unknown Host: add it to [http] names in ohtd.conf");
}

static int check_body(struct ohtd_call *call)
{
	h2o_req_t *req = call->req;

	if (req->entity.len > OHTD_BODY_BYTES_MAX) {
		ohtd_reply_problem(call, 413, "body_too_large", "the body has %zu bytes, at most "
				   "%d are taken", req->entity.len, OHTD_BODY_BYTES_MAX);
		return -1;
	}
	if (req->entity.len && ohtd_method_reads(req->method.base, req->method.len))
		return refuse(call, 400, "unexpected_body", "this method takes no body");
	return 0;
}

static bool is_stop(const struct ohtd_route *route)
{
	return route && route->rate == OHTD_RATE_STOP;
}

int ohtd_prologue_line(struct ohtd_call *call, const struct ohtd_route *route)
{
	if (check_line(call))
		return -1;
	if (!is_stop(route))
		return check_framing(call);
	check_end_of_stop(call);
	return 0;
}

int ohtd_prologue_head(struct ohtd_call *call, const struct ohtd_route *route, const struct ohtd_route *get)
{
	bool stops = is_stop(route);

	if (check_headers(call, stops) || (!stops && (check_host(call, get) || check_body(call))))
		return -1;
	return 0;
}
