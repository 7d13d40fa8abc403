// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The drive's own time-out: it is turned slowly, nothing more is sent to it, and its speed is read
 * again. The enable outputs end its motion in any case; a drive that stops by itself does so before.
 */
#include <string.h>

#include "cli.h"
#include "commission.h"
#include "exchange.h"
#include "names.h"
#include "oht_plan.h"

#define TURN_MS		1000	/* until it turns at the set-point */
#define AGAIN_MS	100	/* set-points come as in a move */
#define SILENCE_MS	2000
#define ANSWER_US	100000	/* at most; no heartbeat is sent meanwhile */

struct setting {
	const char *name;
	uint16_t value;
};

/* A twentieth of the canonical range, and 50 mm/s. Lists end with a NULL name. */
static const struct setting canonical_turn[] = {
	{ "motor1_direction", 1 }, { "motor2_direction", 1 }, { "motor1_enable", 1 },
	{ "motor2_enable", 1 }, { "motor1_speed", 13 }, { "motor2_speed", 13 }, { NULL, 0 },
};
static const struct setting canonical_rest[] = {
	{ "motor1_speed", 0 }, { "motor2_speed", 0 }, { "motor1_direction", 0 },
	{ "motor2_direction", 0 }, { "motor1_enable", 0 }, { "motor2_enable", 0 }, { NULL, 0 },
};
static const char *const canonical_speeds[] = { "motor1_actual_speed", "motor2_actual_speed", NULL };
static const struct setting legacy_turn[] = {
	{ "direction", 1 }, { "enable", 1 }, { "speed_target", 50 }, { NULL, 0 },
};
static const struct setting legacy_rest[] = {
	{ "speed_target", 0 }, { "direction", 0 }, { "enable", 0 }, { NULL, 0 },
};
static const char *const legacy_speeds[] = { "speed_actual", NULL };

struct drive_form {
	const struct setting *turn, *rest;
	const char *const *speeds;
};

static const struct drive_form forms[OHT_PROFILES] = {
	[OHT_PROFILE_CANONICAL] = { canonical_turn, canonical_rest, canonical_speeds },
	[OHT_PROFILE_LEGACY] = { legacy_turn, legacy_rest, legacy_speeds },
};

/* ---- what is asked for ---- */

static bool knows(struct cli *cli, const struct oht_module *module, const struct drive_form *form)
{
	for (const struct setting *one = form->turn; one->name; one++)
		if (!names_register(cli, module, one->name))
			return false;
	for (const char *const *speed = form->speeds; *speed; speed++)
		if (!names_register(cli, module, *speed))
			return false;
	return true;
}

int commission_drive_open(struct commission *walk, const char *word)
{
	struct cli *cli = walk->cli;
	const struct oht_module *module = names_module(cli, word);
	const struct oht_regmap *map = module ? names_registers(cli, module) : NULL;

	if (!map || names_unit(cli, word, &walk->drive_unit))
		return CLI_USAGE;
	walk->drive_module = module;
	walk->drive_form = &forms[map - module->map];
	return knows(cli, module, walk->drive_form) ? CLI_DONE : CLI_USAGE;
}

/* ---- on the wire ---- */

/* One register; 0, or -1 after what is wrong was noted as the step's @result. */
static int exchange_one(struct commission *walk, const char *name, const uint16_t *value,
			struct oht_reply *reply, enum step_result *result)
{
	const struct oht_register *reg = names_register(walk->cli, walk->drive_module, name);
	uint32_t heartbeat_us = walk->deadman_ms * 1000 / 4;
	const struct oht_request request = {
		.unit = walk->drive_unit,
		.function = value ? OHT_WRITE_SINGLE : OHT_READ_HOLDING,
		.priority = OHT_PRIORITY_COMMAND,
		.address = reg->address,
		.count = 1,
		.timeout_us = heartbeat_us < ANSWER_US ? heartbeat_us : ANSWER_US,
		.words = value,
	};

	if (oht_dev_heartbeat(walk->cli->dev))
		*result = commission_fail_errno(walk, "heartbeat");
	else if (!exchange_try(walk->cli, &request, reply))
		return 0;
	else if (reply->cookie)
		*result = commission_fail(walk, "%s of unit %u: %s", name, request.unit,
					  reply->exception ? oht_exception_text(reply->exception) :
							     oht_outcome_text(reply->outcome));
	else
		*result = commission_fail_errno(walk, name);
	return -1;
}

static enum step_result set(struct commission *walk, const struct setting *settings)
{
	enum step_result result = STEP_PASSED;
	struct oht_reply reply;

	for (const struct setting *one = settings; one->name; one++)
		if (exchange_one(walk, one->name, &one->value, &reply, &result))
			return result;
	return result;
}

/* How many of its speeds are not 0; *turning is the name of the last of them, *still of another. */
static enum step_result look(struct commission *walk, const char **turning, const char **still)
{
	enum step_result result = STEP_PASSED;
	struct oht_reply reply;

	*turning = *still = NULL;
	for (const char *const *speed = walk->drive_form->speeds; *speed; speed++) {
		if (exchange_one(walk, *speed, NULL, &reply, &result))
			return result;
		*(reply.words[0] ? turning : still) = *speed;
	}
	return result;
}

/* ---- the step ---- */

static enum step_result agree(struct commission *walk)
{
	enum step_result result;

	commission_ask(walk, "unit %u will turn its drive forward, slowly, for %d seconds: see that its "
		       "way is free; then press the emergency stop", walk->drive_unit,
		       (TURN_MS + SILENCE_MS) / 1000);
	result = commission_wait_person(walk, commission_all_open);
	if (result == STEP_FAILED && !*walk->remark)
		return commission_fail(walk, "nobody has agreed to it");
	if (result != STEP_PASSED)
		return result;
	commission_ask(walk, "release it");
	return commission_wait_released(walk);
}

/* A plan that an ohtd has left would go on asking it. */
static enum step_result end_plan(struct commission *walk)
{
	struct oht_cyclic_status plan;

	if (oht_plan_status(walk->cli->dev, &plan))
		return commission_fail_errno(walk, "plan");
	if (plan.entries && oht_plan_clear(walk->cli->dev))
		return commission_fail_errno(walk, "end the plan");
	return STEP_PASSED;
}

static enum step_result turn(struct commission *walk)
{
	const char *turning, *still;
	enum step_result result = set(walk, walk->drive_form->turn);

	for (int ms = 0; result == STEP_PASSED && ms < TURN_MS; ms += AGAIN_MS) {
		result = commission_wait(walk, NULL, AGAIN_MS);
		if (result == STEP_PASSED)
			result = set(walk, walk->drive_form->turn);
	}
	if (result == STEP_PASSED)
		result = look(walk, &turning, &still);
	return result == STEP_PASSED && still ?
	       commission_fail(walk, "%s of unit %u is 0: it does not turn", still, walk->drive_unit) :
	       result;
}

static enum step_result be_silent(struct commission *walk)
{
	const char *turning, *still;
	enum step_result result = commission_wait(walk, NULL, SILENCE_MS);

	if (result == STEP_PASSED && commission_ended(walk))
		return commission_fail(walk, "stopped by %s", oht_cause_name(commission_ended(walk)->cause));
	if (result == STEP_PASSED)
		result = look(walk, &turning, &still);
	if (result == STEP_PASSED && turning)
		return commission_skip(walk, "%s of unit %u is not 0 after %d ms without a telegram: it has no "
				       "time-out of its own, or a longer one; cut off from its wire it turns "
				       "until the enable outputs are low", turning, walk->drive_unit, SILENCE_MS);
	if (result == STEP_PASSED)
		snprintf(walk->remark, sizeof(walk->remark), "unit %u stands after %d ms without a telegram",
			 walk->drive_unit, SILENCE_MS);
	return result;
}

enum step_result commission_step_drive(struct commission *walk)
{
	char remark[COMMISSION_WORDS_BYTES];
	enum step_result result, rested;

	if (!walk->drive_form)
		return commission_skip(walk, "--drive names none");
	result = agree(walk);
	if (result == STEP_PASSED)
		result = commission_make_enabled(walk);
	if (result == STEP_PASSED)
		result = end_plan(walk);
	if (result != STEP_PASSED)
		return result;
	/* The records of the agreement end an enabled state, too. */
	walk->record_count = 0;
	result = turn(walk);
	if (result == STEP_PASSED)
		result = be_silent(walk);
	if (walk->gone)
		return result;
	memcpy(remark, walk->remark, sizeof(remark));
	rested = set(walk, walk->drive_form->rest);
	/* The report names the first failure. */
	if (result != STEP_FAILED && rested != STEP_PASSED)
		return rested;
	memcpy(walk->remark, remark, sizeof(remark));
	return result;
}
