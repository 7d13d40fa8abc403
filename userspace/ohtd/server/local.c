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

#include "server/loop.h"
#include "base/log.h"

#define ADMIN_GROUP	"oht-admin"
#define BACKLOG		64
/*
 * Places apart from those of the network. Of these root has some for itself, and administrators have
 * some that no other user gets; no user but root gets all places of its kind.
 */
#define PLACES			32
#define PLACES_BUT_ROOT		24
#define PLACES_OTHERS		8
#define SHARE_MEMBER		8
#define SHARE_OTHER		4
#define ACCEPTS_PER_TURN	16
#define GROUPS_MAX		256

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
	const struct group *group = getgrnam(ADMIN_GROUP);
	int r;

	server->admin_gid = group ? group->gr_gid : (gid_t)-1;
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

/* Who has connected, as the kernel says. */
struct peer {
	uid_t uid;
	bool admin;
};

static struct peer identify(const struct ohtd_server *server, int fd)
{
	struct ucred cred = { .uid = (uid_t)-1 };
	socklen_t length = sizeof(cred);
	struct peer peer = { .uid = (uid_t)-1 };

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &length))
		return peer;
	peer.uid = cred.uid;
	/* Beside simulated outputs oht-sim-robot or make native follows them, as the user that runs ohtd. */
	peer.admin = !cred.uid || (server->services->config->simulated_outputs && cred.uid == geteuid()) ||
		     (server->admin_gid != (gid_t)-1 && cred.gid == server->admin_gid) ||
		     is_member(fd, server->admin_gid);
	return peer;
}

/* ---- in the loop ---- */

static bool has_place(struct ohtd_loop *loop, const struct peer *peer)
{
	unsigned int all = 0, but_root = 0, others = 0, own = 0;

	for (h2o_linklist_t *at = loop->conns.next; at != &loop->conns; at = at->next) {
		struct ohtd_conn *conn = H2O_STRUCT_FROM_MEMBER(struct ohtd_conn, link, at);

		if (!conn->local)
			continue;
		all++;
		but_root += conn->uid != 0;
		others += !conn->admin;
		own += conn->uid == peer->uid;
	}
	if (!peer->uid)
		return all < PLACES;
	if (peer->admin)
		return but_root < PLACES_BUT_ROOT && own < SHARE_MEMBER;
	return but_root < PLACES_BUT_ROOT && others < PLACES_OTHERS && own < SHARE_OTHER;
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

static void admit(struct ohtd_loop *loop, h2o_socket_t *sock, const struct peer *peer)
{
	atomic_uint *count = &loop->server->local_count;
	struct ohtd_conn *conn;

	atomic_fetch_add(count, 1);
	conn = ohtd_conn_track(loop, sock, count);
	conn->local = true;
	conn->admin = peer->admin;
	conn->uid = peer->uid;
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
