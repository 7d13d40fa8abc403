// SPDX-License-Identifier: GPL-2.0-only
/* Missed answers that may still come; the rule is at engine_late.h. */
#include <linux/kernel.h>
#include <linux/string.h>
#include "engine_internal.h"

static bool oht_late_is_alike(const struct oht_late_ask *a, const struct oht_late_ask *b)
{
	return a->function == b->function && (!a->bytes || !b->bytes || a->bytes == b->bytes);
}

/* There are too many shapes: those of each function become one, of any length. */
static void oht_late_merge(struct oht_engine_late *late)
{
	unsigned int i, k, kept = 0;

	for (i = 0; i < late->count; i++) {
		for (k = 0; k < kept; k++)
			if (late->asked[k].function == late->asked[i].function)
				break;
		if (k == kept)
			kept++;
		late->asked[k] = (struct oht_late_ask) { .function = late->asked[i].function };
		late->mixed[k] = true;
	}
	/* Of more functions than there are places one is forgotten. */
	late->count = min(kept, OHT_LATE_MAX - 1U);
}

static void oht_late_add(struct oht_engine_late *late, const struct oht_late_ask *ask)
{
	unsigned int i;

	for (i = 0; i < late->count; i++)
		if (late->asked[i].function == ask->function && late->asked[i].bytes == ask->bytes)
			break;
	if (i == OHT_LATE_MAX) {
		oht_late_merge(late);
		i = late->count;
	}
	if (i < late->count)
		late->mixed[i] |= late->asked[i].key != ask->key;
	else
		late->mixed[late->count++] = false;
	late->asked[i] = *ask;
}

/*
 * One more answer may still come: that to @ask. @answered: the oldest one has come. A missed answer
 * makes none to another request come, however often the same one is missed.
 */
static void oht_late_owe(struct oht_engine_late *late, const struct oht_late_ask *ask,
			 bool answered)
{
	unsigned int others = late->others, own = late->own;

	if (late->own_key != ask->key) {
		others = min_t(unsigned int, others + own, OHT_LATE_MAX);
		own = 0;
	}
	if (!answered) {
		own++;
	} else if (others) {
		others--;
		own++;
	}
	late->others = others;
	late->own = min_t(unsigned int, own, OHT_LATE_MAX);
	late->own_key = ask->key;
	if (!late->others) {
		late->count = 0;
		late->refused = false;
	}
	oht_late_add(late, ask);
}

void oht_late_missed(struct oht_engine_late *late, const struct oht_late_ask *ask)
{
	oht_late_owe(late, ask, false);
}

/*
 * An exception shows its function only. An answer that fits a missed request as well may be the
 * one to that, and then the one to @ask is still to come: as many are owed as before, but the
 * oldest one is not.
 */
void oht_late_answered(struct oht_engine_late *late, const struct oht_late_ask *ask,
		       bool exception)
{
	const struct oht_late_ask seen = {
		.function = ask->function,
		.bytes = exception ? 0 : ask->bytes,
	};

	if (!late->count)
		return;
	if (!oht_late_proves(late, &seen)) {
		late->refused |= exception;
		oht_late_owe(late, ask, true);
		return;
	}
	late->refused = false;
	late->count = 0;
	late->others = 0;
	late->own = 0;
}

bool oht_late_doubts(const struct oht_engine_late *late, const struct oht_late_ask *ask)
{
	unsigned int i;

	for (i = 0; i < late->count; i++)
		if (oht_late_is_alike(&late->asked[i], ask) &&
		    (late->mixed[i] || late->asked[i].key != ask->key))
			return true;
	return false;
}

bool oht_late_proves(const struct oht_engine_late *late, const struct oht_late_ask *ask)
{
	unsigned int i;

	for (i = 0; i < late->count; i++)
		if (oht_late_is_alike(&late->asked[i], ask))
			return false;
	return true;
}

/* ---- for the engine ---- */

static struct oht_late_ask oht_engine_late_ask(const struct oht_frame_request *req, u16 key)
{
	int bytes = oht_frame_answer_bytes(req);

	return (struct oht_late_ask) {
		.key = key,
		.bytes = bytes > 0 ? bytes : 0,
		.function = req->function,
	};
}

u16 oht_engine_late_key(const struct oht_xfer *x)
{
	const struct oht_frame_request req = oht_xfer_request(x);
	u8 adu[OHT_ADU_MAX_BYTES];

	return oht_frame_crc(adu, oht_frame_build(adu, &req));
}

void oht_engine_late_note(struct oht_engine *e, u8 detail)
{
	struct oht_engine_late *late = &e->late[e->req.unit];
	bool answered = detail == OHT_DETAIL_OK || detail == OHT_DETAIL_EXCEPTION;
	struct oht_late_ask ask;

	if (e->req.unit == OHT_UNIT_BROADCAST || (answered && !late->count))
		return;
	ask = oht_engine_late_ask(&e->req, oht_frame_crc(e->tx, e->tx_bytes));
	if (answered)
		oht_late_answered(late, &ask, detail == OHT_DETAIL_EXCEPTION);
	else
		oht_late_missed(late, &ask);
}

bool oht_engine_late_fits(const struct oht_engine *e, const struct oht_xfer *x)
{
	const struct oht_engine_late *late = &e->late[x->unit];
	const struct oht_frame_request req = oht_xfer_request(x);
	struct oht_late_ask ask;

	if (!late->count || !x->blind)
		return false;
	ask = oht_engine_late_ask(&req, x->planned ? oht_engine_late_key(x) : x->key);
	return oht_late_doubts(late, &ask);
}

/* The longest part of @count whose answer no missed request could have; 0: none. */
static u16 oht_engine_late_part(const struct oht_engine_late *late, struct oht_frame_request req)
{
	bool bits = req.function == OHT_FC_READ_COILS || req.function == OHT_FC_READ_DISCRETE;
	u16 step = bits ? 8 : 1;
	struct oht_late_ask ask;

	while (!late->refused && req.count > step) {
		req.count -= step;
		ask = oht_engine_late_ask(&req, 0);
		if (oht_late_proves(late, &ask))
			return req.count;
	}
	return 0;
}

/*
 * What writes is never held up by a prior read: it must go out although no answer is heard. Where
 * no shorter read is a proof the same one is sent. Its answer is dropped, and one less is owed to
 * other requests. Others may ask the unit between prior read and read each time, so a read goes out
 * as it is once too many prior reads were answered. Attempts that failed do not count: they prove
 * nothing.
 */
bool oht_engine_late_lead(struct oht_engine *e)
{
	const struct oht_xfer *x = e->cur;

	if (x->moves || oht_frame_is_write(x->function) || x->priors > OHT_LATE_MAX ||
	    !oht_engine_late_fits(e, x))
		return false;
	if (!oht_frame_is_opaque(&e->req))
		e->req.count = oht_engine_late_part(&e->late[x->unit], e->req) ?: e->req.count;
	return true;
}
