// SPDX-License-Identifier: GPL-2.0-or-later
/* What a frame asks, who answers it, and what the control thread has answered. */
#include "base/clock.h"
#include "gateway/identity.h"
#include "gateway/private.h"

/* Which place a command has: parts first, then writes. */
#define WRITES_FROM	OHTD_GATEWAY_PARTS

static bool is_write(const struct ohtd_mbap_request *request)
{
	return request->function == OHTD_MBAP_WRITE_SINGLE ||
	       request->function == OHTD_MBAP_WRITE_MULTIPLE;
}

/* Does the request ask for the identity of the robot? */
static bool is_question(const struct ohtd_mbap_request *request)
{
	return request->function == OHTD_MBAP_SERVER_ID || request->function == OHTD_MBAP_ENCAPSULATED;
}

void ohtd_gateway_request(struct ohtd_gateway *gateway, const struct ohtd_client *client,
			  const uint8_t *frame, size_t bytes)
{
	uint8_t answer[OHTD_MBAP_BYTES_MAX];
	struct ohtd_mbap_request request;
	enum ohtd_mbap_exception fault = ohtd_mbap_parse(frame, bytes, &request);

	/* A module says who it is in its registers. */
	if (!fault && is_question(&request) && !ohtd_gateway_is_robot(request.unit))
		fault = OHTD_MBAP_BAD_FUNCTION;
	if (fault)
		ohtd_gateway_refuse(gateway, client->name, &request, fault);
	else if (is_question(&request))
		ohtd_gateway_answer(gateway, client->name, answer,
				    ohtd_identity_answer(answer, &request));
	else if (is_write(&request))
		ohtd_gateway_write(gateway, client, &request);
	else
		ohtd_gateway_read(gateway, client, &request);
}

void ohtd_gateway_hear(struct ohtd_gateway *gateway)
{
	struct ohtd_answer answer;

	while (ohtd_link_take(gateway->setup.link, &answer)) {
		if (answer.id < WRITES_FROM)
			ohtd_gateway_read_done(gateway, (unsigned int)answer.id, &answer);
		else
			ohtd_gateway_write_done(gateway, (unsigned int)answer.id - WRITES_FROM, &answer);
	}
}

const struct ohtd_snapshot *ohtd_gateway_snapshot(struct ohtd_gateway *gateway)
{
	/* If it is being written over and over, the one before will do. */
	if (gateway->snapshot.version != ohtd_robot_version(gateway->setup.robot))
		ohtd_robot_snapshot(gateway->setup.robot, &gateway->snapshot);
	return &gateway->snapshot;
}

const struct ohtd_module_view *ohtd_gateway_module(struct ohtd_gateway *gateway, uint8_t unit)
{
	return ohtd_snapshot_module(ohtd_gateway_snapshot(gateway), unit);
}

const struct oht_regmap *ohtd_gateway_values(struct ohtd_gateway *gateway, uint8_t unit,
					     struct ohtd_registers *values)
{
	const struct ohtd_module_view *module = ohtd_gateway_module(gateway, unit);

	if (!module || ohtd_robot_registers(gateway->setup.robot, unit, values) ||
	    values->generation != module->generation)
		return NULL;
	return ohtd_robot_map(gateway->setup.robot, module->name, module->profile);
}

/* What stands in the way, in the words of Modbus. */
static unsigned int exception_of(const struct ohtd_why *why)
{
	switch (why->code) {
	case OHTD_WHY_MODULE_EXCEPTION:
		return why->detail;
	case OHTD_WHY_MODULE_LOST:
	case OHTD_WHY_MODULE_NO_ANSWER:
	case OHTD_WHY_MODULE_PAUSES:
		return OHTD_MBAP_NO_ANSWER;
	case OHTD_WHY_DEVICE:
	case OHTD_WHY_DEVICE_GONE:
	case OHTD_WHY_MODULE_QUARANTINED:
	case OHTD_WHY_SHUTTING_DOWN:
		return OHTD_MBAP_NO_PATH;
	case OHTD_WHY_BUSY:
	case OHTD_WHY_EXPIRED:
	case OHTD_WHY_STOPPED_MEANWHILE:
	case OHTD_WHY_MODULE_CHANGED:
		return OHTD_MBAP_BUSY;
	default:
		return OHTD_MBAP_FAILED;
	}
}

unsigned int ohtd_gateway_exception(const struct ohtd_answer *answer)
{
	if (answer->outcome == OHTD_OUTCOME_DONE)
		return OHTD_MBAP_GOOD;
	return answer->why.count ? exception_of(&answer->why.items[0]) : OHTD_MBAP_FAILED;
}
