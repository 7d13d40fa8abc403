// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl exchange: write registers and read registers in one transaction */
#include "cli.h"
#include "cmd.h"
#include "exchange.h"
#include "names.h"
#include "show.h"

#define WRITE_MAX	121	/* Modbus Application Protocol 1.1b3, 6.17 */

/* UNIT READ-ADDRESS COUNT WRITE-ADDRESS VALUE... */
static int prepare(struct cli *cli, int count, char **arguments, struct oht_request *request)
{
	int values = count - 4;
	int result = names_unit(cli, arguments[0], &request->unit);

	if (!result)
		result = exchange_parse_address(cli, arguments[1], &request->address);
	if (!result)
		result = exchange_parse_count(cli, arguments[2], request);
	if (!result)
		result = exchange_parse_address(cli, arguments[3], &request->write_address);
	if (!result && request->write_address + values > 0x10000)
		result = cli_fail(cli, CLI_USAGE, "%d registers from 0x%04X reach beyond 0xFFFF",
				  values, request->write_address);
	request->write_count = values;
	exchange_prepare_write(cli, request);
	return result;
}

int cmd_exchange(struct cli *cli, int count, char **arguments)
{
	uint16_t words[WRITE_MAX];
	struct oht_request request = { .function = OHT_WRITE_READ, .words = words };
	struct oht_reply reply;
	int result = prepare(cli, count, arguments, &request);

	if (!result)
		result = exchange_parse_values(cli, count - 4, arguments + 4, EXCHANGE_REGISTER,
					       words);
	if (!result)
		result = exchange_act(cli, &request, &reply);
	if (!result)
		show_reply(cli, &request, &reply);
	return result;
}
