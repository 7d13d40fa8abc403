/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the answers of one unit that were missed and may still come, and which request they
 *           would fit. Pure, but for the group for the engine.
 * Contexts: any.
 * Locks:    engine.lock for all of it.
 *
 * The answer to a read names neither its first register nor its request. So a missed answer,
 * however late, would be taken for that of a later read of the same function and length. A unit
 * answers in the order in which it was asked. So an answer that no missed request could have is a
 * proof: all earlier answers have come, or never will. In front of a read that a missed answer
 * would fit the engine asks for such a proof: by a prior read, which is a few registers shorter.
 * The same rule is in userspace/ohtd/bus/rtu_late.c.
 */
#ifndef OHT_ENGINE_LATE_H
#define OHT_ENGINE_LATE_H

#include <linux/types.h>

struct oht_engine;
struct oht_xfer;

/* So many missed answers, and lengths of them, of one unit are told apart. */
#define OHT_LATE_MAX	8

/**
 * struct oht_late_ask - a request, as far as its answer shows it
 * @key: tells the request from another one of the same shape: its CRC
 * @bytes: length of the good answer, 0: only the unit knows
 * @function: what was asked for
 */
struct oht_late_ask {
	u16 key;
	u16 bytes;
	u8 function;
};

/**
 * struct oht_engine_late - answers of one unit that may still come
 * @until_ns: a read that one of them would fit is not sent before
 * @asked: by shape: requests whose answers may still come
 * @mixed: by shape: there are several requests, of which @asked has the newest
 * @count: shapes
 * @others: answers that may still come to other requests than @own_key, OHT_LATE_MAX: or more
 * @own: those to @own_key, behind all others; OHT_LATE_MAX: or more
 * @own_key: the request that was sent last
 * @refused: an exception was the answer, perhaps to a prior read: no part is asked for any more
 */
struct oht_engine_late {
	u64 until_ns;
	struct oht_late_ask asked[OHT_LATE_MAX];
	bool mixed[OHT_LATE_MAX];
	u8 count;
	u8 others;
	u8 own;
	u16 own_key;
	bool refused;
};

/* @ask was not answered. */
void oht_late_missed(struct oht_engine_late *late, const struct oht_late_ask *ask);

/* @ask was answered, or an answer came that fits it. */
void oht_late_answered(struct oht_engine_late *late, const struct oht_late_ask *ask,
		       bool exception);

/* An answer to another request may still come, and would fit @ask. */
bool oht_late_doubts(const struct oht_engine_late *late, const struct oht_late_ask *ask);

/* No answer that may still come would fit @ask. */
bool oht_late_proves(const struct oht_engine_late *late, const struct oht_late_ask *ask);

/* ---- for the engine ---- */

/* An attempt at the present request has ended with @detail. */
void oht_engine_late_note(struct oht_engine *e, u8 detail);

/* The present request is in doubt: make it a prior read. False: it stays as it is. */
bool oht_engine_late_lead(struct oht_engine *e);

/* @x would take an answer for its own that may still come to an earlier request. */
bool oht_engine_late_fits(const struct oht_engine *e, const struct oht_xfer *x);

#endif /* OHT_ENGINE_LATE_H */
