/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whoever stands at the button of the fake device while ohtctl commissions it: does what the last
 * line asks for, on a machine that may have a fault.
 *
 * Owns:     the one person, and the machine's faults.
 * Contexts: the test's only thread.
 * Locks:    none.
 */
#ifndef COMMISSION_PERSON_H
#define COMMISSION_PERSON_H

#include <stdbool.h>
#include <stdint.h>

struct person {
	/* faults of the machine */
	bool swapped;			/* channel a is wired to b and back */
	bool bridged;			/* both channels open together always */
	bool tolerant;			/* a disagreement goes unnoticed */
	bool forgets;			/* a release resets by itself */
	bool hasty;			/* a reset is accepted with the button pressed */
	bool one_contact;		/* of the button: b stays closed */
	bool immortal;			/* no deadman */
	bool welded;			/* contacts do not open */
	uint32_t opens_after_ms;	/* contacts */
	/* what the person does */
	bool absent;
	const char *leaves_at;		/* Ctrl-C when these words stand in what is asked for */
	const char *pulls_at;		/* the device goes then */
	/* what has happened */
	bool was_high;			/* an output was high when that was done */
	uint64_t done;			/* where in the output the line stands that was obeyed last */
	unsigned int follow_up;		/* polls until the discrepancy is found, 0: none is due */
	uint64_t opens_ns;		/* when the contacts will be seen open, 0: they are */
};

extern struct person person;

/* Someone in health in front of a machine in order; called by the fake's poll from now on. */
void person_comes(void);

#endif /* COMMISSION_PERSON_H */
