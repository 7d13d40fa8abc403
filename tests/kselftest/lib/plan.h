/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a plan that is good, and the ways to stage, commit and watch one by the raw contract.
 * Contexts: any thread of a test; a failure that is not the test's subject bails out.
 * Locks:    none.
 */
#ifndef GUEST_PLAN_H
#define GUEST_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/oht.h>

#define PLAN_ENTRIES	3
#define PLAN_CYCLE_US	15000
/* Nobody has these addresses, see lib/selftest.h. */
#define PLAN_INPUT_UNIT	244
#define PLAN_SECOND_UNIT	245
#define PLAN_OUTPUT_UNIT	247

/* What OHT_IOC_PLAN_STAGE takes; the good plan after plan_make_good(). */
extern struct oht_plan_entry plan_entries[OHT_PLAN_ENTRIES_MAX];
extern struct oht_plan_stage plan_stage;

/* Two inputs and an output, of units that are not there, on a grid of 15 ms. */
void plan_make_good(void);

/* 0 or the positive errno. @made may be NULL. */
int plan_commit(int fd, uint32_t flags, struct oht_plan_commit *made);
int plan_clear(int fd, uint32_t flags);

void plan_status(int fd, struct oht_plan_status *status);

struct oht_image *plan_map_image(int fd);

/* The reader's protocol, as the header gives it. */
void plan_read_header(const struct oht_image *image, struct oht_image_header *header);
void plan_read_slot(const struct oht_image *image, unsigned int entry,
		    struct oht_image_slot *slot);

/* Waits until the layout is in force; a plan begins with the next cycle. False: it never is. */
bool plan_wait_generation(const struct oht_image *image, uint32_t generation);

#endif /* GUEST_PLAN_H */
