// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests to modules as the verbs make them, and who may make them. */
#include <errno.h>

#include "common/number.h"
#include "exchange.h"
#include "oht_plan.h"
#include "show.h"

#define UNIT_MAX	247	/* Modbus over serial line 1.02, 2.2: what is above is reserved */
#define ADDRESS_LIMITS	((const uint32_t[]){ 0, 0xFFFF })

/* Others are before us on the bus; far beyond what they can take. */
#define QUEUE_MS	5000
/* A time-out that was not given is as long as the plan in force allows, but not shorter. */
#define SHORTEST_US	10000

int exchange_parse_unit(struct cli *cli, const char *word, uint32_t lowest, uint8_t *unit)
{
	bool any = cli->given & CLI_OPT_ANY_UNIT;
	const uint32_t limits[] = { any ? 1 : lowest, any ? UINT8_MAX : UNIT_MAX };
	uint32_t number;
	int64_t reserved;

	if (!any && !oht_number_parse(word, UNIT_MAX + 1, UINT8_MAX, &reserved))
		return cli_fail(cli, CLI_USAGE, "unit must be %u..%u: '%s'; --any-unit reaches 248 to "
				"255, which Modbus reserves", lowest, UNIT_MAX, word);
	if (cli_number(cli, "unit", word, limits, &number))
		return CLI_USAGE;
	*unit = number;
	return 0;
}

uint32_t exchange_flags(const struct cli *cli)
{
	return cli->given & CLI_OPT_ANY_UNIT ? OHT_REQUEST_ANY_UNIT : 0;
}

int exchange_parse_address(struct cli *cli, const char *word, uint16_t *address)
{
	uint32_t number;

	if (cli_number(cli, "register address", word, ADDRESS_LIMITS, &number))
		return CLI_USAGE;
	*address = number;
	return 0;
}

static bool is_coils(unsigned int function)
{
	return function == OHT_READ_COILS || function == OHT_READ_DISCRETE;
}

int exchange_parse_count(struct cli *cli, const char *word, struct oht_request *request)
{
	bool coils = is_coils(request->function);
	const uint32_t limits[] = { 1, coils ? OHT_COILS_MAX : OHT_REGISTERS_MAX };
	uint32_t number;

	if (cli_number(cli, "count", word, limits, &number))
		return CLI_USAGE;
	if (request->address + number > 0x10000)
		return cli_fail(cli, CLI_USAGE, "%u %s from 0x%04X reach beyond 0xFFFF", number,
				coils ? "coils" : "registers", request->address);
	request->count = number;
	return 0;
}

int exchange_parse_values(struct cli *cli, int count, char **words, const int64_t limits[2],
			  uint16_t *values)
{
	int64_t number;
	int i;

	for (i = 0; i < count; i++) {
		if (cli_integer(cli, "value", words[i], limits, &number))
			return CLI_USAGE;
		values[i] = (uint16_t)number;
	}
	return 0;
}

int exchange_prepare_read(struct cli *cli, struct oht_request *request)
{
	uint32_t fc = cli->given & CLI_OPT_FC ? cli->fc : OHT_READ_HOLDING;

	if (fc != OHT_READ_HOLDING && fc != OHT_READ_INPUT && !is_coils(fc))
		return cli_fail(cli, CLI_USAGE, "--fc must be 1, 2, 3 or 4 to read: '%u'", fc);
	request->function = fc;
	request->flags |= exchange_flags(cli);
	request->priority = OHT_PRIORITY_BACKGROUND;
	request->timeout_us = cli->timeout_ms * 1000;
	request->retries = cli->given & CLI_OPT_RETRIES ? cli->retries : 2;
	return 0;
}

void exchange_prepare_write(struct cli *cli, struct oht_request *request)
{
	request->priority = OHT_PRIORITY_COMMAND;
	request->timeout_us = cli->timeout_ms * 1000;
	/* Once, unless asked for: a command register may count its writes. */
	request->retries = cli->retries;
	/* A person at the shell knows the machine; while it is enabled the kernel refuses. */
	request->flags |= OHT_REQUEST_WHILE_STOPPED | exchange_flags(cli);
}

/*
 * Its units are lost for the controller after a longer silence: as its default a request takes a third of
 * what the plan in force allows.
 */
static void shorten(struct cli *cli, struct oht_request *request)
{
	struct oht_cyclic_status plan = { 0 };

	if (cli->given & CLI_OPT_TIMEOUT || oht_plan_status(cli->dev, &plan) || !plan.hold_max_ns)
		return;
	if (plan.hold_max_ns / 3000 < request->timeout_us)
		request->timeout_us = (uint32_t)(plan.hold_max_ns / 3000);
	if (request->timeout_us < SHORTEST_US)
		request->timeout_us = SHORTEST_US;
}

int exchange_try(struct cli *cli, const struct oht_request *request, struct oht_reply *reply)
{
	struct oht_request shorter = *request;
	int wait_ms = (request->timeout_us / 1000 + 1) * (request->retries + 1) + QUEUE_MS;
	int result;

	shorten(cli, &shorter);
	for (;;) {
		result = oht_dev_transact(cli->dev, &shorter, reply, wait_ms);
		if (!result || reply->cookie || errno != EDQUOT || cli->given & CLI_OPT_TIMEOUT ||
		    shorter.timeout_us < 2 * SHORTEST_US)
			return result;
		shorter.timeout_us /= 2;
	}
}

/*
 * What the plan in force allows, though only the kernel knows what the request takes. The stop budget judges what is sent and
 * answered, without the wait for it: a shorter --timeout-ms changes nothing there.
 */
static const char *describe_quota(struct cli *cli, const struct oht_request *request,
				  char text[OHT_TEXT_BYTES])
{
	struct oht_cyclic_status plan = { 0 };
	struct oht_stop_status stop = { 0 };
	char budget[64] = "";
	uint64_t limit_ns;
	bool enabled;

	oht_plan_status(cli->dev, &plan);
	oht_dev_stop_status(cli->dev, &stop);
	enabled = stop.state == OHT_STATE_ENABLED;
	limit_ns = plan.hold_max_ns;
	if (enabled && (!limit_ns || limit_ns > plan.cycle_us * 1000ull))
		limit_ns = plan.cycle_us * 1000ull;
	if (enabled && plan.stop_budget_us)
		snprintf(budget, sizeof(budget), ", or keep a stop from the bus for more than %.1f ms", plan.stop_budget_us / 1e3);
	snprintf(text, OHT_TEXT_BYTES, "with %.1f ms for the answer it may take longer than the %.1f ms "
		 "that the plan of the bus allows%s%s: give a shorter --timeout-ms, %s",
		 request->timeout_us / 1e3, (double)limit_ns / 1e6, enabled ? " while enabled" : "", budget,
		 *budget ? "read less, or ask with the outputs off" : "or read fewer registers");
	return text;
}

static const char *reason(struct cli *cli, const struct oht_request *request,
			  const struct oht_reply *reply, int error, char text[OHT_TEXT_BYTES])
{
	if (!reply->cookie && error == EPERM && request->unit > UNIT_MAX)
		return oht_outcome_text(OHT_OUTCOME_NOT_CONTROLLER);
	if (!reply->cookie && error == EDQUOT)
		return describe_quota(cli, request, text);
	if (!reply->cookie)
		return error == ETIMEDOUT ? "the bus was busy all the time" : oht_errno_text(error);
	if (reply->outcome == OHT_OUTCOME_EXCEPTION)
		return oht_exception_text(reply->exception);
	return oht_outcome_text(reply->outcome);
}

/* The one value whose limit only the device knows. */
static int fail_invalid(struct cli *cli, const struct oht_request *request)
{
	struct oht_dev_info info;

	if (!oht_dev_info(cli->dev, &info) && request->timeout_us > info.turnaround_max_us)
		return cli_fail(cli, CLI_USAGE, "--timeout-ms may be at most %u here: '%u'",
				info.turnaround_max_us / 1000, request->timeout_us / 1000);
	errno = EINVAL;
	return cli_fail_errno(cli, "request");
}

/* Enough of the request to find it on the command line again. */
static void describe(const struct oht_request *request, char *text, size_t text_bytes)
{
	if (request->flags & OHT_REQUEST_RAW)
		snprintf(text, text_bytes, "raw 0x%02X", request->pdu[0]);
	else if (request->function == OHT_IDENTIFY)
		snprintf(text, text_bytes, "identify");
	else
		snprintf(text, text_bytes, "%s 0x%04X x%u", request->words ? "write" : "read",
			 request->address, request->count);
}

int exchange(struct cli *cli, const struct oht_request *request, struct oht_reply *reply)
{
	char what[32], text[OHT_TEXT_BYTES];
	int error;

	if (!exchange_try(cli, request, reply))
		return 0;
	error = errno;
	if (error == EINVAL && !reply->cookie)
		return fail_invalid(cli, request);
	describe(request, what, sizeof(what));
	if (reply->outcome == OHT_OUTCOME_PAUSED)
		return cli_fail(cli, CLI_FAILED,
				"unit %u, %s: %s (attempts: %u, received: %u bytes, longest pause: %u us)",
				request->unit, what, reason(cli, request, reply, error, text), reply->attempts,
				reply->received, reply->pause_us);
	return cli_fail(cli, error == ENODEV ? CLI_NO_DEVICE : CLI_FAILED,
			"unit %u, %s: %s%s (attempts: %u)", request->unit, what,
			reply->outcome == OHT_OUTCOME_EXCEPTION ? "the module refused: " : "",
			reason(cli, request, reply, error, text), reply->attempts);
}

int exchange_act(struct cli *cli, const struct oht_request *request, struct oht_reply *reply)
{
	int result = cli_open(cli, 0);

	if (!result)
		result = exchange_refuse_if_driven(cli, "a write would bypass its checks",
						   false);
	return result ? result : exchange(cli, request, reply);
}

int exchange_refuse_if_driven(struct cli *cli, const char *why, bool only_enabled)
{
	struct oht_stop_status status;
	char name[SHOW_NAME_BYTES];

	if (cli->given & CLI_OPT_FORCE)
		return 0;
	/* Without a stop on the device there is no controller either. */
	if (oht_dev_stop_status(cli->dev, &status) || !status.has_controller)
		return 0;
	if (only_enabled && status.state != OHT_STATE_ENABLED)
		return 0;
	show_process_name(status.controller_tgid, name);
	return cli_fail(cli, CLI_FAILED, "refused: %s (pid %u) is the controller, %s; --force overrides",
			name, status.controller_tgid, why);
}
