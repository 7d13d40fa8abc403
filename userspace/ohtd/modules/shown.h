/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     whether a module's set-points are read back together with its signals; between units.c
 *           and schedule.c.
 * Contexts: control thread only.
 * Locks:    none.
 */
#ifndef OHTD_MODULES_SHOWN_H
#define OHTD_MODULES_SHOWN_H

#include "modules/modules.h"

/* Cuts the requests of @unit anew: with its set-points, unless it hides them. */
void ohtd_shown_cut(struct ohtd_unit *unit);

/*
 * Signals are not lost with a set-point that the module does not show. True: @reply was a refusal
 * of set-points, and the signals are read without them now.
 */
bool ohtd_shown_refused(struct ohtd_unit *unit, const struct ohtd_block *block,
			const struct oht_reply *reply, uint64_t time_ns);

/*
 * The block that the module was too busy to show is due to be asked for once more, beside the plan.
 */
bool ohtd_shown_due(const struct ohtd_unit *unit, uint64_t now_ns);

/*
 * True: @reply is that answer. Values put the set-points back among the signals. A busy module is
 * asked again later, and one that has no such register is not.
 */
bool ohtd_shown_answered(struct ohtd_unit *unit, const struct ohtd_block *block,
			 const struct oht_reply *reply, uint64_t now_ns);

/* All set-points are read again. */
void ohtd_shown_forget(struct ohtd_unit *unit);

#endif
