// SPDX-License-Identifier: GPL-2.0-or-later
/* The generic netlink family in memory. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include <netlink/attr.h>

#include "fake_link.h"
#include "monitor.h"

#define FAMILY		0x1e
#define DATAGRAMS	128
#define DATAGRAM_BYTES	2048
/* An event of a device that was bound long before the monitor was opened; and one of later. */
#define LATER_NS	(UINT64_MAX / 4)

struct datagram {
	int error;
	uint32_t port;
	size_t bytes;
	uint64_t data[DATAGRAM_BYTES / sizeof(uint64_t)];
};

struct fake_link fake_link;
static struct datagram queues[2][DATAGRAMS];	/* by enum oht_link_end */
static size_t heads[2], tails[2];
static struct datagram building;
static uint32_t ask_seq;

/* ---- messages ---- */

static struct nlmsghdr *head_at(struct datagram *datagram)
{
	void *data = datagram->data;

	return data;
}

static void begin(uint16_t type, uint16_t flags, uint32_t seq, uint8_t command)
{
	struct genlmsghdr *genl = (void *)((char *)building.data + NLMSG_HDRLEN);

	memset(&building, 0, sizeof(building));
	*head_at(&building) = (struct nlmsghdr){ .nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = seq };
	genl->cmd = command;
	building.bytes = NLMSG_HDRLEN + GENL_HDRLEN;
}

static void put(uint16_t attribute, const void *bytes, size_t count)
{
	struct nlattr *at = (void *)((char *)building.data + building.bytes);

	at->nla_type = attribute;
	at->nla_len = NLA_HDRLEN + count;
	memcpy((char *)at + NLA_HDRLEN, bytes, count);
	building.bytes += NLA_ALIGN(at->nla_len);
}

static void send_built(enum oht_link_end end)
{
	head_at(&building)->nlmsg_len = building.bytes;
	queues[end][tails[end]++ % DATAGRAMS] = building;
}

void fake_news_begin(uint16_t type, uint8_t command)
{
	begin(type, 0, 0, command);
}

void fake_news_u32(uint16_t attribute, uint32_t value)
{
	put(attribute, &value, sizeof(value));
}

void fake_news_u64(uint16_t attribute, uint64_t value)
{
	put(attribute, &value, sizeof(value));
}

void fake_news_bytes(uint16_t attribute, const void *bytes, size_t count)
{
	put(attribute, bytes, count);
}

void fake_news_raw(const void *bytes, size_t count)
{
	memcpy((char *)building.data + building.bytes, bytes, count);
	building.bytes += count;
}

void fake_news_send(uint32_t port, size_t cut, bool said)
{
	struct datagram *sent;

	send_built(OHT_LINK_NEWS);
	sent = &queues[OHT_LINK_NEWS][(tails[OHT_LINK_NEWS] - 1) % DATAGRAMS];
	sent->port = port;
	sent->bytes -= cut;
	if (said)
		head_at(sent)->nlmsg_len -= cut;
}

void fake_news_error(int error)
{
	memset(&building, 0, sizeof(building));
	building.error = error;
	queues[OHT_LINK_NEWS][tails[OHT_LINK_NEWS]++ % DATAGRAMS] = building;
}

void fake_news_family(uint8_t command, const char *name)
{
	begin(GENL_ID_CTRL, 0, 0, command);
	fake_news_bytes(CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
	fake_news_send(0, 0, false);
}

static void head_of(uint32_t device, uint64_t seq, uint8_t command)
{
	fake_news_begin(fake_link.family, command);
	fake_news_u32(OHT_A_DEVICE, device);
	fake_news_u64(OHT_A_TIME_NS, LATER_NS);
	fake_news_u64(OHT_A_SEQ, seq);
}

void fake_news_safety_begin(uint32_t device, uint64_t seq)
{
	head_of(device, seq, OHT_CMD_SAFETY_NTF);
	fake_news_u32(OHT_A_KIND, OHT_KIND_STOP);
	fake_news_u32(OHT_A_STATE_FROM, OHT_STATE_ENABLED);
	fake_news_u32(OHT_A_STATE, OHT_STATE_STOPPED);
	fake_news_u32(OHT_A_CAUSE, OHT_STOPPED_BY_BUTTON_A);
	fake_news_u64(OHT_A_CAUSES, oht_cause_mask(OHT_STOPPED_BY_BUTTON_A));
	fake_news_u32(OHT_A_INPUTS, OHT_IN_B);
	fake_news_u32(OHT_A_OUTPUTS, 0);
	fake_news_u64(OHT_A_LOW_NS, LATER_NS + 2500);
}

void fake_news_safety(uint32_t device, uint64_t seq)
{
	fake_news_safety_begin(device, seq);
	fake_news_send(0, 0, false);
}

void fake_news_unit(uint32_t device, uint64_t seq)
{
	head_of(device, seq, OHT_CMD_UNIT_NTF);
	fake_news_u32(OHT_A_UNIT, FAKE_UNIT);
	fake_news_u32(OHT_A_HEALTH_FROM, OHT_UNIT_GOOD);
	fake_news_u32(OHT_A_HEALTH, OHT_UNIT_DEGRADED);
	fake_news_u32(OHT_A_DETAIL, OHT_OUTCOME_TIMEOUT);
	fake_news_u32(OHT_A_ERRORS_IN_ROW, 3);
	fake_news_u64(OHT_A_LAST_GOOD_NS, 5);
	fake_news_send(0, 0, false);
}

void fake_news_cycle(uint32_t device, uint64_t seq)
{
	head_of(device, seq, OHT_CMD_CYCLE_NTF);
	fake_news_u32(OHT_A_KIND, OHT_KIND_LOST);
	fake_news_u64(OHT_A_CYCLE, 900);
	fake_news_u32(OHT_A_COUNT, 4);
	fake_news_u32(OHT_A_GENERATION, 2);
	fake_news_u32(OHT_A_ENTRY, 1);
	fake_news_u32(OHT_A_UNIT, FAKE_UNIT);
	fake_news_u32(OHT_A_DETAIL, OHT_OUTCOME_TIMEOUT);
	fake_news_send(0, 0, false);
}

/* ---- answers ---- */

static void end_answers(uint16_t type, int error)
{
	begin(type, 0, ask_seq, 0);
	/* struct nlmsgerr, and what NLMSG_DONE has, begin with the error. */
	memcpy((char *)building.data + NLMSG_HDRLEN, &error, sizeof(error));
	if (type == NLMSG_ERROR)
		building.bytes = NLMSG_LENGTH(sizeof(struct nlmsgerr));
	send_built(OHT_LINK_ANSWERS);
}

static void put_device(const struct fake_netlink_device *device)
{
	put(OHT_A_NAME, "oht0", sizeof("oht0"));
	fake_news_u64(OHT_A_CAPS, OHT_HAS_ESTOP);
	fake_news_u32(OHT_A_STATE, OHT_STATE_STOPPED);
	fake_news_u64(OHT_A_CAUSES, oht_cause_mask(OHT_STOPPED_BY_START));
	fake_news_u64(OHT_A_SAFETY_SEQ, device->safety_seq);
	fake_news_u64(OHT_A_UNIT_SEQ, device->unit_seq);
	if (!device->bus)
		return;
	put(OHT_A_PORT, "pl011", sizeof("pl011"));
	fake_news_u32(OHT_A_BAUD_BPS, 115200);
	fake_news_u64(OHT_A_BAUD_EFFECTIVE_MILLIBPS, 115176000);
	fake_news_u64(OHT_A_CYCLE_SEQ, device->cycle_seq);
}

static void put_statistics(void)
{
	struct { struct nlattr head; uint64_t value; } __attribute__((packed)) one = {
		{ NLA_HDRLEN + sizeof(uint64_t), OHT_A_STAT_REPLIES_OK }, 1234,
	};

	put(OHT_A_STATISTICS | NLA_F_NESTED, &one, sizeof(one));
}

static void put_unit(void)
{
	fake_news_u32(OHT_A_UNIT, FAKE_UNIT);
	fake_news_u32(OHT_A_HEALTH, OHT_UNIT_DEGRADED);
	fake_news_u32(OHT_A_ERRORS_IN_ROW, 9);
	fake_news_u32(OHT_A_BACKOFF_MS, 400);
}

static void answer(const struct oht_ask *ask, uint32_t i)
{
	begin(fake_link.family, ask->dump ? NLM_F_MULTI : 0, ask_seq, ask->command);
	fake_news_u32(OHT_A_DEVICE, i);
	if (ask->command == OHT_CMD_DEVICE_GET)
		put_device(&fake_link.devices[i]);
	else if (ask->command == OHT_CMD_STATISTICS_GET)
		put_statistics();
	else
		put_unit();
	send_built(OHT_LINK_ANSWERS);
}

static void dump(const struct oht_ask *ask)
{
	uint32_t i;

	for (i = 0; i < FAKE_DEVICES; i++)
		if (fake_link.devices[i].there && (!ask->has_device || ask->device == i) &&
		    (fake_link.devices[i].bus || ask->command == OHT_CMD_DEVICE_GET))
			answer(ask, i);
	end_answers(NLMSG_DONE, 0);
}

static int refusal(const struct oht_ask *ask)
{
	if (ask->device >= FAKE_DEVICES || !fake_link.devices[ask->device].there)
		return ENODEV;
	if (ask->command != OHT_CMD_DEVICE_GET && !fake_link.devices[ask->device].bus)
		return EOPNOTSUPP;
	return ask->unit > 247 ? ERANGE : 0;
}

static int fake_send(void *at, const struct oht_ask *ask, uint32_t *seq)
{
	int error = fake_link.answer_error;

	(void)at;
	*seq = ++ask_seq;
	if (fake_link.silent)
		return 0;
	if (!error && (!ask->dump || ask->has_device))
		error = refusal(ask);
	if (error || !ask->dump) {
		if (!error)
			answer(ask, ask->device);
		end_answers(NLMSG_ERROR, -error);
	} else {
		dump(ask);
	}
	return 0;
}

/* ---- the link ---- */

static void *fake_open(unsigned int groups, uint16_t *family)
{
	if (fake_link.open_error) {
		errno = fake_link.open_error;
		return NULL;
	}
	fake_link.opens++;
	fake_link.groups = groups;
	*family = fake_link.family;
	return &fake_link;
}

static int fake_renew(void *at, unsigned int groups, uint16_t *family)
{
	(void)at;
	fake_link.renewals++;
	if (fake_link.renew_error) {
		errno = fake_link.renew_error;
		return -1;
	}
	fake_link.groups = groups;
	*family = fake_link.family;
	return 0;
}

static void fake_close(void *at)
{
	(void)at;
	fake_link.closes++;
}

/* For those who poll themselves. */
static int fake_fd(const void *at, enum oht_link_end end)
{
	(void)at;
	(void)end;
	return -1;
}

static int fake_wait(const void *at, enum oht_link_end end, int timeout_ms)
{
	(void)at;
	(void)timeout_ms;
	return heads[end] != tails[end];
}

static ssize_t fake_receive(void *at, enum oht_link_end end, void *buffer, size_t bytes,
			    uint32_t *port)
{
	const struct datagram *next;

	(void)at;
	if (heads[end] == tails[end]) {
		if (end == OHT_LINK_NEWS && fake_link.raise_when_empty) {
			fake_link.raise_when_empty = false;
			fake_link.devices[0] = fake_link.then;
			raise(SIGTERM);
		}
		errno = EAGAIN;
		return -1;
	}
	next = &queues[end][heads[end]++ % DATAGRAMS];
	*port = next->port;
	if (next->error) {
		errno = next->error;
		return -1;
	}
	memcpy(buffer, next->data, next->bytes < bytes ? next->bytes : bytes);
	return next->bytes;
}

static const struct oht_link link_in_memory = {
	.open = fake_open,
	.close = fake_close,
	.renew = fake_renew,
	.fd = fake_fd,
	.wait = fake_wait,
	.receive = fake_receive,
	.send = fake_send,
};

void fake_link_install(void)
{
	memset(&fake_link, 0, sizeof(fake_link));
	memset(heads, 0, sizeof(heads));
	memset(tails, 0, sizeof(tails));
	fake_link.family = FAMILY;
	oht_link = &link_in_memory;
}
