// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's own limits; see fake_rules.h. Its headers are those of the shim. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "../../kernel/frame.c"
#include "../../kernel/timing.c"
#include "../../kernel/plan.c"

#include "fake_rules.h"

#define RETRIES_MAX	10

static bool has_words(const struct oht_frame_request *req, const struct oht_transfer *t)
{
	return req->raw || oht_frame_values_sent(req) ? t->words : !t->words;
}

int fake_rules_transfer(const struct oht_transfer *t)
{
	static const u16 no_words[OHT_WORDS_MAX];
	struct oht_frame_request req = {
		.unit = t->unit, .function = t->function, .address = t->address, .count = t->count,
		.write_address = t->write_address, .write_count = t->write_count,
		.raw = t->flags & OHT_TRANSFER_RAW, .any_unit = t->flags & OHT_TRANSFER_ANY_UNIT,
		.words = no_words,
	};
	int err;

	if (t->flags & ~(OHT_TRANSFER_WHILE_STOPPED | OHT_TRANSFER_RAW | OHT_TRANSFER_ANY_UNIT))
		return EINVAL;
	if (req.raw) {
		if (t->function || t->count < 1 || t->count > OHT_PDU_MAX_BYTES)
			return EINVAL;
		if (!t->words)
			return EFAULT;
		req.pdu = (const u8 *)(uintptr_t)t->words;
		req.function = req.pdu[0];
	}
	err = -oht_frame_check(&req);
	if (err)
		return err;
	if (!has_words(&req, t))
		return t->words ? EINVAL : EFAULT;
	if (t->words && !req.raw)
		req.words = (const u16 *)(uintptr_t)t->words;
	if (t->priority < OHT_PRIO_COMMAND || t->priority > OHT_PRIO_BACKGROUND ||
	    t->timeout_us > OHT_TURNAROUND_MAX_US || t->retries > RETRIES_MAX ||
	    (t->timeout_us && t->timeout_us < OHT_TURNAROUND_MIN_US))
		return EINVAL;
	return -oht_frame_check(&req);
}

unsigned int fake_rules_words_sent(const struct oht_transfer *t)
{
	const struct oht_frame_request req = {
		.unit = t->unit, .function = t->function, .address = t->address, .count = t->count,
		.write_address = t->write_address, .write_count = t->write_count,
		.raw = t->flags & OHT_TRANSFER_RAW,
	};

	return oht_frame_values_sent(&req);
}

bool fake_rules_is_reserved(unsigned int unit)
{
	return unit > OHT_UNIT_MAX;
}

bool fake_rules_writes(unsigned int function)
{
	return oht_frame_is_write(function);
}

int fake_rules_telegram(const struct oht_telegram *telegram)
{
	const struct oht_frame_request req = {
		.unit = telegram->unit, .function = telegram->function,
		.address = telegram->address, .count = telegram->count, .words = telegram->words,
	};
	unsigned int i;

	if (telegram->reserved || telegram->reserved2 || telegram->unit < OHT_UNIT_MIN ||
	    telegram->turnaround_us > OHT_TURNAROUND_MAX_US)
		return EINVAL;
	if (telegram->function != OHT_FC_WRITE_REGISTER &&
	    telegram->function != OHT_FC_WRITE_REGISTERS)
		return EINVAL;
	if (telegram->count > OHT_TELEGRAM_WORDS_MAX || oht_frame_check(&req))
		return EINVAL;
	for (i = telegram->count; i < OHT_TELEGRAM_WORDS_MAX; i++)
		if (telegram->words[i])
			return EINVAL;
	return 0;
}

static void make_plan(const struct oht_plan_stage *stage, const struct oht_plan_entry *entries,
		      struct oht_plan *plan)
{
	memset(plan, 0, sizeof(*plan));
	plan->entries = stage->count;
	plan->cycle_us = stage->cycle_us;
	plan->stop_budget_us = stage->stop_budget_us;
	plan->whole_cycles = stage->whole_cycles;
	memcpy(plan->entry, entries, stage->count * sizeof(entries[0]));
}

static bool make_timing(struct oht_timing *timing)
{
	const struct oht_line line = { .baud_bps = 115200, .stop_bits = 1, .gap_char_bits = 11 };
	const char *what;

	return !oht_timing_init(timing, &line, 115200000, &what);
}

int fake_rules_stage(struct oht_plan_stage *stage)
{
	struct oht_timing timing;
	struct oht_plan plan;

	if (!make_timing(&timing))
		return EIO;
	make_plan(stage, (const struct oht_plan_entry *)(uintptr_t)stage->entries, &plan);
	return -(oht_plan_check(&plan, &stage->bad_entry) ?:
		 oht_plan_check_holds(&plan, &timing, &stage->bad_entry));
}

int fake_rules_figures(const struct oht_plan_stage *stage, const struct oht_plan_entry *entries,
		       const struct oht_unit_status *units, struct oht_plan_figures *figures)
{
	struct oht_timing timing;
	struct oht_plan plan;
	u32 i;

	if (!make_timing(&timing))
		return EIO;
	make_plan(stage, entries, &plan);
	for (i = 0; i < plan.entries; i++)
		plan.rest_us[i] = units[plan.entry[i].unit].rest_us;
	return -oht_plan_compute(&plan, &timing, true, figures);
}

unsigned int fake_rules_output_words(const struct oht_plan_entry *entry)
{
	return oht_plan_output_words(entry);
}
