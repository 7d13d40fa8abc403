// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests to modules as the verbs make them, and who may make them. */
#include <errno.h>

#include "exchange.h"
#include "show.h"

#define UNIT_LIMITS	((const uint32_t[]){ 1, 247 })
#define ADDRESS_LIMITS	((const uint32_t[]){ 0, 0xFFFF })
#define COUNT_LIMITS	((const uint32_t[]){ 1, OHT_REGISTERS_MAX })

/* Others are before us on the bus; far beyond what they can take. */
#define QUEUE_MS	5000

int exchange_parse_unit(struct cli *cli, const char *word, uint8_t *unit)
{
	uint32_t number;

	if (cli_number(cli, "unit", word, UNIT_LIMITS, &number))
		return CLI_USAGE;
	*unit = number;
	return 0;
}

int exchange_parse_address(struct cli *cli, const char *word, uint16_t *address)
{
	uint32_t number;

	if (cli_number(cli, "register address", word, ADDRESS_LIMITS, &number))
		return CLI_USAGE;
	*address = number;
	return 0;
}

int exchange_parse_count(struct cli *cli, const char *word, uint16_t address, uint16_t *count)
{
	uint32_t number;

	if (cli_number(cli, "count", word, COUNT_LIMITS, &number))
		return CLI_USAGE;
	if (address + number > 0x10000)
		return cli_fail(cli, CLI_USAGE, "%u registers from 0x%04X reach beyond 0xFFFF",
				number, address);
	*count = number;
	return 0;
}

int exchange_prepare_read(struct cli *cli, struct oht_request *request)
{
	uint32_t fc = cli->given & CLI_OPT_FC ? cli->fc : OHT_READ_HOLDING;

	if (fc != OHT_READ_HOLDING && fc != OHT_READ_INPUT)
		return cli_fail(cli, CLI_USAGE, "--fc must be 3 or 4 to read: '%u'", fc);
	request->function = fc;
	request->priority = OHT_PRIORITY_BACKGROUND;
	request->timeout_us = cli->timeout_ms * 1000;
	request->retries = cli->given & CLI_OPT_RETRIES ? cli->retries : 2;
	return 0;
}

int exchange_try(struct cli *cli, const struct oht_request *request, struct oht_reply *reply)
{
	int wait_ms = (request->timeout_us / 1000 + 1) * (request->retries + 1) + QUEUE_MS;

	return oht_dev_transact(cli->dev, request, reply, wait_ms);
}

static const char *reason(const struct oht_reply *reply, int error)
{
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

int exchange(struct cli *cli, const struct oht_request *request, struct oht_reply *reply)
{
	int error;

	if (!exchange_try(cli, request, reply))
		return 0;
	error = errno;
	if (error == EINVAL && !reply->cookie)
		return fail_invalid(cli, request);
	return cli_fail(cli, error == ENODEV ? CLI_NO_DEVICE : CLI_FAILED,
			"unit %u, %s 0x%04X x%u: %s%s (attempts: %u)", request->unit,
			request->words ? "write" : "read", request->address, request->count,
			reply->outcome == OHT_OUTCOME_EXCEPTION ? "the module refused: " : "",
			reason(reply, error), reply->attempts);
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
	return cli_fail(cli, CLI_FAILED, "%s: %s (pid %u) is the controller; --force overrides", why,
			name, status.controller_tgid);
}
