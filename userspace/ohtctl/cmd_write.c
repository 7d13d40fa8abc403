// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl write, mask: coils and registers by address, of one unit or of all */
#include "cli.h"
#include "cmd.h"
#include "exchange.h"
#include "names.h"
#include "show.h"

#define WRITE_MAX	123	/* Modbus Application Protocol 1.1b3, 6.12 */
#define VALUES_MAX	WRITE_MAX
#define BITS		16

/* One value goes by function 6, several by 16, as long as nothing else is asked for. */
static int choose_function(struct cli *cli, int count, struct oht_request *request)
{
	uint32_t fc = count == 1 ? OHT_WRITE_SINGLE : OHT_WRITE_MULTIPLE;

	if (cli->given & CLI_OPT_FC)
		fc = cli->fc;
	if (fc != OHT_WRITE_COIL && fc != OHT_WRITE_SINGLE && fc != OHT_WRITE_COILS &&
	    fc != OHT_WRITE_MULTIPLE)
		return cli_fail(cli, CLI_USAGE, "--fc must be 5, 6, 15 or 16 to write: '%u'", fc);
	if ((fc == OHT_WRITE_SINGLE || fc == OHT_WRITE_COIL) && count > 1)
		return cli_fail(cli, CLI_USAGE, "--fc %u writes one value, not %d: use %d", fc,
				count, fc == OHT_WRITE_COIL ? OHT_WRITE_COILS : OHT_WRITE_MULTIPLE);
	request->function = fc;
	return 0;
}

static bool is_coils(const struct oht_request *request)
{
	return request->function == OHT_WRITE_COIL || request->function == OHT_WRITE_COILS;
}

static int prepare(struct cli *cli, int count, char **arguments, struct oht_request *request)
{
	int values = count - 2;
	int result = names_target(cli, arguments[0], &request->unit);

	if (!result)
		result = exchange_parse_address(cli, arguments[1], &request->address);
	if (!result && values > VALUES_MAX)
		result = cli_fail(cli, CLI_USAGE, "at most %d values in one write: '%d'",
				  VALUES_MAX, values);
	if (!result)
		result = choose_function(cli, values, request);
	if (!result && request->address + values > 0x10000)
		result = cli_fail(cli, CLI_USAGE, "%d %s from 0x%04X reach beyond 0xFFFF", values,
				  is_coils(request) ? "coils" : "registers", request->address);
	request->count = values;
	exchange_prepare_write(cli, request);
	return result;
}

/* 16 coils per word, in place: the words overtake nothing that is still to be read. */
static void pack(uint16_t *words, unsigned int count)
{
	unsigned int i;
	bool on;

	for (i = 0; i < count; i++) {
		on = words[i];
		if (i % BITS == 0)
			words[i / BITS] = 0;
		words[i / BITS] |= on << i % BITS;
	}
}

static void show_done_json(struct cli *cli, const struct oht_request *request,
			   const struct oht_reply *reply)
{
	struct json_object *object = json_object_new_object();

	show_add_number(object, "unit", request->unit);
	show_add_number(object, "function", request->function);
	show_add_number(object, "address", request->address);
	show_add_number(object, "count", request->count);
	show_add_effort(object, reply);
	show_json(cli, object);
}

static void show_done(struct cli *cli, const struct oht_request *request)
{
	const char *what = is_coils(request) ? "coil" : "value";
	const char *s = request->count == 1 ? "" : "s";

	if (request->unit == OHT_BROADCAST)
		fprintf(cli->out, "%u %s%s from 0x%04X on sent to all units, none answers\n",
			request->count, what, s, request->address);
	else
		fprintf(cli->out, "unit %u took %u %s%s from 0x%04X on\n", request->unit,
			request->count, what, s, request->address);
}

static int act(struct cli *cli, const struct oht_request *request)
{
	struct oht_reply reply;
	int result = exchange_act(cli, request, &reply);

	if (result)
		return result;
	if (cli->json)
		show_done_json(cli, request, &reply);
	else
		show_done(cli, request);
	return CLI_DONE;
}

int cmd_write(struct cli *cli, int count, char **arguments)
{
	uint16_t words[VALUES_MAX];
	struct oht_request request = { .words = words };
	int result = prepare(cli, count, arguments, &request);

	if (!result)
		result = exchange_parse_values(cli, count - 2, arguments + 2,
					       is_coils(&request) ? 1 : 0xFFFF, words);
	if (result)
		return result;
	if (is_coils(&request))
		pack(words, request.count);
	return act(cli, &request);
}

int cmd_mask(struct cli *cli, int count, char **arguments)
{
	uint16_t masks[2];
	struct oht_request request = { .function = OHT_MASK_WRITE, .count = 1, .words = masks };
	int result = names_target(cli, arguments[0], &request.unit);

	if (!result)
		result = exchange_parse_address(cli, arguments[1], &request.address);
	if (!result)
		result = exchange_parse_values(cli, count - 2, arguments + 2, 0xFFFF, masks);
	exchange_prepare_write(cli, &request);
	return result ? result : act(cli, &request);
}
