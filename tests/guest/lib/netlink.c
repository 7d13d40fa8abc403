// SPDX-License-Identifier: GPL-2.0-or-later
/* Source: include/uapi/linux/netlink.h and genetlink.h of Linux. */
#include "netlink.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/tap.h"

/* In front of the attributes: both headers. */
#define HEAD_BYTES	(NLMSG_HDRLEN + GENL_HDRLEN)
#define WAIT_MS		15000

static uint8_t received[NETLINK_BYTES];
/* What of it has not been given out yet. */
static size_t left, place;
static int left_of = -1;

/* ---- sockets ---- */

static void set_option(int fd, int option)
{
	const int on = 1;

	if (setsockopt(fd, SOL_NETLINK, option, &on, sizeof(on)))
		tap_bail("netlink: option %d: %s", option, strerror(errno));
}

int netlink_open(void)
{
	const struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	/* A socket without an address of its own passes for the kernel's, and is told nothing. */
	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof(any)))
		tap_bail("netlink: socket: %s", strerror(errno));
	set_option(fd, NETLINK_EXT_ACK);
	set_option(fd, NETLINK_CAP_ACK);
	set_option(fd, NETLINK_GET_STRICT_CHK);
	return fd;
}

int netlink_join(int fd, uint32_t group)
{
	return setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) ? errno : 0;
}

int netlink_leave(int fd, uint32_t group)
{
	return setsockopt(fd, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &group, sizeof(group)) ? errno : 0;
}

/* ---- requests ---- */

void netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags, uint8_t command)
{
	static uint32_t seq;
	const struct nlmsghdr head = { .nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = ++seq };
	const struct genlmsghdr generic = { .cmd = command, .version = OHT_GENL_VERSION };

	memset(request, 0, sizeof(*request));
	memcpy(request->bytes, &head, sizeof(head));
	memcpy(request->bytes + NLMSG_HDRLEN, &generic, sizeof(generic));
	request->used = HEAD_BYTES;
}

void netlink_put(struct netlink_request *request, uint16_t type, const void *value, size_t bytes)
{
	const struct nlattr head = { .nla_type = type, .nla_len = (uint16_t)(NLA_HDRLEN + bytes) };

	if (request->used + NLA_HDRLEN + NLA_ALIGN(bytes) > sizeof(request->bytes))
		tap_bail("netlink: request too long");
	memcpy(request->bytes + request->used, &head, sizeof(head));
	if (bytes)
		memcpy(request->bytes + request->used + NLA_HDRLEN, value, bytes);
	request->used += NLA_HDRLEN + NLA_ALIGN(bytes);
}

void netlink_put_u32(struct netlink_request *request, uint16_t type, uint32_t value)
{
	netlink_put(request, type, &value, sizeof(value));
}

void netlink_send(int fd, struct netlink_request *request)
{
	const uint32_t length = (uint32_t)request->used;

	memcpy(request->bytes, &length, sizeof(length));
	if (send(fd, request->bytes, request->used, 0) != (ssize_t)request->used)
		tap_bail("netlink: send: %s", strerror(errno));
}

/* ---- messages ---- */

static bool receive(int fd, int timeout_ms)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	ssize_t bytes;

	if (poll(&wait, 1, timeout_ms) != 1)
		return false;
	bytes = recv(fd, received, sizeof(received), 0);
	if (bytes < 0)
		tap_bail("netlink: recv: %s", strerror(errno));
	left_of = fd;
	left = (size_t)bytes;
	place = 0;
	return true;
}

static const uint8_t *find(const uint8_t *bytes, size_t length, uint16_t type, size_t *found)
{
	struct nlattr head;

	while (length >= NLA_HDRLEN) {
		memcpy(&head, bytes, sizeof(head));
		if (head.nla_len < NLA_HDRLEN || head.nla_len > length)
			tap_bail("netlink: an attribute of %u bytes in %zu", head.nla_len, length);
		if ((head.nla_type & NLA_TYPE_MASK) == type) {
			*found = head.nla_len - NLA_HDRLEN;
			return bytes + NLA_HDRLEN;
		}
		if (length <= (size_t)NLA_ALIGN(head.nla_len))
			return NULL;
		bytes += NLA_ALIGN(head.nla_len);
		length -= NLA_ALIGN(head.nla_len);
	}
	return NULL;
}

/* What an acknowledgement says besides the errno. */
static void take_refusal(struct netlink_message *message, const struct nlmsghdr *head,
			 const uint8_t *body)
{
	const size_t before = sizeof(int) + NLMSG_HDRLEN;
	const uint8_t *text, *number;
	int error;
	size_t bytes;

	memcpy(&error, body, sizeof(error));
	message->error = -error;
	if (!(head->nlmsg_flags & NLM_F_ACK_TLVS) || head->nlmsg_len <= NLMSG_HDRLEN + before)
		return;
	text = find(body + before, head->nlmsg_len - NLMSG_HDRLEN - before, NLMSGERR_ATTR_MSG, &bytes);
	if (text && bytes < sizeof(message->error_text))
		memcpy(message->error_text, text, bytes);
	number = find(body + before, head->nlmsg_len - NLMSG_HDRLEN - before, NLMSGERR_ATTR_OFFS, &bytes);
	if (number)
		memcpy(&message->error_offset, number, sizeof(uint32_t));
	number = find(body + before, head->nlmsg_len - NLMSG_HDRLEN - before, NLMSGERR_ATTR_MISS_TYPE,
		      &bytes);
	if (number)
		memcpy(&message->missing, number, sizeof(uint32_t));
}

static void take(struct netlink_message *message)
{
	const uint8_t *start = received + place;
	struct nlmsghdr head;
	struct genlmsghdr generic;
	size_t bytes;

	memcpy(&head, start, sizeof(head));
	if (head.nlmsg_len < NLMSG_HDRLEN || head.nlmsg_len > left)
		tap_bail("netlink: a message of %u bytes in %zu", head.nlmsg_len, left);
	memset(message, 0, sizeof(*message));
	message->type = head.nlmsg_type;
	if (head.nlmsg_type == NLMSG_ERROR) {
		take_refusal(message, &head, start + NLMSG_HDRLEN);
	} else if (head.nlmsg_type == NLMSG_DONE) {
		int error;

		memcpy(&error, start + NLMSG_HDRLEN, sizeof(error));
		message->error = -error;
		message->end = true;
	} else {
		memcpy(&generic, start + NLMSG_HDRLEN, sizeof(generic));
		message->command = generic.cmd;
		message->attributes = start + HEAD_BYTES;
		message->attributes_bytes = head.nlmsg_len - HEAD_BYTES;
	}
	bytes = NLMSG_ALIGN(head.nlmsg_len);
	place += bytes;
	left -= bytes < left ? bytes : left;
}

bool netlink_next(int fd, int timeout_ms, struct netlink_message *message)
{
	if ((left_of != fd || !left) && !receive(fd, timeout_ms))
		return false;
	take(message);
	return true;
}

void netlink_ask(int fd, struct netlink_request *request, struct netlink_message *message)
{
	netlink_send(fd, request);
	if (!netlink_next(fd, WAIT_MS, message))
		tap_bail("netlink: no answer");
}

const void *netlink_attribute(const struct netlink_message *message, uint16_t type, size_t *bytes)
{
	return find(message->attributes, message->attributes_bytes, type, bytes);
}

static void number_of(const struct netlink_message *message, uint16_t type, void *value, size_t want)
{
	size_t bytes = 0;
	const void *found = netlink_attribute(message, type, &bytes);

	if (!found || bytes != want)
		tap_bail("netlink: attribute %u of command %u: %zu bytes", type, message->command, bytes);
	memcpy(value, found, want);
}

uint32_t netlink_u32(const struct netlink_message *message, uint16_t type)
{
	uint32_t value;

	number_of(message, type, &value, sizeof(value));
	return value;
}

uint64_t netlink_u64(const struct netlink_message *message, uint16_t type)
{
	uint64_t value;

	number_of(message, type, &value, sizeof(value));
	return value;
}

/* ---- the family ---- */

static void take_group(struct netlink_family *family, const uint8_t *bytes, size_t length)
{
	size_t name_bytes = 0, id_bytes = 0;
	const uint8_t *name = find(bytes, length, CTRL_ATTR_MCAST_GRP_NAME, &name_bytes);
	const uint8_t *id = find(bytes, length, CTRL_ATTR_MCAST_GRP_ID, &id_bytes);

	if (!name || !id || name_bytes > NETLINK_NAME_BYTES || family->groups == NETLINK_GROUPS)
		tap_bail("netlink: a group that nobody knows");
	memcpy(family->group_name[family->groups], name, name_bytes);
	memcpy(&family->group[family->groups++], id, sizeof(uint32_t));
}

static void take_groups(struct netlink_family *family, const struct netlink_message *message)
{
	size_t bytes = 0, one;
	const uint8_t *groups = netlink_attribute(message, CTRL_ATTR_MCAST_GROUPS, &bytes), *group;
	uint16_t number;

	for (number = 1; groups; number++) {
		group = find(groups, bytes, number, &one);
		if (!group)
			return;
		take_group(family, group, one);
	}
}

bool netlink_find(int fd, const char *name, struct netlink_family *family)
{
	struct netlink_request request;
	struct netlink_message message;
	uint16_t id;

	memset(family, 0, sizeof(*family));
	netlink_begin(&request, GENL_ID_CTRL, NLM_F_REQUEST, CTRL_CMD_GETFAMILY);
	netlink_put(&request, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
	netlink_ask(fd, &request, &message);
	if (message.error)
		return false;
	number_of(&message, CTRL_ATTR_FAMILY_ID, &id, sizeof(id));
	family->id = id;
	family->version = netlink_u32(&message, CTRL_ATTR_VERSION);
	take_groups(family, &message);
	return true;
}
