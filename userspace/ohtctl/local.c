// SPDX-License-Identifier: GPL-2.0-or-later
#include "local.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli.h"
#include "offline.h"

#define HEAD_BYTES	512
#define ANSWER_BYTES	(1024 * 1024)
/* ohtd itself gives up after 60 s. */
#define ANSWER_S	75

/* A descriptor; -ENOENT and -ECONNREFUSED say that nobody listens there, without a complaint. */
static int connect_to(struct cli *cli)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = ANSWER_S };
	int fd, error;

	if (strlen(cli->socket) >= sizeof(address.sun_path)) {
		cli_fail(cli, CLI_USAGE, "--socket: '%s' is too long for a socket", cli->socket);
		return -EINVAL;
	}
	strcpy(address.sun_path, cli->socket);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		return fd;
	}
	error = errno;
	if (fd >= 0)
		close(fd);
	return -error;
}

static int send_all(int fd, const char *data, size_t bytes)
{
	while (bytes) {
		ssize_t n = send(fd, data, bytes, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		bytes -= (size_t)n;
	}
	return 0;
}

/* Everything until ohtd closes, with a NUL behind it. */
static int receive_all(int fd, char *data)
{
	size_t used = 0;
	ssize_t n;

	while (used < ANSWER_BYTES) {
		n = recv(fd, data + used, ANSWER_BYTES - used, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (!n)
			break;
		used += (size_t)n;
	}
	data[used] = 0;
	return 0;
}

static int exchange(int fd, const char *method, const char *path, const char *body, char *answer)
{
	char head[HEAD_BYTES];
	int n = snprintf(head, sizeof(head),
			 "%s /api/v1/%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
			 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n", method,
			 path, strlen(body));

	if (n < 0 || (size_t)n >= sizeof(head))
		return -1;
	if (send_all(fd, head, (size_t)n) || send_all(fd, body, strlen(body)))
		return -1;
	return receive_all(fd, answer);
}

/* What ohtd says is wrong: its sentence, and the first single fault. */
static int refused(struct cli *cli, struct json_object *problem)
{
	struct json_object *errors = json_object_object_get(problem, "errors"), *first = NULL;
	const char *detail = json_object_get_string(json_object_object_get(problem, "detail"));
	const char *code = json_object_get_string(json_object_object_get(problem, "code"));

	/* Nobody listens, and the database cannot be had either: nothing can be asked. */
	if (code && !strcmp(code, "offline"))
		return cli_fail(cli, CLI_NO_DEVICE, "no ohtd answers at %s, and without it: %s",
				cli->socket, detail);
	if (errors && json_object_array_length(errors))
		first = json_object_array_get_idx(errors, 0);
	if (first)
		return cli_fail(cli, CLI_FAILED, "%s %s",
				json_object_get_string(json_object_object_get(first, "pointer")),
				json_object_get_string(json_object_object_get(first, "detail")));
	return cli_fail(cli, CLI_FAILED, "%s", detail ? detail : "ohtd refused, and said nothing");
}

static int judge(struct cli *cli, const char *text, struct json_object **answer)
{
	const char *body = strstr(text, "\r\n\r\n");
	struct json_object *json = body ? json_tokener_parse(body + 4) : NULL;
	long status = strncmp(text, "HTTP/1.1 ", 9) ? 0 : strtol(text + 9, NULL, 10);
	int result;

	if (!json_object_is_type(json, json_type_object) || !status) {
		json_object_put(json);
		return cli_fail(cli, CLI_FAILED, "what answers at %s is no ohtd", cli->socket);
	}
	if (status < 300) {
		*answer = json;
		return CLI_DONE;
	}
	result = refused(cli, json);
	json_object_put(json);
	return result;
}

int local_request(struct cli *cli, const char *method, const char *path, struct json_object *body,
		  struct json_object **answer)
{
	const char *text = body ? json_object_to_json_string(body) : "";
	char *data = malloc(ANSWER_BYTES + 1);
	int fd, result;

	*answer = NULL;
	fd = data ? connect_to(cli) : -ENOMEM;
	if (fd == -ENOENT || fd == -ECONNREFUSED) {
		result = offline_exchange(cli, method, path, text, data, ANSWER_BYTES);
		result = result ? result : judge(cli, data, answer);
		free(data);
		return result;
	}
	if (fd < 0) {
		free(data);
		return fd == -EINVAL ? CLI_USAGE : cli_fail(cli, CLI_NO_DEVICE, "%s: %s", cli->socket,
							    strerror(-fd));
	}
	if (exchange(fd, method, path, text, data))
		result = cli_fail(cli, CLI_FAILED, "%s: %s", cli->socket, strerror(errno));
	else
		result = judge(cli, data, answer);
	close(fd);
	free(data);
	return result;
}
