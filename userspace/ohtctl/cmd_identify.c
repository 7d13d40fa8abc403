// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl identify: what a unit says about itself (function 43, MEI type 14) */
#include <ctype.h>
#include <string.h>

#include "cli.h"
#include "cmd.h"
#include "exchange.h"
#include "names.h"
#include "show.h"

/* Every byte as \\xHH. */
#define TEXT_BYTES	(4 * 255 + 1)

static const char *const codes[] = {
	[OHT_IDENTIFY_BASIC] = "basic",
	[OHT_IDENTIFY_REGULAR] = "regular",
	[OHT_IDENTIFY_EXTENDED] = "extended",
};

static int parse_code(struct cli *cli, const char *word, uint16_t *code)
{
	for (*code = OHT_IDENTIFY_BASIC; *code <= OHT_IDENTIFY_EXTENDED; (*code)++)
		if (!strcmp(word, codes[*code]))
			return 0;
	return cli_fail(cli, CLI_USAGE, "what to read must be basic, regular or extended: '%s'",
			word);
}

/* A module may put anything into its name; a terminal must not have to obey it. */
static void object_text(const struct oht_object *object, char text[TEXT_BYTES])
{
	unsigned int i;

	for (i = 0; i < object->bytes; i++) {
		if (object->value[i] < 0x80 && isprint(object->value[i]))
			*text++ = (char)object->value[i];
		else
			text += sprintf(text, "\\x%02X", object->value[i]);
	}
	*text = '\0';
}

static void show_object(struct cli *cli, const struct oht_object *object,
			struct json_object *array)
{
	struct json_object *item;
	char text[TEXT_BYTES];

	object_text(object, text);
	if (!array) {
		fprintf(cli->out, "0x%02X  %-22s  %s\n", object->id, oht_object_name(object->id),
			text);
		return;
	}
	item = json_object_new_object();
	show_add_number(item, "id", object->id);
	show_add_text(item, "name", oht_object_name(object->id));
	show_add_text(item, "value", text);
	json_object_array_add(array, item);
}

/* Answer by answer; each must begin further on, or a module could keep us here for ever. */
static int identify(struct cli *cli, struct oht_request *request, struct json_object *array)
{
	struct oht_object object;
	struct oht_reply reply;
	unsigned int i;
	int result, next;

	for (;;) {
		result = exchange(cli, request, &reply);
		if (result)
			return result;
		for (i = 0; oht_reply_object(&reply, i, &object); i++)
			show_object(cli, &object, array);
		next = oht_reply_next_object(&reply);
		if (next < 0)
			return 0;
		if (next <= request->address)
			return cli_fail(cli, CLI_FAILED, "unit %u goes back to object 0x%02X",
					request->unit, next);
		request->address = next;
	}
}

int cmd_identify(struct cli *cli, int count, char **arguments)
{
	struct oht_request request = {
		.function = OHT_IDENTIFY,
		.flags = exchange_flags(cli),
		.priority = OHT_PRIORITY_BACKGROUND,
		.retries = cli->given & CLI_OPT_RETRIES ? cli->retries : 2,
		.timeout_us = cli->timeout_ms * 1000,
	};
	struct json_object *array = cli->json ? json_object_new_array() : NULL;
	struct json_object *object;
	int result = names_unit(cli, arguments[0], &request.unit);

	if (!result)
		result = parse_code(cli, count > 1 ? arguments[1] : "basic", &request.count);
	if (!result)
		result = cli_open(cli, 0);
	if (!result)
		result = identify(cli, &request, array);
	if (result || !array) {
		json_object_put(array);
		return result;
	}
	object = json_object_new_object();
	show_add_number(object, "unit", request.unit);
	json_object_object_add(object, "objects", array);
	show_json(cli, object);
	return CLI_DONE;
}
