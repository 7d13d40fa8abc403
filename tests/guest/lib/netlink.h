/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     generic netlink for the guest tests without a library: what is refused has to be sent first.
 * Contexts: one thread for each socket; a failure that is not the test's subject bails out.
 * Locks:    none.
 */
#ifndef NETLINK_H
#define NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/oht_netlink.h>

#define NETLINK_BYTES		16384
#define NETLINK_NAME_BYTES	32
#define NETLINK_GROUPS		2

/* The family, as the controller of generic netlink describes it. */
struct netlink_family {
	uint16_t id;
	uint32_t version;
	char group_name[NETLINK_GROUPS][NETLINK_NAME_BYTES];
	uint32_t group[NETLINK_GROUPS];
	unsigned int groups;
};

/* A request that is being put together, right or wrong. */
struct netlink_request {
	uint8_t bytes[256];
	size_t used;
};

/* A message that has come. @attributes are those behind the header of generic netlink. */
struct netlink_message {
	uint16_t type;
	uint8_t command;
	const uint8_t *attributes;
	size_t attributes_bytes;
	int error;		/* of an acknowledgement: 0 or a positive errno */
	uint32_t error_offset;	/* of the attribute that it names, 0: none */
	uint8_t error_text[128];
	uint32_t missing;	/* type of the attribute that is missing, 0: none */
	bool end;		/* of a dump */
};

/* A socket with extended acknowledgements and strict checks. */
int netlink_open(void);

/* False: there is no such family. */
bool netlink_find(int fd, const char *name, struct netlink_family *family);

/* 0 or the errno. */
int netlink_join(int fd, uint32_t group);
int netlink_leave(int fd, uint32_t group);

void netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags, uint8_t command);
void netlink_put(struct netlink_request *request, uint16_t type, const void *value, size_t bytes);
void netlink_put_u32(struct netlink_request *request, uint16_t type, uint32_t value);
void netlink_send(int fd, struct netlink_request *request);

/* The next message within @timeout_ms, valid until the next call for any socket; false: none. */
bool netlink_next(int fd, int timeout_ms, struct netlink_message *message);

/* Sends @request and waits for its answer: the acknowledgement if it was refused. */
void netlink_ask(int fd, struct netlink_request *request, struct netlink_message *message);

/* The first attribute of that type, and its length; NULL: it is not there. */
const void *netlink_attribute(const struct netlink_message *message, uint16_t type, size_t *bytes);

/* Its value of 32 or 64 bits; bails out if it is not there or has another length. */
uint32_t netlink_u32(const struct netlink_message *message, uint16_t type);
uint64_t netlink_u64(const struct netlink_message *message, uint16_t type);

#endif /* NETLINK_H */
