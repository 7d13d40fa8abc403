// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prepared writes to the drive, one after the other at command priority: the stop telegrams, and
 * set-points to zero. A stop takes the place of whatever is being sent.
 */
#include <assert.h>
#include <errno.h>

#include "modules/modules.h"

#define ATTEMPTS	3
/* A drive may show what it has acknowledged a moment later. */
#define SHOWN_NS	(OHTD_CYCLE_MS * OHTD_NS_PER_MS)

static struct ohtd_unit *find_drive(struct ohtd_modules *modules, enum ohtd_telegram telegram)
{
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++)
		if (modules->units[i].plan && modules->units[i].plan->write_count[telegram])
			return &modules->units[i];
	return NULL;
}

static void note_failure(struct ohtd_telegrams *telegrams, unsigned int code, uint8_t detail)
{
	telegrams->failed = true;
	telegrams->why = (struct ohtd_why){
		.code = (uint16_t)code,
		.unit = telegrams->unit,
		.detail = detail,
	};
	if (telegrams->telegram == OHTD_TELEGRAM_STOP && telegrams->unit)
		telegrams->unconfirmed = telegrams->why;
}

/* A stop counts as unconfirmed from its first write on, until the last one has been answered. */
static void note_stop(struct ohtd_telegrams *telegrams)
{
	telegrams->unconfirmed = (struct ohtd_why){ 0 };
	if (telegrams->unit)
		telegrams->unconfirmed = (struct ohtd_why){
			.code = (uint16_t)ohtd_why_code_of(OHT_OUTCOME_TIMEOUT),
			.unit = telegrams->unit,
			.detail = OHT_OUTCOME_TIMEOUT,
		};
}

static void end_list(struct ohtd_telegrams *telegrams)
{
	telegrams->active = false;
	if (telegrams->telegram == OHTD_TELEGRAM_STOP && !telegrams->failed)
		telegrams->unconfirmed = (struct ohtd_why){ 0 };
}

/* What takes motion or power away goes out in any state; what gives it, only with the outputs on. */
static bool takes_away(unsigned int telegram)
{
	return telegram != OHTD_TELEGRAM_DRIVE_SET && telegram != OHTD_TELEGRAM_DRIVE_ON &&
	       telegram != OHTD_TELEGRAM_CHARGE_ON;
}

static void give_up(struct ohtd_telegrams *telegrams, unsigned int code)
{
	note_failure(telegrams, code, 0);
	telegrams->active = false;
}

void ohtd_telegram_start(struct ohtd_modules *modules, enum ohtd_telegram telegram)
{
	struct ohtd_telegrams *telegrams = &modules->telegrams;
	struct ohtd_unit *drive = find_drive(modules, telegram);

	if (telegrams->active && telegrams->telegram == OHTD_TELEGRAM_STOP)
		return;
	/* A telegram under way ends by itself; its result is dropped. */
	telegrams->active = true;
	telegrams->failed = false;
	telegrams->telegram = (uint8_t)telegram;
	telegrams->next = 0;
	telegrams->attempts = 0;
	telegrams->unit = drive ? drive->view.unit : 0;
	if (telegram == OHTD_TELEGRAM_STOP)
		note_stop(telegrams);
	if (!drive)
		give_up(telegrams, OHTD_WHY_MODULE_MISSING);
	else
		ohtd_telegram_next(modules);
}

static_assert(OHTD_WRITES_MAX <= OHT_STOP_TELEGRAMS_MAX, "all of them fit into the device");

/*
 * They stay there when we are gone. A drive that is lost keeps them: it may hear what it cannot
 * answer. What fails is tried again in the next cycle. Where the device does not keep them, a drive may
 * still turn as a controller that was killed has left it: then they are sent when it is found.
 */
void ohtd_telegram_leave(struct ohtd_modules *modules)
{
	struct oht_stop_telegram list[OHTD_WRITES_MAX] = { 0 };
	struct ohtd_telegrams *telegrams = &modules->telegrams;
	const struct ohtd_unit *drive = find_drive(modules, OHTD_TELEGRAM_STOP);
	unsigned int i, count;
	int ret;

	if (!modules->device->open || modules->device->bus_dead || !drive ||
	    drive->plan == telegrams->left)
		return;
	count = drive->plan->write_count[OHTD_TELEGRAM_STOP];
	for (i = 0; i < count; i++)
		list[i] = (struct oht_stop_telegram){
			.unit = drive->view.unit,
			.function = ohtd_unit_write_function(drive),
			.address = drive->plan->writes[OHTD_TELEGRAM_STOP][i].address,
			.count = 1,
			.turnaround_us = ohtd_unit_timeout_us(modules, drive),
			.words = { drive->plan->writes[OHTD_TELEGRAM_STOP][i].value },
		};
	ret = modules->bus->ops->telegrams(modules->bus, list, count);
	if (!ret || ret == -EOPNOTSUPP)
		telegrams->left = drive->plan;
	if (ret == -EOPNOTSUPP && !modules->owner->enabled_ns(modules->control))
		ohtd_telegram_start(modules, OHTD_TELEGRAM_STOP);
}

void ohtd_telegram_next(struct ohtd_modules *modules)
{
	struct ohtd_telegrams *telegrams = &modules->telegrams;
	const struct ohtd_transfer transfer = { .purpose = OHTD_PURPOSE_TELEGRAM };
	const struct ohtd_unit *drive = ohtd_unit(modules, telegrams->unit);
	const struct ohtd_write *write;
	struct oht_request request;

	if (!telegrams->active || telegrams->under_way)
		return;
	if (!drive || !drive->plan) {
		give_up(telegrams, OHTD_WHY_MODULE_LOST);
		return;
	}
	write = &drive->plan->writes[telegrams->telegram][telegrams->next];
	request = (struct oht_request){
		.unit = telegrams->unit,
		.function = ohtd_unit_write_function(drive),
		.priority = OHT_PRIORITY_COMMAND,
		.address = write->address,
		.count = 1,
		.timeout_us = telegrams->attempts ? ohtd_unit_timeout_us(modules, drive)
						  : ohtd_unit_quick_us(modules, drive),
		.flags = takes_away(telegrams->telegram) ? OHT_REQUEST_WHILE_STOPPED : 0,
		.words = &write->value,
	};
	telegrams->attempts++;
	telegrams->under_way = ohtd_transfer_submit(modules, &request, &transfer);
	if (!telegrams->under_way)
		give_up(telegrams, OHTD_WHY_DEVICE);
}

/* What came of the write; true: go on to the next one, even if this one failed for good. */
static bool judge(struct ohtd_telegrams *telegrams, const struct oht_reply *reply)
{
	if (reply->outcome == OHT_OUTCOME_OK)
		return true;
	if (reply->outcome == OHT_OUTCOME_EXCEPTION) {
		note_failure(telegrams, ohtd_why_code_of(reply->outcome), reply->exception);
		return true;
	}
	if (telegrams->attempts < ATTEMPTS)
		return false;
	note_failure(telegrams, ohtd_why_code_of(reply->outcome), reply->outcome);
	return true;
}

void ohtd_telegram_done(struct ohtd_modules *modules, const struct oht_reply *reply)
{
	struct ohtd_telegrams *telegrams = &modules->telegrams;
	struct ohtd_unit *drive = ohtd_unit(modules, telegrams->unit);

	telegrams->under_way = false;
	/* A drive that refused the register which tells its profile was taken for the other one, whose registers it may well show. */
	if (drive && drive->plan && ohtd_reply_is_not_here(reply))
		drive->doubted = true;
	/* No attempt yet: the list was replaced while this write was on the wire. */
	if (telegrams->active && telegrams->attempts && judge(telegrams, reply)) {
		telegrams->done_ns[telegrams->telegram] = modules->now_ns;
		telegrams->attempts = 0;
		telegrams->next++;
		if (!drive || !drive->plan)
			give_up(telegrams, OHTD_WHY_MODULE_LOST);
		else if (telegrams->next >= drive->plan->write_count[telegrams->telegram])
			end_list(telegrams);
	}
	ohtd_telegram_next(modules);
}

bool ohtd_telegram_contradicted(struct ohtd_modules *modules, enum ohtd_telegram telegram)
{
	const struct ohtd_unit *drive = find_drive(modules, telegram);
	uint64_t done_ns = modules->telegrams.done_ns[telegram];
	unsigned int i;

	for (i = 0; drive && i < drive->plan->write_count[telegram]; i++) {
		const struct ohtd_write *write = &drive->plan->writes[telegram][i];
		const struct oht_regmap *map = drive->plan->map;
		const struct ohtd_register_value *value =
			&drive->values.values[oht_regmap_at(map, write->address) - map->reg];

		if (value->state == OHTD_REGISTER_OK && value->words[0] != write->value &&
		    (!done_ns || value->time_ns > done_ns + SHOWN_NS))
			return true;
	}
	return false;
}
