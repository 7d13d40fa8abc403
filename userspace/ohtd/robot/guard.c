// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Guards of the state machine: "a && !(b || c) && n >= 10", compiled to postfix at start.
 *
 *   or      = and { "||" and }
 *   and     = not { "&&" not }
 *   not     = "!" not | "(" or ")" | operand [ ("<" | "<=" | ">" | ">=" | "==") operand ]
 *   operand = word | number
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"
#include "robot/states.h"

enum op { OP_FACT, OP_NUMBER, OP_NOT, OP_AND, OP_OR, OP_LT, OP_LE, OP_GT, OP_GE, OP_EQ };

#define NESTING_MAX	8

struct parser {
	const char *at;
	struct ohtd_guard *guard;
	char *error;
	unsigned int depth;
	bool negated;		/* inside an odd number of "!" */
	bool failed;
};

static const char *const fact_names[OHTD_FACTS] = {
	[OHTD_FACT_ALWAYS]			= "always",
	[OHTD_FACT_IN_STATE_MS]			= "in_state_ms",
	[OHTD_FACT_REQUIRED_MODULES_ONLINE]	= "required_modules_online",
	[OHTD_FACT_NO_FAULT]			= "no_fault",
	[OHTD_FACT_ESTOP_LATCHED]		= "estop_latched",
	[OHTD_FACT_ESTOP_INPUTS_RELEASED]	= "estop_inputs_released",
	[OHTD_FACT_CHANNEL_DISCREPANCY]		= "channel_discrepancy",
	[OHTD_FACT_UNCLEAN_RESTART]		= "unclean_restart",
	[OHTD_FACT_AUTO_ENABLE]			= "auto_enable",
	[OHTD_FACT_SAFETY_OK]			= "safety_ok",
	[OHTD_FACT_COMMUNICATION_OK]		= "communication_ok",
	[OHTD_FACT_SENSORS_OK]			= "sensors_ok",
	[OHTD_FACT_LOCATION_OK]			= "location_ok",
	[OHTD_FACT_STANDSTILL]			= "standstill",
	[OHTD_FACT_TOLD_ZERO]			= "told_zero",
	[OHTD_FACT_WAY_CLEAR]			= "way_clear",
	[OHTD_FACT_TARGET_VALID]		= "target_valid",
	[OHTD_FACT_DOCKED]			= "docked",
	[OHTD_FACT_DOCK_CONFIRMED]		= "dock_confirmed",
	[OHTD_FACT_EXPECTED_DOCK_CONTACT]	= "expected_dock_contact",
	[OHTD_FACT_RETRIES_LEFT]		= "retries_left",
	[OHTD_FACT_DOCK_PHASE_FINAL]		= "dock_phase_final",
	[OHTD_FACT_KEPT_IS_DOCK]		= "kept_is_dock",
	[OHTD_FACT_KEPT_IS_UNDOCK]		= "kept_is_undock",
	[OHTD_FACT_AUTO_CONTINUE]		= "auto_continue",
	[OHTD_FACT_JOG_ACTIVE]			= "jog_active",
	[OHTD_FACT_JOG_SPEED_IN_LIMIT]		= "jog_speed_in_limit",
	[OHTD_FACT_CHARGE_OK]			= "charge_ok",
	[OHTD_FACT_POSITION_ERROR_IN_TOLERANCE]	= "position_error_in_tolerance",
	[OHTD_FACT_DISTANCE]			= "distance",
	[OHTD_FACT_SLOW_ZONE]			= "slow_zone",
	[OHTD_FACT_STOP_ZONE]			= "stop_zone",
	[OHTD_FACT_COMMAND_MS]			= "command_ms",
	[OHTD_FACT_COMMAND_LIMIT_MS]		= "command_limit_ms",
	[OHTD_FACT_DOCK_TIMEOUT_MS]		= "dock_timeout_ms",
	[OHTD_FACT_CHANGE_SET_VALID]		= "change_set_valid",
};

const char *ohtd_robot_fact_name(unsigned int fact)
{
	return fact < OHTD_FACTS ? fact_names[fact] : "unknown";
}

static void fail(struct parser *parser, const char *what)
{
	if (!parser->failed)
		snprintf(parser->error, OHT_ERROR_BYTES, "%s at '%.*s'", what, oht_utf8_cut(parser->at, 40), parser->at);
	parser->failed = true;
}

static void skip_spaces(struct parser *parser)
{
	while (*parser->at == ' ')
		parser->at++;
}

static bool accept(struct parser *parser, const char *token)
{
	skip_spaces(parser);
	if (strncmp(parser->at, token, strlen(token)))
		return false;
	parser->at += strlen(token);
	return true;
}

static void emit(struct parser *parser, enum op op, int32_t value)
{
	struct ohtd_guard *guard = parser->guard;

	if (guard->steps == OHTD_GUARD_STEPS)
		fail(parser, "guard too long");
	else
		guard->step[guard->steps++] = (struct ohtd_guard_step){ (uint8_t)op, value };
}

static void emit_fact(struct parser *parser, unsigned int fact)
{
	struct ohtd_guard *guard = parser->guard;

	emit(parser, OP_FACT, (int32_t)fact);
	if (parser->failed)
		return;
	if (fact >= OHTD_FACTS_AVAILABLE)
		guard->unavailable = true;
	guard->literal[guard->literals++] = (struct ohtd_literal){ (uint8_t)fact, parser->negated };
}

static void parse_word(struct parser *parser)
{
	size_t length = strspn(parser->at, "abcdefghijklmnopqrstuvwxyz0123456789_");
	unsigned int i;

	for (i = 0; i < OHTD_FACTS; i++)
		if (strlen(fact_names[i]) == length && !strncmp(parser->at, fact_names[i], length)) {
			emit_fact(parser, i);
			parser->at += length;
			return;
		}
	fail(parser, "unknown word in guard");
}

static void parse_number(struct parser *parser)
{
	char *end;
	long number;

	number = strtol(parser->at, &end, 10);
	if (number > 1000000000)
		fail(parser, "number too large in guard");
	emit(parser, OP_NUMBER, (int32_t)number);
	parser->at = end;
}

static void parse_operand(struct parser *parser)
{
	skip_spaces(parser);
	if (islower((unsigned char)*parser->at))
		parse_word(parser);
	else if (isdigit((unsigned char)*parser->at))
		parse_number(parser);
	else
		fail(parser, "word or number expected in guard");
}

static void parse_comparison(struct parser *parser)
{
	/* The longer token first: "<" is the beginning of "<=". */
	static const struct {
		const char *token;
		enum op op;
	} comparisons[] = {
		{ "<=", OP_LE }, { ">=", OP_GE }, { "==", OP_EQ }, { "<", OP_LT }, { ">", OP_GT },
	};
	unsigned int i;

	parse_operand(parser);
	for (i = 0; !parser->failed && i < sizeof(comparisons) / sizeof(comparisons[0]); i++)
		if (accept(parser, comparisons[i].token)) {
			parse_operand(parser);
			emit(parser, comparisons[i].op, 0);
			return;
		}
}

static void parse_or(struct parser *parser);

static void parse_not(struct parser *parser)
{
	if (++parser->depth > NESTING_MAX) {
		fail(parser, "guard nested too deeply");
	} else if (accept(parser, "!")) {
		parser->negated = !parser->negated;
		parse_not(parser);
		parser->negated = !parser->negated;
		emit(parser, OP_NOT, 0);
	} else if (accept(parser, "(")) {
		parse_or(parser);
		if (!parser->failed && !accept(parser, ")"))
			fail(parser, "')' expected in guard");
	} else {
		parse_comparison(parser);
	}
	parser->depth--;
}

static void parse_and(struct parser *parser)
{
	parse_not(parser);
	while (!parser->failed && accept(parser, "&&")) {
		parse_not(parser);
		emit(parser, OP_AND, 0);
	}
}

static void parse_or(struct parser *parser)
{
	parse_and(parser);
	while (!parser->failed && accept(parser, "||")) {
		parse_and(parser);
		emit(parser, OP_OR, 0);
	}
}

int ohtd_guard_compile(const char *text, struct ohtd_guard *guard, char error[OHT_ERROR_BYTES])
{
	struct parser parser = { .at = text, .guard = guard, .error = error };

	memset(guard, 0, sizeof(*guard));
	parse_or(&parser);
	skip_spaces(&parser);
	if (!parser.failed && *parser.at)
		fail(&parser, "end of guard expected");
	return parser.failed ? -EINVAL : 0;
}

static int64_t apply(uint8_t op, int64_t a, int64_t b)
{
	switch (op) {
	case OP_AND:
		return a && b;
	case OP_OR:
		return a || b;
	case OP_LT:
		return a < b;
	case OP_LE:
		return a <= b;
	case OP_GT:
		return a > b;
	case OP_GE:
		return a >= b;
	default:
		return a == b;
	}
}

bool ohtd_guard_true(const struct ohtd_guard *guard, const int64_t *facts)
{
	int64_t stack[OHTD_GUARD_STEPS] = { 0 };
	unsigned int top = 0;
	unsigned int i;

	if (guard->unavailable)
		return false;
	/* The compiler only emits balanced code: the stack can neither run over nor empty. */
	for (i = 0; i < guard->steps; i++) {
		const struct ohtd_guard_step *step = &guard->step[i];

		if (step->op == OP_FACT) {
			stack[top++] = facts[step->value];
		} else if (step->op == OP_NUMBER) {
			stack[top++] = step->value;
		} else if (step->op == OP_NOT) {
			stack[top - 1] = !stack[top - 1];
		} else {
			top--;
			stack[top - 1] = apply(step->op, stack[top - 1], stack[top]);
		}
	}
	return stack[0] != 0;
}
