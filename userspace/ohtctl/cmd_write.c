// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl write: registers by address */
#include "cli.h"
#include "cmd.h"
#include "exchange.h"
#include "names.h"
#include "show.h"

#define WRITE_MAX	123	/* Modbus Application Protocol 1.1b3, 6.12 */

static int parse_values(struct cli *cli, int count, char **arguments, uint16_t *words)
{
	static const uint32_t limits[] = { 0, 0xFFFF };
	uint32_t number;
	int i;

	for (i = 0; i < count; i++) {
		if (cli_number(cli, "value", arguments[i], limits, &number))
			return CLI_USAGE;
		words[i] = number;
	}
	return 0;
}

/* One value goes by function 6, several by 16, as long as nothing else is asked for. */
static int choose_function(struct cli *cli, int count, struct oht_request *request)
{
	uint32_t fc = count == 1 ? OHT_WRITE_SINGLE : OHT_WRITE_MULTIPLE;

	if (cli->given & CLI_OPT_FC)
		fc = cli->fc;
	if (fc != OHT_WRITE_SINGLE && fc != OHT_WRITE_MULTIPLE)
		return cli_fail(cli, CLI_USAGE, "--fc must be 6 or 16 to write: '%u'", fc);
	if (fc == OHT_WRITE_SINGLE && count > 1)
		return cli_fail(cli, CLI_USAGE, "--fc 6 writes one value, not %d: use 16", count);
	request->function = fc;
	return 0;
}

static int prepare(struct cli *cli, int count, char **arguments, struct oht_request *request)
{
	int values = count - 2;
	int result = names_unit(cli, arguments[0], &request->unit);

	if (!result)
		result = exchange_parse_address(cli, arguments[1], &request->address);
	if (!result && values > WRITE_MAX)
		result = cli_fail(cli, CLI_USAGE, "at most %d values in one write: '%d'",
				  WRITE_MAX, values);
	if (!result && request->address + values > 0x10000)
		result = cli_fail(cli, CLI_USAGE, "%d registers from 0x%04X reach beyond 0xFFFF",
				  values, request->address);
	if (!result)
		result = choose_function(cli, values, request);
	request->priority = OHT_PRIORITY_COMMAND;
	request->count = values;
	request->timeout_us = cli->timeout_ms * 1000;
	/* Once, unless asked for: a command register may count its writes. */
	request->retries = cli->retries;
	return result;
}

static void show_done_json(struct cli *cli, const struct oht_request *request,
			   const struct oht_reply *reply)
{
	struct json_object *object = json_object_new_object();

	show_add_number(object, "unit", request->unit);
	show_add_number(object, "function", request->function);
	show_add_number(object, "address", request->address);
	show_add_number(object, "count", request->count);
	show_add_number(object, "attempts", reply->attempts);
	show_add_real(object, "turnaround_us", reply->turnaround_ns / 1e3);
	show_json(cli, object);
}

int cmd_write(struct cli *cli, int count, char **arguments)
{
	uint16_t words[OHT_REGISTERS_MAX];
	struct oht_request request = { .words = words };
	struct oht_reply reply;
	int result = prepare(cli, count, arguments, &request);

	if (!result)
		result = parse_values(cli, count - 2, arguments + 2, words);
	if (!result)
		result = cli_open(cli, 0);
	if (!result)
		result = exchange_refuse_if_driven(cli, "refused, a write would go past its checks", false);
	if (!result)
		result = exchange(cli, &request, &reply);
	if (result)
		return result;
	if (cli->json)
		show_done_json(cli, &request, &reply);
	else
		fprintf(cli->out, "unit %u took %u value%s from 0x%04X on\n", request.unit,
			request.count, request.count == 1 ? "" : "s", request.address);
	return CLI_DONE;
}
