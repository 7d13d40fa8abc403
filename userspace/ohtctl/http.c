// SPDX-License-Identifier: GPL-2.0-or-later
#include "http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/x509_vfy.h>

#include "cli.h"

#define ANSWER_BYTES	(1024 * 1024)
#define CONNECT_S	10L
/* ohtd itself gives up after 60 s. */
#define ANSWER_S	75L
/* A stream that lives says something more often; a robot without power says nothing at all. */
#define SILENT_S	60L
#define LINE_BYTES	320	/* of a header */

static bool begun;
static CURL *kept;	/* its connection stays */

static size_t take(char *data, size_t size, size_t count, void *arg)
{
	struct http_answer *answer = arg;
	size_t bytes = size * count;
	char *larger;

	if (answer->bytes + bytes > ANSWER_BYTES)
		return 0;
	larger = realloc(answer->body, answer->bytes + bytes + 1);
	if (!larger)
		return 0;
	answer->body = larger;
	memcpy(larger + answer->bytes, data, bytes);
	answer->bytes += bytes;
	larger[answer->bytes] = '\0';
	return bytes;
}

/* Ctrl-C while a verb that catches signals waits for an answer. */
static int look_up(void *arg, curl_off_t all_down, curl_off_t down, curl_off_t all_up, curl_off_t up)
{
	(void)arg, (void)all_down, (void)down, (void)all_up, (void)up;
	return cli_interrupted();
}

static void set_trust(CURL *handle, const struct http_request *request)
{
	struct curl_blob authority = { .flags = CURL_BLOB_COPY };
	long check = request->authority != NULL;

	curl_easy_setopt(handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
	/* Nothing that the system trusts: the authority alone. */
	curl_easy_setopt(handle, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(handle, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, check);
	curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, check ? 2L : 0L);
	curl_easy_setopt(handle, CURLOPT_CERTINFO, check ? 0L : 1L);
	if (!check)
		return;
	authority.data = (void *)(uintptr_t)request->authority;
	authority.len = strlen(request->authority);
	curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &authority);
}

static struct curl_slist *set_headers(CURL *handle, const struct http_request *request)
{
	struct curl_slist *headers = NULL;
	char line[LINE_BYTES];

	headers = curl_slist_append(headers, "Content-Type: application/json");
	headers = curl_slist_append(headers, "Expect:");
	if (request->if_match) {
		snprintf(line, sizeof(line), "If-Match: %s", request->if_match);
		headers = curl_slist_append(headers, line);
	}
	if (request->last_id) {
		snprintf(line, sizeof(line), "Last-Event-ID: %s", request->last_id);
		headers = curl_slist_append(headers, line);
	}
	curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
	if (request->token) {
		curl_easy_setopt(handle, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(handle, CURLOPT_XOAUTH2_BEARER, request->token);
	}
	return headers;
}

static void set_request(CURL *handle, const struct http_request *request, struct http_answer *answer,
			char *error)
{
	curl_easy_setopt(handle, CURLOPT_URL, request->url);
	curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, request->socket ? "http" : "https");
	curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, request->socket);
	curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
	curl_easy_setopt(handle, CURLOPT_TIMEOUT, request->answer_s ? request->answer_s : ANSWER_S);
	curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(handle, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, look_up);
	curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
	if (strcmp(request->method, "GET")) {
		curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request->body ? request->body : "");
		curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request->method);
	}
}

/* All of a request; the headers are to be freed when it is over. */
static struct curl_slist *prepare(CURL *handle, const struct http_request *request,
				  struct http_answer *answer, char *error)
{
	set_request(handle, request, answer, error);
	if (!request->socket)
		set_trust(handle, request);
	return set_headers(handle, request);
}

static enum http_result nobody(CURL *handle, const struct http_request *request,
			       struct http_answer *answer, const char *error)
{
	long number = 0;

	curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &number);
	snprintf(answer->why, sizeof(answer->why), "%s", number ? strerror((int)number) : error);
	return request->socket && (number == ENOENT || number == ECONNREFUSED) ? HTTP_ABSENT :
										   HTTP_NOBODY;
}

/* What libcurl found wrong with the certificate: the chain, or the name in it. */
static enum http_result untrusted(CURL *handle, struct http_answer *answer, const char *error)
{
	long number = X509_V_OK;

	curl_easy_getinfo(handle, CURLINFO_SSL_VERIFYRESULT, &number);
	/* libcurl has not set it yet when it compares names. */
	if (number == X509_V_ERR_UNSPECIFIED)
		number = X509_V_OK;
	if (number == X509_V_OK)
		snprintf(answer->why, sizeof(answer->why), "%s", error);
	else
		snprintf(answer->why, sizeof(answer->why), "%s",
			 X509_verify_cert_error_string(number));
	switch (number) {
	case X509_V_OK:
		return HTTP_MISNAMED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return HTTP_FAILED;
	default:
		return HTTP_UNTRUSTED;
	}
}

static enum http_result judge(CURL *handle, const struct http_request *request,
			      struct http_answer *answer, CURLcode code, const char *error)
{
	double connected_s = 0;

	if (!*error)
		error = curl_easy_strerror(code);
	curl_easy_getinfo(handle, CURLINFO_CONNECT_TIME, &connected_s);
	switch (code) {
	case CURLE_OK:
		curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer->status);
		return HTTP_ANSWERED;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		/* No HTTP at all: an answer without status and body. */
		http_forget(answer);
		return HTTP_ANSWERED;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
		return nobody(handle, request, answer, error);
	case CURLE_PEER_FAILED_VERIFICATION:
		return untrusted(handle, answer, error);
	case CURLE_WRITE_ERROR:
		snprintf(answer->why, sizeof(answer->why), "the answer has more than %d KiB",
			 ANSWER_BYTES / 1024);
		return HTTP_FAILED;
	default:
		snprintf(answer->why, sizeof(answer->why), "%s", error);
		return code == CURLE_OPERATION_TIMEDOUT && connected_s <= 0 ? HTTP_NOBODY :
									      HTTP_FAILED;
	}
}

/* The one nearest to the root, as far as the server has sent them. */
static void keep_last_certificate(struct http_answer *answer)
{
	struct curl_certinfo *chain = NULL;
	const struct curl_slist *line;

	if (curl_easy_getinfo(kept, CURLINFO_CERTINFO, &chain) || !chain || !chain->num_of_certs)
		return;
	for (line = chain->certinfo[chain->num_of_certs - 1]; line; line = line->next)
		if (!strncmp(line->data, "Cert:", 5))
			answer->last_certificate = strdup(line->data + 5);
}

static bool begin(void)
{
	if (!begun)
		begun = !curl_global_init(CURL_GLOBAL_DEFAULT);
	return begun;
}

enum http_result http_exchange(const struct http_request *request, struct http_answer *answer)
{
	char error[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers;
	enum http_result result;

	*answer = (struct http_answer){ 0 };
	if (!begin() || (!kept && !(kept = curl_easy_init()))) {
		snprintf(answer->why, sizeof(answer->why), "libcurl: %s", strerror(ENOMEM));
		return HTTP_FAILED;
	}
	/* The connection stays. */
	curl_easy_reset(kept);
	headers = prepare(kept, request, answer, error);
	result = judge(kept, request, answer, curl_easy_perform(kept), error);
	if (!request->socket && !request->authority)
		keep_last_certificate(answer);
	curl_slist_free_all(headers);
	return result;
}

void http_forget(struct http_answer *answer)
{
	if (answer->body)
		explicit_bzero(answer->body, answer->bytes);
	free(answer->body);
	free(answer->last_certificate);
	*answer = (struct http_answer){ 0 };
}

/* ---- streams ---- */

struct http_stream {
	CURL *handle;
	CURLM *multi;
	struct curl_slist *headers;
	struct http_request request;	/* its socket is looked at when it has ended */
	struct http_answer answer;
	http_take_fn take;
	void *arg;
	bool ended;
	CURLcode code;			/* once it has ended */
	char error[CURL_ERROR_SIZE];
};

static bool is_stream(const struct http_stream *stream)
{
	char *type = NULL;
	long status = 0;

	curl_easy_getinfo(stream->handle, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(stream->handle, CURLINFO_CONTENT_TYPE, &type);
	return status == 200 && type &&
	       !strncmp(type, stream->request.type, strlen(stream->request.type));
}

static size_t take_stream(char *data, size_t size, size_t count, void *arg)
{
	struct http_stream *stream = arg;

	if (!is_stream(stream))
		return take(data, size, count, &stream->answer);
	return stream->take(stream->arg, data, size * count) ? size * count : 0;
}

struct http_stream *http_stream_open(const struct http_request *request, http_take_fn take_fn, void *arg)
{
	struct http_stream *stream = calloc(1, sizeof(*stream));

	if (!stream || !begin() || !(stream->handle = curl_easy_init()) ||
	    !(stream->multi = curl_multi_init())) {
		if (stream)
			curl_easy_cleanup(stream->handle);
		free(stream);
		return NULL;
	}
	stream->request = *request;
	stream->take = take_fn;
	stream->arg = arg;
	stream->headers = prepare(stream->handle, request, &stream->answer, stream->error);
	curl_easy_setopt(stream->handle, CURLOPT_WRITEFUNCTION, take_stream);
	curl_easy_setopt(stream->handle, CURLOPT_WRITEDATA, stream);
	curl_easy_setopt(stream->handle, CURLOPT_TIMEOUT, 0L);
	curl_easy_setopt(stream->handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(stream->handle, CURLOPT_LOW_SPEED_TIME, SILENT_S);
	curl_multi_add_handle(stream->multi, stream->handle);
	return stream;
}

static void go_on(struct http_stream *stream)
{
	const CURLMsg *message;
	int running, left;

	curl_multi_perform(stream->multi, &running);
	message = curl_multi_info_read(stream->multi, &left);
	if (!message || message->msg != CURLMSG_DONE)
		return;
	stream->ended = true;
	stream->code = message->data.result;
}

bool http_stream_wait(struct http_stream *stream, int fd, int timeout_ms)
{
	struct curl_waitfd more = { .fd = fd, .events = CURL_WAIT_POLLIN };

	if (!stream->ended)
		go_on(stream);
	if (stream->ended)
		return false;
	curl_multi_poll(stream->multi, &more, fd >= 0, timeout_ms, NULL);
	go_on(stream);
	return !stream->ended;
}

enum http_result http_stream_close(struct http_stream *stream, struct http_answer *answer)
{
	enum http_result result = HTTP_ANSWERED;

	*answer = stream->answer;
	if (stream->ended)
		result = judge(stream->handle, &stream->request, answer, stream->code, stream->error);
	curl_multi_remove_handle(stream->multi, stream->handle);
	curl_easy_cleanup(stream->handle);
	curl_multi_cleanup(stream->multi);
	curl_slist_free_all(stream->headers);
	free(stream);
	return result;
}

void http_end(void)
{
	curl_easy_cleanup(kept);
	kept = NULL;
	if (begun)
		curl_global_cleanup();
	begun = false;
}
