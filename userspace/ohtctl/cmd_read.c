// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl read: coils and registers by address, registers by name */
#include <ctype.h>
#include <string.h>

#include "cli.h"
#include "cmd.h"
#include "exchange.h"
#include "names.h"
#include "show.h"

/* ---- by address ---- */

static int read_by_address(struct cli *cli, int count, char **arguments,
			   struct oht_request *request)
{
	struct oht_reply reply;
	int result;

	if (count > 3)
		return cli_fail(cli, CLI_USAGE, "too many arguments, from '%s' on", arguments[3]);
	result = names_unit(cli, arguments[0], &request->unit);
	if (!result)
		result = exchange_parse_address(cli, arguments[1], &request->address);
	if (!result)
		result = exchange_parse_count(cli, count > 2 ? arguments[2] : "1", request);
	if (!result)
		result = cli_open(cli, 0);
	if (!result)
		result = exchange(cli, request, &reply);
	if (!result)
		show_reply(cli, request, &reply);
	return result;
}

/* ---- by name ---- */

static const struct oht_register *find(struct cli *cli, const struct oht_module *module,
				       const char *name)
{
	const struct oht_register *reg = names_register(cli, module, name);

	if (!reg || reg->access != OHT_ACCESS_WO)
		return reg;
	cli_fail(cli, CLI_USAGE, "register '%s' can only be written", name);
	return NULL;
}

static struct json_object *register_json(const struct oht_register *reg, const uint16_t *words)
{
	struct json_object *object = json_object_new_object();
	char text[OHT_REGISTER_TEXT_BYTES];
	int64_t raw = oht_register_decode(reg, words);

	oht_register_text(reg, words, text);
	show_add_text(object, "name", reg->name);
	show_add_number(object, "address", reg->address);
	show_add_number(object, "raw", raw);
	if (oht_register_is_none(reg, raw))
		json_object_object_add(object, "value", NULL);
	else if (reg->type == OHT_TYPE_STRING)
		show_add_text(object, "value", text);
	else
		show_add_real(object, "value", oht_register_value(reg, raw));
	show_add_text(object, "text", text);
	show_add_text(object, "unit", reg->unit);
	show_add_bool(object, "in_range", oht_register_in_range(reg, raw));
	return object;
}

static void show_register(struct cli *cli, const struct oht_register *reg, const uint16_t *words)
{
	char text[OHT_REGISTER_TEXT_BYTES];
	int64_t raw = oht_register_decode(reg, words);

	oht_register_text(reg, words, text);
	if (oht_register_is_none(reg, raw))
		fprintf(cli->out, "%-28s %10s %-6s 0x%04X  (not available)\n", reg->name, "-", "", reg->address);
	else
		fprintf(cli->out, "%-28s %10s %-6s 0x%04X%s\n", reg->name, text, reg->unit, reg->address,
			oht_register_in_range(reg, raw) ? "" : "  (outside its range)");
}

static int read_one(struct cli *cli, const struct oht_register *reg, struct oht_request *request,
		    struct json_object *array)
{
	struct oht_reply reply;
	int result;

	request->address = reg->address;
	request->count = reg->words;
	result = exchange(cli, request, &reply);
	if (result)
		return result;
	if (array)
		json_object_array_add(array, register_json(reg, reply.words));
	else
		show_register(cli, reg, reply.words);
	return 0;
}

static int read_all(struct cli *cli, const struct oht_module *module, char **names,
		    struct oht_request *request)
{
	struct json_object *array = cli->json ? json_object_new_array() : NULL;
	struct json_object *object;
	int result = 0;

	for (; *names && !result; names++)
		result = read_one(cli, find(cli, module, *names), request, array);
	if (result || !array) {
		json_object_put(array);
		return result;
	}
	object = json_object_new_object();
	show_add_number(object, "unit", request->unit);
	show_add_text(object, "module", module->name);
	json_object_object_add(object, "registers", array);
	show_json(cli, object);
	return CLI_DONE;
}

static int read_by_name(struct cli *cli, char **arguments, struct oht_request *request)
{
	const struct oht_module *module = names_module(cli, arguments[0]);
	char **name;
	int result;

	if (request->function != OHT_READ_HOLDING && request->function != OHT_READ_INPUT)
		return cli_fail(cli, CLI_USAGE, "names are registers, which --fc %u does not read",
				request->function);
	if (!module)
		return names_try(cli) ? CLI_USAGE : CLI_FAILED;
	/* All names first: a typing error must not end half-way. */
	for (name = arguments + 1; *name; name++)
		if (!find(cli, module, *name))
			return CLI_USAGE;
	request->unit = module->unit;
	result = cli_open(cli, 0);
	return result ? result : read_all(cli, module, arguments + 1, request);
}

int cmd_read(struct cli *cli, int count, char **arguments)
{
	struct oht_request request = { .count = 1 };
	int result = exchange_prepare_read(cli, &request);

	if (result)
		return result;
	if (isdigit((unsigned char)arguments[1][0]))
		return read_by_address(cli, count, arguments, &request);
	return read_by_name(cli, arguments, &request);
}
