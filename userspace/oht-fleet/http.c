// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/http.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PIECE_BYTES	16384

static void fail(struct fleet_http *http)
{
	http->state = FLEET_HTTP_FAILED;
}

static int dial(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

void fleet_http_ask(struct fleet_http *http, const char *socket, const char *method, const char *path, const char *match, const char *body,
		    fleet_http_fn tell, void *arg)
{
	int bytes;

	*http = (struct fleet_http){ .fd = -1, .state = FLEET_HTTP_UNDER_WAY, .tell = tell, .arg = arg };
	bytes = asprintf(&http->request, "%s /api/v1/%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s%s%s%sContent-Length: %zu\r\n\r\n%s",
			 method, path, match ? "If-Match: " : "", match ? match : "", match ? "\r\n" : "",
			 body ? "Content-Type: application/json\r\n" : "", body ? strlen(body) : 0, body ? body : "");
	if (bytes < 0)
		http->request = NULL;
	http->request_bytes = bytes < 0 ? 0 : (size_t)bytes;
	http->fd = http->request ? dial(socket) : -1;
	if (http->fd < 0)
		fail(http);
}

short fleet_http_events(const struct fleet_http *http)
{
	if (http->state != FLEET_HTTP_UNDER_WAY)
		return 0;
	return http->sent < http->request_bytes ? POLLOUT : POLLIN;
}

/* ---- the answer ---- */

static bool collect(struct fleet_http *http, const char *bytes, size_t count)
{
	char *larger;

	if (http->tell)
		return http->tell(http->arg, bytes, count);
	larger = http->body_bytes + count <= FLEET_ANSWER_BYTES ? realloc(http->body, http->body_bytes + count + 1) : NULL;
	if (!larger)
		return false;
	memcpy(larger + http->body_bytes, bytes, count);
	http->body = larger;
	http->body_bytes += count;
	larger[http->body_bytes] = '\0';
	return true;
}

/* Value of a header in the head, or NULL. */
static const char *header(const char *head, const char *name)
{
	size_t bytes = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
		if (!strncasecmp(line + 2, name, bytes) && line[2 + bytes] == ':')
			return line + 2 + bytes + 1 + strspn(line + 2 + bytes + 1, " \t");
	return NULL;
}

static void take_head(struct fleet_http *http)
{
	const char *length = header(http->line, "content-length"), *coding = header(http->line, "transfer-encoding");

	if (sscanf(http->line, "HTTP/1.1 %3d", &http->status) != 1) {
		fail(http);
		return;
	}
	http->chunked = coding && !strncasecmp(coding, "chunked", 7);
	http->left = length ? strtoul(length, NULL, 10) : 0;
	http->part = http->chunked ? FLEET_HTTP_SIZE : FLEET_HTTP_BODY;
	if (!http->chunked && !http->left)
		http->state = FLEET_HTTP_DONE;
}

/* The size in hexadecimal digits; the last chunk has none. */
static void take_size(struct fleet_http *http)
{
	char *end;

	http->left = strtoul(http->line, &end, 16);
	if (end == http->line)
		fail(http);
	else if (!http->left)
		http->state = FLEET_HTTP_DONE;
	http->part = FLEET_HTTP_BODY;
}

/* Bytes up to @mark go into the line. Returns how many were taken. */
static size_t take_line(struct fleet_http *http, const char *bytes, size_t count, const char *mark, void (*take)(struct fleet_http *))
{
	size_t taken = 0, length = strlen(mark);

	while (taken < count) {
		if (http->line_bytes + 1 >= sizeof(http->line)) {
			fail(http);
			return taken;
		}
		http->line[http->line_bytes++] = bytes[taken++];
		http->line[http->line_bytes] = '\0';
		if (http->line_bytes >= length && !strcmp(http->line + http->line_bytes - length, mark)) {
			http->line_bytes = 0;
			take(http);
			return taken;
		}
	}
	return taken;
}

static void end_chunk(struct fleet_http *http)
{
	http->part = FLEET_HTTP_SIZE;
}

static size_t take_body(struct fleet_http *http, const char *bytes, size_t count)
{
	size_t piece = count < http->left ? count : http->left;

	if (!collect(http, bytes, piece)) {
		fail(http);
		return piece;
	}
	http->left -= piece;
	if (!http->left && http->chunked)
		http->part = FLEET_HTTP_BODY_END;
	else if (!http->left)
		http->state = FLEET_HTTP_DONE;
	return piece;
}

static void take(struct fleet_http *http, const char *bytes, size_t count)
{
	while (count && http->state == FLEET_HTTP_UNDER_WAY) {
		size_t taken;

		if (http->part == FLEET_HTTP_HEAD)
			taken = take_line(http, bytes, count, "\r\n\r\n", take_head);
		else if (http->part == FLEET_HTTP_SIZE)
			taken = take_line(http, bytes, count, "\r\n", take_size);
		else if (http->part == FLEET_HTTP_BODY)
			taken = take_body(http, bytes, count);
		else
			taken = take_line(http, bytes, count, "\r\n", end_chunk);
		bytes += taken;
		count -= taken;
	}
}

void fleet_http_turn(struct fleet_http *http)
{
	char piece[PIECE_BYTES];
	ssize_t count;

	if (http->sent < http->request_bytes) {
		count = send(http->fd, http->request + http->sent, http->request_bytes - http->sent, MSG_NOSIGNAL);
		if (count > 0)
			http->sent += (size_t)count;
		else if (errno != EAGAIN)
			fail(http);
		return;
	}
	count = recv(http->fd, piece, sizeof(piece), 0);
	if (count > 0)
		take(http, piece, (size_t)count);
	else if (!count || errno != EAGAIN)
		fail(http);
}

void fleet_http_end(struct fleet_http *http)
{
	if (http->state != FLEET_HTTP_NONE && http->fd >= 0)
		close(http->fd);
	free(http->request);
	free(http->body);
	*http = (struct fleet_http){ .fd = -1 };
}
