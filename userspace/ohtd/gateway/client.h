/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     one client: its socket, what it has sent and what it has not taken yet.
 * Contexts: gateway thread.
 * Locks:    none.
 *
 * Nothing waits: what a client has sent beyond its share stays in its socket, and what it does not
 * take stays here, until both are full and it is cut off.
 */
#ifndef OHTD_GATEWAY_CLIENT_H
#define OHTD_GATEWAY_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "gateway/mbap.h"

#define OHTD_CLIENT_PIPELINE	8	/* requests without an answer */
#define OHTD_CLIENT_RATE	200	/* requests in a second, and at once */

/**
 * struct ohtd_client - one connection
 * @fd: -1: no client
 * @name: of this connection, never used again
 * @peer: its address
 * @pending: requests without an answer
 * @tokens: requests that it may send now
 * @refilled_ns: when @tokens grew
 * @heard_ns: when its last whole request came
 * @partial_ns: since when a frame has been incomplete, 0: none is
 * @stuck_ns: since when it has taken nothing of @out, 0: @out is empty
 * @interest: what epoll looks for
 */
struct ohtd_client {
	int fd;
	uint64_t name;
	char peer[OHTD_PEER_BYTES];
	unsigned int pending;
	unsigned int tokens;
	uint64_t refilled_ns;
	uint64_t heard_ns;
	uint64_t partial_ns;
	uint64_t stuck_ns;
	uint32_t interest;
	size_t in_used;
	size_t out_used;
	uint8_t in[2 * OHTD_MBAP_BYTES_MAX];
	uint8_t out[(OHTD_CLIENT_PIPELINE + 1) * OHTD_MBAP_BYTES_MAX];
};

enum ohtd_client_state {
	OHTD_CLIENT_GOES_ON,
	OHTD_CLIENT_GONE,	/* it has closed */
	OHTD_CLIENT_GARBAGE,	/* no Modbus */
	OHTD_CLIENT_HALF,	/* a frame never came to its end */
	OHTD_CLIENT_DEAF,	/* it takes no answers */
	OHTD_CLIENT_IDLE,
	OHTD_CLIENT_DISPLACED,	/* its place is needed by one that may write */
	OHTD_CLIENT_REPLACED,	/* its place is needed by another one of its address */
};

void ohtd_client_begin(struct ohtd_client *client, int fd, uint64_t name, uint64_t now_ns);

/* Takes what has come, as far as there is room. */
enum ohtd_client_state ohtd_client_receive(struct ohtd_client *client);

/* May a request of it be taken now: its rate, its share of the gateway, and room for the answer? */
bool ohtd_client_has_turn(const struct ohtd_client *client);

/*
 * Takes the oldest whole frame, which is counted as pending. 1 taken, 0 none, -1: it is garbage.
 * Only while ohtd_client_has_turn().
 */
int ohtd_client_take(struct ohtd_client *client, uint8_t frame[OHTD_MBAP_BYTES_MAX], uint64_t now_ns);

/* An answer; one request less is pending. */
void ohtd_client_answer(struct ohtd_client *client, const uint8_t *bytes, size_t count);

/* Sends what it takes. */
enum ohtd_client_state ohtd_client_send(struct ohtd_client *client, uint64_t now_ns);

/* Lets its rate recover, and looks whether it has been too long about something. */
enum ohtd_client_state ohtd_client_tick(struct ohtd_client *client, uint64_t now_ns, uint64_t idle_ns);

/* What epoll is to look for now. */
uint32_t ohtd_client_wants(const struct ohtd_client *client);

#endif
