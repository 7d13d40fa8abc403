// SPDX-License-Identifier: GPL-2.0-or-later
/* The control socket. */
#include "server.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Removes a socket that a simulator left behind when it was killed. */
static int clear_place(const struct sockaddr_un *address)
{
	struct stat st;
	int fd, err = 0;

	if (lstat(address->sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)address, sizeof(*address)))
		err = -EADDRINUSE;
	else if (errno != ECONNREFUSED || unlink(address->sun_path))
		err = -errno;
	close(fd);
	return err;
}

static int listen_at(struct oht_sim_server *server, const struct sockaddr_un *address)
{
	mode_t before;
	int err;

	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->fd < 0)
		return -errno;
	before = umask(0177);
	err = bind(server->fd, (const struct sockaddr *)address, sizeof(*address)) ? -errno : 0;
	umask(before);
	if (!err && listen(server->fd, OHT_SIM_CLIENTS_MAX))
		err = -errno;
	return err;
}

int oht_sim_server_open(struct oht_sim_server *server, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int i, err;

	server->path = path;
	server->fd = -1;
	for (i = 0; i < OHT_SIM_CLIENTS_MAX; i++)
		server->client[i].fd = -1;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	err = clear_place(&address);
	if (!err)
		err = listen_at(server, &address);
	if (err && server->fd >= 0) {
		close(server->fd);
		server->fd = -1;
	}
	return err;
}

static void drop(struct oht_sim_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

void oht_sim_server_close(struct oht_sim_server *server)
{
	int i;

	if (server->fd < 0)
		return;
	for (i = 0; i < OHT_SIM_CLIENTS_MAX; i++)
		drop(&server->client[i]);
	unlink(server->path);
	close(server->fd);
	server->fd = -1;
}

struct oht_sim_client *oht_sim_server_accept(struct oht_sim_server *server)
{
	static const char full[] = "error too many clients\n";
	int i, fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return NULL;
	for (i = 0; i < OHT_SIM_CLIENTS_MAX; i++) {
		if (server->client[i].fd < 0) {
			server->client[i].fd = fd;
			server->client[i].len = 0;
			return &server->client[i];
		}
	}
	(void)!send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL);
	close(fd);
	return NULL;
}

/* A client that does not read its answers is not waited for. */
static void send_line(struct oht_sim_client *client, char *text)
{
	size_t len = strlen(text);

	text[len++] = '\n';
	if (send(client->fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		drop(client);
}

/* Answers every whole line in the buffer and keeps the rest. */
static void serve_lines(struct oht_sim_client *client, struct oht_sim_station *station,
			uint64_t now_ns)
{
	char answer[OHT_SIM_ANSWER_BYTES + 1];
	char *newline;

	while (client->fd >= 0 && (newline = memchr(client->line, '\n', client->len))) {
		size_t used = (size_t)(newline - client->line) + 1;

		*newline = '\0';
		oht_sim_command(station, client->line, now_ns, answer);
		send_line(client, answer);
		client->len -= used;
		memmove(client->line, newline + 1, client->len);
	}
}

void oht_sim_client_serve(struct oht_sim_client *client, struct oht_sim_station *station,
			  uint64_t now_ns)
{
	char too_long[] = "error line too long\0";
	ssize_t n = read(client->fd, client->line + client->len,
			 sizeof(client->line) - client->len);

	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			drop(client);
		return;
	}
	client->len += (size_t)n;
	serve_lines(client, station, now_ns);
	if (client->fd >= 0 && client->len == sizeof(client->line)) {
		send_line(client, too_long);
		drop(client);
	}
}
