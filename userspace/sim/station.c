// SPDX-License-Identifier: GPL-2.0-or-later
/* The far end of the line: a request comes in, one unit answers in its time, faults spoil it. */
#include "station.h"

#include <errno.h>
#include <string.h>

#define NS_PER_US	1000ull
#define NS_PER_MS	1000000ull

int oht_sim_station_init(struct oht_sim_station *s, const struct oht_modmap *modmap,
			 enum oht_profile profile, const struct oht_sim_timing *timing,
			 uint64_t seed)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	if (oht_modmap_count(modmap) > OHT_SIM_MODULES_MAX)
		return -E2BIG;
	s->timing = *timing;
	s->profile = profile;
	s->seed = seed;
	s->noise.state = seed;
	oht_sim_framer_init(&s->framer, &s->timing);
	oht_sim_pacer_init(&s->pacer, &s->timing);
	oht_sim_world_init(&s->world, seed);
	for (i = 0; i < oht_modmap_count(modmap); i++) {
		struct oht_sim_unit *unit = &s->unit[i];

		unit->module = oht_modmap_module(modmap, i);
		if (oht_sim_bank_init(&unit->bank, unit->module, profile)) {
			oht_sim_station_free(s);
			return -ENOMEM;
		}
		s->units++;
		oht_sim_world_add(&s->world, unit->module, profile, &unit->bank);
	}
	s->training.module = &oht_sim_training_module;
	if (oht_sim_bank_init(&s->training.bank, s->training.module, OHT_PROFILE_CANONICAL)) {
		oht_sim_station_free(s);
		return -ENOMEM;
	}
	oht_sim_training_begin(s);
	return 0;
}

void oht_sim_station_free(struct oht_sim_station *s)
{
	while (s->units)
		oht_sim_bank_free(&s->unit[--s->units].bank);
	oht_sim_bank_free(&s->training.bank);
}

struct oht_sim_unit *oht_sim_station_unit(struct oht_sim_station *s, unsigned int address)
{
	size_t i;

	for (i = 0; i < s->units; i++)
		if (s->unit[i].module->unit == address)
			return &s->unit[i];
	return NULL;
}

/* ---- requests ---- */

/* What the unit does, and its reply in front of what spoils that on the wire. */
static size_t obey(struct oht_sim_unit *unit, const uint8_t *adu, size_t len, uint8_t *reply)
{
	const struct oht_sim_fault *exception = &unit->faults.fault[OHT_SIM_FAULT_EXCEPTION];
	size_t bytes;

	if (oht_sim_faults_touch(&unit->faults, OHT_SIM_FAULT_EXCEPTION, adu, len))
		return oht_sim_slave_refuse(unit->module->unit, adu[1],
					    (uint8_t)exception->argument, reply);
	unit->bank.deaf = oht_sim_faults_touch(&unit->faults, OHT_SIM_FAULT_IGNORE, adu, len);
	bytes = oht_sim_slave_answer(&unit->bank, unit->module->unit, adu, len, reply);
	unit->bank.deaf = false;
	return bytes;
}

static void answer(struct oht_sim_station *s, struct oht_sim_unit *unit, const uint8_t *adu,
		   size_t len)
{
	struct oht_sim_reply *reply = &unit->reply;

	memset(reply, 0, sizeof(*reply));
	reply->len = obey(unit, adu, len, reply->bytes);
	if (!reply->len)
		return;
	unit->stats.replies++;
	unit->stats.exceptions += reply->bytes[1] >> 7;
	oht_sim_faults_spoil(&unit->faults, reply, &s->noise);
}

/* A fault of @kind, and what came has come before @ready_ns, by which the unit hears again. */
static bool too_soon(struct oht_sim_unit *unit, enum oht_sim_fault_kind kind, uint64_t at_ns,
		     uint64_t ready_ns)
{
	return at_ns < ready_ns && oht_sim_faults_take(&unit->faults, kind);
}

static bool hears(struct oht_sim_station *s, struct oht_sim_unit *unit)
{
	const struct oht_sim_fault *fault = unit->faults.fault;
	const struct oht_sim_framer *f = &s->framer;

	if (oht_sim_faults_take(&unit->faults, OHT_SIM_FAULT_SILENCE) ||
	    too_soon(unit, OHT_SIM_FAULT_QUIET, f->quiet_ns, fault[OHT_SIM_FAULT_QUIET].argument * NS_PER_US) ||
	    too_soon(unit, OHT_SIM_FAULT_REST, f->begin_ns,
		     unit->said_ns + fault[OHT_SIM_FAULT_REST].argument * NS_PER_MS)) {
		unit->stats.suppressed++;
		return false;
	}
	return true;
}

static void ask_unit(struct oht_sim_station *s, struct oht_sim_unit *unit, const uint8_t *adu,
		     size_t len, uint64_t end_ns)
{
	unit->stats.requests++;
	if (unit->reply_ns) {
		unit->stats.busy++;
		return;
	}
	if (!hears(s, unit))
		return;
	answer(s, unit, adu, len);
	if (unit->reply.len)
		unit->reply_ns = end_ns + s->timing.turnaround_ns + unit->reply.delay_ns;
}

/* A broadcast is obeyed by every unit that hears it, and answered by none. */
static void ask_all(struct oht_sim_station *s, const uint8_t *adu, size_t len)
{
	uint8_t nothing[OHT_SIM_ADU_MAX_BYTES];
	size_t i;

	s->broadcasts++;
	for (i = 0; i < s->units; i++) {
		struct oht_sim_unit *unit = &s->unit[i];

		if (hears(s, unit))
			obey(unit, adu, len, nothing);
	}
}

static void dispatch(struct oht_sim_station *s, uint64_t now_ns)
{
	uint8_t adu[OHT_SIM_ADU_MAX_BYTES];
	struct oht_sim_unit *unit;
	uint64_t end_ns;
	size_t len = oht_sim_framer_take(&s->framer, now_ns, adu, &end_ns);

	if (!len)
		return;
	oht_sim_world_advance(&s->world, now_ns);
	unit = oht_sim_station_unit(s, adu[0]);
	if (unit) {
		ask_unit(s, unit, adu, len, end_ns);
	} else if (adu[0] == s->training.module->unit) {
		ask_unit(s, &s->training, adu, len, end_ns);
		oht_sim_training_follow(s);
	} else if (adu[0] == OHT_SIM_BROADCAST) {
		ask_all(s, adu, len);
	} else {
		s->foreign++;
	}
}

void oht_sim_station_receive(struct oht_sim_station *s, const uint8_t *bytes, size_t len,
			     uint64_t now_ns)
{
	/* Half duplex: who drives the line hears nothing. */
	if (oht_sim_pacer_busy(&s->pacer)) {
		s->collisions += len;
		return;
	}
	oht_sim_framer_feed(&s->framer, bytes, len, now_ns);
}

/* ---- replies ---- */

static struct oht_sim_unit *next_to_reply(const struct oht_sim_station *s)
{
	const struct oht_sim_unit *next = s->training.reply_ns ? &s->training : NULL;
	size_t i;

	for (i = 0; i < s->units; i++) {
		const struct oht_sim_unit *unit = &s->unit[i];

		if (unit->reply_ns && (!next || unit->reply_ns < next->reply_ns))
			next = unit;
	}
	return (struct oht_sim_unit *)next;
}

/*
 * A wake-up that is a little late costs nothing, because the first bytes are handed out a group
 * later anyway. One that is very late moves the whole reply: bytes must never come faster than the
 * line.
 */
static uint64_t real_start_ns(const struct oht_sim_station *s, uint64_t wanted_ns, uint64_t now_ns)
{
	uint64_t start_ns = wanted_ns;

	if (now_ns > wanted_ns + s->timing.t15_ns / 2)
		start_ns = now_ns;
	/* A delayed reply of one unit waits for what is on the line. */
	return start_ns > s->framer.line_end_ns ? start_ns : s->framer.line_end_ns;
}

static void start_reply(struct oht_sim_station *s, uint64_t now_ns)
{
	struct oht_sim_unit *unit = next_to_reply(s);

	if (!unit || now_ns < unit->reply_ns)
		return;
	oht_sim_pacer_start(&s->pacer, unit->reply.bytes, unit->reply.len,
			    real_start_ns(s, unit->reply_ns, now_ns), unit->reply.pause_ns,
			    unit->reply.again);
	unit->said_ns = oht_sim_pacer_end_ns(&s->pacer);
	unit->reply_ns = 0;
}

size_t oht_sim_station_run(struct oht_sim_station *s, uint64_t now_ns, const uint8_t **bytes)
{
	uint64_t end_ns;
	size_t len;

	dispatch(s, now_ns);
	if (!oht_sim_pacer_busy(&s->pacer))
		start_reply(s, now_ns);
	if (!oht_sim_pacer_busy(&s->pacer))
		return 0;
	end_ns = oht_sim_pacer_end_ns(&s->pacer);
	len = oht_sim_pacer_take(&s->pacer, now_ns, bytes);
	if (len)
		oht_sim_framer_line_used(&s->framer, end_ns);
	s->tx_bytes += len;
	return len;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t oht_sim_station_deadline_ns(const struct oht_sim_station *s)
{
	const struct oht_sim_unit *unit = next_to_reply(s);
	uint64_t next_ns = earlier(oht_sim_framer_deadline_ns(&s->framer),
				   oht_sim_pacer_deadline_ns(&s->pacer));

	/* A reply that waits for the line is started when the pacer has finished. */
	if (unit && !oht_sim_pacer_busy(&s->pacer))
		next_ns = earlier(next_ns, unit->reply_ns);
	return next_ns;
}

void oht_sim_station_cut(struct oht_sim_station *s)
{
	size_t i;

	oht_sim_framer_reset(&s->framer);
	oht_sim_pacer_reset(&s->pacer);
	for (i = 0; i < s->units; i++)
		s->unit[i].reply_ns = 0;
	s->training.reply_ns = 0;
}
