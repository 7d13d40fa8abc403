/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the kernel's pure code says of requests and plans, for the fake device.
 * Contexts: any.
 * Locks:    none.
 *
 * The code is compiled in from kernel/, so that no second table can differ from the kernel's.
 */
#ifndef FAKE_RULES_H
#define FAKE_RULES_H

#include <stdbool.h>

#include <linux/oht.h>

/* As the kernel, 0 or a positive errno: OHT_IOC_SUBMIT, one telegram, OHT_IOC_PLAN_STAGE. */
int fake_rules_transfer(const struct oht_transfer *transfer);
int fake_rules_telegram(const struct oht_telegram *telegram);
int fake_rules_stage(struct oht_plan_stage *stage);

/* Words that a good transfer sends, and whether a stop ends it. */
unsigned int fake_rules_words_sent(const struct oht_transfer *transfer);
bool fake_rules_writes(unsigned int function);
/* The specification reserves this address. */
bool fake_rules_is_reserved(unsigned int unit);

/* What a good plan comes to at 115200 8N1, with the rests of @units; 0 or EDQUOT. */
int fake_rules_figures(const struct oht_plan_stage *stage, const struct oht_plan_entry *entries,
		       const struct oht_unit_status *units, struct oht_plan_figures *figures);

/* Registers that an entry writes. */
unsigned int fake_rules_output_words(const struct oht_plan_entry *entry);

#endif /* FAKE_RULES_H */
