// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * h2o and nothing else: bare_h2o SOCKET|PORT ANSWER [CERTIFICATE KEY]
 *
 * Answers every request with the headers and the body that the file ANSWER has, as "name: value"
 * lines, an empty line and the rest. What ohtd costs is told as a multiple of this program. Ends
 * when its standard input ends.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <h2o.h>

#define BYTES_MAX	65536
#define HEADERS_MAX	32

static struct {
	h2o_iovec_t name, value;
} headers[HEADERS_MAX];
static size_t header_count;
static h2o_iovec_t body;
static h2o_accept_ctx_t accept_ctx;
static char http_1_1[] = "http/1.1";
static const h2o_iovec_t protocols[] = { { http_1_1, sizeof(http_1_1) - 1 }, { NULL, 0 } };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void read_answer(const char *path)
{
	static char text[BYTES_MAX];
	FILE *file = fopen(path, "r");
	size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	char *line = text;

	if (!n)
		die(path);
	fclose(file);
	while (*line != '\n') {
		char *colon = strstr(line, ": "), *end = strchr(line, '\n');

		if (!colon || !end || header_count == HEADERS_MAX)
			die("headers");
		headers[header_count].name = h2o_iovec_init(line, (size_t)(colon - line));
		headers[header_count++].value = h2o_iovec_init(colon + 2, (size_t)(end - colon) - 2);
		line = end + 1;
	}
	body = h2o_iovec_init(line + 1, n - (size_t)(line + 1 - text));
}

static int answer(h2o_handler_t *self, h2o_req_t *req)
{
	(void)self;
	req->res.status = 200;
	req->res.reason = "OK";
	req->res.content_length = body.len;
	for (size_t i = 0; i < header_count; i++)
		h2o_add_header_by_str(&req->pool, &req->res.headers, headers[i].name.base,
				      headers[i].name.len, 1, NULL, headers[i].value.base,
				      headers[i].value.len);
	h2o_send_inline(req, body.base, body.len);
	return 0;
}

static void on_accept(h2o_socket_t *listener, const char *err)
{
	h2o_socket_t *sock = err ? NULL : h2o_evloop_socket_accept(listener);

	if (sock)
		h2o_accept(&accept_ctx, sock);
}

static int listen_at(const char *where)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct sockaddr_in loopback = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)atoi(where)),
	};
	bool path = *where == '/';
	int fd = socket(path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;

	snprintf(local.sun_path, sizeof(local.sun_path), "%s", where);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (path ? bind(fd, (struct sockaddr *)&local, sizeof(local)) :
		   bind(fd, (struct sockaddr *)&loopback, sizeof(loopback)))
		die(where);
	if (listen(fd, 512))
		die(where);
	return fd;
}

static SSL_CTX *make_tls(const char *certificate, const char *key)
{
	SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());

	if (!ssl || SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_use_certificate_chain_file(ssl, certificate) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) != 1)
		die(certificate);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	h2o_ssl_register_alpn_protocols(ssl, protocols);
	return ssl;
}

static void *wait_for_end(void *arg)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	exit(0);
	return arg;
}

int main(int argc, char **argv)
{
	static h2o_globalconf_t conf;
	static h2o_context_t ctx;
	h2o_hostconf_t *host;
	h2o_socket_t *listener;
	pthread_t thread;

	if (argc != 3 && argc != 5)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	read_answer(argv[2]);
	h2o_config_init(&conf);
	conf.http1.upgrade_to_http2 = 0;
	host = h2o_config_register_host(&conf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
	h2o_create_handler(h2o_config_register_path(host, "/", 0), sizeof(h2o_handler_t))->on_req =
		answer;
	h2o_context_init(&ctx, h2o_evloop_create(), &conf);
	accept_ctx = (h2o_accept_ctx_t){ .ctx = &ctx, .hosts = conf.hosts,
					 .ssl_ctx = argc == 5 ? make_tls(argv[3], argv[4]) : NULL };
	listener = h2o_evloop_socket_create(ctx.loop, listen_at(argv[1]), H2O_SOCKET_FLAG_DONT_READ);
	h2o_socket_read_start(listener, on_accept);
	pthread_create(&thread, NULL, wait_for_end, NULL);
	puts("ready");
	fflush(stdout);
	for (;;)
		h2o_evloop_run(ctx.loop, INT32_MAX);
}
