// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl write, mask: coils and registers by address, of one unit or of all; a register by name */
#include <ctype.h>
#include <errno.h>

#include "cli.h"
#include "cmd.h"
#include "exchange.h"
#include "names.h"
#include "show.h"

#define WRITE_MAX	123	/* Modbus Application Protocol 1.1b3, 6.12 */
#define VALUES_MAX	WRITE_MAX
#define BITS		16

/* One value goes by @single, several by 16, as long as nothing else is asked for. */
static int choose_function(struct cli *cli, int count, unsigned int single, struct oht_request *request)
{
	uint32_t fc = count == 1 ? single : OHT_WRITE_MULTIPLE;

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

/* ---- by address ---- */

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
		result = choose_function(cli, values, OHT_WRITE_SINGLE, request);
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

static int write_by_address(struct cli *cli, int count, char **arguments)
{
	uint16_t words[VALUES_MAX];
	struct oht_request request = { .words = words };
	int result = prepare(cli, count, arguments, &request);

	if (!result)
		result = exchange_parse_values(cli, count - 2, arguments + 2,
					       is_coils(&request) ? EXCHANGE_COIL :
					       EXCHANGE_REGISTER, words);
	if (result)
		return result;
	if (is_coils(&request))
		pack(words, request.count);
	return act(cli, &request);
}

/* ---- by name ---- */

static int fail_range(struct cli *cli, const struct oht_register *reg, const char *word)
{
	char low[OHT_REGISTER_TEXT_BYTES], high[OHT_REGISTER_TEXT_BYTES];
	uint16_t words[OHT_REGISTER_WORDS_MAX] = { 0 };
	int64_t min, max;

	oht_register_limits(reg, &min, &max);
	(void)oht_register_encode(reg, min, words);
	oht_register_text(reg, words, low);
	(void)oht_register_encode(reg, max, words);
	oht_register_text(reg, words, high);
	return cli_fail(cli, CLI_USAGE, "register %s takes %s..%s%s%s: '%s'", reg->name, low, high,
			*reg->unit ? " " : "", reg->unit, word);
}

static int parse_value(struct cli *cli, const struct oht_register *reg, const char *word,
		       int64_t *raw)
{
	if (reg->access == OHT_ACCESS_RO)
		return cli_fail(cli, CLI_USAGE, "register '%s' can only be read", reg->name);
	switch (oht_register_parse(reg, word, raw)) {
	case 0:
		return 0;
	case -ERANGE:
		return fail_range(cli, reg, word);
	default:
		return cli_fail(cli, CLI_USAGE, "value of register %s is not a number: '%s'",
				reg->name, word);
	}
}

static void show_named(struct cli *cli, const struct oht_request *request,
		       const struct oht_register *reg, const struct oht_reply *reply)
{
	struct json_object *object;
	char text[OHT_REGISTER_TEXT_BYTES];
	int64_t raw = oht_register_decode(reg, request->words);

	oht_register_text(reg, request->words, text);
	if (!cli->json) {
		fprintf(cli->out, "unit %u took %s = %s%s%s (0x%04X)\n", request->unit, reg->name,
			text, *reg->unit ? " " : "", reg->unit, reg->address);
		return;
	}
	object = json_object_new_object();
	show_add_number(object, "unit", request->unit);
	show_add_number(object, "function", request->function);
	show_add_number(object, "address", request->address);
	show_add_text(object, "name", reg->name);
	show_add_number(object, "raw", raw);
	show_add_real(object, "value", oht_register_value(reg, raw));
	show_add_effort(object, reply);
	show_json(cli, object);
}

static int write_register(struct cli *cli, const struct oht_module *module,
			  const struct oht_register *reg, int64_t raw)
{
	uint16_t words[OHT_REGISTER_WORDS_MAX];
	struct oht_request request = { .unit = module->unit, .address = reg->address,
				       .count = reg->words, .words = words };
	struct oht_reply reply;
	int result = choose_function(cli, reg->words, module->write_function, &request);

	if (!result && is_coils(&request))
		result = cli_fail(cli, CLI_USAGE, "names are registers, which --fc %u does not write",
				  request.function);
	/* The value was parsed into the register's range. */
	if (!result && oht_register_encode(reg, raw, words))
		result = CLI_USAGE;
	exchange_prepare_write(cli, &request);
	if (!result)
		result = exchange_act(cli, &request, &reply);
	if (!result)
		show_named(cli, &request, reg, &reply);
	return result;
}

static int write_by_name(struct cli *cli, int count, char **arguments)
{
	const struct oht_module *module = names_module(cli, arguments[0]);
	const struct oht_register *reg;
	int64_t raw = 0;

	if (!module)
		return names_try(cli) ? CLI_USAGE : CLI_FAILED;
	reg = names_register(cli, module, arguments[1]);
	if (!reg)
		return CLI_USAGE;
	if (count > 3)
		return cli_fail(cli, CLI_USAGE, "a name takes one value: '%s'", arguments[3]);
	if (parse_value(cli, reg, arguments[2], &raw))
		return CLI_USAGE;
	return write_register(cli, module, reg, raw);
}

int cmd_write(struct cli *cli, int count, char **arguments)
{
	if (isalpha((unsigned char)arguments[1][0]))
		return write_by_name(cli, count, arguments);
	return write_by_address(cli, count, arguments);
}

int cmd_mask(struct cli *cli, int count, char **arguments)
{
	uint16_t masks[2];
	struct oht_request request = { .function = OHT_MASK_WRITE, .count = 1, .words = masks };
	int result = names_target(cli, arguments[0], &request.unit);

	if (!result)
		result = exchange_parse_address(cli, arguments[1], &request.address);
	if (!result)
		result = exchange_parse_values(cli, count - 2, arguments + 2, EXCHANGE_REGISTER, masks);
	exchange_prepare_write(cli, &request);
	return result ? result : act(cli, &request);
}
