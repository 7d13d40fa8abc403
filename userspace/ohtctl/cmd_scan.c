// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl scan: who is on the wire */
#include <errno.h>
#include <time.h>

#include "cli.h"
#include "cmd.h"
#include "exchange.h"
#include "names.h"
#include "show.h"

/* The identification block is the same in every module; the type code decides, not the address. */
#define DEVICE_ID	0x0100
#define MODULE_TYPE	0x0104
#define IDENT_REGISTERS	2		/* type and firmware */

#define LAST_UNIT	8
#define LAST_UNIT_ALL	247

/* A silent unit costs this; modules answer within 40 ms. */
#define TIMEOUT_MS	50

struct found {
	uint8_t unit;
	uint16_t device_id;
	bool has_type;			/* it answered the second question too */
	uint16_t type;
	uint16_t firmware;
	const struct oht_module *module;	/* what the type means, NULL if unknown */
};

static int ask(struct cli *cli, uint8_t unit, uint16_t address, uint16_t count,
	       struct oht_reply *reply)
{
	const struct oht_request request = {
		.unit = unit,
		.function = OHT_READ_HOLDING,
		.priority = OHT_PRIORITY_BACKGROUND,
		.address = address,
		.count = count,
		.timeout_us = 1000 * (cli->given & CLI_OPT_TIMEOUT ? cli->timeout_ms : TIMEOUT_MS),
	};

	if (!exchange_try(cli, &request, reply))
		return 0;
	/* Noise or a late answer may spoil one question; silence is an answer. */
	if (!reply->cookie || reply->outcome == OHT_OUTCOME_TIMEOUT ||
	    reply->outcome == OHT_OUTCOME_EXCEPTION)
		return -1;
	return exchange_try(cli, &request, reply);
}

/* 1 found, 0 nobody there, -1 the scan cannot go on. */
static int probe(struct cli *cli, uint8_t unit, struct found *found)
{
	struct oht_reply reply;

	*found = (struct found){ .unit = unit };
	if (ask(cli, unit, DEVICE_ID, 1, &reply)) {
		if (!reply.cookie || reply.outcome == OHT_OUTCOME_GONE ||
		    reply.outcome == OHT_OUTCOME_TX_STUCK)
			return -1;
		/* A refusal comes from somebody. */
		return reply.outcome == OHT_OUTCOME_EXCEPTION;
	}
	found->device_id = reply.words[0];
	if (ask(cli, unit, MODULE_TYPE, IDENT_REGISTERS, &reply))
		return 1;
	found->has_type = true;
	found->type = reply.words[0];
	found->firmware = reply.words[1];
	if (names_try(cli))
		found->module = oht_modmap_by_type(names_try(cli), found->type);
	return 1;
}

static const char *note(const struct found *found)
{
	if (!found->has_type)
		return "does not tell its type";
	if (!found->module)
		return "unknown type";
	return found->module->unit == found->unit ? "" : "not on its usual unit";
}

static void show_found(struct cli *cli, const struct found *found)
{
	const char *remark = note(found);

	fprintf(cli->out, "%4u  0x%02X  ", found->unit, found->unit);
	if (found->has_type)
		fprintf(cli->out, "%4u  %-14s  %5u.%02u", found->type,
			found->module ? found->module->name : "?", found->firmware >> 8,
			found->firmware & 0xFF);
	else
		fprintf(cli->out, "%4s  %-14s  %8s", "?", "?", "?");
	fprintf(cli->out, "%s%s\n", *remark ? "  " : "", remark);
}

static struct json_object *found_json(const struct found *found)
{
	struct json_object *object = json_object_new_object();
	char version[16];

	show_add_number(object, "unit", found->unit);
	show_add_number(object, "device_id", found->device_id);
	if (found->has_type) {
		snprintf(version, sizeof(version), "%u.%02u", found->firmware >> 8,
			 found->firmware & 0xFF);
		show_add_number(object, "type", found->type);
		show_add_text(object, "firmware", version);
	}
	show_add_text(object, "module", found->module ? found->module->name : NULL);
	show_add_text(object, "note", note(found));
	return object;
}

static double now_ms(void)
{
	return show_age_s(0) * 1e3;
}

static int finish(struct cli *cli, struct json_object *units, unsigned int last, double took_ms)
{
	size_t modules = json_object_array_length(units);
	struct json_object *object;

	if (cli->json) {
		object = json_object_new_object();
		json_object_object_add(object, "units", json_object_get(units));
		show_add_number(object, "scanned", last);
		show_add_number(object, "took_ms", (int64_t)took_ms);
		show_json(cli, object);
		return modules ? CLI_DONE : CLI_FAILED;
	}
	if (!modules)
		return cli_fail(cli, CLI_FAILED,
				"no unit of 1..%u answered: check power, wiring and line settings",
				last);
	fprintf(cli->out, "%zu of units 1..%u answered, %.0f ms\n", modules, last, took_ms);
	return CLI_DONE;
}

static int scan(struct cli *cli, struct json_object *units, unsigned int last)
{
	struct found found;
	unsigned int unit;
	int result;

	for (unit = 1; unit <= last; unit++) {
		result = probe(cli, unit, &found);
		if (result < 0)
			return cli_fail_errno(cli, "scan");
		if (!result)
			continue;
		if (!cli->json && !json_object_array_length(units))
			fprintf(cli->out, "unit        type  module          firmware\n");
		if (!cli->json)
			show_found(cli, &found);
		json_object_array_add(units, found_json(&found));
	}
	return 0;
}

int cmd_scan(struct cli *cli, int count, char **arguments)
{
	unsigned int last = cli->given & CLI_OPT_ALL ? LAST_UNIT_ALL : LAST_UNIT;
	int result = cli_open(cli, 0);
	double begin_ms = now_ms();
	struct json_object *units;

	(void)count;
	(void)arguments;
	if (!result)
		result = exchange_refuse_if_driven(cli, "refused, a scan would disturb the cycle", true);
	if (result)
		return result;
	units = json_object_new_array();
	result = scan(cli, units, last);
	if (!result)
		result = finish(cli, units, last, now_ms() - begin_ms);
	json_object_put(units);
	return result;
}
