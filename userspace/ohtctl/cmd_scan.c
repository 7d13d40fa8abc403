// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl scan: who is on the wire */
#include <errno.h>
#include <time.h>

#include "cli.h"
#include "cmd.h"
#include "exchange.h"
#include "names.h"
#include "oht_plan.h"
#include "show.h"

/* The identification block is the same in every module; the type code decides, not the address. */
#define DEVICE_ID	0x0100
#define MODULE_TYPE	0x0104
#define IDENT_REGISTERS	2		/* type and firmware */

#define LAST_UNIT	8
#define LAST_UNIT_ALL	247

/* Modules answer within 40 ms, and live on the first units or on those of modules.csv; all others are asked in passing. */
#define TIMEOUT_US	50000
#define PASSING_US	9000
/* A unit that answers later is heard while another one is asked, at most so many addresses further on. */
#define LATE_UNITS	5

/*
 * Beside a plan a question whose time-out fits into no slack waits for a cycle of its own, 100 ms and more.
 * A shorter time-out than the least one means nothing; some time is left for the driver's own.
 */
#define QUICK_MIN_US	3000
#define SPARE_NS	1000000
/* Bytes of a question and its answer on the wire, for the greater number of registers, and one more. */
#define QUESTION_CHARS	(8 + 5 + 2 * IDENT_REGISTERS + 1)

/* Requests under way at a time: the wire never waits for us. */
#define WINDOW		16
#define WAIT_MS		5000

/* What the sweep has heard of a unit. */
struct heard {
	bool worth;			/* look closer */
	bool told;			/* its device id */
	uint16_t device_id;
};

struct found {
	uint8_t unit;
	uint16_t device_id;
	bool has_type;			/* it answered the second question too */
	uint16_t type;
	uint16_t firmware;
	const struct oht_module *module;	/* what the type means, NULL if unknown */
};

static struct oht_request question(struct cli *cli, uint8_t unit, uint32_t timeout_us)
{
	return (struct oht_request){
		.unit = unit,
		.function = OHT_READ_HOLDING,
		.priority = OHT_PRIORITY_BACKGROUND,
		.address = DEVICE_ID,
		.count = 1,
		.timeout_us = cli->given & CLI_OPT_TIMEOUT ? cli->timeout_ms * 1000 : timeout_us,
	};
}

/* The longest time-out that fits into the slack of the plan in force; 0: no plan, or too little slack. */
static uint32_t quick_us(struct cli *cli)
{
	struct oht_cyclic_status status;
	struct oht_dev_info info;
	uint64_t wire_ns, left_us;

	if (cli->given & CLI_OPT_TIMEOUT || oht_plan_status(cli->dev, &status) ||
	    !status.running || oht_dev_info(cli->dev, &info))
		return 0;
	wire_ns = (uint64_t)QUESTION_CHARS * info.char_ns + info.t35_ns + SPARE_NS;
	if (status.figures.slack_max_ns < wire_ns + QUICK_MIN_US * 1000ull)
		return 0;
	left_us = (status.figures.slack_max_ns - wire_ns) / 1000;
	return left_us < PASSING_US ? (uint32_t)left_us : PASSING_US;
}

/* ---- which units ---- */

static bool is_described(struct cli *cli, unsigned int unit)
{
	const struct oht_modmap *modmap = names_try(cli);

	return modmap && oht_modmap_by_unit(modmap, (uint8_t)unit);
}

static bool is_usual(struct cli *cli, unsigned int unit)
{
	return unit <= LAST_UNIT || is_described(cli, unit);
}

static bool is_asked(struct cli *cli, unsigned int unit, unsigned int last)
{
	return unit <= last || is_usual(cli, unit);
}

static bool asks_further(struct cli *cli, unsigned int last)
{
	for (unsigned int unit = last + 1; unit <= LAST_UNIT_ALL; unit++)
		if (is_described(cli, unit))
			return true;
	return false;
}

/* ---- is anybody there? ---- */

/* What one unit's question came to; 0, or -1 if there is no sense in going on. */
static int judge(const struct oht_reply *reply, struct heard *heard)
{
	unsigned int unit = reply->unit, i;

	switch (reply->outcome) {
	case OHT_OUTCOME_TIMEOUT:
	case OHT_OUTCOME_DEGRADED:	/* known to be silent: not even asked */
		return 0;
	case OHT_OUTCOME_GONE:
	case OHT_OUTCOME_TX_STUCK:
		errno = reply->error;
		return -1;
	case OHT_OUTCOME_OK:
		heard[unit] = (struct heard){ true, true, reply->words[0] };
		return 0;
	case OHT_OUTCOME_EXCEPTION:
		heard[unit].worth = true;
		return 0;
	default:
		/* Something was heard: of this unit, or of one asked a moment ago. */
		for (i = 0; i <= LATE_UNITS && i < unit; i++)
			heard[unit - i].worth = true;
		return 0;
	}
}

static int take_one(struct cli *cli, struct heard *heard)
{
	struct oht_event event;
	int got;

	do {
		got = oht_dev_read_event(cli->dev, &event, WAIT_MS);
	} while (got == 1 && event.type != OHT_EVENT_REPLY);
	if (got == 1)
		return judge(&event.reply, heard);
	if (!got)
		errno = ETIMEDOUT;
	return -1;
}

/* Ask all units without waiting for each. */
static int sweep(struct cli *cli, unsigned int last, uint32_t quick, struct heard *heard)
{
	unsigned int unit, under_way = 0;
	struct oht_request request;
	uint64_t cookie;

	for (unit = 1; unit <= LAST_UNIT_ALL; unit++) {
		if (!is_asked(cli, unit, last))
			continue;
		request = question(cli, (uint8_t)unit, quick ? quick :
						       is_usual(cli, unit) ? TIMEOUT_US : PASSING_US);
		if (oht_dev_submit(cli->dev, &request, &cookie))
			return -1;
		if (++under_way < WINDOW)
			continue;
		if (take_one(cli, heard))
			return -1;
		under_way--;
	}
	while (under_way--)
		if (take_one(cli, heard))
			return -1;
	return 0;
}

/* A module that was asked quickly may only be slow, and without descriptions each may be one. */
static void doubt_silence(struct cli *cli, struct heard *heard)
{
	unsigned int unit;

	for (unit = 1; unit <= LAST_UNIT_ALL; unit++)
		if (names_try(cli) ? is_described(cli, unit) : unit <= LAST_UNIT)
			heard[unit].worth = true;
}

/* ---- who is it? ---- */

/* @quick: time-out of the first try; 0: the whole one. */
static int ask(struct cli *cli, uint8_t unit, uint16_t address, uint16_t count, uint32_t quick,
	       struct oht_reply *reply)
{
	struct oht_request request = question(cli, unit, quick ? quick : TIMEOUT_US);

	request.address = address;
	request.count = count;
	if (!exchange_try(cli, &request, reply))
		return 0;
	/* Noise or a late answer may spoil one question; silence for the whole time is an answer. */
	if (!reply->cookie || (reply->outcome == OHT_OUTCOME_TIMEOUT && !quick) ||
	    reply->outcome == OHT_OUTCOME_EXCEPTION)
		return -1;
	request.timeout_us = question(cli, unit, TIMEOUT_US).timeout_us;
	return exchange_try(cli, &request, reply);
}

/* 1 found, 0 nobody there, -1 the scan cannot go on. */
static int probe(struct cli *cli, uint8_t unit, const struct heard *heard, uint32_t quick,
		 struct found *found)
{
	struct oht_reply reply;

	*found = (struct found){ .unit = unit, .device_id = heard->device_id };
	if (!heard->told && ask(cli, unit, DEVICE_ID, 1, 0, &reply)) {
		if (!reply.cookie || reply.outcome == OHT_OUTCOME_GONE ||
		    reply.outcome == OHT_OUTCOME_TX_STUCK)
			return -1;
		/* A refusal comes from somebody. */
		return reply.outcome == OHT_OUTCOME_EXCEPTION;
	}
	if (!heard->told)
		found->device_id = reply.words[0];
	if (ask(cli, unit, MODULE_TYPE, IDENT_REGISTERS, heard->told ? quick : 0, &reply))
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

static int finish(struct cli *cli, struct json_object *units, unsigned int last, double took_ms)
{
	const char *further = asks_further(cli, last) ? " and those of modules.csv" : "";
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
				"no unit of 1..%u%s answered: check power, wiring and line settings",
				last, further);
	fprintf(cli->out, "%zu of units 1..%u%s answered, %.0f ms\n", modules, last, further, took_ms);
	return CLI_DONE;
}

static int scan(struct cli *cli, struct json_object *units, unsigned int last)
{
	struct heard heard[LAST_UNIT_ALL + 1] = { 0 };
	uint32_t quick = quick_us(cli);
	struct found found;
	unsigned int unit;
	int result;

	if (sweep(cli, last, quick, heard))
		return cli_fail_errno(cli, "scan");
	if (quick)
		doubt_silence(cli, heard);
	for (unit = 1; unit <= LAST_UNIT_ALL; unit++) {
		result = heard[unit].worth ? probe(cli, unit, &heard[unit], quick, &found) : 0;
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
	double begin_ms = show_now_ms();
	struct json_object *units;

	(void)count;
	(void)arguments;
	if (!result)
		result = exchange_refuse_if_driven(cli, "a scan would disturb its cycle", true);
	if (result)
		return result;
	units = json_object_new_array();
	result = scan(cli, units, last);
	if (!result)
		result = finish(cli, units, last, show_now_ms() - begin_ms);
	json_object_put(units);
	return result;
}
