// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The local socket: the same routes without TLS. The kernel names the user, the configuration gives the user a role
 * (config/locals.h). Every user may connect, so that each gets a clear answer.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/loop.h"
#include "base/log.h"
#include "settings/settings.h"

#define BACKLOG		64
/*
 * Places apart from those of the network, by classes of users. Those of a class and of the classes below it have at most @all places, one
 * user has at most @share.
 */
static const struct places {
	unsigned int all;
	unsigned int share;
} places[] = {
	{ 8, 4 },	/* without a role */
	{ 16, 8 },	/* with a role below administrator */
	{ 24, 8 },	/* administrators */
	{ 32, 32 },	/* root */
};

#define ACCEPTS_PER_TURN	16
/* More than any user has, and only then from the heap: Linux allows 65536. */
#define GROUPS_USUAL		64

static void address_of(const char *path, struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	snprintf(address->sun_path, sizeof(address->sun_path), "%s", path);
}

/* ---- birth and end ---- */

/* @what: NULL: what @error means. */
static int refuse(const char *path, int error, const char *what, char *why, size_t size)
{
	snprintf(why, size, "%s: %s", path, what ? what : strerror(error));
	return -error;
}

/* What an earlier run of ours left behind is removed, and nothing else. */
static int make_room(const char *path, char *why, size_t size)
{
	struct sockaddr_un address;
	struct stat st;
	int fd, r;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : refuse(path, errno, NULL, why, size);
	if (!S_ISSOCK(st.st_mode))
		return refuse(path, EINVAL, "is there and is no socket", why, size);
	if (st.st_uid != geteuid())
		return refuse(path, EINVAL, "is the socket of another user", why, size);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return refuse(path, errno, NULL, why, size);
	address_of(path, &address);
	r = connect(fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
	close(fd);
	if (r != ECONNREFUSED)
		return refuse(path, EADDRINUSE, "another program listens there", why, size);
	return unlink(path) ? refuse(path, errno, NULL, why, size) : 0;
}

static int bind_socket(const char *path, char *why, size_t size)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;
	int r;

	address_of(path, &address);
	if (fd >= 0 && !bind(fd, (struct sockaddr *)&address, sizeof(address)) &&
	    !chmod(path, 0666) && !listen(fd, BACKLOG))
		return fd;
	r = refuse(path, errno, NULL, why, size);
	if (fd >= 0)
		close(fd);
	return r;
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
	const char *path = server->services->config->socket;
	int r;

	if (!*path)
		return 0;
	if (!has_folder(path)) {
		ohtd_log(OHTD_LOG_WARNING, "http", "no_local_socket", "there is no folder for %s",
			 path);
		return 0;
	}
	r = make_room(path, why, size);
	if (r)
		return r;
	r = bind_socket(path, why, size);
	if (r < 0)
		return r;
	server->local_fd = r;
	return 0;
}

void ohtd_local_remove(struct ohtd_server *server)
{
	if (server->local_fd < 0)
		return;
	/* The loop has closed the descriptor if it had taken it over. */
	if (!server->loop_count || !server->loops[0]->started)
		close(server->local_fd);
	server->local_fd = -1;
	unlink(server->services->config->socket);
}

/* ---- who is there ---- */

/* The user of a connection, as the kernel says. */
struct peer {
	uid_t uid;
	enum ohtd_role role;
	uint64_t judged;
};

/* Of a user whose groups are not known, any of them could be one that is refused. Root has its role without them. */
static enum ohtd_role role_of(struct ohtd_settings *settings, int fd, const struct ucred *cred)
{
	gid_t usual[GROUPS_USUAL], *groups = usual;
	socklen_t length = sizeof(usual);
	int r = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length);
	enum ohtd_role role = OHTD_ROLE_NONE;

	/* The kernel has said how many bytes they need. */
	if (r && errno == ERANGE) {
		groups = malloc(length);
		r = groups ? getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) : r;
	}
	if (!r || !cred->uid)
		role = ohtd_settings_local_role(settings, &(struct ohtd_config_peer){
			.uid = cred->uid, .gid = cred->gid, .groups = groups, .group_count = r ? 0 : length / sizeof(*groups) });
	if (groups != usual)
		free(groups);
	return role;
}

static struct peer identify(const struct ohtd_server *server, int fd)
{
	struct ohtd_settings *settings = server->services->settings;
	struct peer peer = { .uid = (uid_t)-1, .judged = ohtd_settings_local_changes(settings) };
	struct ucred cred = { .uid = (uid_t)-1 };
	socklen_t length = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &length) || cred.uid == (uid_t)-1)
		return peer;
	peer.uid = cred.uid;
	/* Beside simulated outputs oht-sim-robot or make native follows them, as the user that runs ohtd. */
	peer.role = server->services->config->simulated_outputs && cred.uid == geteuid() ? OHTD_ROLE_ADMINISTRATOR :
		    role_of(settings, fd, &cred);
	return peer;
}

enum ohtd_role ohtd_server_local_role(struct ohtd_conn *conn)
{
	const struct ohtd_server *server = conn->loop->server;
	struct peer peer;

	if (conn->judged == ohtd_settings_local_changes(server->services->settings))
		return conn->role;
	peer = identify(server, h2o_socket_get_fd(conn->sock));
	conn->role = peer.role;
	conn->judged = peer.judged;
	return conn->role;
}

/* ---- in the loop ---- */

static size_t class_of(uid_t uid, enum ohtd_role role)
{
	return !uid ? 3 : role == OHTD_ROLE_ADMINISTRATOR ? 2 : role ? 1 : 0;
}

static bool has_place(struct ohtd_loop *loop, const struct peer *peer)
{
	size_t class = class_of(peer->uid, peer->role);
	unsigned int all = 0, own = 0;

	for (h2o_linklist_t *at = loop->conns.next; at != &loop->conns; at = at->next) {
		struct ohtd_conn *conn = H2O_STRUCT_FROM_MEMBER(struct ohtd_conn, link, at);

		if (!conn->local)
			continue;
		all += class_of(conn->uid, conn->role) <= class;
		own += conn->uid == peer->uid;
	}
	return all < places[class].all && own < places[class].share;
}

/* Before it has asked: what is not accepted would wait in front of those who have a place. */
static void turn_away(h2o_socket_t *sock)
{
	static const char answer[] =
		"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\n"
		"content-type: application/problem+json\r\ncontent-length: 154\r\n\r\n"
		"{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,"
		"\"code\":\"busy\",\"detail\":\"this user has as many connections to this socket "
		"as it may have\"}";

	send(h2o_socket_get_fd(sock), answer, sizeof(answer) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	h2o_socket_close(sock);
}

/* Root needs no name. */
static void name_user(struct ohtd_settings *settings, uid_t uid, char user[OHTD_LOCAL_USER_BYTES])
{
	char name[OHTD_LOCAL_NAME_BYTES] = "";

	if (uid)
		ohtd_settings_user_name(settings, uid, name);
	snprintf(user, OHTD_LOCAL_USER_BYTES, *name ? "uid %u (%s)" : "uid %u", uid, name);
}

static void admit(struct ohtd_loop *loop, h2o_socket_t *sock, const struct peer *peer)
{
	atomic_uint *count = &loop->server->local_count;
	struct ohtd_conn *conn;

	atomic_fetch_add(count, 1);
	conn = ohtd_conn_track(loop, sock, count);
	conn->local = true;
	conn->role = peer->role;
	conn->judged = peer->judged;
	conn->uid = peer->uid;
	name_user(loop->server->services->settings, peer->uid, conn->user);
	snprintf(conn->address, sizeof(conn->address), "local, uid %u", peer->uid);
	h2o_accept(&loop->accept_local, sock);
}

static void on_accept(h2o_socket_t *listener, const char *err)
{
	struct ohtd_loop *loop = listener->data;
	h2o_socket_t *sock;
	struct peer peer;

	for (int i = 0; !err && i < ACCEPTS_PER_TURN; i++) {
		sock = h2o_evloop_socket_accept(listener);
		if (!sock) {
			if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
				h2o_socket_read_stop(listener);
			return;
		}
		peer = identify(loop->server, h2o_socket_get_fd(sock));
		if (has_place(loop, &peer))
			admit(loop, sock, &peer);
		else
			turn_away(sock);
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

/* It rested while there was no descriptor. */
void ohtd_local_tick(struct ohtd_loop *loop)
{
	if (loop->local_listener && !h2o_socket_is_reading(loop->local_listener))
		h2o_socket_read_start(loop->local_listener, on_accept);
}

void ohtd_local_close(struct ohtd_loop *loop)
{
	if (loop->local_listener)
		h2o_socket_close(loop->local_listener);
	loop->local_listener = NULL;
}
