// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The socket for local administration: the same routes without TLS, for whom the kernel names as
 * root or as a member of oht-admin. Everybody may connect, so that everybody gets a clear answer.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/loop.h"
#include "main/log.h"

#define ADMIN_GROUP	"oht-admin"
#define BACKLOG		16
/* Places of their own: whoever fills those of the network does not keep an administrator out. */
#define CONNECTIONS_MAX	16
#define GROUPS_MAX	256

static void address_of(const char *path, struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	snprintf(address->sun_path, sizeof(address->sun_path), "%s", path);
}

/* ---- birth and end ---- */

static int refuse(const char *path, const char *what, char *why, size_t size)
{
	snprintf(why, size, "%s: %s", path, what);
	return -1;
}

/* What an earlier run of ours left behind is removed, and nothing else. */
static int make_room(const char *path, char *why, size_t size)
{
	struct sockaddr_un address;
	struct stat st;
	int fd, r;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : refuse(path, strerror(errno), why, size);
	if (!S_ISSOCK(st.st_mode))
		return refuse(path, "is there and is no socket", why, size);
	if (st.st_uid != geteuid())
		return refuse(path, "is the socket of another user", why, size);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return refuse(path, strerror(errno), why, size);
	address_of(path, &address);
	r = connect(fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
	close(fd);
	if (r != ECONNREFUSED)
		return refuse(path, "another program listens there", why, size);
	return unlink(path) ? refuse(path, strerror(errno), why, size) : 0;
}

static int bind_socket(const char *path, char *why, size_t size)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;

	address_of(path, &address);
	if (fd >= 0 && !bind(fd, (struct sockaddr *)&address, sizeof(address)) &&
	    !chmod(path, 0666) && !listen(fd, BACKLOG))
		return fd;
	refuse(path, strerror(errno), why, size);
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool has_folder(const char *path)
{
	char folder[OHTD_SOCKET_BYTES];

	snprintf(folder, sizeof(folder), "%s", path);
	*strrchr(folder, '/') = 0;
	return !access(*folder ? folder : "/", F_OK);
}

int ohtd_local_open(struct ohtd_server *server, char *why, size_t size)
{
	const char *path = server->setup.config->socket;
	const struct group *group = getgrnam(ADMIN_GROUP);

	server->admin_gid = group ? group->gr_gid : (gid_t)-1;
	if (!*path)
		return 0;
	if (!has_folder(path)) {
		ohtd_log(OHTD_LOG_WARNING, "http", "no_local_socket", "there is no folder for %s",
			 path);
		return 0;
	}
	if (make_room(path, why, size))
		return -1;
	server->local_fd = bind_socket(path, why, size);
	return server->local_fd < 0 ? -1 : 0;
}

void ohtd_local_remove(struct ohtd_server *server)
{
	if (server->local_fd < 0)
		return;
	/* The loop has closed the descriptor if it had taken it over. */
	if (!server->loop_count || !server->loops[0]->started)
		close(server->local_fd);
	server->local_fd = -1;
	unlink(server->setup.config->socket);
}

/* ---- who is there ---- */

static bool is_member(int fd, gid_t wanted)
{
	gid_t groups[GROUPS_MAX];
	socklen_t length = sizeof(groups);

	if (wanted == (gid_t)-1 || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length))
		return false;
	for (size_t i = 0; i < length / sizeof(groups[0]); i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

static void identify(struct ohtd_conn *conn)
{
	gid_t admin_gid = conn->loop->server->admin_gid;
	int fd = h2o_socket_get_fd(conn->sock);
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t length = sizeof(peer);

	conn->local = true;
	if (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length))
		conn->admin = !peer.uid || (admin_gid != (gid_t)-1 && peer.gid == admin_gid) ||
			      is_member(fd, admin_gid);
	conn->uid = peer.uid;
	snprintf(conn->address, sizeof(conn->address), "local, uid %u", peer.uid);
}

/* ---- in the loop ---- */

static void on_accept(h2o_socket_t *listener, const char *err)
{
	struct ohtd_loop *loop = listener->data;
	atomic_uint *count = &loop->server->local_count;
	h2o_socket_t *sock;

	while (!err) {
		if (atomic_load(count) >= CONNECTIONS_MAX) {
			h2o_socket_read_stop(listener);
			return;
		}
		sock = h2o_evloop_socket_accept(listener);
		if (!sock) {
			if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
				h2o_socket_read_stop(listener);
			return;
		}
		atomic_fetch_add(count, 1);
		identify(ohtd_conn_track(loop, sock, count));
		h2o_accept(&loop->accept_local, sock);
	}
}

void ohtd_local_start(struct ohtd_loop *loop)
{
	if (loop->server->local_fd < 0)
		return;
	loop->local_listener = h2o_evloop_socket_create(loop->ctx.loop, loop->server->local_fd,
							H2O_SOCKET_FLAG_DONT_READ);
	loop->local_listener->data = loop;
	h2o_socket_read_start(loop->local_listener, on_accept);
}

/* It rested while there was no place. */
void ohtd_local_tick(struct ohtd_loop *loop)
{
	if (loop->local_listener && !h2o_socket_is_reading(loop->local_listener) &&
	    atomic_load(&loop->server->local_count) < CONNECTIONS_MAX)
		h2o_socket_read_start(loop->local_listener, on_accept);
}

void ohtd_local_close(struct ohtd_loop *loop)
{
	if (loop->local_listener)
		h2o_socket_close(loop->local_listener);
	loop->local_listener = NULL;
}
