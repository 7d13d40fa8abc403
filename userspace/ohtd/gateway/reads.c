// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads: out of the robot's map, out of the image where it is fresh, or from the module itself. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "gateway/private.h"
#include "gateway/robot_map.h"

/* A read that has not been answered by then is told that the bus is busy. */
#define READ_NS		(4 * OHTD_NS_PER_S)
/* How long one request may wait for slack. */
#define PART_MS		2000
#define UNIT_LAST	247

static void answer(struct ohtd_gateway *gateway, uint64_t owner,
		   const struct ohtd_mbap_request *request, const uint16_t *words)
{
	uint8_t bytes[OHTD_MBAP_BYTES_MAX];

	ohtd_gateway_answer(gateway, owner, bytes, ohtd_mbap_read_answer(bytes, request, words));
}

/* ---- without the bus ---- */

static void read_robot(struct ohtd_gateway *gateway, uint64_t owner,
		       const struct ohtd_mbap_request *request)
{
	uint16_t words[OHTD_MAP_REGISTERS];

	if (request->address + request->count > OHTD_MAP_REGISTERS) {
		ohtd_gateway_refuse(gateway, owner, request, OHTD_MBAP_BAD_ADDRESS);
		return;
	}
	ohtd_map_fill(ohtd_gateway_snapshot(gateway), gateway->now_ns, words);
	atomic_fetch_add(&gateway->figures.from_image, 1);
	answer(gateway, owner, request, words + request->address);
}

/* Puts a register's words where the request wants them. False: it is not there, or too old. */
static bool put_register(const struct ohtd_mbap_request *request, const struct oht_register *reg,
			 const struct ohtd_register_value *value, uint64_t oldest_ns, uint16_t *words)
{
	if (value->state != OHTD_REGISTER_OK || value->time_ns < oldest_ns)
		return false;
	for (unsigned int i = 0; i < reg->words; i++) {
		unsigned int at = reg->address + i - request->address;

		if (reg->address + i >= request->address && at < request->count)
			words[at] = value->words[i];
	}
	return true;
}

static bool read_image(struct ohtd_gateway *gateway, uint64_t owner,
		       const struct ohtd_mbap_request *request)
{
	uint64_t fresh_ns = (uint64_t)gateway->values.fresh_ms * OHTD_NS_PER_MS;
	uint64_t oldest_ns = gateway->now_ns > fresh_ns ? gateway->now_ns - fresh_ns : 0;
	unsigned int end = request->address + request->count, at = request->address;
	uint16_t words[OHTD_MBAP_READ_MAX];
	struct ohtd_registers values;
	const struct oht_regmap *map;

	if (!fresh_ns || request->function != OHTD_MBAP_READ_HOLDING)
		return false;
	map = ohtd_gateway_values(gateway, request->unit, &values);
	while (map && at < end) {
		const struct oht_register *reg = oht_regmap_at(map, (uint16_t)at);

		if (!reg || !put_register(request, reg, &values.values[reg - map->reg], oldest_ns,
					  words))
			return false;
		at = reg->address + reg->words;
	}
	if (!map)
		return false;
	atomic_fetch_add(&gateway->figures.from_image, 1);
	answer(gateway, owner, request, words);
	return true;
}

/* ---- from the module ---- */

static uint64_t heard_ns(struct ohtd_gateway *gateway, uint8_t unit)
{
	const struct ohtd_module_view *module = ohtd_gateway_module(gateway, unit);

	return module && module->health == OHTD_HEALTH_GOOD ? module->last_good_ns : 0;
}

static void wait_for_bus(struct ohtd_gateway *gateway, uint64_t owner,
			 const struct ohtd_mbap_request *request)
{
	struct ohtd_join_read *read;

	if (ohtd_silence_holds(&gateway->silences[request->unit], gateway->now_ns,
			       heard_ns(gateway, request->unit))) {
		ohtd_gateway_refuse(gateway, owner, request, OHTD_MBAP_NO_ANSWER);
		return;
	}
	read = ohtd_join_add(&gateway->join, request);
	if (!read) {
		ohtd_gateway_refuse(gateway, owner, request, OHTD_MBAP_BUSY);
		return;
	}
	read->owner = owner;
	read->until_ns = gateway->now_ns + READ_NS;
}

void ohtd_gateway_read(struct ohtd_gateway *gateway, const struct ohtd_client *client,
		       const struct ohtd_mbap_request *request)
{
	if (ohtd_gateway_is_robot(request->unit))
		read_robot(gateway, client->name, request);
	else if (request->unit > UNIT_LAST)
		ohtd_gateway_refuse(gateway, client->name, request, OHTD_MBAP_NO_PATH);
	else if (!read_image(gateway, client->name, request))
		wait_for_bus(gateway, client->name, request);
}

/* ---- answers of the bus ---- */

static void give_up(struct ohtd_gateway *gateway, struct ohtd_join_read *read, unsigned int exception)
{
	read->used = false;
	ohtd_gateway_refuse(gateway, read->owner, &read->request, exception);
}

static void answer_complete(struct ohtd_gateway *gateway)
{
	for (unsigned int i = 0; i < OHTD_JOIN_READS_MAX; i++) {
		struct ohtd_join_read *read = &gateway->join.reads[i];

		if (!read->used || read->missing)
			continue;
		read->used = false;
		answer(gateway, read->owner, &read->request, read->words);
	}
}

/* A unit that does not answer: all who wait for it are told, and it is left alone for a while. */
static void fall_silent(struct ohtd_gateway *gateway, uint8_t unit)
{
	ohtd_silence_note(&gateway->silences[unit], gateway->now_ns);
	for (unsigned int i = 0; i < OHTD_JOIN_READS_MAX; i++)
		if (gateway->join.reads[i].used && gateway->join.reads[i].request.unit == unit)
			give_up(gateway, &gateway->join.reads[i], OHTD_MBAP_NO_ANSWER);
}

static void refuse_part(struct ohtd_gateway *gateway, const struct ohtd_join_part *part,
			unsigned int exception)
{
	for (unsigned int i = 0; i < OHTD_JOIN_READS_MAX; i++)
		if (ohtd_join_meets(&gateway->join, &gateway->join.reads[i], part))
			give_up(gateway, &gateway->join.reads[i], exception);
}

/* Was it the module itself that has refused? */
static bool is_refused(const struct ohtd_answer *answer)
{
	return answer->outcome == OHTD_OUTCOME_FAILED && answer->why.count &&
	       answer->why.items[0].code == OHTD_WHY_MODULE_EXCEPTION;
}

void ohtd_gateway_read_done(struct ohtd_gateway *gateway, unsigned int index,
			    const struct ohtd_answer *answer)
{
	const struct ohtd_join_part *part = &gateway->parts[index].part;
	unsigned int exception = ohtd_gateway_exception(answer);

	gateway->parts[index].used = false;
	if (exception == OHTD_MBAP_NO_ANSWER && !is_refused(answer)) {
		fall_silent(gateway, part->unit);
		return;
	}
	if (!exception || is_refused(answer))
		gateway->silences[part->unit] = (struct ohtd_silence){ 0 };
	if (!exception) {
		ohtd_join_fill(&gateway->join, part, answer->words);
		atomic_store(&gateway->figures.joined, gateway->join.joined);
		answer_complete(gateway);
	} else if (!is_refused(answer) || !ohtd_join_split(&gateway->join, part)) {
		refuse_part(gateway, part, exception);
	}
}

/* ---- questions to the bus ---- */

static int post(struct ohtd_gateway *gateway, unsigned int index)
{
	const struct ohtd_join_part *part = &gateway->parts[index].part;
	const struct ohtd_command command = {
		.id = index, .kind = OHTD_COMMAND_READ, .unit = part->unit, .address = part->address,
		.count = part->count, .input = part->function == OHTD_MBAP_READ_INPUT,
		.background = true, .valid_ms = PART_MS,
	};

	return ohtd_link_post(gateway->setup.link, &command);
}

/* Keeps registers of two words in one reading. */
static void trim(struct ohtd_gateway *gateway, struct ohtd_join_part *part)
{
	struct ohtd_registers values;

	ohtd_join_trim(part, ohtd_gateway_values(gateway, part->unit, &values));
}

static void expire(struct ohtd_gateway *gateway)
{
	for (unsigned int i = 0; i < OHTD_JOIN_READS_MAX; i++) {
		struct ohtd_join_read *read = &gateway->join.reads[i];

		if (read->used && gateway->now_ns >= read->until_ns)
			give_up(gateway, read, OHTD_MBAP_BUSY);
	}
}

void ohtd_gateway_pump(struct ohtd_gateway *gateway)
{
	bool busy[OHTD_JOIN_UNITS] = { false };

	expire(gateway);
	/* One question to a unit at a time: one that is silent has one place, and the others three. */
	for (unsigned int i = 0; i < OHTD_GATEWAY_PARTS; i++)
		if (gateway->parts[i].used)
			busy[gateway->parts[i].part.unit] = true;
	for (unsigned int i = 0; i < OHTD_GATEWAY_PARTS; i++) {
		struct ohtd_gateway_part *part = &gateway->parts[i];

		if (part->used)
			continue;
		if (!ohtd_join_next(&gateway->join, busy, &part->part))
			return;
		trim(gateway, &part->part);
		busy[part->part.unit] = true;
		part->used = !post(gateway, i);
		if (part->used)
			atomic_fetch_add(&gateway->figures.bus_reads, 1);
		else
			refuse_part(gateway, &part->part, OHTD_MBAP_NO_PATH);
	}
}

void ohtd_gateway_forget(struct ohtd_gateway *gateway, uint64_t owner)
{
	for (unsigned int i = 0; i < OHTD_JOIN_READS_MAX; i++)
		if (gateway->join.reads[i].used && gateway->join.reads[i].owner == owner)
			gateway->join.reads[i].used = false;
}
