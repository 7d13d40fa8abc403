// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes: only from listed addresses to listed registers, by the same way as those of the API, and
 * each of them a line of the log. Plain Modbus TCP knows no identity, so an address stands for one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "courses/courses.h"
#include "gateway/private.h"
#include "gateway/robot_map.h"

/* Writes in a second, of all clients, and at once, and quick stops likewise: fewer than the log has lines for one code. */
#define RATE		5
#define BURST		10
#define WRITE_MS	2000
#define ROBOT_UNIT	1

/* ---- may it ---- */

static bool take_token(struct ohtd_gateway_bucket *bucket, uint64_t now_ns)
{
	uint64_t more = (now_ns - bucket->refilled_ns) * RATE / OHTD_NS_PER_S;

	if (more) {
		bucket->tokens = bucket->tokens + more < BURST ? bucket->tokens + (unsigned int)more : BURST;
		bucket->refilled_ns = now_ns;
	}
	if (!bucket->tokens)
		return false;
	bucket->tokens--;
	return true;
}

static void refuse(struct ohtd_gateway *gateway, uint64_t owner, const char *peer,
		   const struct ohtd_mbap_request *request, unsigned int exception, const char *why)
{
	atomic_fetch_add(&gateway->figures.writes_refused, 1);
	ohtd_log(OHTD_LOG_WARNING, "gateway", "write_refused",
		 "%s: unit %u, register 0x%04X, count %u, first value %u: %s (exception %u)", peer,
		 request->unit, request->address, request->count, request->words[0], why, exception);
	ohtd_gateway_refuse(gateway, owner, request, exception);
}

/* ---- under way ---- */

/* The last place is kept for a stop. */
static struct ohtd_gateway_write *find_place(struct ohtd_gateway *gateway, bool stop)
{
	for (unsigned int i = 0; i < OHTD_GATEWAY_WRITES + (stop ? 1u : 0); i++)
		if (!gateway->writes[i].used)
			return &gateway->writes[i];
	return NULL;
}

/* What others write holds up no stop. NULL: too many. */
static struct ohtd_gateway_write *admit(struct ohtd_gateway *gateway, bool stop)
{
	struct ohtd_gateway_bucket *rate = stop ? &gateway->stop_rate : &gateway->write_rate;

	return take_token(rate, gateway->now_ns) ? find_place(gateway, stop) : NULL;
}

/* Posts @command for the request. What comes of it is told by ohtd_gateway_write_done(). */
static void begin(struct ohtd_gateway *gateway, const struct ohtd_client *client,
		  const struct ohtd_mbap_request *request, struct ohtd_command *command,
		  const struct ohtd_gateway_write *what)
{
	struct ohtd_gateway_write *write = admit(gateway, command->kind == OHTD_COMMAND_STOP);

	if (!write) {
		refuse(gateway, client->name, client->peer, request, OHTD_MBAP_BUSY, "too many writes");
		return;
	}
	command->id = OHTD_GATEWAY_PARTS + (uint64_t)(write - gateway->writes);
	command->valid_ms = WRITE_MS;
	command->role = OHTD_ROLE_OPERATOR;
	/* A name, so that it is nobody's session. */
	strcpy(command->by.user, "gateway");
	strcpy(command->by.session, "gateway");
	if (ohtd_link_post(gateway->setup.link, command)) {
		refuse(gateway, client->name, client->peer, request, OHTD_MBAP_NO_PATH,
		       "the robot takes no commands");
		return;
	}
	*write = *what;
	write->used = true;
	write->owner = client->name;
	memcpy(write->peer, client->peer, sizeof(write->peer));
	write->request = *request;
}

/* ---- a register of a module ---- */

/* Exactly the register that the request means, if a client of the gateway may ever write it. */
static const struct oht_register *find_register(const struct oht_regmap *map,
						const struct ohtd_mbap_request *request)
{
	const struct oht_register *reg = map ? oht_regmap_at(map, request->address) : NULL;

	if (!reg || reg->address != request->address || reg->words != request->count ||
	    reg->access == OHT_ACCESS_RO || reg->motion || oht_register_needs_elevation(reg))
		return NULL;
	return reg;
}

static void write_module(struct ohtd_gateway *gateway, const struct ohtd_client *client,
			 const struct ohtd_mbap_request *request)
{
	struct ohtd_command command = {
		.kind = OHTD_COMMAND_WRITE, .unit = request->unit, .address = request->address,
		.count = request->count,
	};
	struct ohtd_gateway_write what = { .before = "not known" };
	const struct ohtd_register_value *value;
	struct ohtd_courses_lack lack;
	const struct oht_regmap *map;
	char unit[8], why[96];
	struct ohtd_registers values;

	map = ohtd_gateway_values(gateway, request->unit, &values);
	what.reg = find_register(map, request);
	if (!what.reg) {
		refuse(gateway, client->name, client->peer, request, OHTD_MBAP_BAD_ADDRESS,
		       "no register that may be written here");
		return;
	}
	if (!oht_register_takes(what.reg, oht_register_decode(what.reg, request->words))) {
		refuse(gateway, client->name, client->peer, request, OHTD_MBAP_BAD_VALUE,
		       "out of range");
		return;
	}
	/* An address of a list is no person, and has no certificate. */
	snprintf(unit, sizeof(unit), "%u", request->unit);
	if (ohtd_courses_lacks(gateway->setup.courses, NULL, OHTD_COURSES_MODULE, unit, &lack)) {
		snprintf(why, sizeof(why), "the registers of the module need the course %s", lack.course);
		refuse(gateway, client->name, client->peer, request, OHTD_MBAP_BAD_FUNCTION, why);
		return;
	}
	value = &values.values[what.reg - map->reg];
	if (value->state == OHTD_REGISTER_OK)
		oht_register_text(what.reg, value->words, what.before);
	command.generation = values.generation;
	memcpy(command.words, request->words, request->count * sizeof(command.words[0]));
	begin(gateway, client, request, &command, &what);
}

/* ---- the control word of the robot ---- */

/* It may stop, and that is all: nothing that needs an identity begins here. */
static void write_robot(struct ohtd_gateway *gateway, const struct ohtd_client *client,
			const struct ohtd_mbap_request *request)
{
	struct ohtd_command command = { .kind = OHTD_COMMAND_STOP };
	const struct ohtd_gateway_write what = { .before = "0" };

	if (request->address != OHTD_MAP_AT_CONTROL || request->count != 1)
		refuse(gateway, client->name, client->peer, request, OHTD_MBAP_BAD_ADDRESS,
		       "only the control word can be written");
	else if ((request->words[0] & OHTD_MAP_QUICK_STOP_MASK) != OHTD_MAP_QUICK_STOP)
		refuse(gateway, client->name, client->peer, request, OHTD_MBAP_BAD_VALUE,
		       "the control word takes a quick stop only");
	else
		begin(gateway, client, request, &command, &what);
}

void ohtd_gateway_write(struct ohtd_gateway *gateway, const struct ohtd_client *client,
			const struct ohtd_mbap_request *request)
{
	const struct ohtd_gateway_rights *rights = &gateway->values.rights;
	bool robot = ohtd_gateway_is_robot(request->unit);
	uint8_t unit = robot ? ROBOT_UNIT : request->unit;

	if (!ohtd_rights_has_writer(rights, client->peer))
		refuse(gateway, client->name, client->peer, request, OHTD_MBAP_BAD_FUNCTION,
		       rights->writers ? "the address is not listed" : "writes are off");
	else if (!ohtd_rights_has_writable(rights, unit, request->address))
		refuse(gateway, client->name, client->peer, request, OHTD_MBAP_BAD_ADDRESS,
		       "the register is not listed");
	else if (robot)
		write_robot(gateway, client, request);
	else
		write_module(gateway, client, request);
}

/* ---- what came of it ---- */

static void tell(const struct ohtd_gateway_write *write, const struct ohtd_answer *answer)
{
	const struct ohtd_mbap_request *request = &write->request;
	char after[OHT_REGISTER_TEXT_BYTES];

	if (write->reg)
		oht_register_text(write->reg, request->words, after);
	else
		snprintf(after, sizeof(after), "0x%04X", request->words[0]);
	ohtd_log(OHTD_LOG_NOTICE, "gateway", "register_written",
		 "%s: unit %u, register 0x%04X (%s): %s -> %s%s", write->peer, request->unit,
		 request->address, write->reg ? write->reg->name : "control word", write->before, after,
		 answer->verified == OHTD_VERIFIED_OTHER ? ", but it reads otherwise" : "");
}

void ohtd_gateway_write_done(struct ohtd_gateway *gateway, unsigned int index,
			     const struct ohtd_answer *answer)
{
	struct ohtd_gateway_write *write = &gateway->writes[index];
	unsigned int exception = ohtd_gateway_exception(answer);
	uint8_t bytes[OHTD_MBAP_BYTES_MAX];

	write->used = false;
	if (exception) {
		refuse(gateway, write->owner, write->peer, &write->request, exception,
		       answer->why.count ? ohtd_why_text(answer->why.items[0].code) : "failed");
		return;
	}
	atomic_fetch_add(&gateway->figures.writes, 1);
	tell(write, answer);
	ohtd_gateway_answer(gateway, write->owner, bytes,
			    ohtd_mbap_write_answer(bytes, &write->request));
}
