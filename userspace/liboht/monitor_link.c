// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sockets of the monitor. Libnl finds the family and its groups and makes requests; what comes
 * is received here, since errno must be told exactly: ENOBUFS is a loss and not the end.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "monitor.h"

/* For a listener that does not come to reading: thousands of notifications. */
#define NEWS_BYTES	(4 * 1024 * 1024)

struct sockets {
	struct nl_sock *end[2];		/* by enum oht_link_end */
	int family;
};

static const struct {
	unsigned int bit;
	const char *name;
} groups_of[] = {
	{ OHT_MONITOR_SAFETY, OHT_MCGRP_SAFETY },
	{ OHT_MONITOR_BUS, OHT_MCGRP_BUS },
};

static int errno_of(int error)
{
	switch (error < 0 ? -error : error) {
	case NLE_OBJ_NOTFOUND:
		return ENOENT;
	case NLE_NOMEM:
		return ENOMEM;
	case NLE_PERM:
	case NLE_NOACCESS:
		return EPERM;
	case NLE_AF_NOSUPPORT:
	case NLE_PROTO_MISMATCH:
		return EAFNOSUPPORT;
	default:
		return EIO;
	}
}

/* Beyond the machine's limit, if we may; else up to that. */
static void make_room(int fd)
{
	const int bytes = NEWS_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

static int connect_one(struct nl_sock **end)
{
	*end = nl_socket_alloc();
	return *end ? genl_connect(*end) : -NLE_NOMEM;
}

static int join_one(struct nl_sock *news, struct nl_sock *finder, const char *family,
		    const char *name)
{
	int group = genl_ctrl_resolve_grp(finder, family, name);

	return group < 0 ? group : nl_socket_add_membership(news, group);
}

/* Finds the family and joins its groups; once more, when it is there anew. */
static int join_by(struct sockets *sockets, struct nl_sock *finder, unsigned int groups)
{
	struct nl_sock *news = sockets->end[OHT_LINK_NEWS];
	int family = genl_ctrl_resolve(finder, OHT_GENL_NAME), error = 0;
	size_t i;

	if (family < 0)
		return family;
	sockets->family = family;
	for (i = 0; i < sizeof(groups_of) / sizeof(groups_of[0]) && !error; i++)
		if (groups & groups_of[i].bit)
			error = join_one(news, finder, OHT_GENL_NAME, groups_of[i].name);
	/* It tells when a family comes: that of a module that is loaded again has no members. */
	if (groups && !error)
		error = join_one(news, finder, "nlctrl", "notify");
	return error;
}

/* With a socket of its own: libnl wants the numbers of answers in order, and we take ours ourselves. */
static int join(struct sockets *sockets, unsigned int groups)
{
	struct nl_sock *finder;
	int error = connect_one(&finder);

	if (!error)
		error = join_by(sockets, finder, groups);
	nl_socket_free(finder);
	return error;
}

static int connect_both(struct sockets *sockets)
{
	int error = connect_one(&sockets->end[OHT_LINK_NEWS]);

	if (!error)
		error = connect_one(&sockets->end[OHT_LINK_ANSWERS]);
	if (!error)
		make_room(nl_socket_get_fd(sockets->end[OHT_LINK_NEWS]));
	return error;
}

static void real_close(void *at)
{
	struct sockets *sockets = at;

	/* libnl takes NULL. */
	nl_socket_free(sockets->end[OHT_LINK_NEWS]);
	nl_socket_free(sockets->end[OHT_LINK_ANSWERS]);
	free(sockets);
}

static void *real_open(unsigned int groups, uint16_t *family)
{
	struct sockets *sockets = calloc(1, sizeof(*sockets));
	int error;

	if (!sockets)
		return NULL;
	error = connect_both(sockets);
	if (!error)
		error = join(sockets, groups);
	if (!error) {
		*family = (uint16_t)sockets->family;
		return sockets;
	}
	real_close(sockets);
	errno = errno_of(error);
	return NULL;
}

static int real_renew(void *at, unsigned int groups, uint16_t *family)
{
	struct sockets *sockets = at;
	int error = join(sockets, groups);

	if (!error) {
		*family = (uint16_t)sockets->family;
		return 0;
	}
	errno = errno_of(error);
	return -1;
}

static int real_fd(const void *at, enum oht_link_end end)
{
	const struct sockets *sockets = at;

	return nl_socket_get_fd(sockets->end[end]);
}

static int real_wait(const void *at, enum oht_link_end end, int timeout_ms)
{
	struct pollfd wait = { .fd = real_fd(at, end), .events = POLLIN };

	return poll(&wait, 1, timeout_ms);
}

static ssize_t real_receive(void *at, enum oht_link_end end, void *buffer, size_t bytes,
			    uint32_t *port)
{
	struct sockaddr_nl from = { 0 };
	struct iovec part = { buffer, bytes };
	struct msghdr message = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1,
	};
	ssize_t received = recvmsg(real_fd(at, end), &message, MSG_DONTWAIT);

	*port = from.nl_pid;
	/* Part of a message is none. */
	return received >= 0 && message.msg_flags & MSG_TRUNC ? 0 : received;
}

static int put_ask(struct nl_msg *message, const struct sockets *sockets, const struct oht_ask *ask)
{
	if (!genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, sockets->family, 0,
			 ask->dump ? NLM_F_DUMP : NLM_F_ACK, ask->command, OHT_GENL_VERSION))
		return -NLE_NOMEM;
	if (ask->has_device && nla_put_u32(message, OHT_A_DEVICE, ask->device))
		return -NLE_NOMEM;
	return ask->unit ? nla_put_u32(message, OHT_A_UNIT, ask->unit) : 0;
}

static int real_send(void *at, const struct oht_ask *ask, uint32_t *seq)
{
	struct sockets *sockets = at;
	struct nl_sock *answers = sockets->end[OHT_LINK_ANSWERS];
	struct nl_msg *message = nlmsg_alloc();
	int error;

	if (!message) {
		errno = ENOMEM;
		return -1;
	}
	error = put_ask(message, sockets, ask);
	if (!error) {
		nl_complete_msg(answers, message);
		*seq = nlmsg_hdr(message)->nlmsg_seq;
		error = nl_send(answers, message);
	}
	nlmsg_free(message);
	if (error >= 0)
		return 0;
	errno = errno_of(error);
	return -1;
}

const struct oht_link oht_link_real = {
	.open = real_open,
	.close = real_close,
	.renew = real_renew,
	.fd = real_fd,
	.wait = real_wait,
	.receive = real_receive,
	.send = real_send,
};

const struct oht_link *oht_link = &oht_link_real;
