/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the gateway's state, and the calls between its files.
 * Contexts: gateway thread; main thread before it starts and after it has ended.
 * Locks:    none.
 */
#ifndef OHTD_GATEWAY_PRIVATE_H
#define OHTD_GATEWAY_PRIVATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/client.h"
#include "gateway/gateway.h"
#include "gateway/join.h"
#include "gateway/silence.h"
#include "settings/settings.h"

#define OHTD_GATEWAY_CLIENTS	32
#define OHTD_GATEWAY_SHARE	16	/* of one machine */
#define OHTD_GATEWAY_KEPT	8	/* for those of write_from */
/*
 * Commands under way, so that most places of the control thread stay for the API. Together fewer than
 * a link takes.
 */
#define OHTD_GATEWAY_PARTS	4
#define OHTD_GATEWAY_WRITES	4	/* and a quick stop, whatever they do */

/* A request on the bus. @used: its answer has not come. */
struct ohtd_gateway_part {
	bool used;
	struct ohtd_join_part part;
};

/* How many writes may come at once, and since when it has been so. */
struct ohtd_gateway_bucket {
	unsigned int tokens;
	uint64_t refilled_ns;
};

/**
 * struct ohtd_gateway_write - a write under way
 * @used: its answer has not come
 * @owner: the client, which may be gone
 * @peer: its address
 * @request: as it came
 * @reg: what is written, NULL: the control word of the robot
 * @before: what the register held, as text
 */
struct ohtd_gateway_write {
	bool used;
	uint64_t owner;
	char peer[OHTD_PEER_BYTES];
	struct ohtd_mbap_request request;
	const struct oht_register *reg;
	char before[OHT_REGISTER_TEXT_BYTES];
};

struct ohtd_gateway {
	struct ohtd_gateway_setup setup;
	struct ohtd_gateway_values values;	/* in force, as of this turn */
	struct ohtd_gateway_figures figures;
	pthread_t thread;
	bool started;
	int listen_fd;
	int epoll_fd;
	int end_fd;
	bool rests;		/* nobody is accepted until the next tick */
	uint64_t now_ns;
	uint64_t ticked_ns;
	uint64_t names;		/* of clients so far */
	struct ohtd_client clients[OHTD_GATEWAY_CLIENTS];
	struct ohtd_snapshot snapshot;
	struct ohtd_join join;
	struct ohtd_gateway_part parts[OHTD_GATEWAY_PARTS];
	struct ohtd_silence silences[OHTD_JOIN_UNITS];
	struct ohtd_gateway_write writes[OHTD_GATEWAY_WRITES + 1];
	struct ohtd_gateway_bucket write_rate, stop_rate;
};

/* gateway.c */

/* An answer to a request of the client with this name, if it is still there. */
void ohtd_gateway_answer(struct ohtd_gateway *gateway, uint64_t owner, const uint8_t *bytes,
			 size_t count);
void ohtd_gateway_refuse(struct ohtd_gateway *gateway, uint64_t owner,
			 const struct ohtd_mbap_request *request, unsigned int exception);

/* requests.c */

/* Answers a whole frame at once, or sees to it that it will be. */
void ohtd_gateway_request(struct ohtd_gateway *gateway, const struct ohtd_client *client,
			  const uint8_t *frame, size_t bytes);
/* Takes all answers of the control thread. */
void ohtd_gateway_hear(struct ohtd_gateway *gateway);
/* The newest one; valid until the next call. */
const struct ohtd_snapshot *ohtd_gateway_snapshot(struct ohtd_gateway *gateway);
/* As the newest snapshot has it; NULL: no such module. */
const struct ohtd_module_view *ohtd_gateway_module(struct ohtd_gateway *gateway, uint8_t unit);
/* Registers of a module and what they mean; NULL: it is not known what it is. */
const struct oht_regmap *ohtd_gateway_values(struct ohtd_gateway *gateway, uint8_t unit,
					     struct ohtd_registers *values);
/* Unit ids of the robot itself: 1, and those with which clients mean the gateway. */
static inline bool ohtd_gateway_is_robot(uint8_t unit)
{
	return unit <= 1 || unit == 255;
}

/* With which exception a command that came to nothing is answered. */
unsigned int ohtd_gateway_exception(const struct ohtd_answer *answer);

/* reads.c */
void ohtd_gateway_read(struct ohtd_gateway *gateway, const struct ohtd_client *client,
		       const struct ohtd_mbap_request *request);
/* The answer to parts[@index]. */
void ohtd_gateway_read_done(struct ohtd_gateway *gateway, unsigned int index,
			    const struct ohtd_answer *answer);
/* Asks for what waits, as far as there is room; gives up what has waited too long. */
void ohtd_gateway_pump(struct ohtd_gateway *gateway);
/* A client is gone. */
void ohtd_gateway_forget(struct ohtd_gateway *gateway, uint64_t owner);

/* writes.c */
void ohtd_gateway_write(struct ohtd_gateway *gateway, const struct ohtd_client *client,
			const struct ohtd_mbap_request *request);
/* The answer to writes[@index]. */
void ohtd_gateway_write_done(struct ohtd_gateway *gateway, unsigned int index,
			     const struct ohtd_answer *answer);

#endif
